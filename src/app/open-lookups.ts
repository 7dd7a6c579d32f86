/** Lookups of names for whoever has no house of its own: a resolver as the settings say, to be closed again. */
import { createHouse } from './house.ts';
import { createLookups, type Lookups } from './name-check.ts';
import type { AppSettings } from './settings.ts';
import { ESSENTIALS, type Essentials } from './world.ts';

export interface OwnedLookups extends Lookups {
  close(): Promise<void>;
}

export async function openLookups(settings: AppSettings, world: Essentials = ESSENTIALS): Promise<OwnedLookups> {
  const house = createHouse(settings, world);
  return { ...createLookups(house.resolver, world.clock), close: () => house.close() };
}
