/** `tlsreach user …` and `tlsreach token …`: names, words and options, as a table. What runs is loaded when asked for. */
import type { ConfigCommand } from './config-commands.ts';
import { PLACE_OPTIONS } from './config-options.ts';
import { givenOptions } from './given-options.ts';
import type { AccountCommand } from './in-accounts.ts';
import type { OptionSpec } from './option-specs.ts';

type Words = ConfigCommand['words'];
type Run = (command: AccountCommand) => Promise<number>;

const BASE: readonly OptionSpec[] = [{ flags: '--format <name>', help: 'text or json (text)' }, ...PLACE_OPTIONS];
const ADD_OPTIONS: readonly OptionSpec[] = [{ flags: '--role <role>', help: 'viewer, operator or admin' }, ...BASE];
const CREATE_OPTIONS: readonly OptionSpec[] = [
  { flags: '--scope <scope>', help: 'probe, monitor, config or send; several with commas (repeatable)', list: true },
  { flags: '--owner <name>', help: 'the user in whose name it acts: an operator or an admin' },
  ...BASE,
];
const NAME: Words = [['<name>', 'of the user']];

function entry(
  name: string,
  description: string,
  words: Words,
  run: Run,
  specs: readonly OptionSpec[] = BASE,
): ConfigCommand {
  return {
    name,
    description,
    words,
    specs,
    operations: [],
    run: async ({ words: said, flags, known, world, services }) => {
      const given = await givenOptions({ specs, known: [...specs, ...known], flags, world });
      return run({ words: said, given, world, services });
    },
  };
}

const listUsers: Run = async (command) => (await import('./user-command.ts')).userListCommand(command);
const listTokens: Run = async (command) => (await import('./token-command.ts')).tokenListCommand(command);

export const ACCOUNT_COMMANDS: readonly ConfigCommand[] = [
  {
    ...entry('user', 'who may use the web of this installation', [], listUsers),
    operations: [
      entry('list', 'all, with roles and when they signed in last', [], listUsers),
      entry(
        'add',
        'a new one; prints a one-time password',
        NAME,
        async (command) => (await import('./user-command.ts')).userAddCommand(command),
        ADD_OPTIONS,
      ),
      entry(
        'role',
        'give another role; password and sessions stay',
        [...NAME, ['<role>', 'viewer, operator or admin']],
        async (command) => (await import('./user-command.ts')).userRoleCommand(command),
      ),
      entry('password', 'a new one-time password, which ends the sessions', NAME, async (command) =>
        (await import('./user-command.ts')).userPasswordCommand(command),
      ),
      entry('delete', 'take one away, with sessions and tokens; never the last admin', NAME, async (command) =>
        (await import('./user-command.ts')).userDeleteCommand(command),
      ),
    ],
  },
  {
    ...entry('token', 'what programs show to use the API of this installation', [], listTokens),
    operations: [
      entry('list', 'all, oldest first; never the tokens themselves', [], listTokens),
      entry(
        'create',
        'a new one; prints it, this once',
        [['<title>', 'what it is for']],
        async (command) => (await import('./token-command.ts')).tokenCreateCommand(command),
        CREATE_OPTIONS,
      ),
      entry('delete', 'take one back', [['<id>', 'as token list has it']], async (command) =>
        (await import('./token-command.ts')).tokenDeleteCommand(command),
      ),
    ],
  },
];
