import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server as HttpsServer, type ServerOptions } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { after, describe, it } from 'node:test';
import { systemClock } from '../../src/app/world.ts';
import type { Clock } from '../../src/base/clock.ts';
import type { DnsAnswer, RecordType } from '../../src/dns/answer.ts';
import type { Resolver } from '../../src/dns/resolver.ts';
import {
  createPolicyFetcher,
  describeFetchFailure,
  type FetchFailure,
  type PolicyFetch,
  type PolicyFetchOptions,
  reportResultOf,
} from '../../src/mtasts/fetch.ts';
import { MAX_POLICY_OCTETS } from '../../src/mtasts/policy.ts';
import { createNet } from '../../src/net/net.ts';
import { type CertificateRequest, type IssuedCertificate, issueCertificate } from '../../src/pki/issue.ts';
import { trustAnchors } from '../../src/pki/trust-anchors.ts';

const POLICY = 'version: STSv1\nmode: enforce\nmx: mx.example.test\nmax_age: 1209600\n';
const DAY = 86_400_000;
const now = Date.now();
const dates = { notBefore: new Date(now - 30 * DAY), notAfter: new Date(now + 30 * DAY) };
const root = issueCertificate({ subject: { CN: 'Policy Test Root' }, ca: true, ...dates });

function leaf(over: Partial<CertificateRequest> = {}): IssuedCertificate {
  return issueCertificate({
    subject: { CN: 'mta-sts.example.test' },
    issuer: { certificate: root.certificate, key: root.privateKey },
    dnsNames: ['mta-sts.example.test'],
    ...dates,
    ...over,
  });
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const plain: Answer = (_, response) => void response.writeHead(200, { 'content-type': 'text/plain' }).end(POLICY);

/** A resolver that knows the policy host at these addresses. */
function resolverOf(addresses: readonly string[], failing: readonly RecordType[] = []): Resolver {
  return {
    ask: async <T extends RecordType>(name: string, type: T): Promise<DnsAnswer<T>> => {
      const said = { name, type, security: 'insecure', securityFrom: null, resolver: 'test', ms: 0 } as const;
      if (failing.includes(type)) return { ...said, kind: 'failed', failure: { kind: 'servfail' } };
      const records = addresses
        .filter((address) => address.includes(':') === (type === 'AAAA'))
        .map((data) => ({ name, type, ttl: 60, data: data as DnsRecordData<T> }));
      if (records.length === 0) return { ...said, kind: 'no-data', canonicalName: name, aliases: [] };
      return { ...said, kind: 'records', records, canonicalName: name, aliases: [], ttl: 60 };
    },
  };
}
type DnsRecordData<T extends RecordType> = Extract<DnsAnswer<T>, { kind: 'records' }>['records'][number]['data'];

describe('fetching a policy', () => {
  const good = leaf();
  const servers: (Server | HttpsServer)[] = [];
  const sockets = new Set<Socket>();
  /** What the server was asked, in order. */
  const asked: { host: string | undefined; path: string | undefined; servername: unknown }[] = [];

  after(async () => {
    for (const socket of sockets) socket.destroy();
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  });

  async function listen(server: Server | HttpsServer): Promise<number> {
    servers.push(server);
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  function serve(answer: Answer, certificate = good, more: ServerOptions = {}): Promise<number> {
    const options = { key: certificate.keyPem, cert: certificate.certificate, ...more };
    const server = createServer(options, (request, response) => {
      const { servername } = request.socket as { servername?: unknown };
      asked.push({ host: request.headers.host, path: request.url, servername });
      answer(request, response);
    });
    server.on('tlsClientError', () => {});
    return listen(server);
  }

  function fetchFrom(port: number, over: Partial<PolicyFetchOptions> = {}, signal?: AbortSignal): Promise<PolicyFetch> {
    const clock: Clock = over.clock ?? systemClock;
    return createPolicyFetcher({
      net: createNet({ clock, privateAddresses: 'allowed' }),
      resolver: resolverOf(['127.0.0.1']),
      clock,
      anchors: trustAnchors([{ name: 'ca-file', date: null, certificates: [root.der] }]),
      port,
      timeoutMs: 5000,
      ...over,
    })('example.test', signal);
  }

  function failureOf({ outcome }: PolicyFetch): FetchFailure {
    assert.equal(outcome.ok, false, JSON.stringify(outcome));
    return outcome.ok ? assert.fail() : outcome.failure;
  }

  it('asks the policy host by name for the well-known path and reads what it says (S-STS-3)', async () => {
    asked.splice(0);
    const port = await serve(plain);
    const fetched = await fetchFrom(port);
    assert.ok(fetched.outcome.ok, JSON.stringify(fetched.outcome));
    assert.deepEqual(fetched.outcome.value, {
      policy: { mode: 'enforce', mx: ['mx.example.test'], maxAge: 1_209_600 },
      remarks: [],
    });
    assert.deepEqual(asked, [
      {
        host: `mta-sts.example.test:${port}`,
        path: '/.well-known/mta-sts.txt',
        servername: 'mta-sts.example.test',
      },
    ]);
    assert.equal(fetched.url, `https://mta-sts.example.test:${port}/.well-known/mta-sts.txt`);
    assert.deepEqual(fetched.trail.tried, [{ address: '127.0.0.1', failure: null }]);
    assert.equal(fetched.trail.chain?.anchor?.from, 'ca-file');
  });

  it('accepts a wildcard for the left-most label of the policy host (S-STS-3)', async () => {
    const fetched = await fetchFrom(await serve(plain, leaf({ dnsNames: ['*.example.test'] })));
    assert.equal(fetched.outcome.ok, true);
  });

  const badCertificates: readonly {
    readonly title: string;
    readonly certificate: () => IssuedCertificate;
    readonly problem: string;
    readonly detail: RegExp;
  }[] = [
    {
      title: 'for another name',
      certificate: () => leaf({ dnsNames: ['example.test', 'www.example.test'] }),
      problem: 'wrong-name',
      detail: /is for example\.test, www\.example\.test, not for mta-sts\.example\.test$/,
    },
    {
      title: 'whose common name alone fits',
      certificate: () => leaf({ dnsNames: [] }),
      problem: 'wrong-name',
      detail: /names no host, not for mta-sts\.example\.test$/,
    },
    {
      title: 'that has expired',
      certificate: () => leaf({ notAfter: new Date(now - DAY) }),
      problem: 'expired',
      detail: /expired on/,
    },
    {
      title: 'that nobody signed but itself',
      certificate: () =>
        issueCertificate({ subject: { CN: 'mta-sts.example.test' }, dnsNames: ['mta-sts.example.test'], ...dates }),
      problem: 'self-signed',
      detail: /./,
    },
  ];
  for (const { title, certificate, problem, detail } of badCertificates) {
    it(`refuses a certificate ${title} before anything is asked (S-STS-3)`, async () => {
      const port = await serve(plain, certificate());
      asked.splice(0);
      const fetched = await fetchFrom(port);
      const failure = failureOf(fetched);
      assert.ok(failure.kind === 'certificate', JSON.stringify(failure));
      assert.equal(failure.problem, problem);
      assert.match(describeFetchFailure(failure), detail);
      assert.equal(reportResultOf(failure), 'sts-webpki-invalid');
      assert.ok(fetched.trail.chain !== null);
      assert.deepEqual(asked, []);
    });
  }

  it('does not take a certificate whose time has not come, by the clock it is given (S-STS-3)', async () => {
    const clock: Clock = { ...systemClock, now: () => now - 40 * DAY };
    const failure = failureOf(await fetchFrom(await serve(plain), { clock }));
    assert.ok(failure.kind === 'certificate' && failure.problem === 'not-yet-valid');
  });

  it('follows no redirect, not even to the same host (S-STS-4)', async () => {
    asked.splice(0);
    const port = await serve((request, response) => {
      if (request.url === '/policy') plain(request, response);
      else response.writeHead(301, { location: '/policy' }).end();
    });
    assert.deepEqual(failureOf(await fetchFrom(port)), { kind: 'redirect', status: 301, location: '/policy' });
    assert.equal(asked.length, 1);
  });

  it('counts nothing but a 200 (S-STS-4)', async () => {
    for (const status of [201, 204, 404, 410, 500, 503]) {
      const port = await serve((_, response) => {
        response.writeHead(status, { 'content-type': 'text/plain' }).end(status === 204 ? undefined : POLICY);
      });
      assert.deepEqual(failureOf(await fetchFrom(port)), { kind: 'status', status });
    }
  });

  it('uses a policy with an odd media type and says so, but neither a page nor a picture (S-STS-5)', async () => {
    const typed = (contentType: string | null): Promise<number> =>
      serve((_, response) => {
        response.writeHead(200, contentType === null ? {} : { 'content-type': contentType }).end(POLICY);
      });
    for (const odd of ['application/octet-stream', null]) {
      const { outcome } = await fetchFrom(await typed(odd));
      assert.ok(outcome.ok);
      assert.deepEqual(outcome.value.remarks, [{ kind: 'content-type', contentType: odd }]);
    }
    for (const wrong of ['text/html; charset=utf-8', 'image/png']) {
      assert.deepEqual(failureOf(await fetchFrom(await typed(wrong))), { kind: 'content-type', contentType: wrong });
    }
  });

  it(`reads ${MAX_POLICY_OCTETS} octets and not one more, whatever the length announced (S-STS-6)`, async () => {
    const padded = (octets: number): Buffer => Buffer.from(POLICY.padEnd(octets, '\n'));
    const fits = await fetchFrom(await serve((_, response) => void response.end(padded(MAX_POLICY_OCTETS))));
    assert.equal(fits.outcome.ok, true);
    const tooLarge: FetchFailure = { kind: 'too-large', limit: MAX_POLICY_OCTETS };
    const over = await fetchFrom(await serve((_, response) => void response.end(padded(MAX_POLICY_OCTETS + 1))));
    assert.deepEqual(failureOf(over), tooLarge);
    const endless = await serve((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(16_384, 0x0a)));
      };
      response.on('drain', more);
      more();
    });
    assert.deepEqual(failureOf(await fetchFrom(endless)), tooLarge);
  });

  it('ends a body that drips by the absolute deadline (S-STS-6)', async () => {
    const port = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      const timer = setInterval(() => response.write('v'), 20);
      response.on('close', () => clearInterval(timer));
    });
    const started = performance.now();
    assert.deepEqual(failureOf(await fetchFrom(port, { timeoutMs: 300 })), { kind: 'timed-out', afterMs: 300 });
    assert.ok(performance.now() - started < 30_000);
  });

  it('ends a handshake that never comes by the same deadline (S-STS-6)', async () => {
    const port = await listen(createTcpServer(() => {}));
    assert.deepEqual(failureOf(await fetchFrom(port, { timeoutMs: 200 })), { kind: 'timed-out', afterMs: 200 });
  });

  it('stops when it is told to, and says that it was told', async () => {
    const port = await listen(createTcpServer(() => {}));
    const controller = new AbortController();
    const fetching = fetchFrom(port, {}, controller.signal);
    setTimeout(() => controller.abort(), 50);
    assert.deepEqual(failureOf(await fetching), { kind: 'cancelled' });
  });

  it('names what is no TLS, what is no HTTP, what is encoded and what is no policy', async () => {
    const chatter = await listen(createTcpServer((socket) => void socket.end('220 mx.example.test ESMTP\r\n')));
    assert.equal(failureOf(await fetchFrom(chatter)).kind, 'tls');
    const noHttp = await serve((_, response) => void response.socket?.end('hello\r\n\r\n'));
    assert.equal(failureOf(await fetchFrom(noHttp)).kind, 'http');
    const encoded = await serve((_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'));
    assert.deepEqual(failureOf(await fetchFrom(encoded)), { kind: 'content-encoding', contentEncoding: 'gzip' });
    const noPolicy = await serve((_, response) => void response.end('version: STSv2\n'));
    const failure = failureOf(await fetchFrom(noPolicy));
    assert.deepEqual(failure, { kind: 'policy', fault: { kind: 'bad-version', value: 'STSv2' } });
    assert.equal(reportResultOf(failure), 'sts-policy-invalid');
  });

  it('refuses an address that the guard forbids without connecting (R6)', async () => {
    const port = await serve(plain);
    const net = createNet({ clock: systemClock, privateAddresses: 'denied' });
    assert.deepEqual(failureOf(await fetchFrom(port, { net })), {
      kind: 'not-permitted',
      address: '127.0.0.1',
      scope: 'loopback',
    });
  });

  it('tries the next address when one does not serve, and keeps the trail', async () => {
    const port = await serve(plain);
    const fetched = await fetchFrom(port, { resolver: resolverOf(['127.0.0.9', '127.0.0.1']) });
    assert.equal(fetched.outcome.ok, true);
    assert.deepEqual(fetched.trail.tried, [
      { address: '127.0.0.9', failure: { kind: 'connect', address: '127.0.0.9', failure: { kind: 'refused' } } },
      { address: '127.0.0.1', failure: null },
    ]);
  });

  it('tells a failed look-up from a host without address, and needs only one family (S-STS-2)', async () => {
    const port = await serve(plain);
    const name = 'mta-sts.example.test';
    assert.deepEqual(failureOf(await fetchFrom(port, { resolver: resolverOf([]) })), { kind: 'no-address', name });
    const dead = resolverOf([], ['AAAA']);
    const failure = failureOf(await fetchFrom(port, { resolver: dead }));
    assert.deepEqual(failure, { kind: 'dns', name, failure: { kind: 'servfail' } });
    assert.equal(reportResultOf(failure), 'sts-policy-fetch-error');
    const half = await fetchFrom(port, { resolver: resolverOf(['127.0.0.1'], ['AAAA']) });
    assert.equal(half.outcome.ok, true);
  });
});
