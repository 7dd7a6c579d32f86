/**
 * The entry of `tlsreach probe` among the commands, apart from the others: the usual command line runs through here alone,
 * and starts without what only other commands need.
 */
import type { CommandEntry } from './commands.ts';
import { givenOptions } from './given-options.ts';
import { OUTPUT_OPTIONS, PROBE_OPTIONS, WORLD_OPTIONS } from './option-specs.ts';

export const PROBE_SPECS = [...PROBE_OPTIONS, ...OUTPUT_OPTIONS, ...WORLD_OPTIONS];

export const PROBE: CommandEntry = {
  specs: PROBE_SPECS,
  run: async ({ words, flags, world, services }) => {
    const { probeCommand } = await import('./probe-command.ts');
    const known = async () => (await import('./commands.ts')).KNOWN_OPTIONS;
    const given = await givenOptions({ specs: PROBE_SPECS, known, flags, world });
    return probeCommand({ targets: words, given, world, services });
  },
};
