/** The page of a result in every language: our words are the page's, and what stays English is evidence and says so. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { FORMAT_GROUPS } from '../../src/http/formats.ts';
import { LANGUAGES, type Language, type MessageKey, sayIn } from '../../src/http/languages.ts';
import { PAGE_ADVICE } from '../../src/http/messages/page-advice.ts';
import { timeLinePicture } from '../../src/http/pictures.ts';
import { FINDING_CODES, findingEntry } from '../../src/probe/finding-catalogue.ts';
import { REMEDY_STEPS } from '../../src/probe/remedy-steps.ts';
import type { ProbeResult } from '../../src/probe/result.ts';
import { FORMATS } from '../../src/report/rendering.ts';
import { finding, result, TWO_WRONG_NAMES } from '../report/results.ts';
import { openWeb } from './web-stage.ts';

const OTHERS = (Object.keys(LANGUAGES) as Language[]).filter((language) => language !== 'en');
const HEADERS = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' };

async function pagesOf(told: ProbeResult, languages: readonly Language[], target = 'example.com') {
  const web = await openWeb({ probe: async () => told });
  try {
    const asked = await web.server.inject({
      method: 'POST',
      url: '/probes',
      headers: HEADERS,
      payload: `target=${encodeURIComponent(target)}`,
    });
    const address = String(asked.headers.location);
    const job = await web.jobs.find(address.replace('/probes/', ''));
    assert.ok(job !== null);
    await web.jobs.settled(job, 5_000);
    const pages = new Map<Language, string>();
    for (const language of languages) {
      const { payload } = await web.server.inject({ url: `${address}?lang=${language}` });
      pages.set(language, payload);
    }
    return pages;
  } finally {
    await web.close();
  }
}

/** What a reader of the language is meant to read: no markup, and nothing that says that it is English. */
function readable(html: string): string {
  const main = /<main[^>]*>(.*)<\/main>/s.exec(html)?.[1] ?? '';
  return main
    .replace(/<(\w+)[^>]* lang="en"[^>]*>.*?<\/\1>/gs, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
}

const TELLING: ProbeResult = {
  ...TWO_WRONG_NAMES,
  mtaSts: { mode: 'enforce', id: 'abc', mx: ['mx.example.com'], maxAge: 604_800 },
  tlsRpt: { status: 'present', addresses: ['mailto:reports@example.com'] },
  clock: [
    {
      at: '2026-12-24T00:00:00.000Z',
      what: 'certificate-ends',
      host: 'mailc.example.com',
      severity: 'warning',
      sentence: 'The certificate of mailc.example.com ends.',
    },
  ],
  findings: [
    ...TWO_WRONG_NAMES.findings,
    {
      ...finding('mx-not-public', 'mailc.example.com', 'mailc.example.com has the private address 10.0.0.1'),
      remedies: [
        {
          kind: 'dns-record',
          for: 'zone',
          step: 'mx-nowhere',
          title: REMEDY_STEPS['mx-nowhere'],
          text: 'example.com. IN MX 5 x.',
        },
      ],
    },
  ],
};

test('no sentence of ours is English on a page in another language', async () => {
  const english = Object.entries(LANGUAGES.en.messages) as [MessageKey, string][];
  const titles = FINDING_CODES.map((code) => findingEntry(code).title);
  const states = [TELLING, ...untested()];
  for (const told of states) {
    for (const [language, html] of await pagesOf(told, OTHERS)) {
      const text = readable(html);
      const say = sayIn(language);
      for (const [key, words] of english) {
        // One word may be the same in two languages; a sentence with a place in it has to be looked for in parts.
        const part =
          words
            .split(/\{\w+\}/)
            .sort((a, b) => b.length - a.length)[0]
            ?.trim() ?? '';
        if (part.length < 14 || say(key).includes(part)) continue;
        assert.ok(!text.includes(part), `${language}, ${told.status}: "${part}" (${key})`);
      }
      for (const title of titles) {
        if (title.length > 14) assert.ok(!text.toLowerCase().includes(title.toLowerCase()), `${language}: ${title}`);
      }
    }
  }
});

function untested(): readonly ProbeResult[] {
  const none = result({ hosts: [] });
  return (['null-mx', 'no-such-domain', 'no-address', 'blocked', 'dns-failure'] as const).map((status) => ({
    ...none,
    status,
    problem: 'looking up example.com: the resolver answered SERVFAIL',
  }));
}

test('the sentence under the headline says why, and a chip leads to its finding (R49)', async () => {
  const html = (await pagesOf(TELLING, ['en'])).get('en') ?? '';
  assert.match(html, /class="sentence">At 2 of 2 mail servers the certificate does not prove/);
  for (const [, anchor] of html
    .matchAll(/<ul class="chips">.*?<\/ul>/gs)
    .next()
    .value?.[0].matchAll(/href="#([^"]+)"/g) ?? [])
    assert.ok(html.includes(`id="${anchor}"`), anchor);
  assert.match(html, /href="#finding-certificate-name"/);
  assert.match(html, /href="#finding-certificate-name-2"/);
  assert.match(html, /REQUIRETLS/);
});

test('an enforced policy that is not met, or not by every server, is not told as a protection', async () => {
  const secure = { ...TELLING.confidence, secure: true };
  const told = async (more: Partial<ProbeResult>) =>
    (await pagesOf({ ...TELLING, confidence: secure, ...more }, ['en'])).get('en') ?? '';
  assert.match(await told({}), /MTA-STS obliges senders/);
  const unmet = { ...TELLING.senders['mta-sts'], channel: 'none', host: null } as const;
  assert.match(await told({ senders: { ...TELLING.senders, 'mta-sts': unmet } }), /policy in force is not met/);
  const hosts = TELLING.hosts.map((each, index) => ({
    ...each,
    mtaSts: { status: index === 0 ? 'not-covered' : 'covered' } as const,
  }));
  assert.match(await told({ hosts }), /does not name 1 of 2 mail servers/);
});

test('what is to be shared leads back to where the page was read; a mailbox has no badge', async () => {
  const listed = (await pagesOf(TELLING, ['en'])).get('en') ?? '';
  assert.match(listed, /id="share-link"[^>]*>http:\/\/localhost:80\/probes\//);
  assert.match(listed, /\[!\[mail TLS\]\(http:\/\/localhost:80\/badge\/example\.com\.svg\)\]/);
  const mailbox = (await pagesOf(TELLING, ['en'], 'ann@example.com')).get('en') ?? '';
  assert.doesNotMatch(mailbox, /badge\/example/);
});

test('every format has its place in the menu, and advice on a page names no option of the terminal', () => {
  assert.deepEqual(Object.values(FORMAT_GROUPS).flat().sort(), [...FORMATS].sort());
  const naming = FINDING_CODES.filter((code) => /--[a-z]/.test(findingEntry(code).advice));
  assert.ok(naming.length > 0);
  for (const language of Object.keys(LANGUAGES) as Language[]) {
    for (const code of naming) {
      const words = PAGE_ADVICE[language][code];
      assert.ok(words !== undefined && !/--[a-z]/.test(words), `${language} ${code}`);
    }
  }
});

test('why a form is sent back is said in its language, and what was typed and ticked stays', async () => {
  const web = await openWeb({ limits: { perClient: { burst: 1, everyMs: 60_000 } } });
  try {
    const send = (payload: string) =>
      web.server.inject({
        method: 'POST',
        url: '/probes',
        headers: { ...HEADERS, 'accept-language': 'nl' },
        payload: `sent=form&${payload}`,
      });
    const bad = await send('target=ann%40a%20b.example&quick=on&family=6');
    assert.equal(bad.statusCode, 400);
    assert.match(bad.payload, /Er staat een spatie in/);
    assert.match(bad.payload, /name="quick" checked/);
    assert.doesNotMatch(bad.payload, /name="dane" checked/);
    assert.match(bad.payload, /value="6" selected/);
    assert.match(bad.payload, /href="\/\?lang=es"/, 'the language is changed on a page that has an address');
    const port = await send('target=a.example%5B192.0.2.1%3A26%5D');
    assert.equal(port.statusCode, 403);
    assert.match(port.payload, /Poort 26 hoort niet bij de poorten/);
    await send('target=one.example');
    const many = await send('target=two.example');
    assert.equal(many.statusCode, 429);
    assert.match(many.payload, /U hebt in korte tijd veel tests gevraagd\. Probeer het over \d+ s opnieuw\./);
  } finally {
    await web.close();
  }
});

test('a test that broke off says why in the language of who asked, and can be made again', async () => {
  const web = await openWeb({ probe: () => Promise.reject(new Error('a fault that is ours')) });
  try {
    const asked = await web.server.inject({
      method: 'POST',
      url: '/probes',
      headers: HEADERS,
      payload: 'target=example.com&sent=form&scan=on',
    });
    const address = String(asked.headers.location);
    const job = await web.jobs.find(address.replace('/probes/', ''));
    assert.ok(job !== null);
    await web.jobs.settled(job, 5_000);
    const { payload } = await web.server.inject({ url: address, headers: { 'accept-language': 'es' } });
    assert.match(payload, /La prueba se interrumpió por un fallo nuestro/);
    assert.match(payload, /<input type="hidden" name="scan" value="on">/, 'as it was asked for');
    assert.doesNotMatch(payload, /a fault that is ours/);
  } finally {
    await web.close();
  }
});

test('a page that is not there says so in the language of who asked', async () => {
  const web = await openWeb();
  try {
    for (const [url, words] of [
      ['/nothing', 'Geen pagina heeft dit adres.'],
      ['/probes/nobody', 'Een test met deze naam is hier niet bekend.'],
      ['/explain/nothing', 'Er is geen bevinding, modus, fase of oordeel met deze naam.'],
    ] as const) {
      const answer = await web.server.inject({ url, headers: { accept: 'text/html', 'accept-language': 'nl' } });
      assert.equal(answer.statusCode, 404, url);
      assert.ok(answer.payload.includes(words), url);
      assert.doesNotMatch(readable(answer.payload), /There is|No page/, url);
    }
  } finally {
    await web.close();
  }
});

test('the form with all that belongs to it is below 60 KB', async () => {
  const web = await openWeb();
  try {
    const sizes = await Promise.all(
      ['/', '/style.css', '/page.js', '/icon.svg'].map(
        async (url) => (await web.server.inject({ url })).payload.length,
      ),
    );
    assert.ok(sizes.reduce((sum, size) => sum + size, 0) < 60_000, sizes.join(' + '));
  } finally {
    await web.close();
  }
});

test('on the time line no mark covers another, what presses has a shape of its own, and today is there', () => {
  const now = Date.parse('2026-10-24T00:00:00.000Z');
  const day = 86_400_000;
  const marks = [
    { number: 1, at: now - day, severity: 'error' },
    { number: 2, at: now + 60 * day, severity: 'warning' },
    { number: 3, at: now + 60 * day, severity: 'info' },
    { number: 4, at: now + 3_600_000, severity: 'info' },
  ] as const;
  const picture = timeLinePicture(marks, now, 'nl', { label: 'Tijdlijn', today: 'vandaag' });
  assert.match(picture, /vandaag/);
  assert.match(picture, /1 maand/);
  assert.match(picture, /<rect class="date error"[^>]*\/>/);
  assert.match(picture, /<rect class="date warning"[^>]*transform="rotate\(45/);
  const circles = [...picture.matchAll(/<text class="number \w+" x="([\d.]+)" y="([\d.]+)"/g)].map(([, x, y]) => ({
    x: Number(x),
    y: Number(y),
  }));
  assert.equal(circles.length, marks.length);
  for (const [index, one] of circles.entries())
    for (const other of circles.slice(index + 1)) assert.ok(Math.hypot(one.x - other.x, one.y - other.y) >= 20);
  assert.equal(timeLinePicture([], now, 'en', { label: '', today: '' }), '');
});
