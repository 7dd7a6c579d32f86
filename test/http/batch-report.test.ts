/** The mail about a batch that came over the API: who may ask for it, what it holds, when it is kept back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import PostalMime from 'postal-mime';
import { goodResultFor } from '../cli/stage.ts';
import { type ApplianceStage, openAppliance } from './appliance-stage.ts';

interface Batch {
  readonly id: string;
  readonly state: string;
  readonly total: number | null;
  readonly report: { readonly state: string; readonly detail: string | null } | null;
}

/** Once it is done and the report is settled. */
async function ended({ api }: ApplianceStage, id: string): Promise<Batch> {
  for (let tries = 0; tries < 500; tries += 1) {
    const batch = (await api('GET', `/api/v1/batches/${id}`)).json() as unknown as Batch;
    if (batch.state === 'done' && batch.report?.state !== 'waiting') return batch;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('the batch never ended');
}

test('a batch mails its report: the result in the format that was asked for, the request beside it (R56)', async () => {
  const stage = await openAppliance();
  try {
    const report = { to: ['ann@example.com', 'bob@example.net', 'ann@EXAMPLE.com'], format: 'ndjson' };
    const body = { targets: ['a.example', 'b.example', 'not a domain'], report };
    const started = await stage.api('POST', '/api/v1/batches', body);
    assert.equal(started.status, 202, started.body);
    const { id } = started.json() as { id: string };
    const batch = await ended(stage, id);
    assert.deepEqual(batch.report, { state: 'queued', detail: null });
    const items = await stage.installation.queue.list({ limit: 10 });
    assert.deepEqual(
      items.map(({ recipient }) => recipient),
      ['ann@example.com', 'bob@example.net'],
    );
    const bytes = (await stage.installation.queue.body(items[0]?.mid ?? 0)) ?? Buffer.of();
    const mail = await PostalMime.parse(bytes);
    assert.match(mail.subject ?? '', /3 targets: mean score .*, 1 without one/);
    assert.match(mail.text ?? '', /not a domain {2}\S/, 'why it was not tested');
    const [result, input] = mail.attachments.map(({ content }) => Buffer.from(content as ArrayBuffer).toString());
    const targets = (result ?? '')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).target);
    assert.deepEqual(targets, ['a.example', 'b.example']);
    assert.deepEqual(JSON.parse(input ?? '').targets, body.targets);
    assert.doesNotMatch(
      JSON.stringify(batch),
      /ann@/,
      'who got it is not told to whoever has the address of the batch',
    );
  } finally {
    await stage.close();
  }
});

test('a report is kept back where all is good enough, and goes only to those who may send (R56)', async () => {
  const stage = await openAppliance({
    probe: (target) => {
      const result = goodResultFor(target);
      return target === 'low.example' ? { ...result, confidence: { ...result.confidence, value: 89 } } : result;
    },
  });
  try {
    const report = { to: ['ann@example.com'], onlyBelow: 90 };
    const start = async (targets: readonly string[]) =>
      ended(stage, ((await stage.api('POST', '/api/v1/batches', { targets, report })).json() as { id: string }).id);
    assert.equal((await start(['a.example'])).report?.state, 'suppressed');
    assert.equal((await stage.installation.queue.list({ limit: 10 })).length, 0);
    assert.equal((await start(['a.example', 'low.example'])).report?.state, 'queued');
    assert.equal((await stage.installation.queue.list({ limit: 10 })).length, 1);
    const probeOnly = { authorization: `Bearer ${await stage.token('probe')}` };
    const refused = await stage.api('POST', '/api/v1/batches', { targets: ['a.example'], report }, probeOnly);
    assert.equal(refused.status, 403, refused.body);
    assert.match(refused.body, /scope \\"send\\"/);
    const plain = await stage.api('POST', '/api/v1/batches', { targets: ['a.example'] }, probeOnly);
    assert.equal(plain.status, 202);
    assert.equal((plain.json() as unknown as Batch).report, null);
    const anonymous = await stage.server.inject({
      method: 'POST',
      url: '/api/v1/batches',
      payload: { targets: ['a.example'], report },
    });
    assert.equal(anonymous.statusCode, 401);
    assert.equal(anonymous.headers['www-authenticate'], 'Bearer');
    for (const wrong of [
      { to: [] },
      { to: ['nobody'] },
      { to: ['ann@example.com\r\nBcc: eve@example.com'] },
      { to: Array(21).fill('ann@example.com') },
      { to: ['ann@example.com'], format: 'docx' },
      { to: ['ann@example.com'], onlyBelow: -1 },
      { to: ['ann@example.com'], cc: [] },
    ]) {
      const answer = await stage.api('POST', '/api/v1/batches', { targets: ['a.example'], report: wrong });
      assert.equal(answer.status, 400, `${JSON.stringify(wrong)} ${answer.body}`);
    }
    assert.equal((await stage.installation.queue.list({ limit: 10 })).length, 1);
  } finally {
    await stage.close();
  }
});

test('a message under one key is queued once, also where the process that took it died before it said so', async () => {
  const stage = await openAppliance();
  try {
    const message = { from: 'ann@example.com', to: ['bob@a.example'], message: 'Subject: x\r\n\r\nhello\r\n' };
    const key = { 'idempotency-key': 'm1' };
    const first = await stage.api('POST', '/api/v1/messages', message, key);
    assert.equal(first.status, 202, first.body);
    assert.equal((await stage.api('POST', '/api/v1/messages', message, key)).body, first.body);
    const other = await stage.api('POST', '/api/v1/messages', { ...message, requireTls: true }, key);
    assert.equal(other.status, 422, 'the same text in another way is another request');
    // What the queue has is on record, and the key is not: as after a death between the two.
    await stage.installation.database.write(({ trx }) =>
      trx.updateTable('request_key').set({ settled: 0, held_until: 0, answer: 'nobody knows' }).execute(),
    );
    assert.equal((await stage.api('POST', '/api/v1/messages', message, key)).body, first.body);
    assert.equal((await stage.installation.queue.list({ limit: 10 })).length, 1);
    const bodies = await Promise.all(
      Array.from({ length: 5 }, () => stage.api('POST', '/api/v1/messages', message, { 'idempotency-key': 'm2' })),
    );
    assert.equal((await stage.installation.queue.list({ limit: 10 })).length, 2);
    assert.deepEqual(
      [...new Set(bodies.map(({ status }) => status))].filter((status) => status !== 202 && status !== 409),
      [],
    );
  } finally {
    await stage.close();
  }
});
