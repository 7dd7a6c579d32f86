/** The house behind the command line: each part is loaded when a command asks for it. */
import type { World } from '../app/world.ts';
import type { Services } from './services.ts';
import { stderrLog } from './stderr-log.ts';

export function realServices(world: World): Services {
  return {
    createApp: async (settings) => (await import('../app/app.ts')).createApp(settings),
    createDeliverer: async (settings) => (await import('../app/deliver.ts')).createDeliverer(settings),
    configuredControls: async (place) =>
      (await import('../app/configuration.ts')).configuredControls(place, world.clock),
    openConfiguration: async (place) => (await import('../app/configuration.ts')).openConfiguration(place, world.clock),
    openQueue: async (place) =>
      (await import('../app/queue.ts')).openQueue(place, world, stderrLog(world.stderr, 'warn')),
    openMonitors: async (place) => (await import('../app/monitor-desk.ts')).openMonitors(place, world.clock),
    openAccounts: async (place) => (await import('../app/account-desk.ts')).openAccounts(place, world),
    openInstallation: async (place, settings, wishes) =>
      (await import('../app/installation.ts')).openInstallation(place, settings, world, wishes),
    openPassingPlace: async () => (await import('../app/configuration.ts')).openPassingPlace(),
    openLookups: async (settings) => (await import('../app/open-lookups.ts')).openLookups(settings, world),
    routeOf: async (destination, settings) =>
      (await import('../app/route-of.ts')).routeOf(destination, settings, world),
    openLab: async (wishes) => (await import('./open-lab.ts')).openLab(world, wishes),
  };
}
