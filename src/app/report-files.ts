/**
 * Days of TLS reports as files of the data folder, `tlsrpt/2026-11-28.ndjson`: one domain a line, replaced as a whole. A
 * line that cannot be read is left out and said; the others count.
 */
import { mkdir, open, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../base/log.ts';
import { describeShapeFault, readShape } from '../base/shape.ts';
import { isDay, type ReportStore, STORED_DOMAIN } from '../tlsrpt/stored-day.ts';
import { MAX_REPORTED_DOMAINS, type StoredDay, type StoredDomain } from '../tlsrpt/tally.ts';
import { createAtomicFile } from './files.ts';
import { LineReader } from './line-reader.ts';

const ENDING = '.ndjson';
/** Characters that are written at once. */
const WRITE_CHARACTERS = 256 * 1024;

export function reportFiles(dataFolder: string, log: Log): ReportStore {
  const folder = join(dataFolder, 'tlsrpt');
  const fileOf = (day: string): string => join(folder, `${day}${ENDING}`);
  return {
    load: async () => {
      const names = await readdir(folder).catch(() => []);
      const days = names.filter((name) => name.endsWith(ENDING)).map((name) => name.slice(0, -ENDING.length));
      const stored: StoredDay[] = [];
      for (const day of days.filter(isDay).toSorted()) stored.push(await readDay(day, fileOf(day), log));
      return stored;
    },
    save: async (day) => {
      await mkdir(folder, { recursive: true, mode: 0o750 });
      const file = await createAtomicFile(fileOf(day.day));
      try {
        let text = '';
        for (const domain of day.domains) {
          text += `${JSON.stringify(domain)}\n`;
          if (text.length < WRITE_CHARACTERS) continue;
          await file.write(text);
          text = '';
        }
        await file.write(text);
        await file.commit();
      } catch (error) {
        await file.discard().catch(() => {});
        throw error;
      }
    },
    remove: (day) => unlink(fileOf(day)).catch(() => {}),
  };
}

async function readDay(day: string, path: string, log: Log): Promise<StoredDay> {
  const domains: StoredDomain[] = [];
  const file = await open(path, 'r');
  try {
    for await (const line of new LineReader(file).lines()) {
      if (domains.length >= MAX_REPORTED_DOMAINS) break;
      const read = domainOf(line);
      if (read.domain !== null) domains.push(read.domain);
      else log('warn', 'a line of kept TLS reports is left out', { path, why: read.why });
    }
  } finally {
    await file.close();
  }
  return { day, domains };
}

function domainOf(line: string): { readonly domain: StoredDomain | null; readonly why: string } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { domain: null, why: 'it is not JSON' };
  }
  const read = readShape(STORED_DOMAIN, value);
  return read.ok ? { domain: read.value, why: '' } : { domain: null, why: describeShapeFault(read.failure) };
}
