/**
 * Resolvers behind TLS and HTTPS, played by real servers with minted certificates.
 */
import assert from 'node:assert/strict';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createServer as createTls, type TLSSocket } from 'node:tls';
import type { DnsAnswer } from '../../src/dns/answer.ts';
import { MAX_RESOLVER_ADDRESSES } from '../../src/dns/connect.ts';
import { encodeAnswer } from '../../src/dns/encode.ts';
import { decodeMessage } from '../../src/dns/message.ts';
import { MAX_PIPELINED_QUESTIONS } from '../../src/dns/stream.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import { type Ending, resolverOf } from '../support/dns.ts';

const dates = { notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('2120-01-01T00:00:00Z') };
const root = issueCertificate({ subject: { CN: 'Root' }, ca: true, key: 'p256', ...dates });
const leaf = issueCertificate({
  subject: { CN: 'dns.test' },
  issuer: { certificate: root.certificate, key: root.privateKey },
  key: 'p256',
  dnsNames: ['dns.test', 'localhost'],
  ipAddresses: ['127.0.0.1'],
  ...dates,
});
const credentials = {
  cert: leaf.certificate,
  key: leaf.privateKey.export({ type: 'pkcs8', format: 'pem' }),
};
const trustAnchors = [root.certificate];
const LOOPBACK = { family: 4, text: '127.0.0.1' } as const;
const lookupHost = async () => [LOOPBACK];

/** One A record for whatever is asked. */
function answerTo(query: Buffer): Buffer {
  const message = decodeMessage(query);
  assert.ok(message.ok);
  const question = message.value.questions[0] ?? null;
  const answers = [{ name: question?.name ?? '', type: 'A', ttl: 60, data: '192.0.2.1' } as const];
  return encodeAnswer({ id: message.value.id, flags: 0x20, rcode: 0, question, answers, authorities: [], edns: null });
}

function framed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

interface TlsPeer {
  readonly port: number;
  readonly connections: () => number;
}

async function tlsPeer(t: Ending, onQuery: (query: Buffer, socket: TLSSocket) => void): Promise<TlsPeer> {
  let connections = 0;
  const open = new Set<TLSSocket>();
  const server = createTls(credentials, (socket) => {
    connections += 1;
    open.add(socket);
    socket.on('error', () => {});
    let buffered = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      buffered = Buffer.concat([buffered, chunk]);
      while (buffered.length >= 2 && buffered.length >= 2 + buffered.readUInt16BE(0)) {
        const end = 2 + buffered.readUInt16BE(0);
        onQuery(buffered.subarray(2, end), socket);
        buffered = buffered.subarray(end);
      }
    });
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, connections: () => connections };
}

function failureOf(answer: DnsAnswer): string {
  if (answer.kind !== 'failed') return answer.kind;
  return answer.failure.kind === 'unreachable' ? answer.failure.code : answer.failure.kind;
}

const times = { timeoutMs: 20_000, trustAnchors, lookupHost };

test('many questions share one TLS connection and may be answered in any order', async (t) => {
  const waiting: (() => void)[] = [];
  const peer = await tlsPeer(t, (query, socket) => {
    waiting.push(() => socket.write(framed(answerTo(query))));
    if (waiting.length === 5) for (const answer of waiting.reverse()) answer();
  });
  const resolver = resolverOf(t, [`tls://dns.test:${peer.port}?trust-ad`], times);
  const names = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}.test`);
  const answers = await Promise.all(names.map((name) => resolver.ask(name, 'A')));
  assert.deepEqual(
    answers.map(({ kind, name, security }) => [kind, name, security]),
    names.map((name) => ['records', name, 'secure']),
  );
  assert.equal(peer.connections(), 1);
});

test('only so many questions are under way on one connection', async (t) => {
  let asked = 0;
  const held: (() => void)[] = [];
  const peer = await tlsPeer(t, (query, socket) => {
    asked += 1;
    held.push(() => socket.write(framed(answerTo(query))));
  });
  const resolver = resolverOf(t, [`tls://dns.test:${peer.port}`], times);
  const names = Array.from({ length: MAX_PIPELINED_QUESTIONS + 20 }, (_, index) => `n${index}.test`);
  const answers = Promise.all(names.map((name) => resolver.ask(name, 'A')));
  const settle = () => new Promise((resolve) => setTimeout(resolve, 50));
  while (asked < MAX_PIPELINED_QUESTIONS) await settle();
  await settle();
  assert.equal(asked, MAX_PIPELINED_QUESTIONS);
  while (asked < names.length || held.length > 0) {
    for (const answer of held.splice(0)) answer();
    await settle();
  }
  assert.ok((await answers).every(({ kind }) => kind === 'records'));
});

test('a connection closed by the server between two questions is opened anew', async (t) => {
  const peer = await tlsPeer(t, (query, socket) => {
    socket.end(framed(answerTo(query)));
  });
  const resolver = resolverOf(t, [`tls://127.0.0.1:${peer.port}`], times);
  assert.equal((await resolver.ask('a.test', 'A')).kind, 'records');
  assert.equal((await resolver.ask('b.test', 'A')).kind, 'records');
  assert.equal(peer.connections(), 2);
});

test('a resolver that cannot prove to be the one that was named is not asked', async (t) => {
  let queries = 0;
  const peer = await tlsPeer(t, () => {
    queries += 1;
  });
  const ask = async (host: string, options: object): Promise<string> =>
    failureOf(await resolverOf(t, [`tls://${host}:${peer.port}`], { ...times, ...options }).ask('a.test', 'A'));
  assert.equal(await ask('other.test', {}), 'ERR_TLS_CERT_ALTNAME_INVALID');
  assert.equal(await ask('dns.test', { trustAnchors: undefined }), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  assert.equal(await ask('dns.test', { lookupHost: async () => [] }), 'ENOTFOUND');
  assert.equal(queries, 0);
});

test('a host of many addresses is tried at the next one, and at so many of them', async (t) => {
  const peer = await tlsPeer(t, (query, socket) => socket.write(framed(answerTo(query))));
  const ask = async (deaf: number): Promise<string> => {
    const addresses = Array.from(
      { length: deaf },
      (_, index) => ({ family: 4, text: `127.0.1.${index + 1}` }) as const,
    );
    const options = { ...times, lookupHost: async () => [...addresses, LOOPBACK] };
    return failureOf(await resolverOf(t, [`tls://dns.test:${peer.port}`], options).ask('a.test', 'A'));
  };
  assert.equal(await ask(MAX_RESOLVER_ADDRESSES - 1), 'records');
  assert.equal(await ask(MAX_RESOLVER_ADDRESSES), 'ECONNREFUSED');
});

test('over TLS, silence times out and a connection that ends fails', async (t) => {
  const silent = await tlsPeer(t, () => {});
  const quick = { ...times, timeoutMs: 80 };
  assert.equal(
    failureOf(await resolverOf(t, [`tls://dns.test:${silent.port}`], quick).ask('a.test', 'A')),
    'timed-out',
  );
  const rude = await tlsPeer(t, (_query, socket) => socket.destroy());
  assert.equal(failureOf(await resolverOf(t, [`tls://dns.test:${rude.port}`], times).ask('a.test', 'A')), 'ECONNRESET');
  const babbling = await tlsPeer(t, (_query, socket) => socket.write(Buffer.alloc(200_000, 7)));
  assert.equal(
    failureOf(await resolverOf(t, [`tls://dns.test:${babbling.port}`], quick).ask('a.test', 'A')),
    'timed-out',
  );
});

type HttpAnswer = { readonly status?: number; readonly type?: string; readonly body: (query: Buffer) => Buffer | null };

async function httpsPeer(t: Ending, answer: HttpAnswer): Promise<string> {
  const server = createHttps(credentials, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    assert.equal(request.method, 'POST');
    assert.equal(request.headers['content-type'], 'application/dns-message');
    const body = answer.body(Buffer.concat(chunks));
    if (body === null) return;
    response.writeHead(answer.status ?? 200, { 'content-type': answer.type ?? 'application/dns-message' });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `https://localhost:${(server.address() as AddressInfo).port}/dns-query`;
}

test('a question over HTTPS is answered, and its id is 0', async (t) => {
  const ids: number[] = [];
  const url = await httpsPeer(t, {
    body: (query) => {
      ids.push(query.readUInt16BE(0));
      return answerTo(query);
    },
  });
  const answer = await resolverOf(t, [`${url}?trust-ad`], times).ask('a.test', 'A');
  assert.equal(answer.kind, 'records');
  assert.deepEqual([answer.security, answer.resolver], ['secure', url]);
  assert.deepEqual(ids, [0]);
});

test('over HTTPS every other kind of answer is a failure with its name', async (t) => {
  const ask = async (answer: HttpAnswer, options: object = {}): Promise<string> =>
    failureOf(await resolverOf(t, [await httpsPeer(t, answer)], { ...times, ...options }).ask('a.test', 'A'));
  assert.equal(await ask({ status: 503, body: answerTo }), 'HTTP 503');
  assert.equal(await ask({ type: 'text/html', body: answerTo }), 'malformed');
  assert.equal(await ask({ body: () => Buffer.from('hello') }), 'malformed');
  assert.equal(await ask({ body: () => Buffer.alloc(300_000) }), 'malformed');
  assert.equal(await ask({ body: () => null }, { timeoutMs: 80 }), 'timed-out');
  assert.match(await ask({ body: answerTo }, { trustAnchors: undefined }), /UNABLE_TO_VERIFY/);
});
