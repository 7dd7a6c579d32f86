/**
 * One application per combination of those options that belong to a whole world (port, family, time-out, scan), made when
 * first asked for and closed when others have taken its place and its last test is done.
 */

import type { ProbeOptions } from '../probe/probe-record.ts';
import type { ProbeHooks, ProbeRequest } from '../probe/request.ts';
import type { ProbeResult } from '../probe/result.ts';
import { type AppSettings, DEFAULT_SCAN_BUDGET } from './settings.ts';

interface Prober {
  probe(request: ProbeRequest, hooks?: ProbeHooks): Promise<ProbeResult>;
  close(): Promise<void>;
}

export interface ProbeApps {
  probe(options: ProbeOptions, request: ProbeRequest, hooks: ProbeHooks): Promise<ProbeResult>;
  close(): Promise<void>;
}

interface Entry {
  readonly app: Promise<Prober>;
  users: number;
  retired: boolean;
}

/** Worlds kept open at one time; each has caches and resolvers of its own. */
const MAX_APPS = 8;

export function createProbeApps(
  settings: AppSettings,
  createApp: (settings: AppSettings) => Promise<Prober>,
): ProbeApps {
  const entries = new Map<string, Entry>();
  const closeIdle = async (entry: Entry): Promise<void> => {
    if (entry.retired && entry.users === 0)
      await entry.app.then(
        (app) => app.close(),
        () => {},
      );
  };
  const entryOf = ({ port, family, timeout, scan }: ProbeOptions): Entry => {
    const key = [port, family, timeout, scan].join(' ');
    const known = entries.get(key);
    const entry = known ?? {
      app: createApp({
        ...settings,
        port,
        family: family === 'any' ? settings.family : family === '4' ? 4 : 6,
        timeoutMs: timeout * 1000,
        scan: scan ? { budget: DEFAULT_SCAN_BUDGET, injectionTest: false } : null,
      }),
      users: 0,
      retired: false,
    };
    entries.delete(key);
    entries.set(key, entry);
    for (const [oldest, other] of entries) {
      if (entries.size <= MAX_APPS) break;
      entries.delete(oldest);
      other.retired = true;
      void closeIdle(other);
    }
    return entry;
  };
  return {
    probe: async (options, request, hooks) => {
      const entry = entryOf(options);
      entry.users += 1;
      try {
        return await (await entry.app).probe(request, hooks);
      } finally {
        entry.users -= 1;
        await closeIdle(entry);
      }
    },
    close: async () => {
      const all = [...entries.values()];
      entries.clear();
      await Promise.all(
        all.map((entry) =>
          entry.app.then(
            (app) => app.close(),
            () => {},
          ),
        ),
      );
    },
  };
}
