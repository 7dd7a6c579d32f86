/** The outermost face: the real world and the real house, put together for the command line. */
import { processWorld } from '../app/world.ts';
import { realServices } from './real-services.ts';
import { run } from './run.ts';

const world = processWorld();
const code = await run(world, realServices(world));
world.setExitCode(code);
// After a fault of ours something may still be open: it must not keep the process.
if (code === 4) world.exit(code);
