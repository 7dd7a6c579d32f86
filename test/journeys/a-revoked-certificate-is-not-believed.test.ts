/** The whole command line against a mail server whose authority answers, or does not, when it is asked. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createApp } from '../../src/app/app.ts';
import { systemClock } from '../../src/app/world.ts';
import { startZoneServer, type ZoneServer } from '../../src/lab/zone-server.ts';
import { issueCrl } from '../../src/pki/issue-crl.ts';
import {
  authorityInformation,
  distributionPoints,
  type ExtensionToWrite,
  mustStaple,
} from '../../src/pki/issue-extensions.ts';
import { issueOcspResponse } from '../../src/pki/issue-ocsp.ts';
import type { ProbeResult } from '../../src/probe/result.ts';
import { play } from '../cli/stage.ts';
import { mint, type SmtpPeer, startSmtpPeer, testRoot, tlsOf } from '../support/smtp-peer.ts';
import { type StatusPlace, startStatusPlace } from '../support/status-place.ts';

const HOUR_MS = 3_600_000;
const at = (ms: number): Date => new Date(Math.floor((Date.now() + ms) / 1000) * 1000);

describe('a certificate whose authority is asked', { concurrency: 6 }, () => {
  const peers: SmtpPeer[] = [];
  const words = new Map<string, Buffer>();
  let dns: ZoneServer;
  let place: StatusPlace;
  before(async () => {
    place = await startStatusPlace((path) => words.get(path) ?? ((_, answer) => answer.writeHead(503).end()));
    dns = await startZoneServer({
      clock: systemClock,
      zones: { 'example.com': { MX: [[10, 'mx.example.com']] }, 'mx.example.com': { A: ['127.0.0.1'] } },
    });
  });
  after(() => Promise.all([dns.stop(), place.stop(), ...peers.map((peer) => peer.stop())]));

  /** A server with a certificate of these extensions; `url` leads to a place of its own at the authority. */
  async function server(name: string, extensions: (url: string) => readonly ExtensionToWrite[]) {
    const path = `/${name}`;
    const leaf = mint({ extraExtensions: extensions(`http://127.0.0.1:${place.port}${path}`) });
    const peer = await startSmtpPeer({ tls: tlsOf(leaf) });
    peers.push(peer);
    return { leaf, port: peer.port, path };
  }

  async function probe(port: number, revocation: string) {
    const world = ['--resolver', `${dns.spec}?trust-ad`, '--ca-file', 'root.pem', '--no-system-ca'];
    const rest = ['--port', String(port), '--no-dane', '--no-mta-sts', '--format', 'json', '--revocation', revocation];
    const seen = await play({
      argv: ['probe', ...world, ...rest, '--capture', 'kept', 'ann@example.com'],
      files: { 'root.pem': testRoot.certificate },
      createApp,
    });
    assert.notEqual(seen.stdout, '', seen.stderr);
    const result = JSON.parse(seen.stdout) as ProbeResult;
    return { result, chain: result.hosts[0]?.chain, stdout: seen.stdout, capture: seen.written['kept'] ?? '' };
  }

  function response(leaf: { readonly der: Buffer }, status: 'good' | 'revoked'): Buffer {
    return issueOcspResponse({
      certificate: leaf.der,
      issuer: testRoot.der,
      signer: { key: testRoot.privateKey },
      status,
      revokedAt: at(-HOUR_MS),
      thisUpdate: at(-HOUR_MS),
      nextUpdate: at(HOUR_MS),
    });
  }

  const codes = ({ findings }: ProbeResult): readonly string[] => findings.map(({ code }) => code);

  it('and says revoked is not trusted: verified senders keep away, and the capture says it again', async () => {
    const { leaf, port, path } = await server('revoked', (url) => [authorityInformation([url])]);
    words.set(path, response(leaf, 'revoked'));
    const { result, chain, stdout, capture } = await probe(port, 'fetch');
    assert.deepEqual([chain?.trusted, chain?.problem, chain?.revocation], [false, 'revoked', 'revoked']);
    assert.equal(chain?.revocationFrom, `http://127.0.0.1:${place.port}${path}`);
    assert.equal(result.predictions['required-verify'].channel, 'none');
    assert.ok(codes(result).includes('certificate-revoked'));
    const lines = result.hosts[0]?.transcript.map(({ text }) => text) ?? [];
    assert.ok(lines.includes(`Revocation: revoked, says ${chain?.revocationFrom}`));
    const again = await play({ argv: ['replay', '--format', 'json', 'kept'], files: { kept: capture } });
    assert.equal(again.stdout, stdout, again.stderr);
    assert.equal(place.asked.filter(({ what }) => what === `POST ${path}`).length, 1, 'a replay asks nobody');
  });

  it('by its list says revoked, too', async () => {
    const { leaf, port, path } = await server('listed', (url) => [distributionPoints([url])]);
    const revoked = [{ certificate: leaf.der, at: at(-HOUR_MS) }];
    const dates = { thisUpdate: at(-HOUR_MS), nextUpdate: at(HOUR_MS) };
    words.set(path, issueCrl({ issuer: testRoot.der, key: testRoot.privateKey, revoked, ...dates }));
    const { chain } = await probe(port, 'fetch');
    assert.deepEqual([chain?.problem, chain?.revocation], ['revoked', 'revoked']);
  });

  it('and says good is trusted, and nobody is asked who was not to be', async () => {
    const { leaf, port, path } = await server('good', (url) => [authorityInformation([url])]);
    words.set(path, response(leaf, 'good'));
    const staple = await probe(port, 'staple');
    assert.deepEqual([staple.chain?.trusted, staple.chain?.revocation], [true, 'not-checked']);
    const asked = (): number => place.asked.filter(({ what }) => what === `POST ${path}`).length;
    assert.equal(asked(), 0);
    const fetched = await probe(port, 'fetch');
    assert.deepEqual([fetched.chain?.trusted, fetched.chain?.revocation], [true, 'good']);
    assert.equal(asked(), 1);
    assert.equal(fetched.result.confidence.value, staple.result.confidence.value);
  });

  it('and gets no answer is believed, with a remark', async () => {
    const { port } = await server('nobody', (url) => [authorityInformation([url])]);
    const { result, chain } = await probe(port, 'fetch');
    assert.deepEqual([chain?.trusted, chain?.revocation], [true, 'unknown']);
    const finding = result.findings.find(({ code }) => code === 'revocation-not-known');
    assert.equal(finding?.severity, 'info');
    assert.match(finding?.detail ?? '', /answered with status 503/);
  });

  it('and that asks for a staple itself gets a finding where none comes, unless none was asked for', async () => {
    const { port } = await server('must', () => [mustStaple()]);
    assert.ok(codes((await probe(port, 'staple')).result).includes('staple-missing'));
    assert.ok(!codes((await probe(port, 'off')).result).includes('staple-missing'));
  });
});
