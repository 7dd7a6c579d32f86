import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_STREAMS_OF_ONE } from '../../src/http/event-stream.ts';
import type { ProbeHooks, ProbeRequest } from '../../src/probe/request.ts';
import type { ProbeResult } from '../../src/probe/result.ts';
import { goodResultFor } from '../cli/stage.ts';
import { until } from '../support/installation.ts';
import { openWeb } from './web-stage.ts';

interface Heard {
  readonly id: number;
  readonly kind: string;
  readonly data: unknown;
}

/** Reads the stream until it ends, or until `enough` events have come. */
async function listen(
  url: string,
  lastId?: number,
  enough = Number.POSITIVE_INFINITY,
): Promise<{ readonly status: number; readonly events: readonly Heard[] }> {
  const controller = new AbortController();
  const answer = await fetch(url, {
    signal: controller.signal,
    headers: lastId === undefined ? {} : { 'last-event-id': String(lastId) },
  });
  const events: Heard[] = [];
  let text = '';
  if (answer.body !== null) {
    for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const fields = Object.fromEntries(
          text
            .slice(0, end)
            .split('\n')
            .map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]),
        );
        text = text.slice(end + 2);
        if (fields['id'] !== undefined)
          events.push({
            id: Number(fields['id']),
            kind: fields['event'] ?? '',
            data: JSON.parse(fields['data'] ?? 'null'),
          });
      }
      if (events.length >= enough) {
        controller.abort();
        break;
      }
    }
  }
  return { status: answer.status, events };
}

/** A test that takes its steps when it is told to. */
function steppedProbe() {
  let hooks: ProbeHooks = {};
  let finish: () => void = () => {};
  const begun = Promise.withResolvers<void>();
  return {
    begun: begun.promise,
    probe: (request: ProbeRequest, given: ProbeHooks) =>
      new Promise<ProbeResult>((resolve) => {
        hooks = given;
        finish = () => resolve(goodResultFor(request.target.text));
        begun.resolve();
      }),
    step: (stage: 'answer' | 'connect' | 'helo') =>
      hooks.onEvent?.({ kind: 'stage', host: 'mx.example', address: '192.0.2.1', stage, result: 'ok', ms: 5 }),
    route: () =>
      hooks.onEvent?.({ kind: 'route', hosts: [{ exchange: 'mx.example', preference: 10, addresses: ['192.0.2.1'] }] }),
    finish: () => finish(),
  };
}

test('every step is told in order with its number, and who comes back goes on behind the last one heard (R61)', async () => {
  const stepped = steppedProbe();
  const web = await openWeb({ probe: stepped.probe });
  try {
    const base = await web.server.listen({ host: '127.0.0.1', port: 0 });
    const { id } = (await (
      await fetch(`${base}/api/v1/probes`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"target":"a@example.com"}',
      })
    ).json()) as { id: string };
    await stepped.begun;
    const url = `${base}/api/v1/probes/${id}/events`;
    stepped.route();
    stepped.step('answer');
    const first = await listen(url, undefined, 3);
    assert.deepEqual(
      first.events.map(({ kind }) => kind),
      ['queued', 'route', 'stage'],
    );
    stepped.step('connect');
    const rest = listen(url, first.events.at(-1)?.id);
    stepped.step('helo');
    await new Promise((resolve) => setTimeout(resolve, 50));
    stepped.finish();
    const heard = await rest;
    assert.deepEqual(
      heard.events.map(({ id: number, kind }) => [number, kind]),
      [
        [4, 'stage'],
        [5, 'stage'],
        [6, 'done'],
      ],
    );
    assert.match(JSON.stringify(heard.events.at(-1)?.data), /"format":"tlsreach.probe\/1"/);
    assert.equal((await listen(url, 6)).status, 204, 'a browser is told not to come back');
    assert.deepEqual(
      (await listen(url)).events.map(({ id: number }) => number),
      [1, 2, 3, 4, 5, 6],
      'who comes late hears all of it',
    );
  } finally {
    await web.close();
  }
});

test('streams end with the service, and tests that wait are told so', async () => {
  const web = await openWeb({
    probe: (_request, { signal }) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('stopped')))),
    limits: { running: 1 },
  });
  const base = await web.server.listen({ host: '127.0.0.1', port: 0 });
  const start = async (target: string) =>
    (await web.server.inject({ method: 'POST', url: '/api/v1/probes', payload: { target } })).json().id as string;
  const ids = [await start('a.example'), await start('b.example')];
  const streams = ids.map((id) => listen(`${base}/api/v1/probes/${id}/events`));
  await new Promise((resolve) => setTimeout(resolve, 50));
  await web.close();
  for (const { events } of await Promise.all(streams)) assert.equal(events.at(-1)?.kind, 'failed');
});

test('of one caller so many streams are open at one time and no more; one that ends makes room', async () => {
  const stepped = steppedProbe();
  const web = await openWeb({ probe: stepped.probe });
  try {
    const base = await web.server.listen({ host: '127.0.0.1', port: 0 });
    const begun = await fetch(`${base}/api/v1/probes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"target":"a@example.com"}',
    });
    const { id } = (await begun.json()) as { id: string };
    await stepped.begun;
    const url = `${base}/api/v1/probes/${id}/events`;
    const follow = async () => {
      const controller = new AbortController();
      const { status, headers } = await fetch(url, { signal: controller.signal });
      return { status, again: headers.get('retry-after'), leave: () => controller.abort() };
    };
    const streams = await Promise.all(Array.from({ length: MAX_STREAMS_OF_ONE }, follow));
    assert.ok(streams.every(({ status }) => status === 200));
    const surplus = await follow();
    assert.equal(surplus.status, 429);
    assert.match(surplus.again ?? '', /^\d+$/);
    surplus.leave();
    streams[0]?.leave();
    const admitted = async (): Promise<boolean> => {
      const next = await follow();
      next.leave();
      return next.status === 200;
    };
    assert.ok(await until(admitted, 3_000));
    for (const { leave } of streams) leave();
    stepped.finish();
  } finally {
    await web.close();
  }
});
