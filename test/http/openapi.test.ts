/** Everything here is done from `/openapi.json` alone: no path and no field is known beforehand but the operations' names. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { openWeb, type WebStage } from './web-stage.ts';

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly requestBody?: {
    readonly content: Readonly<
      Record<
        string,
        {
          readonly schema: { readonly examples?: readonly object[] };
          readonly example?: object;
          readonly examples?: Readonly<Record<string, { readonly value: object }>>;
        }
      >
    >;
  };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

describe('the API from its description alone', () => {
  let web: WebStage;
  let description: OpenApi;
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  before(async () => {
    web = await openWeb();
    description = (await web.server.inject('/openapi.json')).json();
  });
  after(() => web.close());

  const operations = () =>
    Object.entries(description.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );

  /** Calls an operation by its name and holds the answer to the schema of its status. */
  async function call(name: string, values: Readonly<Record<string, string>> = {}, payload?: object) {
    const found = operations().find(({ operation }) => operation.operationId === name);
    assert.ok(found, name);
    const query = new URLSearchParams();
    let path = found.path;
    const headers: Record<string, string> = {};
    for (const { name: parameter, in: place } of found.operation.parameters ?? []) {
      const value = values[parameter];
      if (value === undefined) continue;
      if (place === 'path') path = path.replace(`{${parameter}}`, encodeURIComponent(value));
      if (place === 'query') query.set(parameter, value);
      if (place === 'header') headers[parameter] = value;
    }
    const answer = await web.server.inject({
      method: found.method.toUpperCase() as 'GET',
      url: `${path}?${query}`,
      headers,
      ...(payload === undefined ? {} : { payload }),
    });
    const documented = found.operation.responses[String(answer.statusCode)];
    const schema = documented?.content?.['application/json']?.schema;
    if (schema !== undefined) {
      const validate = ajv.compile(schema);
      assert.ok(validate(answer.json()), `${name} ${answer.statusCode}: ${ajv.errorsText(validate.errors)}`);
    }
    return { answer, documented: documented !== undefined };
  }

  const examplesOf = ({ requestBody }: Operation): readonly object[] => {
    const content = requestBody?.content['application/json'];
    const named = Object.values(content?.examples ?? {}).map(({ value }) => value);
    return [
      ...(content?.schema.examples ?? []),
      ...named,
      ...(content?.example === undefined ? [] : [content.example]),
    ];
  };

  it('is OpenAPI 3.1 and names every operation of the contract', () => {
    assert.match(description.openapi, /^3\.1/);
    const names = operations().map(({ operation }) => operation.operationId);
    assert.equal(new Set(names).size, names.length);
    for (const name of [
      'startProbe',
      'getProbe',
      'followProbe',
      'listProbes',
      'startBatch',
      'getBatch',
      'getProbeAs_junit',
    ])
      assert.ok(names.includes(name), name);
  });

  it('every example of a body works as it stands, and every answer is as described', async () => {
    let tried = 0;
    for (const { operation } of operations()) {
      for (const example of examplesOf(operation)) {
        const { answer, documented } = await call(operation.operationId, {}, example);
        assert.equal(answer.statusCode, 202, `${operation.operationId} ${answer.body}`);
        assert.ok(documented);
        tried += 1;
      }
    }
    assert.ok(tried >= 3, `${tried} examples`);
  });

  it('drives a test from its start to every format of its result', async () => {
    const started = await call('startProbe', { wait: '5', 'idempotency-key': 'one' }, { target: 'drive.example' });
    const { id } = started.answer.json();
    assert.equal(started.answer.statusCode, 200);
    assert.equal((await call('getProbe', { id })).answer.json().state, 'done');
    assert.match((await call('followProbe', { id })).answer.body, /event: done/);
    const formats = operations().filter(({ operation }) => operation.operationId.startsWith('getProbeAs_'));
    assert.ok(formats.length >= 10);
    for (const { operation } of formats)
      assert.equal((await call(operation.operationId, { id })).answer.statusCode, 200, operation.operationId);
    const list = (await call('listProbes', { domain: 'drive.example', limit: '1' })).answer.json();
    assert.equal(list.items[0].id, id);
    const batch = (await call('startBatch', {}, { targets: ['one.example'] })).answer.json();
    assert.equal((await call('getBatch', { id: batch.id })).answer.statusCode, 200);
  });

  it('what is refused is described, too', async () => {
    const refused = await call('startProbe', {}, { target: 'x', nonsense: 1 });
    assert.equal(refused.answer.statusCode, 400);
    assert.ok(refused.documented);
    const missing = await call('getProbe', { id: '222222222222222222222222' });
    assert.equal(missing.answer.statusCode, 404);
    assert.ok(missing.documented);
  });
});
