import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { reportFiles } from '../../src/app/report-files.ts';
import {
  createTlsReports,
  FIRST_RETRY_MS,
  GIVE_UP_MS,
  type ReportSubmission,
  SAVE_DELAY_MS,
  SEND_SPREAD_MS,
  type TlsReportOptions,
} from '../../src/app/tls-report-sender.ts';
import { type Log, silentLog } from '../../src/base/log.ts';
import type { PostReport } from '../../src/delivery/post-tls-report.ts';
import { readReport } from '../../src/tlsrpt/read-report.ts';
import { readReportMail } from '../../src/tlsrpt/read-report-mail.ts';
import { memoryReportStore } from '../../src/tlsrpt/stored-day.ts';
import { judged } from '../report/delivery-scenario.ts';
import { type HandWoundClock, handWoundClock } from '../support/hand-wound-clock.ts';
import { knownResolver } from '../support/resolver.ts';

const HOUR = 3_600_000;
const NOON = Date.UTC(2026, 10, 28, 12);
const MIDNIGHT = Date.UTC(2026, 10, 29);
const folder = mkdtempSync(join(tmpdir(), 'tlsreach-reports-'));
after(() => rmSync(folder, { recursive: true, force: true }));

type Txt = ReadonlyMap<string, readonly unknown[] | null>;

function record(domain: string, ...rua: readonly string[]): readonly [string, readonly unknown[]] {
  return [`TXT _smtp._tls.${domain}`, [[Buffer.from(`v=TLSRPTv1; rua=${rua.join(',')}`)]]];
}

interface Scenario extends Partial<Pick<TlsReportOptions, 'store' | 'submit'>> {
  readonly txt?: Txt;
  readonly clock?: HandWoundClock;
  readonly statuses?: readonly (number | 'broken')[];
}

async function scenario({ txt = new Map(), clock = handWoundClock(NOON), statuses = [200], store, submit }: Scenario) {
  const mails: ReportSubmission[] = [];
  const posts: { readonly uri: string; readonly bytes: Uint8Array }[] = [];
  const post: PostReport = async (uri, bytes) => {
    const status = statuses[Math.min(posts.length, statuses.length - 1)] ?? 200;
    posts.push({ uri, bytes });
    if (status === 'broken') return { ok: false, failure: { kind: 'http', code: 'ECONNRESET' } };
    return status < 300 ? { ok: true, value: { status } } : { ok: false, failure: { kind: 'status', status } };
  };
  const kept = store ?? memoryReportStore();
  const reports = createTlsReports({
    reporter: {
      organization: 'Example Org',
      contact: 'postmaster@example.org',
      submitter: 'example.org',
      from: 'tlsrpt@example.org',
    },
    clock,
    random: () => 0.5,
    log: silentLog,
    store: kept,
    resolver: knownResolver(txt),
    submit: submit ?? (async (report) => void mails.push(report)),
    post,
  });
  await reports.start();
  const absent = { kind: 'absent', ignored: [], name: '', security: 'insecure', securityFrom: null } as const;
  const mtaSts = { kind: 'absent', record: absent, warnings: [], fetch: null } as const;
  const session = (event: 'E2' | 'E8' = 'E8', destination = 'example.com'): void =>
    reports.onDelivery(
      judged({ event, mode: 'preferred', facts: { destination }, published: { mtaSts, dane: null }, at: clock.now() }),
    );
  /** Winds in steps, so that what a timer began is finished before the next one. */
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= HOUR / 4) {
      clock.wind(Math.min(left, HOUR / 4));
      await reports.flush();
    }
  };
  return { clock, reports, session, pass, mails, posts, store: kept };
}

test('after the end of the day, spread over four hours, the report goes to each address of the record (S-RPT-2, S-RPT-4)', async () => {
  const txt: Txt = new Map([record('example.com', 'mailto:tls@example.com', 'https://reports.example.com/v1')]);
  const { session, pass, mails, posts, store } = await scenario({ txt });
  session();
  session();
  session('E2');
  session('E8', 'silent.example');
  await pass(MIDNIGHT - NOON + SEND_SPREAD_MS / 2 - HOUR / 4);
  assert.deepEqual([mails.length, posts.length], [0, 0]);
  await pass(HOUR / 2);
  assert.deepEqual([mails.length, posts.length], [1, 1]);
  const { sender, recipient, origin, tlsOptional, bytes } = mails[0] as ReportSubmission;
  assert.deepEqual([sender, recipient, origin, tlsOptional], ['tlsrpt@example.org', 'tls@example.com', 'tlsrpt', true]);
  const mailed = await readReportMail(bytes);
  const posted = readReport(posts[0]?.bytes ?? Buffer.alloc(0));
  assert.ok(mailed.ok && posted.ok);
  assert.deepEqual(mailed.value, posted.value);
  assert.equal(mailed.value.start, '2026-11-28T00:00:00Z');
  const [policy] = mailed.value.policies;
  assert.deepEqual(
    [policy?.type, policy?.domain, policy?.successful, policy?.failed],
    ['no-policy-found', 'example.com', 2, 1],
  );
  assert.deepEqual(await store.load(), [], 'what is done is forgotten');
});

test('counts outlive a restart, a torn line in the file costs that line alone (S-RPT-2)', async () => {
  const told: string[] = [];
  const log: Log = (_level, message) => void told.push(message);
  const txt: Txt = new Map([record('example.com', 'mailto:tls@example.com')]);
  const clock = handWoundClock(NOON);
  const first = await scenario({ txt, clock, store: reportFiles(folder, log) });
  first.session();
  clock.wind(SAVE_DELAY_MS);
  await first.reports.flush();
  assert.deepEqual(readdirSync(join(folder, 'tlsrpt')), ['2026-11-28.ndjson']);
  first.session('E2');
  await first.reports.close();
  appendFileSync(join(folder, 'tlsrpt', '2026-11-28.ndjson'), '{"domain":"torn.exam\n{"domain":7}\n');
  const second = await scenario({ txt, clock, store: reportFiles(folder, log) });
  assert.equal(told.filter((message) => message.includes('left out')).length, 2);
  second.session();
  await second.pass(MIDNIGHT - NOON + SEND_SPREAD_MS);
  const report = await readReportMail(second.mails[0]?.bytes ?? Buffer.alloc(0));
  assert.ok(report.ok);
  assert.deepEqual([report.value.policies[0]?.successful, report.value.policies[0]?.failed], [2, 1]);
  assert.deepEqual(readdirSync(join(folder, 'tlsrpt')), []);
});

test('an address that fails is tried again at growing distances, one that refuses is given up, one that was served is left alone', async () => {
  const txt: Txt = new Map([
    record('example.com', 'mailto:tls@example.com', 'https://a.example.com/'),
    record('refusing.example', 'https://b.example.com/'),
  ]);
  const { session, pass, mails, posts } = await scenario({ txt, statuses: [404, 503, 'broken', 200] });
  session('E8', 'refusing.example');
  session();
  await pass(MIDNIGHT - NOON + SEND_SPREAD_MS / 2);
  const uris = (): readonly string[] => posts.map(({ uri }) => uri);
  const [refused] = uris();
  const served = refused === 'https://a.example.com/' ? 'https://b.example.com/' : 'https://a.example.com/';
  assert.equal(posts.length, 2);
  await pass(FIRST_RETRY_MS);
  await pass(2 * FIRST_RETRY_MS);
  assert.deepEqual(uris().slice(1), [served, served, served]);
  await pass(GIVE_UP_MS);
  assert.equal(posts.length, 4);
  assert.equal(mails.length, 1);
});

test('what cannot be looked up or queued for a day is forgotten', async () => {
  const txt: Txt = new Map([['TXT _smtp._tls.dark.example', null], record('example.com', 'mailto:tls@example.com')]);
  let tries = 0;
  const submit = async (): Promise<void> => {
    tries++;
    throw new Error('the queue is full');
  };
  const { session, pass, store } = await scenario({ txt, submit });
  session();
  session('E8', 'dark.example');
  await pass(MIDNIGHT - NOON + SEND_SPREAD_MS / 2);
  assert.equal((await store.load()).length, 1);
  await pass(2 * GIVE_UP_MS);
  assert.ok(tries > 3 && tries < 12, String(tries));
  assert.deepEqual(await store.load(), []);
});

test('two days are two reports', async () => {
  const txt: Txt = new Map([record('example.com', 'https://a.example.com/')]);
  const { session, pass, posts } = await scenario({ txt });
  session();
  await pass(24 * HOUR);
  session();
  session();
  await pass(24 * HOUR);
  const days = posts.map(({ bytes }) => JSON.parse(gunzipSync(bytes).toString()));
  assert.deepEqual(
    days.map((day) => [day['date-range']['start-datetime'], day.policies[0].summary['total-successful-session-count']]),
    [
      ['2026-11-28T00:00:00Z', 1],
      ['2026-11-29T00:00:00Z', 2],
    ],
  );
});
