import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { systemClock } from '../../src/app/world.ts';
import { createReportPoster, type PostReport } from '../../src/delivery/post-tls-report.ts';
import { createNet } from '../../src/net/net.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import { trustAnchors } from '../../src/pki/trust-anchors.ts';
import { knownResolver } from '../support/resolver.ts';

const DAY = 86_400_000;
const dates = { notBefore: new Date(Date.now() - DAY), notAfter: new Date(Date.now() + DAY) };
const root = issueCertificate({ subject: { CN: 'Report Test Root' }, ca: true, ...dates });
const leaf = issueCertificate({
  subject: { CN: 'reports.example.test' },
  issuer: { certificate: root.certificate, key: root.privateKey },
  dnsNames: ['reports.example.test'],
  ...dates,
});

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly type: string | undefined;
  readonly body: Buffer;
}

const servers: Server[] = [];
after(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

/** A report collector that answers with `status`; a large body stands behind each answer. */
async function collector(status: number, privateAddresses: 'allowed' | 'denied' = 'allowed') {
  const received: Received[] = [];
  const server = createServer({ key: leaf.keyPem, cert: leaf.certificate }, (request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const type = request.headers['content-type'];
      received.push({ method: request.method, url: request.url, type, body: Buffer.concat(chunks) });
      response.writeHead(status, { location: 'https://elsewhere.example.test/' }).end('x'.repeat(200_000));
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const resolver = knownResolver(
    new Map([
      ['A reports.example.test', ['127.0.0.1']],
      ['A other.example.test', ['127.0.0.1']],
    ]),
  );
  const anchors = trustAnchors([{ name: 'ca-file', date: null, certificates: [root.der] }]);
  const net = createNet({ clock: systemClock, privateAddresses });
  const post: PostReport = createReportPoster({ net, resolver, anchors, clock: systemClock, port, timeoutMs: 5000 });
  return { post, received, port };
}

test('a report is posted gzipped to the path of the record, and any 2xx is success (S-RPT-4)', async () => {
  const { post, received } = await collector(201);
  const outcome = await post('https://reports.example.test/v1/tls?d=example.com', Buffer.from('gzipped'));
  assert.deepEqual(outcome, { ok: true, value: { status: 201 } });
  assert.deepEqual(received, [
    { method: 'POST', url: '/v1/tls?d=example.com', type: 'application/tlsrpt+gzip', body: Buffer.from('gzipped') },
  ]);
});

test('other answers are failures, and redirects are not followed', async () => {
  for (const status of [301, 404, 503]) {
    const { post, received } = await collector(status);
    const outcome = await post('https://reports.example.test/', Buffer.from('x'));
    assert.deepEqual(outcome, { ok: false, failure: { kind: 'status', status } });
    assert.equal(received.length, 1);
  }
});

test('a port in the address is used, and a collector whose certificate names another host gets nothing', async () => {
  const { post, received, port } = await collector(200);
  assert.ok((await post(`https://reports.example.test:${port}/x`, Buffer.from('x'))).ok);
  const other = await post('https://other.example.test/', Buffer.from('x'));
  assert.equal(other.ok ? '' : other.failure.kind, 'certificate');
  assert.equal(received.length, 1);
});

test('an address that the guard forbids is not connected to, and what is no URL is not posted to (R6)', async () => {
  const { post, received } = await collector(200, 'denied');
  const forbidden = await post('https://reports.example.test/', Buffer.from('x'));
  assert.equal(forbidden.ok ? '' : forbidden.failure.kind, 'not-permitted');
  for (const uri of ['http://reports.example.test/', 'https://user:secret@reports.example.test/', 'https://']) {
    const outcome = await post(uri, Buffer.from('x'));
    assert.equal(outcome.ok ? '' : outcome.failure.kind, 'bad-url', uri);
  }
  assert.equal(received.length, 0);
});
