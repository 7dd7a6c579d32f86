/** `tlsreach monitor …`: names, words and options, as a table. What runs is loaded when it is asked for. */
import type { ConfigCommand } from './config-commands.ts';
import { givenOptions } from './given-options.ts';
import type { MonitorCommand } from './monitor-command.ts';
import {
  MONITOR_FIELDS,
  MONITOR_HISTORY_OPTIONS,
  MONITOR_LIST_OPTIONS,
  MONITOR_RUN_OPTIONS,
  MONITOR_STATUS_OPTIONS,
} from './monitor-options.ts';
import type { OptionSpec } from './option-specs.ts';

type Words = ConfigCommand['words'];

function looking(
  name: string,
  description: string,
  words: Words,
  specs: readonly OptionSpec[],
  run: (command: MonitorCommand) => Promise<number>,
): ConfigCommand {
  return {
    name,
    description,
    words,
    specs,
    operations: [],
    run: async ({ words: given, flags, known, world, services }) => {
      const options = await givenOptions({ specs, known: [...specs, ...known], flags, world });
      return run({ words: given, given: options, world, services });
    },
  };
}

function changing(
  operation: 'add' | 'edit' | 'delete',
  description: string,
  specs: readonly OptionSpec[],
): ConfigCommand {
  return {
    name: operation,
    description,
    words: NAME,
    specs,
    operations: [],
    run: async (invocation) => (await import('./monitor-edit-command.ts')).monitorEditCommand(operation, invocation),
  };
}

const NAME: Words = [['<name>', 'of the monitor']];
const list = async (command: MonitorCommand) => (await import('./monitor-command.ts')).monitorListCommand(command);

export const MONITOR_COMMANDS: readonly ConfigCommand[] = [
  {
    ...looking('monitor', 'targets that are tested on a schedule', [], MONITOR_LIST_OPTIONS, list),
    operations: [
      looking('list', 'all, with their states', [], MONITOR_LIST_OPTIONS, list),
      looking('show', 'all that is known of one', NAME, MONITOR_LIST_OPTIONS, async (command) =>
        (await import('./monitor-command.ts')).monitorShowCommand(command),
      ),
      looking('status', 'OK or NOK, for monitoring systems', NAME, MONITOR_STATUS_OPTIONS, async (command) =>
        (await import('./monitor-command.ts')).monitorStatusCommand(command),
      ),
      looking('history', 'its runs, and what changed between them', NAME, MONITOR_HISTORY_OPTIONS, async (command) =>
        (await import('./monitor-command.ts')).monitorHistoryCommand(command),
      ),
      looking('run', 'run it now, by a process that serves', NAME, MONITOR_RUN_OPTIONS, async (command) =>
        (await import('./monitor-command.ts')).monitorRunCommand(command),
      ),
      changing('add', 'a new one, pending until a commit', MONITOR_FIELDS),
      changing('edit', 'change one, pending until a commit', MONITOR_FIELDS),
      changing('delete', 'take one away, pending until a commit', []),
    ],
  },
];
