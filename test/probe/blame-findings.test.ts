import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Evidence, HandshakeFailure } from '../../src/policy/evidence.ts';
import { GOOD_EVIDENCE } from '../../src/policy/example-evidence.ts';
import {
  findingsOfBlame,
  GREET_PAUSE_MS,
  LARGE_FLIGHT_BYTES,
  SLOW_ANSWER_MS,
  TARPIT_ANSWERS,
} from '../../src/probe/blame-findings.ts';

function codes(evidence: Evidence): readonly string[] {
  return findingsOfBlame(evidence).map(({ code }) => code);
}

/** The happy path with these times (ms). */
function paced(times: { readonly [Name in keyof Evidence]?: number }): Evidence {
  const phases = Object.entries(times).map(([name, ms]) => {
    const phase = GOOD_EVIDENCE[name as 'ehlo'];
    assert.ok(phase.kind === 'seen');
    return [name, { ...phase, ms }];
  });
  return { ...GOOD_EVIDENCE, ...Object.fromEntries(phases) };
}

function refused(phase: 'greeting' | 'mail' | 'rcpt', code: number, text: string): Evidence {
  const failure = { kind: 'refused', reply: { code, lines: [text], enhancedStatus: null } } as const;
  return { ...GOOD_EVIDENCE, [phase]: { kind: 'failed', ms: 1, failure } };
}

function stalled(bytes: Extract<HandshakeFailure, { kind: 'timed-out' }>['bytes']): Evidence {
  const failure = { kind: 'timed-out', afterMs: 30_000, bytes } as const;
  return { ...GOOD_EVIDENCE, handshake: { kind: 'failed', ms: 30_000, failure } };
}

describe('findings about whose doing it is', () => {
  it('are none on the happy path, nor for a refusal without a known reason', () => {
    assert.deepEqual(codes(GOOD_EVIDENCE), []);
    assert.deepEqual(codes(refused('rcpt', 550, 'no')), []);
  });

  it('name the block list, and say that the sender has to act', () => {
    const [finding] = findingsOfBlame(refused('greeting', 554, 'blocked using zen.spamhaus.org'));
    assert.equal(finding?.code, 'blocklisted');
    assert.match(finding?.detail ?? '', /the list is zen\.spamhaus\.org; it is for the sender to act/);
  });

  it('say how long greylisting wants us to wait, and that nobody has to act', () => {
    const [finding] = findingsOfBlame(refused('rcpt', 451, 'greylisted for 5 minutes'));
    assert.equal(finding?.code, 'greylisted');
    assert.match(finding?.detail ?? '', /come back after 300 s; nobody has to act/);
  });

  it('say the same thing once', () => {
    const twice = { ...refused('mail', 451, 'greylisted'), rcpt: refused('rcpt', 451, 'greylisted').rcpt };
    assert.deepEqual(codes(twice), ['greylisted']);
  });

  it('tell a pause before the greeting from a slow host and from a long way', () => {
    assert.deepEqual(codes(paced({ greeting: GREET_PAUSE_MS + 1 })), ['greet-pause']);
    assert.deepEqual(codes(paced({ greeting: GREET_PAUSE_MS - 1 })), []);
    assert.deepEqual(codes(paced({ greeting: 9_000, ehlo: 9_000 })), [], 'slow, not on purpose');
    assert.deepEqual(codes(paced({ connect: 5_000, greeting: 5_001, ehlo: 5_000 })), [], 'a long way');
  });

  it('tell a tarpit from one slow look-up and from a long way', () => {
    const slow = SLOW_ANSWER_MS + 1;
    assert.equal(TARPIT_ANSWERS, 3);
    assert.deepEqual(codes(paced({ ehlo: slow, starttls: slow, mail: slow })), ['tarpit']);
    assert.deepEqual(codes(paced({ ehlo: slow, mail: slow })), []);
    assert.deepEqual(codes(paced({ connect: slow, ehlo: slow, starttls: slow, mail: slow })), []);
  });

  it('suspect the path where a large flight vanishes, and only there', () => {
    assert.deepEqual(codes(stalled({ sent: LARGE_FLIGHT_BYTES, received: 0 })), ['large-flights-stall']);
    assert.deepEqual(codes(stalled({ sent: LARGE_FLIGHT_BYTES - 1, received: 0 })), []);
    assert.deepEqual(codes(stalled({ sent: 300, received: 120 })), ['large-flights-stall']);
    assert.deepEqual(codes(stalled(undefined)), []);
    assert.match(findingsOfBlame(stalled({ sent: 1600, received: 0 }))[0]?.advice ?? '', /MSS|ICMP/);
  });
});
