/**
 * The commands and their options as commander knows them. A command's own modules are loaded when it runs, so that
 * starting costs no more than the command needs.
 */
import { Command, CommanderError } from 'commander';
import type { World } from '../app/world.ts';
import { type GivenOptions, givenOptions } from './given-options.ts';
import {
  CHAIN_OPTIONS,
  type OptionSpec,
  OUTPUT_OPTIONS,
  PROBE_OPTIONS,
  TLSVERIFY_OPTIONS,
  WORLD_OPTIONS,
} from './option-specs.ts';
import type { Services } from './services.ts';
import { UsageError } from './usage-error.ts';

export const VERSION = '0.1.0';

const ALL_OPTIONS = [...PROBE_OPTIONS, ...OUTPUT_OPTIONS, ...WORLD_OPTIONS, ...CHAIN_OPTIONS, ...TLSVERIFY_OPTIONS];

const EXAMPLES = `
Examples:
  tlsreach probe --lab you@good.lab.test     try it without a network
  tlsreach probe you@example.com             who would get your mail, and how would it travel
  tlsreach probe example.com --format detail everything that was seen, with the transcript
  tlsreach probe --input list.txt --format csv --output scores.csv
  tlsreach chain fullchain.pem --name mx.example.com
  tlsreach explain certificate-name

Exit codes of probe: 0 all gates met, 1 a gate is not met, 2 usage, 3 could not be tested, 4 internal error.
Every option has an environment variable (--ca-file: TLSREACH_CA_FILE) and a key in the --config file (caFile).`;

/** Runs what `world.argv` asks for and answers with the exit code. */
export async function run(world: World, services: Services): Promise<number> {
  let code = 0;
  const program = buildProgram(world, services, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(world.argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      return usageCode(world);
    }
    if (error instanceof UsageError) {
      await world.stderr.write(`tlsreach: ${error.message}\n`);
      return usageCode(world);
    }
    await world.stderr.write(
      `tlsreach: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    return 4;
  }
}

/** 2, but a monitoring system is told UNKNOWN, as plugins say it. */
function usageCode({ argv }: World): number {
  const at = argv.indexOf('--format');
  return argv.includes('--format=nagios') || (at >= 0 && argv[at + 1] === 'nagios') ? 3 : 2;
}

/** Commander's tree, with `settle` told the exit code of the command that ran. Completion reads it, too. */
export function buildProgram(world: World, services: Services, settle: (code: number) => void): Command {
  const program = new Command('tlsreach')
    .description('If we send mail to this recipient, does it travel encrypted, to whom, and how sure are we?')
    .version(VERSION, '-V, --version', 'the version')
    .helpOption('-h, --help', 'this help')
    .helpCommand('help [command]', 'help for a command')
    .addHelpText('after', EXAMPLES)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void world.stdout.write(text),
      writeErr: (text) => void world.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'tlsreach: ').replace(/\n\(Did/, ' (Did')),
      getOutHelpWidth: () => world.stdout.columns(),
      getErrHelpWidth: () => world.stderr.columns(),
    });
  const command = (name: string, description: string, specs: readonly OptionSpec[]): Command => {
    const added = program.command(name).description(description).helpOption('-h, --help', 'this help');
    for (const { flags, help, list } of specs) {
      if (list === true) added.option(flags, help, (value: string, all: readonly string[] = []) => [...all, value]);
      else added.option(flags, help);
    }
    return added;
  };
  const given = (from: Command, specs: readonly OptionSpec[]): Promise<GivenOptions> =>
    givenOptions({ specs, known: ALL_OPTIONS, flags: flagsOf(from), world });

  const probeSpecs = [...PROBE_OPTIONS, ...OUTPUT_OPTIONS, ...WORLD_OPTIONS];
  const probe = command('probe', 'test every mail host of a recipient', probeSpecs)
    .argument('[target...]', 'user@domain, domain, user@domain[host:port] or [ip]:port')
    .action(async (targets: string[]) => {
      const { probeCommand } = await import('./probe-command.ts');
      settle(await probeCommand({ targets, given: await given(probe, probeSpecs), world, services }));
    });

  const chain = command('chain', 'judge a chain of PEM certificates offline, leaf first', CHAIN_OPTIONS)
    .argument('<file>', 'PEM file, - for standard input; with --format ndjson one JSON case a line')
    .action(async (file: string) => {
      const { chainCommand } = await import('./chain-command.ts');
      settle(await chainCommand({ file, given: await given(chain, CHAIN_OPTIONS), world }));
    });

  const verifySpecs = [...TLSVERIFY_OPTIONS, ...WORLD_OPTIONS, ...LAB_OPTION];
  const verify = command('tlsverify', 'verify one connection step by step (algorithm Verify)', verifySpecs).action(
    async () => {
      const { tlsverifyCommand } = await import('./tlsverify-command.ts');
      settle(await tlsverifyCommand({ given: await given(verify, verifySpecs), world, services }));
    },
  );

  command('explain', 'say in plain words what a finding, mode, stage or verdict means', [])
    .argument('[code]', 'without it: the list of all')
    .action(async (code: string | undefined) => {
      const { explainCommand } = await import('./explain-command.ts');
      settle(await explainCommand(code, world));
    });

  command('lab', 'an offline test bed: one domain per well-known fault', []).action(async () => {
    const { labCommand } = await import('./lab-command.ts');
    settle(await labCommand(world, services));
  });

  command('completion', 'print a completion script for a shell', [])
    .argument('<shell>', 'bash, zsh or fish')
    .action(async (shell: string) => {
      const { completionScript } = await import('./completion.ts');
      await world.stdout.write(completionScript(shell, program));
      settle(0);
    });
  return program;
}

const LAB_OPTION = PROBE_OPTIONS.filter(({ flags }) => flags === '--lab');

/** Only what stood on the command line; commander's own defaults say nothing. */
function flagsOf(command: Command): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(command.opts()).filter(([key]) => command.getOptionValueSource(key) === 'cli'),
  );
}
