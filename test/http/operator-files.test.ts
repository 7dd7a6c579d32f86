/** Tables and the configuration as files: brought in by upload or by pasting, as a whole or not at all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_CONFIGURATION_BYTES } from '../../src/http/configuration-parts-api.ts';
import { type ApplianceStage, openAppliance, type Person } from './appliance-stage.ts';

type Part = readonly [name: string, value: string | Buffer, file?: string];

/** A form as a browser sends it: part after part, in this order. */
async function send(stage: ApplianceStage, person: Person, url: string, parts: readonly Part[], headers = {}) {
  const boundary = 'x-boundary-of-the-test';
  const pieces = parts.flatMap(([name, value, file]) => [
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"`,
    file === undefined ? '\r\n\r\n' : `; filename="${file}"\r\nContent-Type: application/octet-stream\r\n\r\n`,
    value,
    '\r\n',
  ]);
  const answer = await stage.server.inject({
    method: 'POST',
    url,
    headers: {
      cookie: person.cookie,
      accept: 'text/html',
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'sec-fetch-site': 'same-origin',
      ...headers,
    },
    payload: Buffer.concat([...pieces, `--${boundary}--\r\n`].map((piece) => Buffer.from(piece))),
  });
  return { status: answer.statusCode, body: answer.body, location: answer.headers.location };
}

async function tokensOf(person: Person, url: string): Promise<{ readonly csrf: string; readonly tag: string }> {
  const { body } = await person.get(url);
  const read = (name: string): string => new RegExp(`name="${name}" value="([^"]*)"`).exec(body)?.[1] ?? '';
  return { csrf: read('csrf'), tag: read('tag') };
}

test('a table of destinations by upload: looked at first, refused with section and key, taken whole (R72)', async () => {
  const stage = await openAppliance();
  try {
    const olga = await stage.person('operator');
    const url = '/destinations/import';
    const newest = async () => {
      const read = await stage.installation.configuration.newest();
      assert.ok(read.ok);
      return read.value;
    };
    const form = (await olga.get(url)).body;
    assert.match(form, /enctype="multipart\/form-data"/);
    const { csrf, tag } = await tokensOf(olga, url);
    const table = (await olga.get('/destinations/export')).body;
    const good = `${table}\n[partner.example]\ntable_tls = required\n`;
    const bad = `${table}\n[partner.example]\ntable_tls = 9\nbounce_profile = Nobody\n`;
    const file = (text: string | Buffer): readonly Part[] => [
      ['csrf', csrf],
      ['tag', tag],
      ['upload', text, 'destinations.ini'],
      ['table', ''],
    ];

    const refused = await send(stage, olga, url, file(bad));
    assert.equal(refused.status, 400);
    assert.match(refused.body, /line \d+, \[partner\.example\] table_tls: /);
    assert.match(refused.body, /\[partner\.example\] bounce_profile: /);
    assert.match(refused.body, /<textarea[^>]*>[\s\S]*table_tls = 9/, 'the text of the file can be mended in place');
    assert.equal((await newest()).isPending, false, 'nothing was changed');

    const looked = await send(stage, olga, url, [...file(good), ['look', 'yes']]);
    assert.equal(looked.status, 200, looked.body.slice(0, 300));
    assert.match(looked.body, /It would change this \(1\)/);
    assert.match(looked.body, /class="rows diff"[\s\S]*partner\.example/);
    assert.equal((await newest()).isPending, false, 'looking changes nothing');
    const windows = await send(stage, olga, url, [
      ...file(good.replaceAll('\n', '\r\n').replace(' = ', '\t=\t')),
      ['look', 'yes'],
    ]);
    const shown = (/<textarea[^>]*>([\s\S]*?)<\/textarea>/.exec(windows.body)?.[1] ?? '').replaceAll('&quot;', '"');
    const again = await send(stage, olga, url, [
      ['csrf', csrf],
      ['table', shown.replaceAll('\n', '\r\n')],
      ['look', 'yes'],
    ]);
    assert.match(again.body, /It would change this \(1\)/, 'what the page shows again can be sent again');
    const same = await send(stage, olga, url, [...file(table), ['look', 'yes']]);
    assert.match(same.body, /It would change nothing/);

    const taken = await send(stage, olga, url, file(good));
    assert.equal(taken.location, '/changes?done=saved');
    assert.equal((await newest()).document.destinations.entries[0]?.domain, 'partner.example');
    const late = await send(stage, olga, url, file(good));
    assert.equal(late.status, 400);
    assert.match(late.body, /Somebody else changed the configuration/);

    const fresh = (await tokensOf(olga, url)).tag;
    const pasted = await send(stage, olga, url, [
      ['csrf', csrf],
      ['tag', fresh],
      ['upload', '', ''],
      ['table', `${table}\n[pasted.example]\n`],
    ]);
    assert.equal(pasted.location, '/changes?done=saved', pasted.body.slice(0, 300));
    assert.equal((await newest()).document.destinations.entries[0]?.domain, 'pasted.example');
    const marked = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(`${table}\n[wide.example]\n`, 'utf16le')]);
    const wide = await send(stage, olga, url, [...file(marked).filter(([name]) => name !== 'tag')]);
    assert.equal(wide.location, '/changes?done=saved', 'as some editors write');
    assert.equal((await newest()).document.destinations.entries[0]?.domain, 'wide.example');
  } finally {
    await stage.close();
  }
});

test('an upload is refused before it is looked at: strangers, viewers, other sites, a token that is missing, late or wrong', async () => {
  const stage = await openAppliance();
  try {
    const olga = await stage.person('operator');
    const viewer = await stage.person('viewer');
    const url = '/settings/smtp-routes/import';
    const { csrf } = await tokensOf(olga, url);
    const routes: Part = ['upload', 'example.com relay.example\n', 'routes.txt'];
    const sent = async (person: Person, parts: readonly Part[], headers = {}) =>
      (await send(stage, person, url, parts, headers)).status;
    assert.equal(await sent({ ...olga, cookie: '' }, [['csrf', csrf], routes]), 303);
    assert.equal(await sent(viewer, [['csrf', (await tokensOf(viewer, '/account')).csrf], routes]), 403);
    assert.equal(await sent(olga, [['csrf', csrf], routes], { 'sec-fetch-site': 'cross-site' }), 403);
    assert.equal(await sent(olga, [['csrf', 'wrong'], routes]), 403);
    assert.equal(await sent(olga, [routes, ['csrf', csrf]]), 403, 'the token stands first');
    assert.equal(await sent(olga, [routes]), 403);
    assert.equal(await sent(olga, []), 403);
    assert.equal(await sent(olga, [['csrf', csrf], routes], { 'content-length': '99999999999' }), 413);
    const large = Buffer.alloc(MAX_CONFIGURATION_BYTES + 1, 'x');
    assert.equal(
      await sent(olga, [
        ['csrf', csrf],
        ['upload', large, 'large'],
      ]),
      413,
    );
    assert.equal(
      await sent(olga, [
        ['csrf', csrf],
        ['upload', Buffer.from([0x80, 0x81]), 'picture'],
      ]),
      400,
    );
    assert.equal(
      await sent(olga, [
        ['csrf', csrf],
        ['upload', 'a\0b', 'picture'],
      ]),
      400,
    );
    assert.equal(
      await sent(olga, [
        ['csrf', csrf],
        ['upload', '', ''],
        ['table', ' \n'],
      ]),
      400,
    );
    const torn = await stage.server.inject({
      method: 'POST',
      url,
      headers: { cookie: olga.cookie, accept: 'text/html', 'content-type': 'multipart/form-data; boundary=b' },
      payload: `--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n${csrf}\r\n--b\r\nContent-Disp`,
    });
    assert.equal(torn.statusCode, 400, torn.body.slice(0, 200));
    const many = Array.from({ length: 30 }, (_, index): Part => [`f${index}`, 'x']);
    assert.equal(await sent(olga, [['csrf', csrf], ...many]), 413);
    const elsewhere = await send(stage, olga, '/destinations/default', [['csrf', csrf]]);
    assert.equal(elsewhere.status, 415, 'forms without a file take none');
    const read = await stage.installation.configuration.newest();
    assert.ok(read.ok && !read.value.isPending, 'nothing was changed');
  } finally {
    await stage.close();
  }
});

test('routes and the whole configuration go out and come back by their files (R126)', async () => {
  const stage = await openAppliance();
  try {
    const olga = await stage.person('operator');
    const admin = await stage.person('admin');
    const { csrf } = await tokensOf(olga, '/settings/smtp-routes/import');
    const wrong = 'example.com relay.example\nnot a domain\nb.example relay.example:0\n';
    const refused = await send(stage, olga, '/settings/smtp-routes/import', [
      ['csrf', csrf],
      ['upload', wrong, 'routes.txt'],
    ]);
    assert.equal(refused.status, 400);
    assert.match(refused.body, /line 2: [\s\S]*line 3: /);
    const text = '# ours\nexample.com relay.example:26/pri=5, USEDNS/pri=10\n.partner.example 192.0.2.7\n';
    const taken = await send(stage, olga, '/settings/smtp-routes/import', [
      ['csrf', csrf],
      ['upload', text, 'routes.txt'],
    ]);
    assert.equal(taken.location, '/changes?done=saved');
    const exported = (await olga.get('/settings/smtp-routes/export')).body;
    assert.equal(exported, 'example.com relay.example:26/pri=5, USEDNS/pri=10\n.partner.example 192.0.2.7\n');
    await olga.post('/changes/commit', {});

    const saved = (await admin.post('/settings/file/whole', {})).body;
    await olga.post('/settings/smtp-routes/delete', { name: 'example.com' });
    await olga.post('/changes/commit', {});
    const load = (text: string, more: readonly Part[] = []) =>
      send(stage, olga, '/settings/file/load', [['csrf', csrf], ['upload', text, 'saved.json'], ...more]);
    const looked = await load(saved, [['look', 'yes']]);
    assert.match(looked.body, /It would change this \(\d+\)[\s\S]*smtpRoutes/, looked.body.slice(0, 300));
    const masked = await load((await olga.get('/settings/file/masked')).body);
    assert.equal(masked.status, 400);
    assert.match(masked.body, /secrets in this file are masked/);
    assert.equal((await load('{"format":"another/1"}')).status, 400);
    assert.equal((await load(saved)).location, '/changes?done=saved');
    const read = await stage.installation.configuration.newest();
    assert.deepEqual(read.ok && read.value.document.smtpRoutes.map(({ domain }) => domain), [
      'example.com',
      '.partner.example',
    ]);
  } finally {
    await stage.close();
  }
});
