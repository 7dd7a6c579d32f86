/** The commands around the queue: names, words and options, as a table. What runs is loaded when it is asked for. */
import type { ConfigCommand } from './config-commands.ts';
import { type GivenOptions, givenOptions } from './given-options.ts';
import type { QueueCommand } from './in-queue.ts';
import type { OptionSpec } from './option-specs.ts';
import type { QueueAction } from './queue-command.ts';
import {
  DELIVER_NOW_OPTIONS,
  HOST_OPTIONS,
  QUEUE_ACTION_OPTIONS,
  QUEUE_LIST_OPTIONS,
  QUEUE_SHOW_OPTIONS,
  SUBMIT_OPTIONS,
  TOP_HOSTS_OPTIONS,
} from './queue-options.ts';

type Words = ConfigCommand['words'];
type Invocation = Parameters<ConfigCommand['run']>[0];

function entry(
  name: string,
  description: string,
  words: Words,
  specs: readonly OptionSpec[],
  run: (command: QueueCommand) => Promise<number>,
): ConfigCommand {
  const start = async (invocation: Invocation): Promise<number> => {
    const { world, services } = invocation;
    return run({ words: invocation.words, given: await readGiven(invocation, specs), world, services });
  };
  return { name, description, words, specs, operations: [], run: start };
}

/** Some names mean something else to other commands: here this command's own meaning counts. */
function readGiven({ flags, known, world }: Invocation, specs: readonly OptionSpec[]): Promise<GivenOptions> {
  return givenOptions({ specs, known: [...specs, ...known], flags, world });
}

const action = (name: QueueAction, description: string): ConfigCommand =>
  entry(name, description, [['[mid...]', 'numbers of messages']], QUEUE_ACTION_OPTIONS, async (command) =>
    (await import('./queue-command.ts')).queueActionCommand(name, command),
  );

const QUEUE_OPERATIONS: readonly ConfigCommand[] = [
  entry('list', 'recipients in the queue, oldest first', [], QUEUE_LIST_OPTIONS, async (command) =>
    (await import('./queue-command.ts')).queueListCommand(command),
  ),
  entry('show', 'all that is known of one message', [['<mid>', 'its number']], QUEUE_SHOW_OPTIONS, async (command) =>
    (await import('./queue-command.ts')).queueShowCommand(command),
  ),
  action('retry', 'try at once what waits'),
  action('hold', 'keep messages in the queue until they are released'),
  action('release', 'let held messages go'),
  action('delete', 'remove messages; nobody is told'),
];

export const QUEUE_COMMANDS: readonly ConfigCommand[] = [
  entry(
    'submit',
    'put a message from standard input into the queue, as sendmail does',
    [['[recipient...]', 'addresses']],
    SUBMIT_OPTIONS,
    async (command) => (await import('./submit-command.ts')).submitCommand(command),
  ),
  {
    ...entry('queue', 'look at the queue, and change it', [], QUEUE_LIST_OPTIONS, async (command) =>
      (await import('./queue-command.ts')).queueListCommand(command),
    ),
    operations: QUEUE_OPERATIONS,
  },
  entry(
    'hoststatus',
    'what the queue knows of one destination',
    [['<domain>', 'its name']],
    HOST_OPTIONS,
    async (command) => (await import('./hosts-command.ts')).hostStatusCommand(command),
  ),
  entry(
    'tophosts',
    'destinations with most waiting',
    [['[order]', 'active_rcpts, conn_out, deliv_rcpts, soft_bounced or hard_bounced (active_rcpts)']],
    TOP_HOSTS_OPTIONS,
    async (command) => (await import('./hosts-command.ts')).topHostsCommand(command),
  ),
  entry(
    'delivernow',
    'try at once what waits, also where hosts are down',
    [['[domain]', 'one domain; --all for all of them']],
    DELIVER_NOW_OPTIONS,
    async (command) => (await import('./hosts-command.ts')).deliverNowCommand(command),
  ),
];
