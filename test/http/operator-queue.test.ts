/** The queue and the log as pages where there is much of them, and hands that can be taken back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openAppliance } from './appliance-stage.ts';

test('destinations in the queue go page by page and by a part of their name, as pages and over the API', async () => {
  const stage = await openAppliance();
  try {
    const olga = await stage.person('operator');
    const { queue } = stage.installation;
    const names = Array.from({ length: 53 }, (_, index) => `d${String(index).padStart(2, '0')}.example`);
    for (const [index, name] of names.entries()) {
      const to = Array.from({ length: index === 52 ? 3 : 1 }, (_, rid) => ({ address: `u${rid}@${name}` }));
      const message = { bytes: Buffer.from('Subject: x\r\n\r\nx\r\n'), sender: 'ann@example.com', recipients: to };
      const begins = { now: Date.now(), domain: 'mx.example', random: stage.house.random };
      const taken = await stage.installation.submit({
        ...message,
        origin: 'api',
        requireTls: false,
        idempotencyKey: null,
        begins,
      });
      assert.ok(taken.ok);
    }
    await queue.markDown('d07.example', Date.now() + 600_000, 'connection refused', Date.now());

    const listed = (body: string): string[] =>
      [...body.matchAll(/class="mono" href="\/queue\/destination\?name=([^"]+)"/g)].map(([, name]) => name ?? '');
    const first = (await olga.get('/queue')).body;
    assert.equal(listed(first).length, 50);
    assert.equal(listed(first)[0], 'd52.example', 'the most first');
    const next = /href="(\/queue\?filter=&amp;after=[\w-]+)"/.exec(first)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const second = (await olga.get(next)).body;
    assert.deepEqual([...listed(first), ...listed(second)].toSorted(), names);
    assert.doesNotMatch(second, /after=/, 'and no further');
    const found = (await olga.get('/queue?filter=D07')).body;
    assert.deepEqual(listed(found), ['d07.example']);
    assert.match(found, /connection refused/, 'why it waits');
    assert.match(found, /> down</);
    assert.match((await olga.get('/queue?filter=nobody')).body, /Nothing waits for a destination like/);

    type Page = { readonly hosts: readonly { readonly host: string }[]; readonly next: string | null };
    const hosts: string[] = [];
    let cursor: string | null = '';
    do {
      const url = `/api/v1/hosts?limit=20${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const page = (await stage.api('GET', url)).json() as unknown as Page;
      hosts.push(...page.hosts.map(({ host }) => host));
      cursor = page.next;
    } while (cursor !== null);
    assert.deepEqual(hosts.toSorted(), names);
    const part = (await stage.api('GET', '/api/v1/hosts?filter=d07')).json() as unknown as Page;
    assert.deepEqual([part.hosts.map(({ host }) => host), part.next], [['d07.example'], null]);
    assert.equal((await stage.api('GET', '/api/v1/hosts?cursor=AAAA')).status, 400);
  } finally {
    await stage.close();
  }
});

test('hold and release are each other’s undo, where the hand was laid on', async () => {
  const stage = await openAppliance();
  try {
    const olga = await stage.person('operator');
    const viewer = await stage.person('viewer');
    for (const to of ['a@one.example', 'b@one.example', 'c@two.example'])
      await stage.api('POST', '/api/v1/messages', { from: 'ann@example.com', to: [to], message: 'Subject: x\n\nx\n' });
    const states = async () => (await stage.installation.queue.list({ limit: 10 })).map(({ state }) => state).join(' ');
    /** Presses the button of the note about what was done, as a browser would. */
    const undo = async (location: unknown): Promise<string> => {
      const note = /class="note" role="status">[\s\S]*?<form[\s\S]*?<\/form>/.exec(
        (await olga.get(String(location))).body,
      )?.[0];
      assert.ok(note, `there is a way back on ${String(location)}`);
      const fields = [...note.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, key, value]) => [key, value ?? '']);
      return String((await olga.post('/queue/act', Object.fromEntries(fields))).headers['location']);
    };

    const held = await olga.post('/queue/act', { action: 'hold', destination: 'one.example', back: 'destination' });
    assert.equal(await states(), 'held held queued');
    assert.match(String(held.headers['location']), /^\/queue\/destination\?name=one\.example&done=hold&count=2/);
    assert.doesNotMatch((await viewer.get(String(held.headers['location']))).body, /action="\/queue\/act"/);
    assert.match((await olga.get('/queue/held')).body, /a@one\.example[\s\S]*b@one\.example/);
    const back = await undo(held.headers['location']);
    assert.equal(await states(), 'queued queued queued');
    assert.match(back, /^\/queue\/destination\?name=one\.example&done=release&count=2/);
    await undo(back);
    assert.equal(await states(), 'held held queued', 'and back again');

    const one = await olga.post('/queue/act', { action: 'release', mid: '1', back: 'message' });
    assert.match(String(one.headers['location']), /^\/queue\/messages\/1\?/);
    await undo(one.headers['location']);
    assert.equal(await states(), 'held held queued');
    const all = await olga.post('/queue/act', { action: 'release', all: 'yes', back: 'held' });
    assert.match(String(all.headers['location']), /^\/queue\/held\?/);
    assert.match((await olga.get(String(all.headers['location']))).body, /Nothing is held/);
    const nothing = await olga.post('/queue/act', { action: 'release', all: 'yes', back: 'https://evil.example' });
    assert.match(String(nothing.headers['location']), /^\/queue\?done=release&count=0/);
    assert.doesNotMatch((await olga.get(String(nothing.headers['location']))).body, /Undo/);
    const deleted = await olga.post('/queue/act', { action: 'delete', mid: '1' });
    assert.doesNotMatch((await olga.get(String(deleted.headers['location']))).body, /Undo/);
  } finally {
    await stage.close();
  }
});

test('the first steps tick themselves off and go away; only people who may change things see them', async () => {
  const stage = await openAppliance();
  try {
    const olga = await stage.person('operator');
    const viewer = await stage.person('viewer');
    const done = async (): Promise<string> =>
      /(\d) of 5 done/.exec((await olga.get('/overview')).body)?.[1] ?? 'no steps';
    assert.equal(await done(), '1');
    assert.doesNotMatch((await viewer.get('/overview')).body, /First steps/);
    const asked = await stage.jobs.ask(
      { target: 'partner.example', options: {}, fresh: true },
      { key: 'x', anonymous: false },
    );
    assert.ok(asked.ok);
    await stage.jobs.settled(asked.value.job, 5_000);
    assert.equal(await done(), '2');
    await olga.post('/destinations/save', { domain: 'partner.example', tls: 'required' });
    assert.equal(await done(), '3');
    assert.match((await olga.get('/overview')).body, /class="next">[\s\S]{0,200}href="\/changes"/);
    await olga.post('/changes/commit', {});
    assert.equal(await done(), '4');
    const mail = { from: 'ann@example.com', to: ['bob@partner.example'], message: 'Subject: x\n\nx\n' };
    await stage.api('POST', '/api/v1/messages', mail);
    assert.equal(await done(), 'no steps');
  } finally {
    await stage.close();
  }
});

test('a destination’s page says what holds, and which entry says so; a looked-for name finds the entry it follows', async () => {
  const stage = await openAppliance();
  try {
    const olga = await stage.person('operator');
    const viewer = await stage.person('viewer');
    const save = (fields: Record<string, string>) => olga.post('/destinations/save', fields);
    await save({ domain: '.partner.example', tls: 'required', 'maxConcurrency-use': 'own', maxConcurrency: '20' });
    const row = (body: string, label: string): string =>
      new RegExp(`<th scope="row">${label}</th>[\\s\\S]*?</tr>`)
        .exec(body)?.[0]
        .replace(/<[^>]+>/g, ' ')
        .replace(/\s+/g, ' ')
        .trim() ?? '';
    const below = (await viewer.get('/destinations/show?domain=mail.partner.example')).body;
    assert.match(below, /mail\.partner\.example follows the entry \.partner\.example/);
    assert.equal(row(below, 'TLS support'), 'TLS support Required .partner.example');
    assert.equal(row(below, 'Concurrent connections'), 'Concurrent connections 20 .partner.example');
    assert.equal(row(below, 'DANE'), 'DANE opportunistic ↳ Default entry');
    assert.doesNotMatch(below, /destinations\/(new|edit|delete)/, 'a viewer looks');
    const other = (await olga.get('/destinations/show?domain=other.example')).body;
    assert.match(other, /other\.example has no entry: the default entry holds/);
    assert.match(other, /href="\/destinations\/new\?domain=other\.example"/);
    assert.equal((await olga.get('/destinations/show?domain=%20')).status, 400);
    const found = (await olga.get('/destinations?filter=MAIL.partner.example')).body;
    assert.match(found, /mail\.partner\.example follows the entry \.partner\.example/);
    assert.match(found, /href="\/destinations\/show\?domain=\.partner\.example"/, 'with its row');
    const refused = (await viewer.get('/destinations/new')).body;
    assert.match(refused, /This is not allowed here/);
    assert.match(refused, /signed in as viewer\d+, with the role viewer\. An admin can give you another role/);
    assert.match(refused, /class="rail"/, 'and the way on is beside it');
  } finally {
    await stage.close();
  }
});

test('a message by hand: refused with the field, queued as it was typed, on record', async () => {
  const stage = await openAppliance();
  try {
    const olga = await stage.person('operator');
    const form = (await olga.get('/queue/new')).body;
    assert.match(form, /name="to"/);
    const fields = {
      from: 'ann@example.com',
      to: 'bob@partner.example, eve@other.example',
      subject: 'Größe <b>\r\nBcc: x@x.example',
      text: 'Hello\n.\nlate',
    };
    for (const [field, wrong] of [
      ['to', ''],
      ['to', 'nobody'],
      ['to', Array.from({ length: 21 }, (_, index) => `u${index}@x.example`).join(',')],
      ['from', 'nobody'],
    ] as const) {
      const refused = await olga.post('/queue/new', { ...fields, [field]: wrong });
      assert.equal(refused.status, 400);
      assert.match(refused.body, new RegExp(`id="fault-${field}"`));
      assert.match(refused.body, /Größe &lt;b&gt;/, 'what was typed is still there');
    }
    const sent = await olga.post('/queue/new', fields);
    assert.equal(sent.headers['location'], '/queue/messages/1?done=sent');
    const items = await stage.installation.queue.list({ mid: 1, limit: 9 });
    assert.deepEqual(
      items.map(({ recipient, sender }) => [recipient, sender]),
      [
        ['bob@partner.example', 'ann@example.com'],
        ['eve@other.example', 'ann@example.com'],
      ],
    );
    const text = Buffer.from((await stage.installation.queue.body(1)) ?? []).toString('utf8');
    assert.doesNotMatch(text, /^Bcc:/m, 'no header comes in by the subject');
    assert.match(text, /^Subject: =\?utf-8\?B\?/m);
    assert.match(text, /^Message-ID: <[^>\s]+>/m);
    assert.match((await olga.get('/queue/messages/1?done=sent')).body, /It is in the queue/);
    assert.ok((await stage.house.accounts.audit(20)).some(({ what }) => what === 'message.sent'));
  } finally {
    await stage.close();
  }
});
