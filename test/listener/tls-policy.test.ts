import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { MailFlowPolicy } from '../../src/config/listener-schema.ts';
import { createLabAuthority, type LabChain } from '../../src/lab/lab-certificates.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import { SmtpClient, shown } from '../support/smtp-client.ts';
import { type Scenario, type Stage, stage } from './stage.ts';

const authority = createLabAuthority(Date.now());
const TEXT = 'Subject: x\r\n\r\nx';

function withPolicy(context: TestContext, policy: Partial<MailFlowPolicy>, more: Scenario = {}): Promise<Stage> {
  const caFile = { name: 'the lab', pem: authority.rootPem };
  return stage(context, { policy, settings: { caFile }, ...more });
}

function shownBy(chain: Partial<LabChain> = {}): { readonly cert: string; readonly key: string } {
  const { key, certificates } = authority.issue({ names: ['client.example'], ...chain });
  return { cert: certificates, key };
}

test('TLS off: STARTTLS is neither offered nor taken, and mail goes in clear (R128)', async (context) => {
  const scene = await withPolicy(context, { tls: 'off' });
  const client = await scene.open();
  assert.ok(!(await client.hello()).includes('STARTTLS'));
  assert.match(await client.ask('STARTTLS'), /^502 5\.5\.1/);
  assert.match(await client.mail('a@b.example', ['ann@ours.example'], TEXT), /^250/);
});

test('TLS preferred: mail goes in clear as well as encrypted, and the trace and the log say which (R128, R119)', async (context) => {
  const scene = await withPolicy(context, { tls: 'preferred' });
  const clear = await scene.open();
  await clear.hello();
  assert.match(await clear.mail('a@b.example', ['ann@ours.example'], TEXT), /^250/);
  const client = await scene.open();
  assert.ok((await client.hello()).includes('STARTTLS'));
  const inside = await client.startTls();
  assert.ok(!inside.includes('STARTTLS') && inside.includes('REQUIRETLS'));
  assert.match(await client.mail('a@b.example', ['ann@ours.example'], TEXT), /^250/);
  assert.match(await scene.body(1), /by mx\.ours\.example with ESMTP id/);
  assert.match(
    await scene.body(2),
    /with ESMTPS id 2\.1\r\n\tfor <ann@ours\.example>\r\n\ttls TLS_[A-Z0-9_]+ \(TLSv1\.3\);/,
  );
  assert.ok((await scene.log()).some((line) => /^ICID 2 TLS success protocol TLSv1\.3 cipher TLS_/.test(line)));
});

test('TLS required: before STARTTLS there is EHLO, NOOP, STARTTLS and QUIT, and 530 for all else (R128, R129)', async (context) => {
  const scene = await withPolicy(context, { tls: 'required' });
  const client = await scene.open();
  await client.hello();
  assert.match(await client.ask('NOOP'), /^250/);
  for (const command of [
    'HELO x.example',
    'MAIL FROM:<a@b.example>',
    'RCPT TO:<ann@ours.example>',
    'DATA',
    'RSET',
    'VRFY x',
    'HELP',
    'FOO',
  ]) {
    assert.equal(await client.ask(command), '530 5.7.0 Must issue a STARTTLS command first', command);
  }
  await client.startTls();
  assert.match(await client.mail('a@b.example', ['ann@ours.example'], TEXT), /^250/);
  const other = await scene.open();
  await other.hello();
  assert.match(await other.ask('QUIT'), /^221/);
});

test('each sender group has its own TLS: addresses, networks and everybody else, the first that fits (R128)', async (context) => {
  const scene = await withPolicy(
    context,
    {},
    {
      document: (document) => ({
        ...document,
        senderGroups: [
          { name: 'ONE', listener: 'Public', senders: ['127.0.0.2'], policy: 'Off' },
          { name: 'NET', listener: null, senders: ['127.0.0.0/29'], policy: 'Must' },
          { name: 'NEVER', listener: null, senders: ['127.0.0.3'], policy: 'Off' },
          { name: 'BAD', listener: null, senders: ['127.0.0.9'], policy: 'Blocked' },
          { name: 'WORSE', listener: null, senders: ['127.0.0.10'], policy: 'Gone' },
        ],
        mailFlowPolicies: [
          ...document.mailFlowPolicies,
          { ...policyOf(document.mailFlowPolicies), name: 'Off', tls: 'off' },
          { ...policyOf(document.mailFlowPolicies), name: 'Must', tls: 'required' },
          { ...policyOf(document.mailFlowPolicies), name: 'Gone', action: 'tcp-refuse' },
        ],
      }),
    },
  );
  const from = async (address: string): Promise<string> => {
    const client = await scene.open(address);
    const keywords = await client.hello();
    return `${keywords.includes('STARTTLS') ? 'offered' : 'not offered'} ${await client.ask('MAIL FROM:<>')}`;
  };
  assert.match(await from('127.0.0.2'), /^not offered 250/);
  assert.match(await from('127.0.0.3'), /^offered 530/);
  assert.match(await from('127.0.0.8'), /^offered 250/);
  const rejected = await scene.open('127.0.0.9');
  assert.equal(shown(await rejected.reply()), '554 5.7.1 no mail is taken from your address');
  assert.match(await rejected.ask('EHLO x.example'), /^554/);
  assert.match(await rejected.ask('QUIT'), /^221/);
  const gone = await scene.open('127.0.0.10');
  assert.equal(await gone.reply(), null, 'hung up on without a word');
  const log = await scene.log();
  for (const line of [
    'ICID 1 ACCEPT SG ONE match 127.0.0.2',
    'ICID 2 ACCEPT SG NET match 127.0.0.0/29',
    'ICID 3 ACCEPT SG ALL match ALL',
    'ICID 4 REJECT SG BAD match 127.0.0.9',
    'ICID 5 TCPREFUSE SG WORSE match 127.0.0.10',
  ])
    assert.ok(log.includes(line), `${line} is missing in\n${log.join('\n')}`);
});

function policyOf(policies: readonly MailFlowPolicy[]): MailFlowPolicy {
  const [first] = policies;
  if (first === undefined) throw new Error('there is no policy');
  return first;
}

test('TLS preferred with senders that need it: theirs is refused in clear and taken over TLS (R130)', async (context) => {
  const scene = await withPolicy(context, { tlsRequiredFor: ['boss@partner.example', 'bank.example', '.gov.example'] });
  const client = await scene.open();
  await client.hello();
  for (const sender of ['boss@partner.example', 'BOSS@Partner.example', 'any@bank.example', 'x@tax.gov.example']) {
    assert.equal(await client.ask(`MAIL FROM:<${sender}>`), '530 5.7.10 mail from this sender is taken over TLS alone');
  }
  for (const sender of ['staff@partner.example', 'x@sub.bank.example', 'x@gov.example', '']) {
    assert.match(await client.ask(`MAIL FROM:<${sender}>`), /^250/, sender);
    await client.ask('RSET');
  }
  await client.startTls();
  assert.match(await client.mail('boss@partner.example', ['ann@ours.example'], TEXT), /^250/);
});

test('client certificates preferred: none is fine, a valid one is, an invalid one is not (R131)', async (context) => {
  const scene = await withPolicy(context, { verifyClientCertificate: 'preferred' });
  const mailWith = async (chain: object): Promise<string> => {
    const client = await scene.open();
    await client.hello();
    await client.ask('STARTTLS');
    await client.handshake(chain);
    client.send('EHLO client.example\r\n');
    const said = shown(await client.reply());
    return said.startsWith('250') ? client.mail('a@b.example', ['ann@ours.example'], TEXT) : said;
  };
  assert.match(await mailWith({}), /^250/);
  assert.match(await mailWith(shownBy()), /^250/);
  const ofClients = issueCertificate({
    subject: { CN: 'client' },
    notBefore: new Date(Date.now() - 1000),
    notAfter: new Date(Date.now() + 1e7),
    extendedKeyUsage: ['clientAuth'],
  });
  const selfSigned = await mailWith({ cert: ofClients.certificate, key: ofClients.keyPem });
  assert.equal(selfSigned, '554 5.7.1 the client certificate is not accepted (self-signed)');
  assert.match(await mailWith(shownBy({ fault: 'expired' })), /^554 5\.7\.1 .*\(expired\)/);
  assert.match(await mailWith(shownBy({ fault: 'untrusted-root' })), /^554 5\.7\.1 .*\(untrusted-root\)/);
  assert.match(await mailWith(shownBy({ fault: 'missing-intermediate' })), /^554 5\.7\.1 .*\(missing-intermediate\)/);
  assert.ok(
    (await scene.log()).includes(
      "ICID 4 TLS failed: (client-certificate, 'the client certificate is not accepted (expired)')",
    ),
  );
  const clear = await scene.open();
  await clear.hello();
  assert.match(await clear.mail('a@b.example', ['ann@ours.example'], TEXT), /^250/, 'nobody has to show one');
});

test('client certificates required: only with a valid one there is any mail (R131)', async (context) => {
  const scene = await withPolicy(context, { tls: 'required', verifyClientCertificate: 'required' });
  const clear = await scene.open();
  await clear.hello();
  assert.match(await clear.ask('MAIL FROM:<a@b.example>'), /^530/);
  const none = await scene.open();
  await none.hello();
  await none.ask('STARTTLS');
  await none.handshake();
  assert.equal(await none.ask('EHLO x.example'), '554 5.7.1 a client certificate is needed');
  assert.match(await none.ask('MAIL FROM:<a@b.example>'), /^554/);
  assert.match(await none.ask('QUIT'), /^221/);
  const good = await scene.open();
  await good.hello();
  await good.startTls(shownBy());
  assert.match(await good.mail('a@b.example', ['ann@ours.example'], TEXT), /^250/);
});

test('a sender’s certificate may be one for servers alone, as the public ones are: clients and servers, nobody else (S-PKI-10)', async (context) => {
  const span = { notBefore: new Date(Date.now() - 1e6), notAfter: new Date(Date.now() + 1e7) };
  const root = issueCertificate({ subject: { CN: 'a root' }, ...span, ca: true });
  const scene = await stage(context, {
    policy: { tls: 'required', verifyClientCertificate: 'required' },
    settings: { caFile: { name: 'a root', pem: root.certificate } },
  });
  const issuer = { certificate: root.certificate, key: root.privateKey };
  const answerTo = async (extendedKeyUsage: readonly string[] | null): Promise<string> => {
    const leaf = issueCertificate({ subject: { CN: 'client' }, issuer, ...span, extendedKeyUsage });
    const client = await scene.open();
    await client.hello();
    await client.ask('STARTTLS');
    await client.handshake({ cert: leaf.certificate, key: leaf.keyPem });
    return client.ask('EHLO x.example');
  };
  assert.match(await answerTo(['serverAuth']), /^250/);
  assert.match(await answerTo(['clientAuth']), /^250/);
  assert.match(await answerTo(null), /^250/);
  assert.match(await answerTo(['codeSigning']), /^554 5\.7\.1 .*\(extended-key-usage\)/);
});

test('implicit TLS: the greeting comes inside, and who speaks in clear is told in the log what failed', async (context) => {
  const scene = await withPolicy(context, { tls: 'required' }, { listener: { implicitTls: true } });
  const client = await SmtpClient.openTls(scene.port);
  context.after(() => client.destroy());
  assert.ok(!(await client.hello()).includes('STARTTLS'));
  assert.match(await client.mail('a@b.example', ['ann@ours.example'], TEXT), /^250/);
  const clear = await scene.open();
  clear.send('EHLO x.example\r\n');
  await clear.closed;
  const lines = (await scene.log()).filter((line) => line.startsWith('ICID 2 '));
  assert.deepEqual(lines.slice(-2), ['ICID 2 lost', 'ICID 2 close']);
  assert.match(lines.at(-3) ?? '', /^ICID 2 TLS failed: \(\d+, 'error:0A00[0-9A-F]{4}:SSL routines:[^']+'\)$/);
});

test('a handshake without anything in common is told with OpenSSL’s number and words (R119)', async (context) => {
  const scene = await withPolicy(context, {});
  const client = await scene.open();
  await client.hello();
  await client.ask('STARTTLS');
  await assert.rejects(client.handshake({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' }));
  await client.closed;
  const lines = (await scene.log()).filter((line) => line.startsWith('ICID 1 '));
  assert.match(
    lines.at(-3) ?? '',
    /^ICID 1 TLS failed: \(167772418, 'error:0A000102:SSL routines:[a-z_]*:unsupported protocol'\)$/,
  );
});

test('after STARTTLS nothing said in clear counts: EHLO comes first, and the sender is forgotten (R85)', async (context) => {
  const scene = await withPolicy(context, {});
  const client = await scene.open();
  await client.hello();
  await client.ask('MAIL FROM:<a@b.example>');
  await client.ask('RCPT TO:<ann@ours.example>');
  await client.ask('STARTTLS');
  await client.handshake();
  assert.match(await client.ask('DATA'), /^503/);
  assert.match(await client.ask('MAIL FROM:<a@b.example>'), /^503/);
});

test('REQUIRETLS goes with the message when it came inside TLS, and cannot be asked for in clear (S-RTLS-1, S-RTLS-5)', async (context) => {
  const scene = await withPolicy(context, {});
  const client = await scene.open();
  assert.ok(!(await client.hello()).includes('REQUIRETLS'));
  assert.match(await client.ask('MAIL FROM:<a@b.example> REQUIRETLS'), /^530 5\.7\.10/);
  await client.startTls();
  assert.match(await client.ask('MAIL FROM:<a@b.example> REQUIRETLS'), /^250/);
  await client.ask('RCPT TO:<ann@ours.example>');
  await client.ask('DATA');
  assert.match(await client.ask(`TLS-Required: No\r\n${TEXT}\r\n.`), /^250/);
  const [claimed] = await scene.installation.queue.claim({
    destination: 'ours.example',
    most: 1,
    mostRecipients: 1,
    owner: 'test',
    now: Date.now(),
    leaseMs: 1000,
  });
  assert.deepEqual([claimed?.options.requireTls, claimed?.options.tlsOptional], [true, false]);
});

test('a commit gives a listener another certificate, without a restart (R127)', async (context) => {
  const scene = await withPolicy(context, {});
  const nameOf = async (): Promise<string | undefined> => {
    const client = await scene.open();
    await client.hello();
    await client.startTls();
    const { CN } = client.tls?.getPeerCertificate().subject ?? {};
    // One that stays would take a place, and as many as this address may have are soon taken.
    client.destroy();
    return Array.isArray(CN) ? CN[0] : CN;
  };
  assert.equal(await nameOf(), 'mx.ours.example', 'self-signed, of its own making');
  const { key, certificates } = authority.issue({ names: ['signed.example'] });
  const [leaf = '', ...chain] = certificates.split(/(?<=-----END CERTIFICATE-----\n)/);
  await scene.commit((document) => ({
    ...document,
    certificates: [{ name: 'Signed', certificate: leaf, chain: chain.join(''), key }],
    listeners: document.listeners.map((each) => ({ ...each, certificate: 'Signed' })),
  }));
  const end = performance.now() + 5_000;
  while ((await nameOf()) !== 'signed.example') {
    assert.ok(performance.now() < end, 'the certificate is the old one');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});

test('a certificate that OpenSSL does not take is 454, and mail goes on where TLS is not required', async (context) => {
  const { key, certificates } = authority.issue({ names: ['weak.example'], key: 'rsa1024' });
  const [leaf = '', ...chain] = certificates.split(/(?<=-----END CERTIFICATE-----\n)/);
  const scene = await withPolicy(
    context,
    {},
    {
      listener: { certificate: 'Weak' },
      document: (document) => ({
        ...document,
        certificates: [{ name: 'Weak', certificate: leaf, chain: chain.join(''), key }],
      }),
    },
  );
  const client = await scene.open();
  await client.hello();
  assert.equal(await client.ask('STARTTLS'), '454 4.7.0 TLS is not available now');
  assert.match(await client.mail('a@b.example', ['ann@ours.example'], TEXT), /^250/);
});

test('a client that is gone before anybody speaks to it takes no place for long', async (context) => {
  const scene = await withPolicy(context, { maxConnectionsPerAddress: 1 });
  for (let count = 0; count < 20; count++) (await SmtpClient.open(scene.port)).destroy();
  const end = performance.now() + 5_000;
  for (;;) {
    const client = await scene.open();
    if ((await client.reply())?.code === 220) break;
    assert.ok(performance.now() < end, 'the places are still taken');
  }
});
