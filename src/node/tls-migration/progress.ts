import type { Standing } from './standing.ts';

export interface MemberStanding {
  readonly name: string;
  readonly standing: Standing;
}

const standings: readonly Standing[] = ['plain', 'prepared', 'switched', 'done'];

const words: Readonly<Record<Standing, string>> = {
  plain: 'plain',
  prepared: 'prepared',
  switched: 'switched to TLS among members',
  done: 'done',
};

/** Where a cluster is on its way to TLS, and what to do next; null where all members are alike. */
export function progressSentence(members: readonly MemberStanding[]): string | null {
  const found = standings.flatMap((standing) => {
    const names = members.filter((one) => one.standing === standing).map(({ name }) => name);
    return names.length === 0 ? [] : [{ standing, names }];
  });
  const [least] = found;
  if (least === undefined || (found.length === 1 && isEnd(least.standing))) return null;
  const told = found.map(({ standing, names }) => `${names.join(', ')} ${words[standing]}`);
  return `TLS migration: ${told.join('; ')}. ${nextStep(least)}`;
}

/** At either end of the way every member is reached by one scheme only. */
function isEnd(standing: Standing): boolean {
  return standing === 'plain' || standing === 'done';
}

/** Named by those who are least far: nobody goes on before they have come so far. */
function nextStep({ standing, names }: { standing: Standing; names: readonly string[] }): string {
  const who = names.join(', ');
  switch (standing) {
    case 'plain':
      return `Next: restart ${who} with --tls-migration=prepare, one at a time`;
    case 'prepared':
      return `Next: restart ${who} with --tls-migration=switch, one at a time`;
    default:
      return (
        'Plain HTTP is still served to clients: let them all use https, then restart ' +
        `${who} without --tls-migration, one at a time`
      );
  }
}
