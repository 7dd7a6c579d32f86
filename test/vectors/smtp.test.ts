/** SMTP as others wrote it down: replies, EHLO answers, addresses, dot-stuffing, and bytes behind a 220. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { isLocalPart, parseMailbox } from '../../src/base/mailbox.ts';
import { stuffDots, unstuffDots } from '../../src/smtp/data.ts';
import { authMechanismsOf, parseEhloReply, sizeLimitOf } from '../../src/smtp/ehlo.ts';
import { isPositive, ReplyReader, type SmtpReply } from '../../src/smtp/reply.ts';
import { vectorsFolder } from '../support/vectors.ts';

const folder = vectorsFolder();
const skip = folder === null ? 'the vectors are not here' : false;

function load<Case>(file: string): readonly Case[] {
  return folder === null ? [] : JSON.parse(readFileSync(`${folder}/smtp/${file}.json`, 'utf8'));
}

type Tier = { readonly tier?: string };

/** Files without tiers are all to be met. */
function must<Case extends Tier>(cases: readonly Case[]): readonly Case[] {
  return cases.filter(({ tier }) => tier === undefined || tier === 'must');
}

function read(raw: string): { readonly status: string; readonly reply: SmtpReply | null } {
  const reader = new ReplyReader();
  reader.push(Buffer.from(raw));
  const next = reader.next();
  if (next === null) return { status: 'incomplete', reply: null };
  return next.ok ? { status: 'ok', reply: next.value } : { status: 'malformed', reply: null };
}

interface ReplyCase extends Tier {
  readonly id: string;
  readonly raw: string;
  readonly expected: {
    readonly status: string;
    readonly code?: number;
    readonly lines?: readonly string[];
    readonly enhanced?: string;
  };
}

interface EhloCase extends Tier {
  readonly id: string;
  readonly raw: string;
  readonly expected: {
    readonly error?: boolean;
    readonly code?: number;
    readonly hostname?: string;
    readonly has?: readonly string[];
    readonly hasNot?: readonly string[];
    readonly size?: number;
    readonly auth?: readonly string[];
  };
}

describe('the SMTP vectors of others', { skip }, () => {
  it('are there', () => {
    assert.ok(must(load<ReplyCase>('replies')).length >= 25);
    assert.ok(must(load<EhloCase>('ehlo')).length >= 15);
    assert.ok(load('addresses').length >= 20);
    assert.ok(load('dot-stuffing').length >= 4);
    assert.ok(load('starttls-injection').length >= 1);
  });

  for (const { id, raw, expected } of must(load<ReplyCase>('replies'))) {
    it(`${id} is read as they read it`, () => {
      const { status, reply } = read(raw);
      assert.equal(status, expected.status);
      if (reply === null) return;
      assert.equal(reply.code, expected.code);
      assert.deepEqual(reply.lines, expected.lines);
      const { enhancedStatus: enhanced } = reply;
      assert.equal(
        enhanced === null ? undefined : `${enhanced.class}.${enhanced.subject}.${enhanced.detail}`,
        expected.enhanced,
      );
    });
  }

  for (const { id, raw, expected } of must(load<EhloCase>('ehlo'))) {
    it(`${id} is read as they read it`, () => {
      const { reply } = read(raw);
      assert.ok(reply !== null);
      if (expected.error === true) {
        assert.equal(reply.code, expected.code);
        assert.equal(isPositive(reply), false);
        return;
      }
      const ehlo = parseEhloReply(reply);
      const keywords = ehlo.keywords.map(({ keyword }) => keyword);
      for (const keyword of expected.has ?? []) assert.ok(keywords.includes(keyword), keyword);
      for (const keyword of expected.hasNot ?? []) assert.ok(!keywords.includes(keyword.toUpperCase()), keyword);
      if (expected.hostname !== undefined) assert.equal(ehlo.greetingDomain, expected.hostname);
      if (expected.size !== undefined) assert.equal(sizeLimitOf(ehlo), expected.size);
      if (expected.auth !== undefined) assert.deepEqual(authMechanismsOf(ehlo), expected.auth);
    });
  }

  it('addresses are valid or not as they say', () => {
    type Case = { readonly kind: 'localpart' | 'address'; readonly value: string; readonly valid: boolean };
    for (const { kind, value, valid } of load<Case>('addresses')) {
      const ours = kind === 'localpart' ? isLocalPart(value) : parseMailbox(value).ok;
      assert.equal(ours, valid, JSON.stringify(value));
    }
  });

  it('dots are stuffed as they stuff them, and the stuffing comes off again', () => {
    for (const { input, expected } of load<{ readonly input: string; readonly expected: string }>('dot-stuffing')) {
      assert.equal(stuffDots(Buffer.from(input)).toString(), expected);
      assert.equal(unstuffDots(Buffer.from(expected)).toString(), input);
    }
  });

  it('bytes behind the 220 stay bytes: they are never read as a reply (S-TLS-3)', () => {
    for (const { raw } of load<{ readonly raw: string }>('starttls-injection')) {
      const reader = new ReplyReader();
      reader.push(Buffer.from(raw));
      const first = reader.next();
      assert.ok(first?.ok);
      assert.equal(first.value.code, 220);
      assert.equal(reader.surplus, raw.length - (raw.indexOf('\n') + 1));
    }
  });
});
