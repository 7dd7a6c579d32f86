/** The outermost face: the real world and the real house, put together for the command line. */
import { processWorld } from '../app/world.ts';
import { run } from './run.ts';
import { stderrLog } from './stderr-log.ts';

const world = processWorld();
const code = await run(world, {
  createApp: async (settings) => (await import('../app/app.ts')).createApp(settings),
  createDeliverer: async (settings) => (await import('../app/deliver.ts')).createDeliverer(settings),
  openConfiguration: async (place) => (await import('../app/configuration.ts')).openConfiguration(place, world.clock),
  openQueue: async (place) =>
    (await import('../app/queue.ts')).openQueue(place, world, stderrLog(world.stderr, 'warn')),
  openInstallation: async (place, settings) =>
    (await import('../app/installation.ts')).openInstallation(place, settings, world),
  routeOf: async (destination, settings) => (await import('../app/route-of.ts')).routeOf(destination, settings, world),
  openLab: async (wishes) => (await import('./open-lab.ts')).openLab(world, wishes),
});
world.setExitCode(code);
// After a fault of ours something may still be open: it must not keep the process.
if (code === 4) world.exit(code);
