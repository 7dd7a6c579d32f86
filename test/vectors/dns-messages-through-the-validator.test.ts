/**
 * The odd and hostile messages that others collected, as answers to a validator: to one question among honest ones, and
 * to every question. None is signed by a key of ours, so none may be believed.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { RecordType } from '../../src/dns/answer.ts';
import type { AskSigned } from '../../src/dns/dnssec/ask-signed.ts';
import { createValidator } from '../../src/dns/dnssec/validator.ts';
import { decodeMessage } from '../../src/dns/message.ts';
import { TYPE_NUMBERS } from '../../src/dns/record-type.ts';
import { SECURE } from '../support/dnssec-scenarios/secure.ts';
import { askWorld, worldOf } from '../support/dnssec-world.ts';
import { handWoundClock } from '../support/hand-wound-clock.ts';
import { vectorsFolder } from '../support/vectors.ts';

const folder = vectorsFolder();
const TYPES: readonly RecordType[] = ['A', 'TXT', 'MX', 'TLSA', 'DS', 'DNSKEY', 'NSEC3'];

test('no message of others is believed, nor makes the validator throw (S-DANE-23)', {
  skip: folder === null ? 'the vectors are not beside the project' : false,
}, async () => {
  const clock = handWoundClock();
  const world = worldOf(SECURE.slice(0, 1), clock);
  const honest = askWorld(world).ask;
  const vectors = JSON.parse(readFileSync(`${folder}/dns/messages.json`, 'utf8')) as readonly {
    id: string;
    hex: string;
  }[];
  let answered = 0;
  for (const { id, hex } of vectors) {
    const decoded = decodeMessage(Buffer.from(hex, 'hex'));
    if (!decoded.ok) continue;
    const reply = { ok: true, value: { message: decoded.value, resolver: 'odd' } } as const;
    const name = decoded.value.questions[0]?.name ?? decoded.value.answers[0]?.name ?? '';
    for (const type of TYPES) {
      const once: AskSigned = (question, signal) =>
        question.name === name && question.type === TYPE_NUMBERS[type]
          ? Promise.resolve(reply)
          : honest(question, signal);
      for (const ask of [once, () => Promise.resolve(reply)]) {
        const validated = await createValidator({ ...world, clock, ask }).validate(name, type);
        const security = 'verdict' in validated ? validated.verdict.security : validated.kind;
        assert.notEqual(security, 'secure', `${id} as ${type}`);
        answered += 1;
      }
    }
  }
  assert.ok(answered > 1000, String(answered));
});
