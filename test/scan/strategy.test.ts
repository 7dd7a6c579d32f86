/** The planner alone, against servers that are tables: what it finds is what they are, whatever they are. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { ScanReport } from '../../src/policy/scan-evidence.ts';
import type { Asked } from '../../src/scan/question.ts';
import { groupName, signatureName, TLS_VERSIONS } from '../../src/scan/registry.ts';
import { reportOf } from '../../src/scan/report.ts';
import { DEFAULT_BUDGET } from '../../src/scan/scan.ts';
import { nextQuestion, type StrategyOptions } from '../../src/scan/strategy.ts';
import { answerOf, fits, type ModelServer, modelServers } from './model-server.ts';

const OPTIONS: StrategyOptions = { serverName: 'mx.example.com', injectionTest: false };
const NEVER_ENDING = 2_000;

function askAll(server: ModelServer, budget: number): readonly Asked[] {
  const history: Asked[] = [];
  while (history.length < budget) {
    const question = nextQuestion(history, OPTIONS);
    if (question === null) break;
    history.push({ question, answer: answerOf(server, question), step: history.length + 1 });
  }
  return history;
}

function reported(history: readonly Asked[]): ScanReport {
  return reportOf(history, OPTIONS, {
    address: '192.0.2.1',
    port: 25,
    startedAt: '2026-11-24T00:00:00.000Z',
    elapsedMs: 0,
    budget: NEVER_ENDING,
    connections: history.length,
    throttled: null,
    problem: null,
    trail: [],
  });
}

test('whatever a server is configured to, asking to the end finds exactly that', () => {
  fc.assert(
    fc.property(modelServers, (server) => {
      const history = askAll(server, NEVER_ENDING);
      assert.ok(history.length < NEVER_ENDING, 'the questions come to an end');
      const report = reported(history);
      assert.equal(report.complete, true);
      for (const version of TLS_VERSIONS) {
        const truth = server.versions.includes(version) ? 'accepted' : 'refused';
        const found = report.versions[version];
        assert.equal(found.kind === 'known' ? found.value : 'unknown', truth, version);
      }
      for (const { version, accepted, order, complete } of report.suites) {
        if (version === 'SSLv2') continue;
        const own = version === 'TLSv1.3' ? server.tls13Suites : server.suites;
        const truth = own.filter((code) => fits(code, version));
        const found = accepted.map(({ code }) => code);
        assert.equal(complete, true);
        assert.deepEqual([...found].sort(), [...truth].sort(), `suites of ${version}`);
        if (order.kind === 'known' && truth.length > 1) {
          assert.equal(order.value, server.serverOrder ? 'server' : 'client');
        }
      }
      if (server.versions.includes('TLSv1.3')) {
        const found = report.groups.accepted.filter(({ versions }) => versions.includes('TLSv1.3'));
        assert.deepEqual(found.map(({ name }) => name).sort(), server.groups.map(groupName).sort());
      }
    }),
    { numRuns: 200 },
  );
});

test('with the default budget nothing that is said is wrong, and the versions are always known', () => {
  fc.assert(
    fc.property(modelServers, (server) => {
      const history = askAll(server, DEFAULT_BUDGET);
      assert.ok(history.length <= DEFAULT_BUDGET);
      const report = reported(history);
      for (const version of TLS_VERSIONS) {
        const found = report.versions[version];
        assert.equal(
          found.kind === 'known' ? found.value : 'unknown',
          server.versions.includes(version) ? 'accepted' : 'refused',
        );
      }
      const suites = new Set([...server.suites, ...server.tls13Suites]);
      for (const { version, accepted } of report.suites) {
        if (version !== 'SSLv2') for (const { code } of accepted) assert.ok(suites.has(code));
      }
      for (const { code } of report.signatures.accepted)
        assert.ok(server.signatures.includes(code), signatureName(code));
      if (report.dheBits.kind === 'known') assert.equal(report.dheBits.value, server.dhBits);
    }),
    { numRuns: 200 },
  );
});

test('an earlier proof is never withdrawn: what was accepted stays accepted, whatever comes later', () => {
  const silence = fc.constantFrom(
    { kind: 'closed', how: 'end' } as const,
    { kind: 'silent', afterMs: 30_000 } as const,
    { kind: 'alert', code: 80 } as const,
    { kind: 'not-tls' } as const,
  );
  fc.assert(
    fc.property(
      modelServers,
      fc.nat({ max: 25 }),
      fc.array(silence, { minLength: 1, maxLength: 30 }),
      (server, from, later) => {
        const history = [...askAll(server, from)];
        const before = reported(history);
        for (const answer of later) {
          const question = nextQuestion(history, OPTIONS);
          if (question === null) break;
          history.push({ question, answer, step: history.length + 1 });
        }
        const after = reported(history);
        for (const version of TLS_VERSIONS) {
          const earlier = before.versions[version];
          if (earlier.kind === 'known' && earlier.value === 'accepted') {
            const now = after.versions[version];
            assert.equal(now.kind === 'known' && now.value, 'accepted', version);
          }
        }
        for (const { version, accepted } of before.suites) {
          const now = new Set(after.suites.find((each) => each.version === version)?.accepted.map(({ code }) => code));
          for (const { code } of accepted) assert.ok(now.has(code));
        }
      },
    ),
    { numRuns: 200 },
  );
});
