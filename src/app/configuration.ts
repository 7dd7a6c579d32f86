/** Where an installation keeps what lasts, and its configuration opened from there. */
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { type Configuration, createConfiguration } from '../config/configuration.ts';
import { controlsFor, DEFAULT_DESTINATION, type DestinationControls, entryFor } from '../policy/destination.ts';
import { createCertificateStore } from '../store/certificate-store.ts';
import { createConfigurationStore } from '../store/configuration-store.ts';
import { type DatabasePlace, openDatabase } from '../store/database.ts';

/** What `--data` and `--database` say. */
export interface DataPlace {
  /** A folder; it is made when it is not there. */
  readonly data: string;
  /** A PostgreSQL URL, which takes the place of the folder. */
  readonly database: string | null;
}

/** A place for a demonstration: a new folder that goes away with it. */
export interface PassingPlace extends DataPlace {
  discard(): Promise<void>;
}

export async function openPassingPlace(): Promise<PassingPlace> {
  const data = await mkdtemp(join(tmpdir(), 'tlsreach-demo-'));
  return { data, database: null, discard: () => rm(data, { recursive: true, force: true }) };
}

export interface OpenConfiguration {
  readonly configuration: Configuration;
  /** PEM of the demonstration certificate; null before the first start of the installation. Left out: nobody knows. */
  readonly demo?: (() => Promise<string | null>) | undefined;
  close(): Promise<void>;
}

/** The file of queue and configuration in the folder of an installation. */
const DATABASE_FILE = 'tlsreach.sqlite';

export function databasePlaceOf({ data, database }: DataPlace): DatabasePlace {
  return database === null ? { kind: 'file', path: join(data, DATABASE_FILE) } : { kind: 'postgres', url: database };
}

/** Rejects with `StoreTrouble` where the database cannot be opened. */
export async function openConfiguration(place: DataPlace, clock: Clock): Promise<OpenConfiguration> {
  const database = await openDatabase(databasePlaceOf(place), { clock });
  return {
    configuration: createConfiguration(createConfigurationStore(database), clock),
    demo: async () => (await createCertificateStore(database).demo())?.certificate ?? null,
    close: () => database.close(),
  };
}

/**
 * What is in force for a destination, for whoever sends without the queue; null where nothing was ever committed. TLS is
 * that of the destination's own entry, or of a default entry that somebody has set; left as it was, it is `preferred`.
 */
export async function configuredControls(
  place: DataPlace,
  clock: Clock,
): Promise<((destination: string) => DestinationControls) | null> {
  const where = databasePlaceOf(place);
  if (where.kind === 'file' && !(await isThere(where.path))) return null;
  const { configuration, close } = await openConfiguration(place, clock);
  try {
    const committed = await configuration.committed();
    if (!committed.ok || committed.value.revision === 0) return null;
    const { destinations } = committed.value.document;
    return (destination) => {
      const controls = controlsFor(destinations, destination);
      const chosen = entryFor(destinations.entries, destination) !== null || controls.tls !== DEFAULT_DESTINATION.tls;
      return chosen ? controls : { ...controls, tls: 'preferred' };
    };
  } finally {
    await close();
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
