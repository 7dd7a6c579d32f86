/**
 * One server that writes markup and control characters wherever it may say a word: banner, EHLO, replies, certificate,
 * MX, PTR and TXT records. Every format the program writes, what it tells on stderr, and the table that grows on a
 * terminal are looked at.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createApp } from '../../src/app/app.ts';
import { type Output, processWorld, systemClock, type World } from '../../src/app/world.ts';
import { run } from '../../src/cli/run.ts';
import type { PeerScript } from '../../src/lab/peer-script.ts';
import type { ZoneData } from '../../src/lab/zone.ts';
import type { ProbeResult } from '../../src/probe/result.ts';
import { FORMATS, type Format } from '../../src/report/rendering.ts';
import { startZoneServer, type ZoneServer } from '../support/dns.ts';
import { mint, type SmtpPeer, startSmtpPeer, testRoot, tlsOf } from '../support/smtp-peer.ts';

/** What people have used against terminals, browsers, spreadsheets, wikis, XML and JSON readers, and eyes. */
const HOSTILE = [
  '\x1b[31m\x1b]0;title\x07\x9b2J\0\x08\x7f',
  '<script>alert(1)</script><img src=x onerror=alert(1)>&lt;',
  '"\'`|[x](http://evil.example)![y](z)**b**',
  "=cmd|'/c calc'!A1,;\"",
  ']]></failure>-->',
  '\u202eturned\u2066\u200bnothing\u2028line\ufeff\u{e0041}\ufffe',
].join(' ');

/** The same in the letters a DNS name can carry as escapes. */
const HOSTILE_LABEL = '\\027[31m<script>"|\\226\\128\\174';

const line = (code: string): { readonly bytes: string } => ({ bytes: `${code} ${HOSTILE}\r\n` });

const SCRIPT: Partial<PeerScript> = {
  greeting: { bytes: `220-${HOSTILE}\r\n220 ${HOSTILE}\r\n` },
  keywords: ['STARTTLS', HOSTILE, `SIZE ${HOSTILE}`],
  keywordsUnderTls: [HOSTILE, `X${HOSTILE}`],
  mail: line('250 2.1.0'),
  rcpt: line('550 5.1.1'),
  quit: line('221'),
};

/** What a terminal obeys, what nobody sees, and what XML cannot hold; line ends apart. */
const DECEPTIVE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\ufffe\uffff](?<!\n)/u;

const REAL = processWorld();

interface Seen {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe('text of a hostile host stays text', () => {
  let peer: SmtpPeer;
  let dns: ZoneServer;
  before(async () => {
    const certificate = mint({
      subject: { CN: HOSTILE, O: HOSTILE },
      dnsNames: [`${HOSTILE.replaceAll(/[^\0-\x7f]/g, '')}.example`],
    });
    peer = await startSmtpPeer({ ...SCRIPT, tls: tlsOf(certificate) });
    const zones: ZoneData = {
      'hostile.test': {
        MX: [
          [10, 'mx.hostile.test'],
          [20, `${HOSTILE_LABEL}.hostile.test`],
          [30, 'bank.example/.xn--bcher-kva.hostile.test'],
        ],
      },
      'mx.hostile.test': { A: ['127.0.0.1'] },
      '1.0.0.127.in-addr.arpa': { PTR: [`${HOSTILE_LABEL}.hostile.test`] },
      '_mta-sts.hostile.test': { TXT: [`v=STSv1; id=${HOSTILE};`] },
      '_smtp._tls.hostile.test': { TXT: [`v=TLSRPTv1; rua=javascript:alert(1)//${HOSTILE}`] },
    };
    dns = await startZoneServer({ zones, clock: systemClock });
  });
  after(async () => {
    await Promise.all([peer.stop(), dns.stop()]);
  });

  async function probe(format: Format, extra: readonly string[] = [], terminal = false): Promise<Seen> {
    const seen = { stdout: '', stderr: '' };
    const output = (name: 'stdout' | 'stderr'): Output => ({
      write: async (text) => {
        seen[name] += text;
        return true;
      },
      finished: async () => null,
      isTerminal: terminal,
      columns: () => 80,
      rows: () => 40,
    });
    const options = `--resolver ${dns.spec} --port ${peer.port} --no-system-ca --ca-file root.pem --timeout 5`;
    const world: World = {
      ...REAL,
      env: {},
      argv: ['probe', 'you@hostile.test', '--format', format, ...options.split(' '), ...extra],
      stdout: output('stdout'),
      stderr: output('stderr'),
      readFile: async () => Buffer.from(testRoot.certificate),
    };
    const code = await run(world, {
      createApp,
      createDeliverer: () => Promise.reject(new Error('nothing is delivered')),
      openLab: () => Promise.reject(new Error('the lab is not asked for')),
      openConfiguration: () => Promise.reject(new Error('the configuration is not asked for')),
      openQueue: () => Promise.reject(new Error('the queue is not asked for')),
      openMonitors: () => Promise.reject(new Error('the queue is not asked for')),
      openAccounts: () => Promise.reject(new Error('the accounts are not asked for')),
      openInstallation: () => Promise.reject(new Error('nothing is served')),
      openPassingPlace: () => Promise.reject(new Error('nobody asked for it')),
      openLookups: async () => assert.fail(),
      routeOf: () => Promise.reject(new Error('no route is asked for')),
    });
    return { code, ...seen };
  }

  for (const format of FORMATS) {
    it(`as ${format}: nothing a terminal obeys, nothing invisible (R54)`, async () => {
      const { code, stdout, stderr } = await probe(format, ['--min', '121']);
      assert.equal(code, format === 'nagios' ? 2 : 1, stderr);
      assert.ok(stdout.length > 0);
      assert.doesNotMatch(stdout, DECEPTIVE);
      assert.doesNotMatch(stderr, DECEPTIVE);
    });
  }

  it('as JSON: a reader gets back the very characters that the host sent (R54)', async () => {
    for (const format of ['json', 'ndjson'] as const) {
      const result = JSON.parse((await probe(format)).stdout) as ProbeResult;
      assert.equal(result.hosts[0]?.verdict, 'encrypted');
      assert.ok(result.hosts[0].transcript.some(({ text }) => text.includes('<script>')));
      assert.deepEqual(
        result.dns.mx.records.map(({ exchange }) => exchange),
        ['mx.hostile.test', `${HOSTILE_LABEL}.hostile.test`, 'bank.example/.xn--bcher-kva.hostile.test'],
      );
    }
  });

  it('as HTML, XML and JUnit: nothing of it becomes an element, an attribute or a bare ampersand (R54)', async () => {
    for (const format of ['html', 'pager-html', 'junit', 'xml', 'xml-score', 'xml-matrix', 'xml-detail'] as const) {
      const { stdout } = await probe(format);
      assert.doesNotMatch(stdout, /<(script|img)|<\/failure>-->|]]>/);
      for (const [, attributes] of stdout.matchAll(/<[a-z1-6]+((?:\s[^<>]*)?)\/?>/g)) {
        assert.match(attributes ?? '', /^(?:\s+[a-zA-Z-]+="[^"<>]*")*\s*\/?$/, 'every attribute is quoted');
      }
      assert.doesNotMatch(stdout.replace(/<style>[\s\S]*?<\/style>/, ''), /&(?!(?:amp|lt|gt|quot|#39|#96);)/);
    }
  });

  it('as Markdown: no link, no picture, no emphasis, no element, no further column (R54)', async () => {
    const written = (await probe('markdown')).stdout;
    // Blocks to copy from are fenced by a longer run of backticks than they hold: markup has no power inside.
    const stdout = written.replaceAll(/^ *(`{3,})text\n[\s\S]*?^ *\1$/gm, '');
    assert.ok(stdout.length > 1000);
    assert.doesNotMatch(stdout, /(^|[^\\])(\[x\]|!\[|<|`)/m);
    assert.doesNotMatch(stdout, /(^|[^\\])\*\*b/);
    assert.doesNotMatch(stdout, /https?:\/\/evil/, 'bare addresses become links where tickets are kept');
    const columns = stdout
      .split('\n')
      .filter((row) => row.startsWith('| '))
      .map((row) => row.replaceAll('\\|', '').split('|').length);
    assert.deepEqual(
      [...new Set(columns)].sort(),
      columns.includes(12) ? [12, 4] : [4],
      'two tables, each of one width',
    );
  });

  it('as CSV: one row of two fields, and the plugin writes one line with one bar (R54)', async () => {
    assert.match((await probe('csv')).stdout, /^\d+,"you@hostile\.test"\n$/);
    assert.match((await probe('nagios')).stdout, /^[^|\n]*\|[^|\n]*\n$/);
  });

  it('on a terminal: the growing table and the waiting obey us alone (R54)', async () => {
    for (const format of ['table', 'json'] as const) {
      const { stdout, stderr } = await probe(format, [], true);
      // Colours, and the table taken away to be drawn anew.
      const without = `${stdout}${stderr}`.replaceAll(/\x1b\[\d*[mAJK]|\r/g, '');
      assert.ok(without.includes('hostile.test'));
      assert.doesNotMatch(without, DECEPTIVE);
    }
  });

  it('a name that holds a slash is not cut down to the name of somebody else (R54)', async () => {
    const { stdout } = await probe('table');
    assert.match(stdout, /bank\.example\/\.bücher\.hostile\.test/);
  });
});
