/**
 * The commands that take options: which ones, and how each is run once they are read. A command's own modules are loaded
 * when it runs, so that starting costs no more than the command needs.
 */
import type { World } from '../app/world.ts';
import { PLACE_OPTIONS } from './config-options.ts';
import { type GivenOptions, givenOptions } from './given-options.ts';
import { LOG_OPTIONS, TLSRPT_OPTIONS } from './log-options.ts';
import {
  CHAIN_OPTIONS,
  DELIVER_OPTIONS,
  GATE_OPTIONS,
  LAB_OPTIONS,
  type OptionSpec,
  OUTPUT_OPTIONS,
  PROBE_OPTIONS,
  REPLAY_OPTIONS,
  TLSVERIFY_OPTIONS,
  WORLD_OPTIONS,
} from './option-specs.ts';
import { PROBE, PROBE_SPECS } from './probe-entry.ts';
import { HOST_OPTIONS, QUEUE_LIST_OPTIONS, SUBMIT_OPTIONS } from './queue-options.ts';
import { SERVE_OPTIONS, SERVE_SPECS } from './serve-options.ts';
import type { Services } from './services.ts';

export interface Invocation {
  readonly words: readonly string[];
  /** By key, only what stood on the command line. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly world: World;
  readonly services: Services;
}

export interface CommandEntry {
  readonly specs: readonly OptionSpec[];
  /** Answers with the exit code. */
  readonly run: (invocation: Invocation) => Promise<number>;
}

const REPLAY_SPECS = [...REPLAY_OPTIONS, ...GATE_OPTIONS, ...OUTPUT_OPTIONS];
const TLSVERIFY_SPECS = [
  ...TLSVERIFY_OPTIONS,
  ...WORLD_OPTIONS,
  ...PROBE_OPTIONS.filter(({ flags }) => flags === '--lab'),
];
const DANEVERIFY_SPECS = TLSVERIFY_SPECS.filter((spec) => !TLSVERIFY_OPTIONS.includes(spec));
const DELIVER_SPECS = [
  ...DELIVER_OPTIONS,
  ...PROBE_OPTIONS.filter(({ flags }) => flags === '--lab' || flags.startsWith('--seed')),
  ...OUTPUT_OPTIONS.filter(({ flags }) => flags.startsWith('--output')),
  ...WORLD_OPTIONS.filter(({ flags }) => !/^--(mail-from|canary) /.test(flags)),
  ...PLACE_OPTIONS.filter(({ flags }) => !flags.startsWith('--config')),
];

/** A `--config` file may have them all, whichever command reads it. */
export const KNOWN_OPTIONS = [
  ...PROBE_SPECS,
  ...CHAIN_OPTIONS,
  ...TLSVERIFY_OPTIONS,
  ...LAB_OPTIONS,
  ...DELIVER_OPTIONS,
  ...PLACE_OPTIONS,
  ...SUBMIT_OPTIONS,
  ...QUEUE_LIST_OPTIONS,
  ...HOST_OPTIONS,
  ...SERVE_OPTIONS,
];

export const COMMANDS = {
  probe: PROBE,
  replay: {
    specs: REPLAY_SPECS,
    run: async (invocation) => {
      const { replayCommand } = await import('./replay-command.ts');
      const file = invocation.words[0] ?? '';
      return replayCommand({ file, given: await given(invocation, REPLAY_SPECS), world: invocation.world });
    },
  },
  chain: {
    specs: CHAIN_OPTIONS,
    run: async (invocation) => {
      const { chainCommand } = await import('./chain-command.ts');
      const file = invocation.words[0] ?? '';
      return chainCommand({ file, given: await given(invocation, CHAIN_OPTIONS), world: invocation.world });
    },
  },
  tlsverify: {
    specs: TLSVERIFY_SPECS,
    run: async (invocation) => {
      const { tlsverifyCommand } = await import('./tlsverify-command.ts');
      const { world, services } = invocation;
      return tlsverifyCommand({ given: await given(invocation, TLSVERIFY_SPECS), world, services });
    },
  },
  daneverify: {
    specs: DANEVERIFY_SPECS,
    run: async (invocation) => {
      const { daneverifyCommand } = await import('./daneverify-command.ts');
      const { words, world, services } = invocation;
      const own = await given(invocation, DANEVERIFY_SPECS);
      return daneverifyCommand({ domain: words[0] ?? '', given: own, world, services });
    },
  },
  log: {
    specs: LOG_OPTIONS,
    run: async (invocation) => {
      const { logCommand } = await import('./log-command.ts');
      return logCommand({ given: await given(invocation, LOG_OPTIONS), world: invocation.world });
    },
  },
  tlsrpt: {
    specs: TLSRPT_OPTIONS,
    run: async (invocation) => {
      const { tlsrptCommand } = await import('./tlsrpt-command.ts');
      const { words, world } = invocation;
      return tlsrptCommand({ words, given: await given(invocation, TLSRPT_OPTIONS), world });
    },
  },
  deliver: {
    specs: DELIVER_SPECS,
    run: async (invocation) => {
      const { deliverCommand } = await import('./deliver-command.ts');
      const { words, world, services, flags } = invocation;
      // Some names mean something else to other commands: here its own meaning counts.
      const known = [...DELIVER_SPECS, ...KNOWN_OPTIONS];
      const own = await givenOptions({ specs: DELIVER_SPECS, known, flags, world });
      return deliverCommand({ file: words[0], given: own, world, services });
    },
  },
  lab: {
    specs: LAB_OPTIONS,
    run: async (invocation) => {
      const { labCommand } = await import('./lab-command.ts');
      const { world, services } = invocation;
      return labCommand({ given: await given(invocation, LAB_OPTIONS), world, services });
    },
  },
  serve: {
    specs: SERVE_SPECS,
    run: async (invocation) => {
      const { serveCommand } = await import('./serve-command.ts');
      const { world, services } = invocation;
      return serveCommand({ given: await given(invocation, SERVE_SPECS), world, services });
    },
  },
} as const satisfies Readonly<Record<string, CommandEntry>>;

function given({ flags, world }: Invocation, specs: readonly OptionSpec[]): Promise<GivenOptions> {
  return givenOptions({ specs, known: KNOWN_OPTIONS, flags, world });
}
