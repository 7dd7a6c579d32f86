/**
 * Tables of the configuration over the API: destinations, bounce profiles, SMTP routes, interfaces, recipients of alerts.
 * Each is read, written and deleted the same way; what a row may hold is judged by the document alone, so that a value out
 * of its range is refused with the range, here as everywhere (R64).
 */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type, { type TSchema } from 'typebox';
import type { Appliance } from '../app/appliance.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';
import type { Scope } from '../config/account-store.ts';
import type { Edit } from '../config/configuration.ts';
import type { ConfigurationDocument } from '../config/document.ts';
import { IfMatchHeaders, NameParams, rowBody, StateQuery, TableQuery, tableOf } from './configuration-schemas.ts';
import {
  missing,
  REFUSALS_OF_READS,
  REFUSALS_OF_WRITES,
  readState,
  sendFailure,
  sendValue,
  withTag,
  writeChange,
} from './configuration-writes.ts';
import type { WebHouse } from './house.ts';
import { withScope } from './operator.ts';
import { problemOf, sendProblem } from './problem.ts';
import { ProblemSchema } from './schemas.ts';

export type TableRow = Readonly<Record<string, unknown>>;

export interface ApiTable {
  /** `destinations`. */
  readonly path: string;
  /** `destination`. */
  readonly noun: string;
  /** For operation ids: `Destination`. */
  readonly id: string;
  readonly nameKey: string;
  readonly schema: TSchema;
  readonly example: TableRow;
  rows(document: ConfigurationDocument): readonly TableRow[];
  withRows(document: ConfigurationDocument, rows: readonly TableRow[]): ConfigurationDocument;
  /** The one form of a name; the failure is the end of a sentence. */
  parseName(text: string): Outcome<string, string>;
  /** Of a token, one of which is needed; `config` where left out. */
  readonly scopes?: readonly Scope[] | undefined;
  /** A row as it is shown: without its secrets. */
  view?(row: TableRow): TableRow;
  /** What was given, with the secrets of the row before where they were not named. */
  keep?(given: TableRow, before: TableRow | undefined): TableRow;
}

export function shownRow(table: ApiTable, row: TableRow): TableRow {
  return table.view?.(row) ?? row;
}

export function problems(codes: readonly number[]): Readonly<Record<number, typeof ProblemSchema>> {
  return Object.fromEntries(codes.map((code) => [code, ProblemSchema]));
}

/** Bodies are judged by the document: its sentences name the value and the range. */
export const acceptObject = ({ schema, httpPart }: { readonly schema: unknown; readonly httpPart?: string }) => {
  void schema;
  return (value: unknown) =>
    httpPart !== 'body' || (typeof value === 'object' && value !== null && !Array.isArray(value))
      ? { value }
      : { error: new Error('The body is a JSON object.') };
};

export function tableApi(plain: FastifyInstance, house: WebHouse, appliance: Appliance, table: ApiTable): void {
  const server = plain.withTypeProvider<TypeBoxTypeProvider>();
  const { configuration } = appliance;
  const { path, noun, id, nameKey, schema } = table;
  const base = `/api/v1/${path}`;
  const tags = ['configuration'];
  const onRequest = withScope(house, ...(table.scopes ?? ['config']));
  const nameOf = (row: TableRow): string => String(row[nameKey]);
  const body = rowBody(schema, nameKey, `A ${noun}.`);

  server.get(
    base,
    {
      onRequest,
      schema: {
        operationId: `list${id}s`,
        summary: `Every ${noun}`,
        tags,
        querystring: TableQuery,
        response: { 200: tableOf(schema), ...problems(REFUSALS_OF_READS) },
      },
    },
    async (request, reply) => {
      const { state, filter, limit = 50, cursor } = request.query;
      const read = await readState(configuration, state);
      if (!read.ok) return sendFailure(reply, read.failure);
      const after = cursor === undefined ? null : Buffer.from(cursor, 'base64url').toString('utf8');
      const wanted = filter?.toLowerCase();
      const rows = table
        .rows(read.value.document)
        .filter((row) => wanted === undefined || nameOf(row).toLowerCase().includes(wanted))
        .filter((row) => after === null || nameOf(row) > after)
        .toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      const next = rows.length > limit && last !== undefined ? Buffer.from(nameOf(last)).toString('base64url') : null;
      const shown = items.map((row) => shownRow(table, row));
      return sendValue(withTag(reply, read.value), { items: shown, next });
    },
  );

  server.get(
    `${base}/:name`,
    {
      onRequest,
      schema: {
        operationId: `get${id}`,
        summary: `One ${noun}`,
        tags,
        params: NameParams,
        querystring: StateQuery,
        response: { 200: schema, ...problems(REFUSALS_OF_READS) },
      },
    },
    async (request, reply) => {
      const read = await readState(configuration, request.query.state);
      if (!read.ok) return sendFailure(reply, read.failure);
      const name = table.parseName(request.params.name);
      const row = name.ok ? table.rows(read.value.document).find((each) => nameOf(each) === name.value) : undefined;
      return row === undefined ? missing(reply, noun) : sendValue(withTag(reply, read.value), shownRow(table, row));
    },
  );

  const save = (name: string, given: TableRow, how: 'create' | 'put'): Edit => {
    return (document) => {
      const rows = table.rows(document);
      const before = rows.find((each) => nameOf(each) === name);
      const row = { ...(table.keep?.(given, before) ?? given), [nameKey]: name };
      const exists = before !== undefined;
      if (exists && how === 'create') return failed(`there is a ${noun} ${printable(name, 120)} already`);
      const next = exists ? rows.map((each) => (nameOf(each) === name ? row : each)) : [...rows, row];
      return succeeded(table.withRows(document, next));
    };
  };

  server.post(
    base,
    {
      onRequest,
      validatorCompiler: acceptObject,
      schema: {
        operationId: `create${id}`,
        summary: `A new ${noun}, pending until a commit`,
        tags,
        headers: IfMatchHeaders,
        body: Type.Unsafe<TableRow>({ ...body, required: [nameKey], examples: [table.example] }),
        response: { 201: schema, ...problems(REFUSALS_OF_WRITES) },
      },
    },
    async (request, reply) => {
      const name = table.parseName(String(request.body[nameKey] ?? ''));
      if (!name.ok) {
        const errors = [{ pointer: `/${nameKey}`, detail: name.failure }];
        return sendProblem(reply, problemOf('bad-request', `${nameKey}: ${name.failure}`, errors));
      }
      const read = await configuration.newest();
      if (read.ok && table.rows(read.value.document).some((each) => nameOf(each) === name.value)) {
        return sendProblem(
          reply,
          problemOf('conflict', `There is a ${noun} ${printable(name.value, 120)} already; PUT changes it.`),
        );
      }
      const edit = save(name.value, request.body, 'create');
      const written = { edit, what: `${noun}.created`, subject: name.value };
      const snapshot = await writeChange(request, reply, house, appliance, written);
      if (snapshot === null) return reply;
      void reply.code(201).header('Location', `${base}/${encodeURIComponent(name.value)}`);
      return sendValue(reply, rowNamed(table, snapshot.document, name.value));
    },
  );

  server.put(
    `${base}/:name`,
    {
      onRequest,
      validatorCompiler: acceptObject,
      schema: {
        operationId: `put${id}`,
        summary: `Replace a ${noun}, or make it; pending until a commit`,
        tags,
        params: NameParams,
        headers: IfMatchHeaders,
        body: Type.Unsafe<TableRow>({ ...body, examples: [table.example] }),
        response: { 200: schema, 201: schema, ...problems(REFUSALS_OF_WRITES) },
      },
    },
    async (request, reply) => {
      const name = table.parseName(request.params.name);
      if (!name.ok) return sendProblem(reply, problemOf('bad-request', `${nameKey}: ${name.failure}`));
      const inside = request.body[nameKey];
      const same = inside === undefined ? name : table.parseName(String(inside));
      if (!same.ok || same.value !== name.value) {
        return sendProblem(reply, problemOf('bad-request', `${nameKey} is another one than that of the path.`));
      }
      const before = await configuration.newest();
      const existed = before.ok && table.rows(before.value.document).some((each) => nameOf(each) === name.value);
      const edit = save(name.value, request.body, 'put');
      const written = { edit, what: `${noun}.saved`, subject: name.value };
      const snapshot = await writeChange(request, reply, house, appliance, written);
      if (snapshot === null) return reply;
      return sendValue(reply.code(existed ? 200 : 201), rowNamed(table, snapshot.document, name.value));
    },
  );

  server.delete(
    `${base}/:name`,
    {
      onRequest,
      schema: {
        operationId: `delete${id}`,
        summary: `Take a ${noun} away, pending until a commit`,
        tags,
        params: NameParams,
        headers: IfMatchHeaders,
        response: { 204: Type.Null(), ...problems(REFUSALS_OF_WRITES) },
      },
    },
    async (request, reply) => {
      const name = table.parseName(request.params.name);
      const read = await configuration.newest();
      if (!read.ok) return sendFailure(reply, read.failure);
      if (!name.ok || !table.rows(read.value.document).some((each) => nameOf(each) === name.value)) {
        return missing(reply, noun);
      }
      const edit: Edit = (document) =>
        succeeded(
          table.withRows(
            document,
            table.rows(document).filter((each) => nameOf(each) !== name.value),
          ),
        );
      const written = { edit, what: `${noun}.deleted`, subject: name.value };
      const snapshot = await writeChange(request, reply, house, appliance, written);
      return snapshot === null ? reply : reply.code(204).send(null);
    },
  );
}

function rowNamed(table: ApiTable, document: ConfigurationDocument, name: string): TableRow | undefined {
  const row = table.rows(document).find((each) => String(each[table.nameKey]) === name);
  return row === undefined ? undefined : shownRow(table, row);
}
