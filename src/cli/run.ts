/** From the arguments to an exit code: the usual command lines at once, all others through the full parser. */
import type { World } from '../app/world.ts';
import { COMMANDS } from './commands.ts';
import { quickArguments } from './quick-arguments.ts';
import type { Services } from './services.ts';
import { UsageError } from './usage-error.ts';

/** Runs what `world.argv` asks for and answers with the exit code; says on stderr what went wrong. */
export async function run(world: World, services: Services): Promise<number> {
  try {
    const [name, ...rest] = world.argv;
    if (name === 'probe') {
      const quick = quickArguments(rest, COMMANDS.probe.specs);
      if (quick !== null) return await COMMANDS.probe.run({ ...quick, world, services });
    }
    const { runProgram } = await import('./program.ts');
    const code = await runProgram(world, services);
    return code ?? usageCode(world);
  } catch (error) {
    if (error instanceof UsageError) {
      await world.stderr.write(`tlsreach: ${error.message}\n`);
      return usageCode(world);
    }
    const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
    await world.stderr.write(`tlsreach: internal error: ${words}\n`);
    return 4;
  }
}

/** 2, but a monitoring system is told UNKNOWN, as plugins say it. */
function usageCode({ argv }: World): number {
  const at = argv.indexOf('--format');
  return argv.includes('--format=nagios') || (at >= 0 && argv[at + 1] === 'nagios') ? 3 : 2;
}
