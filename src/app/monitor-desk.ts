/** What API, pages and commands know of monitors and may do with them: those in force, with what is known of each. */
import type { Clock } from '../base/clock.ts';
import { type Configuration, createConfiguration } from '../config/configuration.ts';
import { NEW_MEMORY, scheduleOf } from '../monitor/advance.ts';
import type { Monitor } from '../monitor/monitor.ts';
import type { HistoryQuery, MonitorStore, StoredRun } from '../monitor/monitor-store.ts';
import { firstRunAt } from '../monitor/schedule.ts';
import type { Watched } from '../monitor/status.ts';
import type { ProbeRecord, RecordStore } from '../probe/probe-record.ts';
import { parseTarget, showTargetDomain } from '../probe/target.ts';
import { createConfigurationStore } from '../store/configuration-store.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { makeFolder } from '../store/folder.ts';
import { createMonitorStore } from '../store/monitor-store.ts';
import { type DataPlace, databasePlaceOf } from './configuration.ts';
import { DEFAULT_OPTIONS } from './probe-jobs.ts';

export interface SeenMonitor extends Watched {
  /** Somebody runs it now. */
  readonly running: boolean;
}

export interface MonitorDesk {
  /** By name; empty where the configuration cannot be read. */
  all(): Promise<readonly SeenMonitor[]>;
  /** Null: none of this name is in force. */
  one(name: string): Promise<SeenMonitor | null>;
  history(query: HistoryQuery): Promise<readonly StoredRun[]>;
  /** As soon as a process with the role looks; false where none of this name is in force. */
  runNow(name: string): Promise<boolean>;
}

export function createMonitorDesk(configuration: Configuration, database: Database, clock: Clock): MonitorDesk {
  const store = createMonitorStore(database);
  const inForce = async (): Promise<readonly Monitor[]> => {
    const committed = await configuration.committed();
    return committed.ok ? committed.value.document.monitors : [];
  };
  const all = async (): Promise<readonly SeenMonitor[]> => {
    const monitors = await inForce();
    if (monitors.length === 0) return [];
    const rows = new Map((await store.rows()).map((row) => [row.name, row]));
    return monitors
      .map((monitor) => seen(monitor, rows.get(monitor.name)))
      .sort((one, other) => (one.monitor.name < other.monitor.name ? -1 : 1));
  };
  const one = async (name: string): Promise<SeenMonitor | null> => {
    const monitor = (await inForce()).find((each) => each.name === name);
    return monitor === undefined ? null : seen(monitor, (await store.row(name)) ?? undefined);
  };
  return {
    all,
    one,
    history: (query) => store.history(query),
    runNow: async (name) => {
      const found = await one(name);
      if (found === null) return false;
      const now = clock.now();
      const { schedule } = found.monitor;
      await store.sync([{ name, schedule, nextAt: firstRunAt(scheduleOf(found.monitor), now) }]);
      return store.runNow(name, now);
    },
  };
}

function seen(monitor: Monitor, row: Awaited<ReturnType<MonitorStore['row']>> | undefined): SeenMonitor {
  return { monitor, memory: row?.memory ?? NEW_MEMORY, nextAt: row?.nextAt ?? null, running: row?.running ?? false };
}

/** Results of monitors can be looked up beside those of people, and stand in no list. */
export function withMonitorResults(records: RecordStore, database: Database): RecordStore {
  const store = createMonitorStore(database);
  return {
    ...records,
    find: async (id) => {
      const record = await records.find(id);
      if (record !== null) return record;
      const kept = await store.result(id);
      return kept === null ? null : recordOf(kept);
    },
  };
}

function recordOf({ id, target, at, result }: NonNullable<Awaited<ReturnType<MonitorStore['result']>>>): ProbeRecord {
  const parsed = parseTarget(target);
  return {
    id,
    target,
    domain: parsed.ok ? showTargetDomain(parsed.value.domain) : result.domain,
    listed: false,
    options: { ...DEFAULT_OPTIONS, port: result.hosts[0]?.port ?? 25 },
    createdAt: Date.parse(result.startedAt),
    finishedAt: at,
    result,
    problem: null,
  };
}

export interface OpenMonitors {
  readonly desk: MonitorDesk;
  close(): Promise<void>;
}

/** For commands, while `serve` runs or while it does not. Rejects with `StoreTrouble`. */
export async function openMonitors(place: DataPlace, clock: Clock): Promise<OpenMonitors> {
  if (place.database === null) makeFolder(place.data);
  const database = await openDatabase(databasePlaceOf(place), { clock });
  const configuration = createConfiguration(createConfigurationStore(database), clock);
  return { desk: createMonitorDesk(configuration, database, clock), close: () => database.close() };
}
