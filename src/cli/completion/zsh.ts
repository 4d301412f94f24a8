import type { Option } from '../../config/option.ts';
import type { Command } from '../command.ts';
import { allFlags, spellings } from './words.ts';

/** A zsh completion script, to be sourced or put into `$fpath` as `_e2d`. */
export function zshCompletion(commands: readonly Command[]): string {
  const families = new Map<string, Command[]>();
  for (const command of commands) {
    const first = command.words[0] ?? '';
    families.set(first, [...(families.get(first) ?? []), command]);
  }
  return `#compdef e2d
# zsh completion for e2d: source <(e2d completion zsh)
_e2d() {
  local -a offered
  if (( CURRENT == 2 )); then
    offered=(${[...families].map(([first, members]) => described(first, familySummary(members))).join(' ')})
    _describe command offered
    return
  fi
  case "$words[2]" in
${[...families].map(familyCase).join('')}  esac
}
if [[ "$funcstack[1]" == _e2d ]]; then _e2d "$@"; else compdef _e2d e2d; fi
`;
}

function familySummary(members: readonly Command[]): string {
  return members.length === 1 ? (members[0]?.summary ?? '') : `${members[0]?.words[0]} binaries`;
}

function familyCase([first, members]: [string, readonly Command[]]): string {
  const [only] = members;
  if (only !== undefined && only.words.length === 1) {
    return `    ${first}) shift words; (( CURRENT-- )); ${argumentsOf(only)} ;;\n`;
  }
  const offered = members.map(({ words, summary }) => described(words[1] ?? '', summary));
  const cases = members.map(
    (member) =>
      `        ${member.words[1]}) shift 2 words; (( CURRENT -= 2 )); ${argumentsOf(member)} ;;\n`,
  );
  return `    ${first})
      if (( CURRENT == 3 )); then
        offered=(${offered.join(' ')})
        _describe command offered
        return
      fi
      case "$words[3]" in
${cases.join('')}      esac ;;
`;
}

function argumentsOf({ flags, argument }: Command): string {
  const specs = Object.entries(allFlags(flags)).flatMap(([name, option]) =>
    flagSpecs(name, option),
  );
  const offered = argument?.choices ?? argument?.offers;
  if (offered) specs.push(quote(`1:${argument?.name}:(${offered.join(' ')})`));
  if (argument?.isFile) specs.push(quote(`*:${argument.name}:_files`));
  return `_arguments -s ${specs.join(' ')}`;
}

function flagSpecs(name: string, option: Option): string[] {
  return spellings(name, option).map((spelling) => {
    const help = `[${option.help.replace(/[[\]:\\]/g, '\\$&')}]`;
    if (option.kind.placeholder === null) return quote(`${spelling}${help}`);
    return quote(
      `${spelling}${spelling.startsWith('--') ? '=' : '+'}${help}:${name}:${values(option)}`,
    );
  });
}

function values({ kind }: Option): string {
  if (kind.choices !== undefined) return `(${kind.choices.join(' ')})`;
  if (kind.completes === 'files') return '_files';
  return kind.completes === 'directories' ? '_files -/' : ' ';
}

function described(word: string, summary: string): string {
  return quote(`${word}:${summary.replaceAll(':', '\\:')}`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
