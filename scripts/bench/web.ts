/**
 * What the web costs: the form's first byte and weight, tests whose result is there already, refusals, and the form while
 * 1,000 streams are open and 200 tests run. `node scripts/bench/web.ts`; the tests themselves are told, not made.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAccounts } from '../../src/app/accounts.ts';
import { createBatches } from '../../src/app/batches.ts';
import { createProbeJobs, DEFAULT_LIMITS } from '../../src/app/probe-jobs.ts';
import { createRequestKeys } from '../../src/app/request-keys.ts';
import { readWebFiles } from '../../src/app/web-files.ts';
import { webStoresOver } from '../../src/app/web-stores.ts';
import { systemClock as clock, unpredictableRandom as random } from '../../src/app/world.ts';
import { silentLog as log } from '../../src/base/log.ts';
import { memoryAccounts } from '../../src/config/account-store.ts';
import { createWeb } from '../../src/http/web.ts';
import { memoryRecords } from '../../src/probe/probe-record.ts';
import { STAGES } from '../../src/probe/result.ts';
import { openDatabase } from '../../src/store/database.ts';
import { goodResultFor } from '../../test/cli/stage.ts';
import { costOf } from './figures.ts';

const STREAMS = 1_000;
const TESTS = 200;
const STEP_MS = 500;
const POSTS = 10_000;
const AT_ONCE = 20;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const jobs = createProbeJobs({
  apps: {
    // A test of eight steps, each a while after the one before.
    probe: async (_options, { target }, { onEvent }) => {
      onEvent?.({ kind: 'route', hosts: [{ exchange: 'mx.example', preference: 10, addresses: ['192.0.2.1'] }] });
      for (const stage of target.text.startsWith('slow') ? [...STAGES, ...STAGES, ...STAGES] : []) {
        await pause(STEP_MS);
        onEvent?.({ kind: 'stage', host: 'mx.example', address: '192.0.2.1', stage, result: 'ok', ms: STEP_MS });
      }
      return goodResultFor(target.text);
    },
    close: async () => {},
  },
  records: memoryRecords(1_000),
  clock,
  random,
  log,
  privateAddresses: 'denied',
  ports: [25],
  defaultPort: 25,
  limits: {
    ...DEFAULT_LIMITS,
    running: TESTS,
    perClient: { burst: 100_000, everyMs: 1 },
    perTarget: { burst: 100_000, everyMs: 1 },
  },
});
const folder = await mkdtemp(join(tmpdir(), 'tlsreach-bench-'));
const database = await openDatabase({ kind: 'file', path: join(folder, 'web.sqlite') }, { clock });
const stores = webStoresOver(database);
const batches = createBatches({ store: stores.batches, jobs, clock, random, log, report: null });
const server = await createWeb({
  clock,
  random,
  log,
  version: '0',
  jobs,
  batches,
  keys: createRequestKeys({ store: stores.keys, clock, random, log }),
  accounts: await createAccounts({ store: memoryAccounts(), clock, random }),
  files: await readWebFiles(),
  anonymous: true,
  trustedProxies: [],
  tls: null,
  examples: [],
  ports: [25],
  defaultPort: 25,
});
const base = await server.listen({ host: '127.0.0.1', port: 0 });

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((one, other) => one - other)[Math.min(values.length - 1, Math.floor(values.length * share))] ??
  Number.NaN;
const tell = (what: string, figure: string): void => console.log(`${what.padEnd(58)} ${figure}`);

async function firstBytes(times: number): Promise<readonly number[]> {
  const all: number[] = [];
  for (let turn = 0; turn < times; turn += 1) {
    const since = performance.now();
    const answer = await fetch(`${base}/`);
    all.push(performance.now() - since);
    await answer.arrayBuffer();
  }
  return all;
}

/** Requests a second, and per second of this process's CPU, over `AT_ONCE` connections that hardly look at the answer. */
async function rate(body: string): Promise<string> {
  const { hostname, port } = new URL(base);
  const request = `POST /api/v1/probes HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  let left = POSTS;
  const cost = await costOf(async () => {
    await Promise.all(
      Array.from(
        { length: AT_ONCE },
        () =>
          new Promise<void>((resolve) => {
            const socket = connect(Number(port), hostname);
            let awaited = 0;
            const ask = (): void => {
              left -= 1;
              if (left < 0) {
                socket.end();
                resolve();
              } else socket.write(request);
            };
            socket.on('connect', ask);
            socket.on('data', (chunk) => {
              if (awaited <= 0) {
                const head = chunk.indexOf('\r\n\r\n');
                awaited = head + 4 + Number(/content-length: (\d+)/i.exec(chunk.toString('latin1', 0, head))?.[1]);
              }
              awaited -= chunk.length;
              if (awaited === 0) ask();
            });
          }),
      ),
    );
  });
  return `${Math.round(POSTS / (cost.wallMs / 1000))} a second, ${Math.round(POSTS / (cost.cpuMs / 1000))} per CPU second`;
}

await firstBytes(50);
const alone = await firstBytes(300);
tell(
  'first byte of the form, median / 95th percentile',
  `${percentile(alone, 0.5).toFixed(1)} / ${percentile(alone, 0.95).toFixed(1)} ms`,
);
const parts = await Promise.all(
  ['/', '/style.css', '/page.js', '/icon.svg'].map(
    async (path) => (await (await fetch(base + path)).arrayBuffer()).byteLength,
  ),
);
tell(
  'the form in all (page, style, script, icon), uncompressed',
  `${(parts.reduce((sum, part) => sum + part, 0) / 1024).toFixed(1)} KiB`,
);

await fetch(`${base}/api/v1/probes?wait=5`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"target":"ann@example.com"}',
});
await rate('{"target":"ann@example.com"}');
tell('POST of a test whose result is there', await rate('{"target":"ann@example.com"}'));
tell('POST that cannot be used, again and again', await rate('{"target":"ann@example.com","colour":1}'));
// Whoever sent so many is not read for a moment.
await pause(1_000);

const ids = await Promise.all(
  Array.from({ length: TESTS }, async (_, index) => {
    const answer = await fetch(`${base}/api/v1/probes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ target: `slow-${index}.example` }),
    });
    return ((await answer.json()) as { readonly id: string }).id;
  }),
);
let missed = 0;
let heard = 0;
let connected = 0;
const streams = Promise.all(
  Array.from({ length: STREAMS }, async (_, index) => {
    const answer = await fetch(`${base}/api/v1/probes/${ids[index % TESTS]}/events`);
    connected += 1;
    const numbers = [...(await answer.text()).matchAll(/^id: (\d+)$/gm)].map(([, number]) => Number(number));
    heard += numbers.length;
    // queued, route, 24 steps, done
    missed += numbers.length === 27 && numbers.every((number, at) => number === at + 1) ? 0 : 1;
  }),
);
while (connected < STREAMS * 0.9) await pause(5);
const running = jobs.counts().running;
const busy = await firstBytes(100);
await streams;
tell(
  `first byte with ${STREAMS} streams, ${running} tests running, median / 95th`,
  `${percentile(busy, 0.5).toFixed(1)} / ${percentile(busy, 0.95).toFixed(1)} ms`,
);
tell('streams that missed a step / steps heard', `${missed} / ${heard}`);
await batches.close();
await jobs.close(1_000);
await server.close();
await database.close();
await rm(folder, { recursive: true });
