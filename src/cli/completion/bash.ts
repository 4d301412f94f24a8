import type { Option } from '../../config/option.ts';
import type { Command } from '../command.ts';
import { allFlags, familyWords, spellings } from './words.ts';

/** A bash completion script; needs nothing but bash 4. */
export function bashCompletion(commands: readonly Command[]): string {
  return `# bash completion for e2d: source <(e2d completion bash)
_e2d() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" called="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -* ]] && break
    called="$called\${called:+ }$word"
  done
  COMPREPLY=()
  case "$called" in
    '') COMPREPLY=($(compgen -W '${familyWords(commands).join(' ')}' -- "$current")) ;;
${subFamilies(commands)}${commands.map(commandCase).join('')}  esac
}
complete -F _e2d e2d
`;
}

/** `e2d etcd` is completed with `install` and `list`. */
function subFamilies(commands: readonly Command[]): string {
  const firsts = new Set(
    commands.filter(({ words }) => words.length > 1).map(({ words }) => words[0]),
  );
  return [...firsts]
    .map((first) => {
      const seconds = commands
        .filter(({ words }) => words[0] === first)
        .map(({ words }) => words[1]);
      return `    '${first}') COMPREPLY=($(compgen -W '${seconds.join(' ')}' -- "$current")) ;;\n`;
    })
    .join('');
}

function commandCase({ words, flags, argument }: Command): string {
  const values = Object.entries(allFlags(flags)).flatMap(valueCase).join('');
  const others = [
    ...Object.entries(allFlags(flags)).flatMap(([name, option]) => spellings(name, option)),
    ...(argument?.choices ?? argument?.offers ?? []),
  ];
  return `    '${words.join(' ')}'${argument === undefined ? '' : `|'${words.join(' ')} '*`})
      case "$previous" in
${values}        *) COMPREPLY=($(compgen ${argument?.isFile ? '-f ' : ''}-W '${others.join(' ')}' -- "$current")) ;;
      esac ;;
`;
}

function valueCase([name, option]: [string, Option]): string[] {
  const { kind } = option;
  if (kind.placeholder === null) return [];
  const pattern = spellings(name, option).join('|');
  const generate =
    kind.choices !== undefined
      ? `-W '${kind.choices.join(' ')}'`
      : kind.completes === 'files'
        ? '-f'
        : kind.completes === 'directories'
          ? '-d'
          : undefined;
  const action = generate === undefined ? ':' : `COMPREPLY=($(compgen ${generate} -- "$current"))`;
  return [`        ${pattern}) ${action} ;;\n`];
}
