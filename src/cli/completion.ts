/** Completion scripts for bash, zsh and fish, made from the commands and options themselves. */
import type { Command } from 'commander';
import { FINDING_CODES } from '../probe/finding-catalogue.ts';
import { FORMATS } from '../report/rendering.ts';
import { CONCEPTS } from './explain-concepts.ts';
import { EXPECTATIONS } from './gates.ts';
import { UsageError } from './usage-error.ts';

const CHAIN_FORMATS = ['text', 'json', 'ndjson'] as const;

/** Options whose value is one of a few words. */
const VALUES = [
  ['auth-type', ['plain', 'login', 'xoauth2']],
  ['revocation', ['off', 'staple']],
  ['log-level', ['debug', 'info', 'warn', 'error']],
] as const;

const EXPLAINED = [...CONCEPTS.map(({ name }) => name), ...FINDING_CODES];

export function completionScript(shell: string, program: Command): string {
  const commands = program.commands.map((command) => ({ name: command.name(), options: optionsOf(command) }));
  switch (shell) {
    case 'bash':
      return bash(commands);
    case 'zsh':
      return `#compdef tlsreach\nautoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`;
    case 'fish':
      return fish(program);
    default:
      throw new UsageError(`"${shell.slice(0, 40)}": choose one of bash, zsh, fish`);
  }
}

interface CommandWords {
  readonly name: string;
  readonly options: readonly string[];
}

function optionsOf(command: Command): readonly string[] {
  return command.options.flatMap(({ long }) => (typeof long === 'string' ? [long] : []));
}

function bash(commands: readonly CommandWords[]): string {
  const cases = commands
    .map(({ name, options }) => `    ${name}) words="${[...options, '--help'].join(' ')}" ;;`)
    .join('\n');
  return `_tlsreach() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words=""
  case "$previous" in
    --format) case "\${COMP_WORDS[1]}" in
        chain) words="${CHAIN_FORMATS.join(' ')}" ;;
        *) words="${FORMATS.join(' ')}" ;;
      esac
      COMPREPLY=($(compgen -W "$words" -- "$current")); return ;;
${VALUES.map(([option, values]) => `    --${option}) COMPREPLY=($(compgen -W "${values.join(' ')}" -- "$current")); return ;;`).join('\n')}
    --expect) COMPREPLY=($(compgen -W "${EXPECTATIONS.join(' ')}" -- "$current")); return ;;
    --input|--output|--capture|--ca-file|--config|--client-cert|--client-key|--auth-secret-file|--dnssec-anchor|--baseline|--expectations) COMPREPLY=($(compgen -f -- "$current")); return ;;
    completion) COMPREPLY=($(compgen -W "bash zsh fish" -- "$current")); return ;;
    explain) COMPREPLY=($(compgen -W "${EXPLAINED.join(' ')}" -- "$current")); return ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words="${commands.map(({ name }) => name).join(' ')} --help --version"
  else case "\${COMP_WORDS[1]}" in
${cases}
  esac; fi
  case "\${COMP_WORDS[1]}$current" in
    chain[!-]*|chain|replay[!-]*|replay) COMPREPLY=($(compgen -f -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
  esac
}
complete -o default -F _tlsreach tlsreach
`;
}

function fish(program: Command): string {
  const quote = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
  const lines = program.commands.flatMap((command) => [
    `complete -c tlsreach -n __fish_use_subcommand -f -a ${command.name()} -d ${quote(command.description())}`,
    ...command.options.flatMap(({ long, description, required }) => {
      if (typeof long !== 'string') return [];
      const words = wordsOf(command.name(), long.slice(2));
      const values = words !== null ? ` -x -a ${quote(words.join(' '))}` : required ? ' -r' : '';
      return [
        `complete -c tlsreach -n ${quote(`__fish_seen_subcommand_from ${command.name()}`)} -l ${long.slice(2)}${values} -d ${quote(description)}`,
      ];
    }),
  ]);
  const explained = `complete -c tlsreach -n '__fish_seen_subcommand_from explain' -f -a ${quote(EXPLAINED.join(' '))}`;
  return `${[...lines, explained].join('\n')}\n`;
}

/** The words an option may be followed by; null where it is anything. */
function wordsOf(command: string, option: string): readonly string[] | null {
  if (option === 'format') return command === 'chain' ? CHAIN_FORMATS : FORMATS;
  if (option === 'expect') return EXPECTATIONS;
  return VALUES.find(([name]) => name === option)?.[1] ?? null;
}
