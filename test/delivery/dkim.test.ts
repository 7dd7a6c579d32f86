import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import test from 'node:test';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { dkimKeysFor, signed, signingDomain } from '../../src/delivery/dkim.ts';
import { DEFAULT_BOUNCE_SETTINGS } from '../../src/delivery/settings.ts';

const AT = Date.UTC(2026, 10, 23, 10, 0, 0);
const MESSAGE = Buffer.from(
  'From: Ann <ann@example.com>\r\nTo: ben@example.net\r\nSubject: Lunch\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\nAt noon?\r\n',
);

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed25519 = generateKeyPairSync('ed25519');
const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const RSA_KEY = { domain: 'example.com', selector: 'r', privateKey: pem(rsa.privateKey) };
const ED_KEY = { domain: 'example.com', selector: 'e', privateKey: pem(ed25519.privateKey) };

const RECORDS: Readonly<Record<string, string>> = {
  'r._domainkey.example.com': `v=DKIM1; k=rsa; p=${rsa.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`,
  // RFC 8463 section 4: the bare key, the last 32 octets of its structure.
  'e._domainkey.example.com': `v=DKIM1; k=ed25519; p=${ed25519.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64')}`,
};

async function verdicts(bytes: Uint8Array): Promise<readonly (readonly [string | undefined, string | undefined])[]> {
  const { results } = await dkimVerify(Buffer.from(bytes), {
    curTime: new Date(AT + 1_000),
    resolver: async (name: string) => {
      const record = RECORDS[name];
      if (record === undefined) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
      return [[record]];
    },
  });
  return results.map(({ selector, status }) => [selector, status.result] as const);
}

test('a message is signed with every key of its domain, RSA and Ed25519, and others can verify both', async () => {
  const done = await signed(MESSAGE, 'example.com', [RSA_KEY, ED_KEY], AT);
  assert.ok(done.kind === 'signed');
  assert.deepEqual([done.domain, done.selectors], ['example.com', ['r', 'e']]);
  assert.ok(Buffer.from(done.bytes).toString().endsWith(MESSAGE.toString()), 'the message itself is as it was');
  assert.deepEqual([...(await verdicts(done.bytes))].sort(), [
    ['e', 'pass'],
    ['r', 'pass'],
  ]);
});

test('a change on the way breaks the signature', async () => {
  const done = await signed(MESSAGE, 'example.com', [RSA_KEY], AT);
  const changed = Buffer.from(Buffer.from(done.bytes).toString().replace('At noon?', 'At one?'));
  assert.deepEqual(await verdicts(changed), [['r', 'neutral']]);
});

test('the keys of the longest fitting domain sign, by whole labels', () => {
  const [all, below, other] = ['example.com', 'mail.example.com', 'example.net'].map((domain) => ({
    ...RSA_KEY,
    domain,
  }));
  const keys = [all, below, other].filter((key) => key !== undefined);
  const chosen = (domain: string) => dkimKeysFor(keys, domain).map((key) => key.domain);
  assert.deepEqual(chosen('example.com'), ['example.com']);
  assert.deepEqual(chosen('MAIL.example.com'), ['mail.example.com']);
  assert.deepEqual(chosen('a.mail.example.com'), ['mail.example.com']);
  assert.deepEqual(chosen('shop.example.com'), ['example.com']);
  assert.deepEqual(chosen('notexample.com'), []);
});

test('bounces are signed only where the profile says so, with the name of this system', () => {
  const signs = { ...DEFAULT_BOUNCE_SETTINGS, signBounces: true };
  assert.equal(signingDomain({ sender: '' }, 'mail.example.com', DEFAULT_BOUNCE_SETTINGS), null);
  assert.equal(signingDomain({ sender: '' }, 'mail.example.com', signs), 'mail.example.com');
  assert.equal(signingDomain({ sender: 'ann@example.org' }, 'mail.example.com', signs), 'example.org');
});

test('a message that cannot be signed comes back as it was, and why', async () => {
  const unreadable = await signed(MESSAGE, 'example.com', [{ ...RSA_KEY, privateKey: 'not a key' }], AT);
  assert.equal(unreadable.kind, 'failed');
  assert.equal(unreadable.bytes, MESSAGE);
  const headless = await signed(Buffer.from('Subject: x\r\n\r\ntext\r\n'), 'example.com', [RSA_KEY], AT);
  assert.equal(headless.kind, 'failed', 'RFC 6376 5.4: without From there is nothing to sign');
  assert.equal((await signed(MESSAGE, 'example.org', [RSA_KEY], AT)).kind, 'no-key');
  const half = await signed(MESSAGE, 'example.com', [{ ...ED_KEY, privateKey: 'not a key' }, RSA_KEY], AT);
  assert.ok(half.kind === 'signed');
  assert.deepEqual(half.selectors, ['r']);
});
