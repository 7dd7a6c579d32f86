import assert from 'node:assert/strict';
import test from 'node:test';
import { noticeLines, noticeTitle, showDuration } from '../../src/monitor/notice.ts';
import { statusOf } from '../../src/monitor/status.ts';
import { verdictOf } from '../../src/monitor/verdict.ts';
import { finding, result } from '../report/results.ts';
import {
  BEGIN,
  clearResult,
  DAY,
  dnsFailure,
  goodResult,
  HOUR,
  hostOf,
  MINUTE,
  monitorOf,
  otherCertificate,
  throttledResult,
  watch,
} from './scenario.ts';

const GATES = { min: 90, expect: [] } as const;

test('what a run says: gates met, met with a finding, not met, or no word', () => {
  assert.equal(verdictOf(goodResult(), GATES).verdict, 'ok');
  const warned = goodResult('good.example', { findings: [finding('certificate-name', 'mx.good.example', 'x')] });
  assert.deepEqual(verdictOf(warned, GATES).verdict, 'degraded');
  assert.equal(verdictOf(clearResult(), GATES).verdict, 'failing');
  assert.equal(verdictOf(goodResult(), { min: 90, expect: ['required-verify'] }).verdict, 'failing');
});

test('put off, no DNS, a blocked port: no word about the target, whatever the gates ask for', () => {
  const strict = { min: 121, expect: ['required-verify', 'dane', 'mta-sts'] } as const;
  for (const nothing of [
    throttledResult(),
    dnsFailure(),
    result({ more: { status: 'blocked', problem: 'port 25 is blocked here' } }),
    result({ more: { status: 'no-address', problem: 'no address' } }),
  ]) {
    assert.equal(verdictOf(nothing, strict).verdict, 'inconclusive', nothing.status);
  }
});

test('an expectation that a host which put us off may meet is no failure; a score of the others is', () => {
  const half = result({
    target: 'good.example',
    hosts: [
      hostOf(),
      hostOf({
        exchange: 'mx2.good.example',
        verdict: 'inconclusive',
        times: [41, 'FAIL', null, null, null, null, null],
      }),
    ],
  });
  assert.equal(half.confidence.provisional, true);
  assert.equal(verdictOf(half, { min: 90, expect: ['required-verify'] }).verdict, 'inconclusive');
  assert.equal(verdictOf(half, { min: 121, expect: ['required-verify'] }).verdict, 'failing');
});

test('a domain that takes no mail or does not exist fails; hosts that all refuse do, silent ones only where others answer', () => {
  assert.equal(verdictOf(result({ more: { status: 'no-such-domain' } }), GATES).verdict, 'failing');
  assert.equal(verdictOf(result({ more: { status: 'null-mx' } }), GATES).verdict, 'failing');
  const down = (blame: 'them' | 'path', canaries?: 'answered' | 'silent') =>
    result({
      hosts: [hostOf({ verdict: 'unreachable', times: ['FAIL'], more: { blame } })],
      more: canaries === undefined ? {} : { canaries: [{ server: 'canary', outcome: canaries, detail: '' }] },
    });
  assert.equal(verdictOf(down('them'), GATES).verdict, 'failing');
  assert.equal(verdictOf(down('path'), GATES).verdict, 'inconclusive');
  assert.equal(verdictOf(down('path', 'answered'), GATES).verdict, 'failing');
  assert.equal(verdictOf(down('path', 'silent'), GATES).verdict, 'inconclusive');
});

test('a failure is confirmed within minutes, told once with its reason, and its end with how long it took', () => {
  const monitor = monitorOf({ schedule: 'PT1H', description: 'those who pay us' });
  const watched = watch(monitor);
  assert.deepEqual(watched.run(BEGIN, [goodResult()]).notices, []);
  const first = watched.run(BEGIN + HOUR, [clearResult()]);
  assert.deepEqual(
    first.notices.map(({ event }) => event),
    ['change'],
    'what differs is known at once, to those who ask for it',
  );
  assert.equal(first.run.state, 'ok');
  const wait = first.nextAt - (BEGIN + HOUR);
  assert.ok(wait > 0 && wait < 2 * MINUTE, 'soon, not in an hour');
  const second = watched.run(first.nextAt, [clearResult()]);
  assert.equal(second.run.state, 'failing');
  const [problem, ...rest] = second.notices;
  assert.ok(problem !== undefined && rest.length === 0);
  assert.equal(problem.event, 'problem');
  assert.equal(problem.severity, 'critical');
  assert.equal(problem.since, new Date(BEGIN + HOUR).toISOString(), 'since the first of the two');
  assert.match(noticeTitle(problem), /^failing: partners: good\.example: the confidence is \d+, below 90$/);
  assert.match(
    noticeLines(problem).join('\n'),
    /those who pay us[\s\S]*State: {4}failing[\s\S]*- good\.example: failing/,
  );
  watched.run(BEGIN + 2 * HOUR, [goodResult()]);
  const well = watched.run(BEGIN + 2 * HOUR + MINUTE, [goodResult()]);
  assert.equal(well.notices[0]?.event, 'recovered');
  assert.equal(noticeTitle(well.notices[0] as never), 'ok again: partners, after 1 h 1 min');
});

test('greylisting for an hour alarms nobody; too long without a word is stale, and told', () => {
  const monitor = monitorOf();
  const watched = watch(monitor);
  watched.run(BEGIN, [goodResult()]);
  const told: string[] = [];
  for (let minute = 5; minute <= 60; minute += 5) {
    const { notices, run } = watched.run(BEGIN + minute * MINUTE, [throttledResult()]);
    told.push(...notices.map(({ event, state }) => `${minute} ${event} ${state}`));
    assert.notEqual(run.state, 'failing');
  }
  assert.deepEqual(told, ['20 problem stale']);
});

test('what changed between two runs is named once, against the last run that could tell', () => {
  const watched = watch(monitorOf());
  watched.run(BEGIN, [goodResult()]);
  watched.run(BEGIN + MINUTE, [dnsFailure()]);
  const { run, notices } = watched.run(BEGIN + 2 * MINUTE, [otherCertificate('11'.repeat(32))]);
  assert.deepEqual(
    run.items[0]?.changes.map(({ kind, sentence }) => `${kind}: ${sentence}`),
    ['certificate: mx.good.example shows another certificate, from CN=Other ICA, until 2026-12-24'],
  );
  assert.deepEqual(
    notices.map(({ event, severity }) => `${event} ${severity}`),
    ['change information'],
  );
  const back = watched.run(BEGIN + 3 * MINUTE, [goodResult()]);
  assert.deepEqual(back.run.items[0]?.changes, [], 'hosts behind one name show their certificates in turn');
});

test('hosts, policies, DANE and versions that are not the same any more are changes (R62)', () => {
  const before = goodResult('good.example', { mtaSts: { mode: 'testing', id: '1' } });
  const now = result({
    target: 'good.example',
    hosts: [hostOf({ more: { tls: null } }), hostOf({ exchange: 'new.good.example', address: '192.0.2.9' })],
    more: { mtaSts: { mode: 'enforce', id: '2' } },
  });
  const watched = watch(monitorOf());
  watched.run(BEGIN, [before]);
  const sentences = watched.run(BEGIN + MINUTE, [now]).run.items[0]?.changes.map(({ sentence }) => sentence) ?? [];
  assert.ok(sentences.includes('new.good.example is a new mail host'));
  assert.ok(sentences.includes('the MTA-STS policy was "testing" and is "enforce"'));
  const gone = watched.run(BEGIN + 2 * MINUTE, [goodResult('good.example', { mtaSts: { mode: 'enforce', id: '3' } })]);
  const later = gone.run.items[0]?.changes.map(({ sentence }) => sentence) ?? [];
  assert.ok(later.includes('new.good.example is gone'), later.join());
  assert.ok(later.includes('the MTA-STS policy has another id, 3'));
});

test('of several targets one that fails makes the monitor fail, and only that one is told', () => {
  const monitor = monitorOf({ targets: ['a.example', 'b.example'], confirmRuns: 1 });
  const watched = watch(monitor);
  watched.run(BEGIN, [goodResult('a.example'), goodResult('b.example')]);
  const { run, notices } = watched.run(BEGIN + MINUTE, [goodResult('a.example'), clearResult('b.example')]);
  assert.equal(run.state, 'failing');
  const lines = noticeLines(notices[0] as never).join('\n');
  assert.match(lines, /b\.example: failing/);
  assert.doesNotMatch(lines, /a\.example: ok/);
});

test('a near date is told once, and again at the next threshold', () => {
  const entry = {
    at: new Date(BEGIN + 10 * DAY).toISOString(),
    what: 'certificate-ends',
    host: 'mx.good.example',
    severity: 'warning',
    sentence: 'The certificate of mx.good.example ends on 2026-12-03.',
  } as const;
  const watched = watch(monitorOf());
  const with_ = goodResult('good.example', { clock: [entry] });
  const events = [0, 1, 2, 3, 4].flatMap((day) =>
    watched
      .run(BEGIN + day * DAY, [day === 1 ? throttledResult() : with_])
      .notices.map(({ event }) => `${day} ${event}`),
  );
  assert.deepEqual(
    events.filter((event) => event.endsWith('date')),
    ['0 date', '3 date'],
    'a run that could not look in between does not make it news again',
  );
});

test('OK needs a word that is fresh and good enough; who stopped watching is NOK (R59)', () => {
  const monitor = monitorOf();
  const watched = watch(monitor);
  const ask = (at: number, question = {}) => statusOf({ monitor, memory: watched.memory, nextAt: null }, at, question);
  assert.equal(ask(BEGIN).result, 'NOK');
  assert.match(ask(BEGIN).reasons[0] ?? '', /no run has told yet/);
  watched.run(BEGIN, [goodResult()]);
  assert.equal(ask(BEGIN + MINUTE).result, 'OK');
  const value = ask(BEGIN).lastValue ?? 0;
  assert.equal(ask(BEGIN + MINUTE, { min: value }).result, 'OK');
  assert.equal(ask(BEGIN + MINUTE, { min: value + 1 }).result, 'NOK');
  assert.equal(ask(BEGIN + 5 * MINUTE, { maxAge: 5 }).result, 'OK');
  assert.equal(ask(BEGIN + 5 * MINUTE + 1, { maxAge: 5 }).result, 'NOK');
  assert.equal(ask(BEGIN + 16 * MINUTE).state, 'stale');
  assert.equal(ask(BEGIN + 16 * MINUTE, { maxAge: 60, min: 0 }).result, 'NOK', 'stale counts as NOK');
  watched.run(BEGIN + 17 * MINUTE, [throttledResult()]);
  assert.equal(ask(BEGIN + 17 * MINUTE, { maxAge: 10 }).result, 'NOK', 'a run that could not tell is no word');
  watched.run(BEGIN + 18 * MINUTE, [clearResult()]);
  watched.run(BEGIN + 19 * MINUTE, [clearResult()]);
  assert.match(ask(BEGIN + 19 * MINUTE).reasons.join(), /good\.example: the confidence is/);
});

test('durations in two figures', () => {
  for (const [ms, words] of [
    [0, '0 s'],
    [40_000, '40 s'],
    [17 * MINUTE, '17 min'],
    [2 * DAY + 4 * HOUR + 3 * MINUTE, '2 d 4 h'],
    [HOUR + 30_000, '1 h'],
  ] as const)
    assert.equal(showDuration(ms), words);
});
