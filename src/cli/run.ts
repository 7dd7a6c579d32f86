/** From the arguments to an exit code: the usual command lines at once, all others through the full parser. */
import type { World } from '../app/world.ts';
import { printable } from '../base/printable.ts';
import { PROBE } from './probe-entry.ts';
import { quickArguments } from './quick-arguments.ts';
import type { Services } from './services.ts';
import { describeFileFault, OutputError, UsageError } from './usage-error.ts';

/** Runs what `world.argv` asks for and answers with the exit code; says on stderr what went wrong. */
export async function run(world: World, services: Services): Promise<number> {
  const code = await runCommand(world, services);
  const fault = await world.stdout.finished();
  if (fault === null) return code;
  // A result that nobody has is no success, whatever it was.
  await tell(world, `standard output: ${describeFileFault(fault, 'write')}`);
  return 4;
}

async function runCommand(world: World, services: Services): Promise<number> {
  try {
    const [name, ...rest] = world.argv;
    if (name === 'probe') {
      const quick = quickArguments(rest, PROBE.specs);
      if (quick !== null) return await PROBE.run({ ...quick, world, services });
    }
    const { runProgram } = await import('./program.ts');
    const code = await runProgram(world, services);
    return code ?? usageCode(world);
  } catch (error) {
    if (error instanceof UsageError || error instanceof OutputError) {
      await tell(world, error.message);
      return error instanceof UsageError ? usageCode(world) : 4;
    }
    await tell(world, `internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return 4;
  }
}

/** File names, words and what a parser quotes of a file come from anywhere: nothing of them acts on a terminal (R54). */
async function tell({ stderr }: World, message: string): Promise<void> {
  const lines = `tlsreach: ${message}`.split('\n').map((line) => printable(line, MAX_MESSAGE_LINE));
  await stderr.write(`${lines.join('\n')}\n`);
}

const MAX_MESSAGE_LINE = 1000;

/** 2, but a monitoring system is told UNKNOWN, as plugins say it. */
function usageCode({ argv, env }: World): number {
  const at = argv.lastIndexOf('--format');
  const joined = argv.findLast((word) => word.startsWith('--format='));
  const format = (at >= 0 ? argv[at + 1] : joined?.slice('--format='.length)) ?? env['TLSREACH_FORMAT'];
  return format?.toLowerCase() === 'nagios' ? 3 : 2;
}
