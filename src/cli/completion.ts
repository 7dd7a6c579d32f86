/** Completion scripts for bash, zsh and fish, made from the commands and options themselves. */
import type { Command } from 'commander';
import { ROLES, SCOPES } from '../config/account-store.ts';
import { FINDING_CODES } from '../probe/finding-catalogue.ts';
import { EXPECTATIONS } from '../probe/gates.ts';
import { CONCEPTS } from '../report/explain-concepts.ts';
import { FORMATS } from '../report/rendering.ts';
import { ACCOUNT_COMMANDS } from './account-commands.ts';
import { CONFIG_COMMANDS } from './config-commands.ts';
import { BOUNCE_FIELDS, DESTINATION_FIELDS, SETUP_FIELDS } from './config-options.ts';
import { UsageError } from './usage-error.ts';

const CHAIN_FORMATS = ['text', 'json', 'ndjson'] as const;
const LOG_FORMATS = ['text', 'json'] as const;

/** Options whose value is one of a few words. */
const VALUES = [
  ['auth-type', ['plain', 'login', 'xoauth2']],
  ['revocation', ['off', 'staple', 'fetch']],
  ['role', ROLES],
  ['scope', SCOPES],
  ['log-level', ['debug', 'info', 'warn', 'error']],
] as const;

const CONFIG_FORMATS = ['text', 'json'] as const;
const CONFIGURING: ReadonlySet<string> = new Set([...CONFIG_COMMANDS, ...ACCOUNT_COMMANDS].map(({ name }) => name));

/** Fields of the configuration whose value is one of a few words. */
const FIELD_VALUES = [...DESTINATION_FIELDS, ...SETUP_FIELDS, ...BOUNCE_FIELDS].flatMap(
  ({ flag, kind, words }): readonly (readonly [string, readonly string[]])[] => {
    if (kind === 'switch') return [[flag, ['on', 'off']]];
    return kind === 'word' && words !== undefined ? [[flag, words]] : [];
  },
);

const EXPLAINED = [...CONCEPTS.map(({ name }) => name), ...FINDING_CODES];

export function completionScript(shell: string, program: Command): string {
  const commands = program.commands.map((command) => ({
    name: command.name(),
    options: optionsOf(command),
    operations: command.commands.map((each) => ({ name: each.name(), options: optionsOf(each) })),
  }));
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

interface CompletedCommand extends CommandWords {
  readonly operations: readonly CommandWords[];
}

function optionsOf(command: Command): readonly string[] {
  return command.options.flatMap(({ long }) => (typeof long === 'string' ? [long] : []));
}

function bash(commands: readonly CompletedCommand[]): string {
  const configuring = commands.filter(({ name }) => CONFIGURING.has(name)).map(({ name }) => name);
  const cases = commands
    .map(({ name, options, operations }) => {
      const words = [...operations.map((each) => each.name), ...options, '--help'].join(' ');
      if (operations.length === 0) return `    ${name}) words="${words}" ;;`;
      const inner = operations
        .map((each) => `      ${each.name}) words="${[...each.options, '--help'].join(' ')}" ;;`)
        .join('\n');
      return `    ${name}) case "\${COMP_WORDS[2]}" in\n${inner}\n      *) words="${words}" ;;\n    esac ;;`;
    })
    .join('\n');
  return `_tlsreach() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words=""
  case "$previous" in
    --format) case "\${COMP_WORDS[1]}" in
        chain) words="${CHAIN_FORMATS.join(' ')}" ;;
        log|tlsrpt) words="${LOG_FORMATS.join(' ')}" ;;
        ${configuring.join('|')}) words="${CONFIG_FORMATS.join(' ')}" ;;
        *) words="${FORMATS.join(' ')}" ;;
      esac
      COMPREPLY=($(compgen -W "$words" -- "$current")); return ;;
${[...VALUES, ...FIELD_VALUES.filter(([option]) => option !== 'strict-cn')].map(([option, values]) => `    --${option}) COMPREPLY=($(compgen -W "${values.join(' ')}" -- "$current")); return ;;`).join('\n')}
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
    ...command.commands.map(
      (operation) =>
        `complete -c tlsreach -n ${quote(`__fish_seen_subcommand_from ${command.name()}`)} -f -a ${operation.name()} -d ${quote(operation.description())}`,
    ),
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
  if (option === 'format') {
    if (CONFIGURING.has(command)) return CONFIG_FORMATS;
    if (command === 'chain') return CHAIN_FORMATS;
    return command === 'log' || command === 'tlsrpt' ? LOG_FORMATS : FORMATS;
  }
  if (option === 'expect') return EXPECTATIONS;
  return VALUES.find(([name]) => name === option)?.[1] ?? null;
}
