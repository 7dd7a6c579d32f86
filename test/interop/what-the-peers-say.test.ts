/**
 * The rig is what it was meant to be: three clients that have nothing to do with us find at every server what was set
 * up there, and the resolver answers as the zones say. Without this, agreeing with the rig would prove nothing.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { gnutlsClient, opensslClient, posttlsFinger, resolverWord } from './peers-word.ts';
import { type Rig, skipUnlessRig, startRig } from './rig.ts';
import {
  BOGUS_DOMAIN,
  DOMAINS,
  LAME_DOMAIN,
  MISSING_DOMAIN,
  type RealServer,
  SECURE_DOMAIN,
  SERVER_KEYS,
  SERVERS,
} from './servers.ts';
import { comparable, TRUTH, type Truth } from './word.ts';

const skip = skipUnlessRig();
let rig: Rig;

before(async () => {
  if (skip === false) rig = await startRig();
});
after(async () => {
  await rig?.stop();
});

for (const key of SERVER_KEYS) {
  const server: RealServer = SERVERS[key];
  const truth: Truth = TRUTH[key];

  // This Postfix's OpenSSL has no way down to TLS 1.0's signatures from the client side.
  if (key !== 'oldTls') {
    test(`posttls-finger finds ${describe(truth)} at ${server.host}`, { skip }, async () => {
      const said = await posttlsFinger(server, rig.rootFile);
      assert.deepEqual(comparable(said, truth), comparable(truth, said));
    });
  }

  test(`openssl s_client finds ${describe(truth)} at ${server.host}`, { skip }, async () => {
    const said = await opensslClient(server, rig.rootFile);
    assert.deepEqual(comparable(said, truth), comparable(truth, said));
  });

  // Offered no STARTTLS, gnutls-cli waits for a 220 that never comes.
  if (truth.channel !== 'clear') {
    test(`gnutls-cli finds ${describe(truth)} at ${server.host}`, { skip }, async () => {
      const said = await gnutlsClient(server, rig.rootFile);
      assert.deepEqual(comparable(said, truth), comparable(truth, said));
    });
  }
}

for (const { domain, mx } of DOMAINS) {
  test(`the resolver has the MX records of ${domain}, and does not vouch for them`, { skip }, async () => {
    assert.deepEqual(await resolverWord(domain), {
      status: 'NOERROR',
      secure: false,
      mx: mx.map(([preference, host]) => `${preference} ${host === '.' ? '.' : `${host}.`}`).sort(),
    });
  });
}

test('the resolver vouches for the signed zone whose key it has', { skip }, async () => {
  assert.deepEqual(await resolverWord(SECURE_DOMAIN), { status: 'NOERROR', secure: true, mx: ['10 mx.secure.test.'] });
});

test('a signed zone with another key than the resolver was given is a failure, and so is a lame one', {
  skip,
}, async () => {
  assert.equal((await resolverWord(BOGUS_DOMAIN)).status, 'SERVFAIL');
  assert.equal((await resolverWord(LAME_DOMAIN)).status, 'SERVFAIL');
});

test('a domain in no zone does not exist', { skip }, async () => {
  assert.equal((await resolverWord(MISSING_DOMAIN)).status, 'NXDOMAIN');
});

function describe(truth: Truth): string {
  switch (truth.channel) {
    case 'none':
      return 'nobody';
    case 'clear':
      return 'no STARTTLS';
    case 'broken':
      return 'a broken handshake';
    case 'encrypted':
      return `${truth.protocol}, ${truth.problem ?? (truth.nameMatched ? 'all in order' : 'another name')}`;
  }
}
