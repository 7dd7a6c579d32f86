/**
 * Tables and the whole configuration as files: taken away, and brought in by upload or by pasting. What a file would
 * change can be looked at first; it becomes a pending change as a whole or not at all (R72, R126).
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { failed, succeeded } from '../base/outcome.ts';
import type { Role } from '../config/account-store.ts';
import type { Edit } from '../config/configuration.ts';
import { importTable } from '../config/destination-edits.ts';
import { exportDestinations } from '../config/destination-ini.ts';
import { describeConfigurationFault } from '../config/fault.ts';
import { exportRoutes, readRoutes } from '../config/route-file.ts';
import { loadDocument, saveDocument } from '../config/saved-document.ts';
import { sendText } from './answer.ts';
import { changeRow } from './changes-pages.ts';
import { MAX_CONFIGURATION_BYTES } from './configuration-parts-api.ts';
import { type Desk, type FormFault, textIn } from './desk.ts';
import type { MessageKey } from './languages.ts';
import { configurationProblem } from './operator.ts';
import { textGiven } from './upload.ts';

/** Changes of a file that are shown before it is taken. */
const MAX_SHOWN_CHANGES = 200;
const MAX_SHOWN_FAULTS = 20;

interface FileKind {
  readonly form: string;
  readonly action: string;
  readonly back: string;
  /** Name of the field for pasting. */
  readonly field: string;
  readonly title: MessageKey;
  readonly lead: MessageKey;
  readonly label: MessageKey;
  /** What becomes of changes that are pending. */
  readonly pending: MessageKey;
  /** Endings that a browser offers first. */
  readonly accept: string;
  readonly template: string;
  /** Who may open the page; bringing something in is for operators. */
  readonly least: Role;
  readonly what: string;
  readonly edit: (text: string) => Edit;
}

const TABLE: FileKind = {
  form: '/destinations/import',
  action: '/destinations/import',
  back: '/destinations',
  field: 'table',
  title: 'dsImport',
  lead: 'dsImportLead',
  label: 'dsTable',
  pending: 'opFilePending',
  accept: '.ini,.txt,.conf,text/plain',
  template: 'import',
  least: 'operator',
  what: 'destinations.imported',
  edit: importTable,
};

const ROUTES: FileKind = {
  form: '/settings/smtp-routes/import',
  action: '/settings/smtp-routes/import',
  back: '/settings/smtp-routes',
  field: 'table',
  title: 'stRoutesImport',
  lead: 'stRoutesImportLead',
  label: 'stRoutesTable',
  pending: 'opFilePending',
  accept: '.txt,text/plain',
  template: 'import',
  least: 'operator',
  what: 'SMTP routes.imported',
  edit: (text) => (document) => {
    const routes = readRoutes(text);
    return routes.ok ? succeeded({ ...document, smtpRoutes: routes.value }) : routes;
  },
};

const CONFIGURATION: FileKind = {
  form: '/settings/file',
  action: '/settings/file/load',
  back: '/settings',
  field: 'file',
  title: 'stFile',
  lead: 'stFileLoadLead',
  label: 'stFileText',
  pending: 'opFilePendingAll',
  accept: '.json,application/json',
  template: 'file',
  least: 'viewer',
  what: 'configuration.loaded',
  edit: (text) => () => {
    const loaded = loadDocument(text);
    if (loaded.ok) return loaded;
    const faults = loaded.failure.slice(0, MAX_SHOWN_FAULTS).map(describeConfigurationFault);
    return failed(`nothing was loaded:\n${faults.join('\n')}`);
  },
};

export function filePages(desk: Desk): void {
  const { configuration } = desk.appliance;
  for (const kind of [TABLE, ROUTES, CONFIGURATION]) bringIn(desk, kind);

  const newest = async (request: FastifyRequest, reply: FastifyReply) => {
    const read = await configuration.newest();
    if (read.ok) return read.value.document;
    await desk.problem(request, reply, configurationProblem(read.failure));
    return null;
  };
  const asFile = (reply: FastifyReply, name: string, type: string, text: string): FastifyReply => {
    void reply.header('Content-Disposition', `attachment; filename="${name}"`);
    return sendText(reply, `${type}; charset=utf-8`, text);
  };

  desk.get('/destinations/export', async (request, reply) => {
    const document = await newest(request, reply);
    if (document === null) return reply;
    return asFile(reply, 'destinations.ini', 'text/plain', exportDestinations(document));
  });

  desk.get('/settings/smtp-routes/export', async (request, reply) => {
    const document = await newest(request, reply);
    if (document === null) return reply;
    return asFile(reply, 'smtp-routes.txt', 'text/plain', exportRoutes(document.smtpRoutes));
  });

  const save = async (request: FastifyRequest, reply: FastifyReply, secrets: 'masked' | 'included') => {
    const read = await configuration.committed();
    if (!read.ok) return desk.problem(request, reply, configurationProblem(read.failure));
    const text = saveDocument(read.value.document, secrets);
    return asFile(reply, 'tlsreach-configuration.json', 'application/json', text);
  };
  desk.get('/settings/file/masked', async (request, reply) => save(request, reply, 'masked'));
  desk.post(
    '/settings/file/whole',
    async (request, reply) => {
      await desk.record(request, 'configuration.saved', 'secrets included');
      return save(request, reply, 'included');
    },
    { least: 'admin' },
  );
}

/** The form of one kind of file, what it would change, and the change itself. */
function bringIn(desk: Desk, kind: FileKind): void {
  const form = async (
    request: FastifyRequest,
    reply: FastifyReply,
    shown: {
      readonly text: string;
      readonly fault?: FormFault;
      readonly rows?: readonly ReturnType<typeof changeRow>[];
      readonly count?: number;
    },
  ) => {
    const say = desk.say(request);
    const { text, fault = null, rows = null, count = 0 } = shown;
    const { action, back, field, accept, pending } = kind;
    const page = {
      heading: say(kind.title),
      lead: say(kind.lead),
      fault,
      import: { action, back, field, accept, pending, label: say(kind.label), text, rows, count },
    };
    return desk.page(request, reply, kind.template, page, {
      title: page.heading,
      status: fault === null ? 200 : 400,
      at: kind.form,
    });
  };

  desk.get(kind.form, async (request, reply) => form(request, reply, { text: '' }), kind.least);

  desk.upload(
    kind.action,
    async (request, reply) => {
      const say = desk.say(request);
      const text = textGiven(request.body, textIn(request.body, kind.field));
      if (text === null) return form(request, reply, { text: '', fault: { text: [say('opNoText')], fields: {} } });
      if (text.trim() === '') return form(request, reply, { text, fault: { text: [say('opNoFile')], fields: {} } });
      const edit = kind.edit(text);
      const looked = await desk.look(request, edit);
      if (!looked.ok) return form(request, reply, { text, fault: looked.failure });
      if (textIn(request.body, 'look') !== '') {
        const rows = looked.value.slice(0, MAX_SHOWN_CHANGES).map((change) => changeRow(change, say));
        return form(request, reply, { text, rows, count: looked.value.length });
      }
      const written = await desk.write(request, edit, kind.what, 'from a file');
      if (!written.ok) return form(request, reply, { text, fault: written.failure });
      return reply.redirect('/changes?done=saved', 303);
    },
    MAX_CONFIGURATION_BYTES,
  );
}
