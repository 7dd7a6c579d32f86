/** `tlsreach lab`: opens the test bed, says what to try, and keeps it open until Ctrl-C. */
import type { World } from '../app/world.ts';
import type { Services } from './services.ts';

export async function labCommand(world: World, services: Services): Promise<number> {
  const lab = await services.openLab();
  await world.stdout.write(`${lab.guide.join('\n')}\n`);
  await new Promise<void>((resolve) => {
    const release = world.onInterrupt(() => {
      release();
      resolve();
    });
  });
  await lab.close();
  return 0;
}
