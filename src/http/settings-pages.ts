/** Settings as pages: tables and sections of the configuration by one form each, and the audit log. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { failed, succeeded } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';
import type { Edit } from '../config/configuration.ts';
import type { ConfigurationDocument } from '../config/document.ts';
import { ALERTS, type ConfigurationSection, DELIVERY, withFields } from './configuration-sections.ts';
import { ALERT_RECIPIENTS, BOUNCE_PROFILES, GATEWAYS, SMTP_ROUTES } from './configuration-tables.ts';
import { type Desk, type FormFault, queryOf, shownTime, textIn } from './desk.ts';
import { type MessageKey, sayIn } from './languages.ts';
import { LISTENER_CARDS, LISTENER_PAGES } from './listener-pages.ts';
import { configurationProblem } from './operator.ts';
import { problemOf } from './problem.ts';
import { fieldsOfSchema, type Labels, type References, readForm } from './setting-form.ts';
import type { ApiTable, TableRow } from './table-api.ts';

const SHOWN_ENTRIES = 200;
/** The newest entries of the audit log, among which a page looks for words. */
const SEARCHED_ENTRIES = 5_000;
const PAGE = 100;

export interface TablePage {
  readonly table: ApiTable;
  readonly base: string;
  readonly title: MessageKey;
  readonly lead: MessageKey;
  readonly empty: MessageKey;
  readonly blank: (document: ConfigurationDocument) => TableRow;
  /** One line about a row. */
  readonly about: (row: TableRow, document: ConfigurationDocument) => string;
  readonly kept?: string;
  /** The whole table comes and goes as a file: `/import` and `/export` below its address. */
  readonly asFile?: boolean;
  readonly labels?: Labels;
}

const TABLE_PAGES: readonly TablePage[] = [
  {
    table: BOUNCE_PROFILES,
    base: '/settings/bounce-profiles',
    title: 'stProfiles',
    lead: 'stProfilesLead',
    empty: 'stEmpty',
    blank: ({ bounceProfiles }) => ({ ...bounceProfiles.find(({ name }) => name === 'Default'), name: '' }),
    about: (row) => `${String(row['maxRetries'])} × · ${String(row['maxQueueSeconds'])} s`,
    kept: 'Default',
  },
  {
    table: SMTP_ROUTES,
    base: '/settings/smtp-routes',
    title: 'stRoutes',
    lead: 'stRoutesLead',
    empty: 'stEmpty',
    blank: () => ({ domain: '', targets: [] }),
    about: (row) => fieldText(SMTP_ROUTES, row, 'targets'),
    asFile: true,
  },
  {
    table: GATEWAYS,
    base: '/settings/interfaces',
    title: 'stInterfaces',
    lead: 'stInterfacesLead',
    empty: 'stEmpty',
    blank: () => ({ name: '', sourceAddress: null, heloName: null }),
    about: (row) => [row['sourceAddress'], row['heloName']].filter((each) => each !== null).join(' · '),
  },
  {
    table: ALERT_RECIPIENTS,
    base: '/settings/alert-recipients',
    title: 'stRecipients',
    lead: 'stRecipientsLead',
    empty: 'stEmpty',
    blank: () => ({ address: '', classes: ['system', 'delivery', 'certificate'], severities: ['critical', 'warning'] }),
    about: (row) => [row['severities'], row['classes']].map((each) => (each as string[]).join(', ')).join(' · '),
  },
];

const SECTION_PAGES: readonly {
  readonly section: ConfigurationSection;
  readonly base: string;
  readonly title: MessageKey;
  /** Pages that belong to the same matter. */
  readonly related: readonly (readonly [string, MessageKey])[];
}[] = [
  {
    section: DELIVERY,
    base: '/settings/delivery',
    title: 'stDelivery',
    related: [['/settings/interfaces', 'stInterfaces']],
  },
  {
    section: ALERTS,
    base: '/settings/alerts',
    title: 'stAlerts',
    related: [
      ['/settings/alert-recipients', 'stRecipients'],
      ['/destinations/global', 'dsGlobal'],
      ['/log?tls=failed', 'stAlertLog'],
    ],
  },
];

const CARDS = [
  ['/settings/bounce-profiles', 'stProfiles', 'stProfilesLead'],
  ['/settings/smtp-routes', 'stRoutes', 'stRoutesLead'],
  ['/settings/interfaces', 'stInterfaces', 'stInterfacesLead'],
  ['/settings/delivery', 'stDelivery', 'stDeliveryLead'],
  ...LISTENER_CARDS,
  ['/settings/alerts', 'stAlerts', 'stAlertsLead'],
  ['/settings/alert-recipients', 'stRecipients', 'stRecipientsLead'],
  ['/certificates/authorities', 'caTitle', 'caLead'],
  ['/settings/dkim-keys', 'dkTitle', 'dkLead'],
  ['/settings/bounce-keys', 'bvTitle', 'bvLead'],
  ['/account', 'stPeople', 'stPeopleLead'],
  ['/settings/audit', 'stAudit', 'stAuditLead'],
  ['/settings/file', 'stFile', 'stFileLead'],
  ['/changes/history', 'chHistory', 'chHistoryLead'],
] as const satisfies readonly (readonly [string, MessageKey, MessageKey])[];

export function settingsPages(desk: Desk): void {
  const { house } = desk;
  desk.get('/settings', async (request, reply) => {
    const admin = request.caller.session?.user.role === 'admin';
    const cards = CARDS.filter(([href]) => admin || href !== '/settings/audit');
    return desk.page(request, reply, 'settings', { cards }, { title: desk.say(request)('stTitle') });
  });
  for (const page of [...TABLE_PAGES, ...LISTENER_PAGES]) tablePages(desk, page);
  for (const page of SECTION_PAGES) sectionPages(desk, page);
  desk.get(
    '/settings/audit',
    async (request, reply) => {
      const say = desk.say(request);
      const { filter = '' } = queryOf(request);
      const wanted = filter.trim().toLowerCase();
      const matching = (await house.accounts.audit(SEARCHED_ENTRIES)).filter(({ who, what, detail }) =>
        [who, what, detail].some((text) => text.toLowerCase().includes(wanted)),
      );
      const entries = matching.slice(0, SHOWN_ENTRIES).map((entry) => ({ ...entry, time: shownTime(entry.at) }));
      const page = { filter, entries, more: matching.length > SHOWN_ENTRIES };
      return desk.page(request, reply, 'audit', page, { title: say('auTitle') });
    },
    'admin',
  );
}

function tablePages(desk: Desk, page: TablePage): void {
  const { table, base, title, lead, empty, blank, about, kept, asFile, labels } = page;
  const { configuration } = desk.appliance;
  const { nameKey, schema, noun } = table;
  const nameOf = (row: TableRow): string => String(row[nameKey]);
  const newest = async (request: FastifyRequest, reply: FastifyReply) => {
    const read = await configuration.newest();
    if (read.ok) return read.value.document;
    await desk.problem(request, reply, configurationProblem(read.failure));
    return null;
  };

  desk.get(base, async (request, reply) => {
    const document = await newest(request, reply);
    if (document === null) return reply;
    const say = desk.say(request);
    const { filter = '', after = '' } = queryOf(request);
    const rows = table
      .rows(document)
      .filter((row) => nameOf(row).toLowerCase().includes(filter.trim().toLowerCase()))
      .filter((row) => after === '' || nameOf(row) > after)
      .toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
    const page = {
      base,
      lead: say(lead),
      empty: say(empty),
      filter,
      asFile: asFile === true,
      heading: say(title),
      rows: rows.slice(0, PAGE).map((row) => ({
        name: nameOf(row),
        about: printable(about(row, document), 500),
        kept: nameOf(row) === kept,
      })),
      next: rows.length > PAGE ? nameOf(rows[PAGE - 1] ?? {}) : '',
    };
    return desk.page(request, reply, 'table', page, { title: say(title) });
  });

  const form = async (
    request: FastifyRequest,
    reply: FastifyReply,
    shown: { readonly old: string; readonly row: TableRow; readonly fault: FormFault | null },
  ) => {
    const say = desk.say(request);
    const { old, row, fault } = shown;
    const page = {
      action: `${base}/save`,
      back: base,
      backTitle: say(title),
      related: [],
      old,
      heading: old === '' ? `${say(title)}: ${say('opAdd')}` : old,
      fields: fieldsOfSchema(schema, row, old === '' ? [] : [nameKey], say, {}, labels),
      fault,
    };
    return desk.page(request, reply, 'setting-form', page, {
      title: page.heading,
      status: fault === null ? 200 : 400,
      at: `${base}/form`,
    });
  };

  desk.get(
    `${base}/new`,
    async (request, reply) => {
      const document = await newest(request, reply);
      return document === null ? reply : form(request, reply, { old: '', row: blank(document), fault: null });
    },
    'operator',
  );

  desk.get(
    `${base}/edit`,
    async (request, reply) => {
      const document = await newest(request, reply);
      if (document === null) return reply;
      const name = queryOf(request)['name'] ?? '';
      const row = table.rows(document).find((each) => nameOf(each) === name);
      if (row === undefined)
        return desk.problem(request, reply, problemOf('not-found', `There is no ${noun} of this name.`));
      return form(request, reply, { old: name, row, fault: null });
    },
    'operator',
  );

  desk.post(`${base}/save`, async (request, reply) => {
    const document = await newest(request, reply);
    if (document === null) return reply;
    const old = textIn(request.body, 'old');
    const before = table.rows(document).find((each) => nameOf(each) === old) ?? {};
    const { row: typed, faults } = readForm(schema, request.body, before, old === '' ? [] : [nameKey]);
    const name = old === '' ? table.parseName(textIn(request.body, nameKey)) : succeeded(old);
    const again = (fault: FormFault) => {
      const shown = {
        ...before,
        ...typed,
        ...(Object.hasOwn(faults, 'targets') ? { targets: textIn(request.body, 'targets') } : {}),
      };
      return form(request, reply, { old, row: shown, fault });
    };
    if (!name.ok) return again({ text: [name.failure], fields: { [nameKey]: name.failure } });
    if (Object.keys(faults).length > 0) return again({ text: Object.values(faults), fields: faults });
    const row = { ...typed, [nameKey]: name.value };
    const edit: Edit = (now) => {
      const rows = table.rows(now);
      const exists = rows.some((each) => nameOf(each) === name.value);
      if (old === '' && exists) return failed(`there is a ${noun} ${printable(name.value, 120)} already`);
      if (old !== '' && !exists) return failed(`there is no ${noun} ${printable(name.value, 120)} any more`);
      const next = exists ? rows.map((each) => (nameOf(each) === name.value ? row : each)) : [...rows, row];
      return succeeded(table.withRows(now, next));
    };
    const written = await desk.write(request, edit, old === '' ? `${noun}.created` : `${noun}.saved`, name.value);
    return written.ok ? reply.redirect(`${base}?done=saved`, 303) : again(written.failure);
  });

  desk.get(
    `${base}/delete`,
    async (request, reply) => {
      const say = desk.say(request);
      const name = queryOf(request)['name'] ?? '';
      const page = {
        question: `${say('opDelete')}: ${printable(name, 200)}`,
        action: `${base}/delete`,
        fields: { name },
        yes: say('opDelete'),
        back: base,
      };
      return desk.page(request, reply, 'confirm', page, { title: say('opDelete'), at: `${base}/form` });
    },
    'operator',
  );

  desk.post(`${base}/delete`, async (request, reply) => {
    const name = textIn(request.body, 'name');
    const edit: Edit = (document) => {
      const rows = table.rows(document);
      const left = rows.filter((each) => nameOf(each) !== name);
      if (left.length === rows.length) return failed(`there is no ${noun} ${printable(name, 120)}`);
      return succeeded(table.withRows(document, left));
    };
    const written = await desk.write(request, edit, `${noun}.deleted`, name);
    if (written.ok) return reply.redirect(`${base}?done=deleted`, 303);
    return desk.problem(request, reply, problemOf('conflict', written.failure.text.join(' ')));
  });
}

function sectionPages(desk: Desk, { section, base, title, related }: (typeof SECTION_PAGES)[number]): void {
  const { configuration } = desk.appliance;
  const form = async (
    request: FastifyRequest,
    reply: FastifyReply,
    typed: TableRow | null,
    fault: FormFault | null,
  ) => {
    const read = await configuration.newest();
    if (!read.ok) return desk.problem(request, reply, configurationProblem(read.failure));
    const say = desk.say(request);
    const { document } = read.value;
    const references: References = { defaultGateway: document.delivery.gateways.map(({ name }) => name) };
    const row = typed ?? section.of(document);
    const page = {
      action: base,
      back: '/settings',
      backTitle: say('stTitle'),
      related: related.map(([href, key]) => ({ href, words: say(key) })),
      old: '',
      heading: say(title),
      fields: fieldsOfSchema(section.schema, row, section.tables, say, references),
      fault,
    };
    return desk.page(request, reply, 'setting-form', page, { title: say(title), status: fault === null ? 200 : 400 });
  };
  desk.get(base, async (request, reply) => form(request, reply, null, null));
  desk.post(base, async (request, reply) => {
    const { row } = readForm(section.schema, request.body, {}, section.tables);
    const edit: Edit = (document) => succeeded(withFields(document, section, row));
    const written = await desk.write(request, edit, 'settings.saved', section.noun);
    return written.ok ? reply.redirect('/settings?done=saved', 303) : form(request, reply, row, written.failure);
  });
}

/** One field of a row as its form shows it. */
function fieldText({ schema }: ApiTable, row: TableRow, key: string): string {
  return fieldsOfSchema(schema, row, [], sayIn('en')).find((field) => field.key === key)?.value ?? '';
}
