/**
 * The host that writes markup wherever it may say a word, seen on the pages of the web: nothing of it becomes an element,
 * an attribute or a script, and no page lets one run.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createApp } from '../../src/app/app.ts';
import { createProbeApps } from '../../src/app/probe-apps.ts';
import { DEFAULT_SETTINGS } from '../../src/app/settings.ts';
import { systemClock } from '../../src/app/world.ts';
import { silentLog } from '../../src/base/log.ts';
import { openWeb, type WebStage } from '../http/web-stage.ts';
import { startZoneServer, type ZoneServer } from '../support/dns.ts';
import { mint, type SmtpPeer, startSmtpPeer, testRoot, tlsOf } from '../support/smtp-peer.ts';

const HOSTILE =
  '</pre></script><script>alert(1)</script><img src=x onerror=alert(1)>"\'` onfocus=alert(1) x="<%= 1 %>&lt;\x1b[31m\u202e';
const line = (code: string) => ({ bytes: `${code} ${HOSTILE}\r\n` });

describe('hostile text on every page', () => {
  let peer: SmtpPeer;
  let dns: ZoneServer;
  let web: WebStage;
  let id = '';
  before(async () => {
    const certificate = mint({
      subject: { CN: HOSTILE, O: HOSTILE },
      dnsNames: [`${HOSTILE.replaceAll(/[^\0-\x7f]/g, '')}.example`],
    });
    peer = await startSmtpPeer({
      greeting: { bytes: `220-${HOSTILE}\r\n220 ${HOSTILE}\r\n` },
      keywords: ['STARTTLS', HOSTILE],
      keywordsUnderTls: [HOSTILE],
      mail: line('550 5.1.1'),
      tls: tlsOf(certificate),
    });
    dns = await startZoneServer({
      clock: systemClock,
      zones: {
        'hostile.test': {
          MX: [
            [10, 'mx.hostile.test'],
            [20, '<script>"|.hostile.test'],
          ],
        },
        'mx.hostile.test': { A: ['127.0.0.1'] },
        '_mta-sts.hostile.test': { TXT: [`v=STSv1; id=${HOSTILE};`] },
        '_smtp._tls.hostile.test': { TXT: [`v=TLSRPTv1; rua=javascript:alert(1)//${HOSTILE}`] },
      },
    });
    const settings = {
      ...DEFAULT_SETTINGS,
      log: silentLog,
      resolvers: [dns.spec],
      port: peer.port,
      systemCa: false,
      caFile: { name: 'root', pem: testRoot.certificate },
      timeoutMs: 5_000,
    };
    const apps = createProbeApps(settings, (each) => createApp({ ...each, port: peer.port }));
    web = await openWeb({
      privateAddresses: 'allowed',
      probe: (request, hooks) =>
        apps.probe(
          {
            quick: false,
            ignoreNoConnect: false,
            assureTls: false,
            mtaSts: true,
            dane: true,
            scan: false,
            rcpt: false,
            strictCn: false,
            port: 25,
            family: 'any',
            timeout: 5,
          },
          request,
          hooks,
        ),
    });
    const answer = await web.server.inject({
      method: 'POST',
      url: '/api/v1/probes?wait=30',
      payload: { target: 'hostile.test' },
    });
    assert.equal(answer.json().result?.hosts[0]?.verdict, 'encrypted', answer.body.slice(0, 500));
    assert.ok(answer.body.includes('<script>'), 'the API gives the very characters');
    id = answer.json().id;
  });
  after(async () => {
    await Promise.all([web.close(), peer.stop(), dns.stop()]);
  });

  const pages = () => [
    `/probes/${id}`,
    `/compare/${id}/${id}`,
    '/domains/hostile.test',
    `/domains/${encodeURIComponent(HOSTILE.slice(0, 100))}`,
    `/explain/${encodeURIComponent('<script>')}`,
    `/?target=${encodeURIComponent(HOSTILE)}`,
    '/badge/hostile.test.svg',
  ];

  it('nothing of it becomes markup (R54)', async () => {
    for (const url of pages()) {
      const { body } = await web.server.inject({ url, headers: { accept: 'text/html' } });
      const without = body.replaceAll('<script src="/page.js" defer></script>', '');
      assert.doesNotMatch(without, /<script|<img src=x|<\/script/i, url);
      for (const [whole, , attributes] of without.matchAll(/<([a-z][a-z0-9]*)((?:\s[^<>]*)?)\/?>/gi)) {
        assert.match(attributes ?? '', /^(?:\s+[a-zA-Z][\w:-]*(?:="[^"<>]*")?)*\s*\/?$/, `${url}: ${whole}`);
        assert.doesNotMatch((attributes ?? '').replaceAll(/"[^"]*"/g, ''), /\s(on\w+|style)=/i, url);
      }
      assert.doesNotMatch(body, /[\u202e\x1b]/, url);
    }
  });

  it('no page lets a script of somebody else run, or itself be framed', async () => {
    for (const url of [...pages(), '/', '/sign-in', '/nothing', '/explain']) {
      const { headers } = await web.server.inject({ url, headers: { accept: 'text/html' } });
      const policy = String(headers['content-security-policy']);
      assert.match(policy, /default-src 'none'/);
      assert.doesNotMatch(policy, /unsafe|\*|https?:/);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.equal(headers['x-content-type-options'], 'nosniff');
    }
  });

  it('the form says what is wrong with the very words that were typed, harmless (R5, R54)', async () => {
    const answer = await web.server.inject({
      method: 'POST',
      url: '/probes',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams({ target: HOSTILE }).toString(),
    });
    assert.equal(answer.statusCode, 400);
    assert.match(answer.body, /role="alert"/);
    assert.doesNotMatch(answer.body.replace('<script src="/page.js" defer></script>', ''), /<script|<img/);
  });

  it('three verdicts on the name stand side by side (R96)', async () => {
    const { body } = await web.server.inject(`/probes/${id}`);
    const verdicts = body.slice(body.indexOf('class="verdicts"'));
    assert.match(verdicts, /<h4>MX name<\/h4>[\s\S]*<h4>Verify<\/h4>[\s\S]*<h4>Hosted<\/h4>/);
  });
});
