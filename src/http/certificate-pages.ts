/**
 * Certificates as pages (R99 to R105): the list with what is used where, an entry with its chain and the check of its
 * names, making and importing one, having it signed. Nothing takes effect before a commit, and no key comes back here.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { exportedEntry, importedEntry, signedImport } from '../app/certificate-import.ts';
import { type CertificateView, ownNames } from '../app/certificate-views.ts';
import { checkNames } from '../app/name-check.ts';
import { printable } from '../base/printable.ts';
import {
  type ArrangedEntry,
  addCertificate,
  certificateNamed,
  certificatesIn,
  chooseCertificate,
  deleteCertificate,
  replaceCertificate,
  requestOf,
  usesOf,
} from '../config/certificate-edits.ts';
import type { Edit } from '../config/configuration.ts';
import type { ConfigurationDocument } from '../config/document.ts';
import { MAX_BUNDLE_OCTETS } from '../pki/certificate-bundle.ts';
import { describeChainNote } from '../pki/chain-order.ts';
import { DEFAULT_DAYS, ENTRY_KEYS, mintSelfSigned, readSelfSigned, type SelfSignedFields } from '../pki/self-signed.ts';
import { sendOctets, sendText } from './answer.ts';
import { named, viewsOf } from './certificate-answers.ts';
import { shownCertificate, shownCheck, shownOwnNames, usesInWords } from './certificate-page.ts';
import { type Desk, type FormFault, queryOf, textIn } from './desk.ts';
import { configurationProblem, sentence } from './operator.ts';
import { problemOf } from './problem.ts';
import { octetsGiven } from './upload.ts';

const BASE = '/certificates';

interface Seen {
  readonly document: ConfigurationDocument;
  readonly views: readonly CertificateView[];
}

export function certificatePages(desk: Desk): void {
  const { house, appliance } = desk;
  const { configuration } = appliance;

  /** Null: the problem has been sent. */
  const seen = async (request: FastifyRequest, reply: FastifyReply): Promise<Seen | null> => {
    const newest = await configuration.newest();
    const views = newest.ok ? await viewsOf(house, appliance, newest.value.document) : newest;
    if (newest.ok && views.ok) return { document: newest.value.document, views: views.value };
    if (!views.ok) await desk.problem(request, reply, configurationProblem(views.failure));
    return null;
  };
  const noSuchPage = (request: FastifyRequest, reply: FastifyReply) =>
    desk.problem(request, reply, problemOf('not-found', 'There is no certificate of this name.'));

  desk.get(BASE, async (request, reply) => {
    const now = await seen(request, reply);
    if (now === null) return reply;
    const say = desk.say(request);
    const { global, web } = now.document;
    const page = {
      rows: now.views.map((view) => shownCertificate(view, say, house.clock.now())),
      names: now.document.certificates.map(({ name }) => name),
      chosen: { outgoing: global.certificate ?? '', https: web.certificate ?? '' },
    };
    return desk.page(request, reply, 'certificates', page, { title: say('ceTitle') });
  });

  desk.post(`${BASE}/use`, async (request, reply) => {
    const edit: Edit = (document) => {
      const outgoing = chooseCertificate('outgoing', textIn(request.body, 'outgoing') || null)(document);
      return outgoing.ok ? chooseCertificate('https', textIn(request.body, 'https') || null)(outgoing.value) : outgoing;
    };
    const written = await desk.write(request, edit, 'certificate.chosen', '');
    if (written.ok) return reply.redirect(`${BASE}?done=saved`, 303);
    return desk.problem(request, reply, problemOf('conflict', written.failure.text.join(' ')));
  });

  const showEntry = async (
    request: FastifyRequest,
    reply: FastifyReply,
    name: string,
    more: { readonly fault?: FormFault; readonly notes?: readonly string[] } = {},
  ) => {
    const now = await seen(request, reply);
    if (now === null) return reply;
    const view = named(now.views, name);
    if (view === undefined) return noSuchPage(request, reply);
    const say = desk.say(request);
    const domain = (queryOf(request)['domain'] ?? '').trim().slice(0, 1_000);
    const [leaf] = certificatesIn(certificateNamed(now.document, view.name)?.certificate ?? '');
    const check =
      domain === '' || leaf === undefined
        ? null
        : await checkNames(leaf, ownNames(now.document), domain.split(/[\s,]+/), appliance.lookups);
    const names = check === null ? shownOwnNames(view, now.document, say) : [];
    const page = {
      certificate: shownCertificate(view, say, house.clock.now()),
      check: check === null ? { names, unanswered: [], agrees: null } : shownCheck(check, say),
      domain: domain === '' ? (now.document.dkim[0]?.domain ?? '') : domain,
      fault: more.fault ?? null,
      notes: more.notes ?? [],
    };
    return desk.page(request, reply, 'certificate', page, {
      title: view.name,
      status: more.fault === undefined ? 200 : 400,
      at: `${BASE}/entry`,
    });
  };
  desk.get(`${BASE}/entry`, async (request, reply) => showEntry(request, reply, queryOf(request)['name'] ?? ''));

  const showNew = (
    request: FastifyRequest,
    reply: FastifyReply,
    values: Readonly<Record<string, string>>,
    fault: { readonly self: FormFault | null; readonly file: FormFault | null },
  ) => {
    const page = { values: { days: String(DEFAULT_DAYS), key: 'rsa2048', ...values }, keys: ENTRY_KEYS, ...fault };
    const status = fault.self === null && fault.file === null ? 200 : 400;
    return desk.page(request, reply, 'certificate-new', page, {
      title: desk.say(request)('cfNew'),
      status,
      at: `${BASE}/new`,
    });
  };
  desk.get(
    `${BASE}/new`,
    async (request, reply) => showNew(request, reply, {}, { self: null, file: null }),
    'operator',
  );

  desk.post(`${BASE}/new`, async (request, reply) => {
    const typed = valuesIn(request.body);
    const again = (self: FormFault) => showNew(request, reply, typed, { self, file: null });
    const name = nameIn(request.body);
    const fields = readSelfSigned(fieldsIn(typed));
    const faults: Record<string, string> = Object.fromEntries(
      fields.ok ? [] : fields.failure.map(({ field, why }) => [field, why]),
    );
    if (name === '') faults['name'] = 'is missing';
    if (!fields.ok || name === '') {
      return again({ text: Object.entries(faults).map(([field, why]) => `${field} ${why}`), fields: faults });
    }
    const pair = await mintSelfSigned(fields.value, house.clock.now());
    const written = await desk.write(
      request,
      addCertificate({ name, chain: '', ...pair }),
      'certificate.created',
      name,
    );
    return written.ok ? reply.redirect(entryOf(name, 'saved'), 303) : again(written.failure);
  });

  /** The entry's page, with what was noticed in the file. */
  const taken = async (request: FastifyRequest, reply: FastifyReply, { entry, notes }: ArrangedEntry) =>
    notes.length === 0
      ? reply.redirect(entryOf(entry.name, 'saved'), 303)
      : showEntry(request, reply, entry.name, { notes: notes.map(describeChainNote) });

  desk.upload(
    `${BASE}/import`,
    async (request, reply) => {
      const name = nameIn(request.body);
      const again = (text: string) => {
        const fault = { text: [sentence(text)], fields: {} };
        return showNew(request, reply, { importName: name }, { self: null, file: fault });
      };
      if (name === '') return again('a name is expected');
      const bytes = octetsGiven(request.body, textIn(request.body, 'pem'));
      if (bytes.length === 0) return again('choose a file, or paste certificate and key');
      const read = await importedEntry(name, bytes, textIn(request.body, 'password'));
      if (!read.ok) return again(read.failure.why);
      const written = await desk.write(request, addCertificate(read.value.entry), 'certificate.created', name);
      return written.ok ? taken(request, reply, read.value) : again(written.failure.text.join(' '));
    },
    MAX_BUNDLE_OCTETS,
  );

  desk.get(
    `${BASE}/csr`,
    async (request, reply) => {
      const name = queryOf(request)['name'] ?? '';
      const newest = await configuration.newest();
      const committed = await configuration.committed();
      if (!newest.ok) return desk.problem(request, reply, configurationProblem(newest.failure));
      if (!committed.ok) return desk.problem(request, reply, configurationProblem(committed.failure));
      const made = requestOf(newest.value.document, committed.value.document, name);
      if (!made.ok) {
        const kind = made.failure.kind === 'not-committed' ? 'conflict' : 'not-found';
        return desk.problem(request, reply, problemOf(kind, sentence(made.failure.why)));
      }
      void reply.header('Content-Disposition', `attachment; filename="${fileName(name)}.csr.pem"`);
      return sendText(reply, 'application/x-pem-file', made.value);
    },
    'operator',
  );

  desk.upload(
    `${BASE}/sign`,
    async (request, reply) => {
      const name = textIn(request.body, 'name');
      const newest = await configuration.newest();
      if (!newest.ok) return desk.problem(request, reply, configurationProblem(newest.failure));
      const entry = certificateNamed(newest.value.document, name);
      if (entry === undefined) return noSuchPage(request, reply);
      const signed = signedImport(entry, octetsGiven(request.body, textIn(request.body, 'pem')));
      if (!signed.ok) {
        const fault = { text: [sentence(signed.failure)], fields: {} };
        return showEntry(request, reply, entry.name, { fault });
      }
      const edit = replaceCertificate(signed.value.entry);
      const written = await desk.write(request, edit, 'certificate.signed', entry.name);
      return written.ok
        ? taken(request, reply, signed.value)
        : showEntry(request, reply, entry.name, { fault: written.failure });
    },
    MAX_BUNDLE_OCTETS,
  );

  desk.post(
    `${BASE}/export`,
    async (request, reply) => {
      const name = textIn(request.body, 'name');
      const password = textIn(request.body, 'password');
      const newest = await configuration.newest();
      if (!newest.ok) return desk.problem(request, reply, configurationProblem(newest.failure));
      const entry = certificateNamed(newest.value.document, name);
      if (entry === undefined) return noSuchPage(request, reply);
      if (password === '') {
        const fault = { text: ['A password is expected: there is a private key in the file.'], fields: {} };
        return showEntry(request, reply, entry.name, { fault });
      }
      const file = await exportedEntry(entry, password, house.random);
      if (!file.ok) return noSuchPage(request, reply);
      await desk.record(request, 'certificate.exported', entry.name);
      void reply.header('Content-Disposition', `attachment; filename="${fileName(entry.name)}.p12"`);
      return sendOctets(reply, 'application/x-pkcs12', file.value);
    },
    { least: 'admin' },
  );

  desk.get(
    `${BASE}/delete`,
    async (request, reply) => {
      const say = desk.say(request);
      const name = queryOf(request)['name'] ?? '';
      const newest = await configuration.newest();
      if (!newest.ok) return desk.problem(request, reply, configurationProblem(newest.failure));
      const entry = certificateNamed(newest.value.document, name);
      if (entry === undefined) return noSuchPage(request, reply);
      const uses = usesOf(newest.value.document, entry.name);
      if (uses.length > 0) {
        const places = usesInWords(uses, say).join(', ');
        return desk.problem(request, reply, problemOf('conflict', say('cfInUse', { places })));
      }
      const page = {
        question: `${say('opDelete')}: ${printable(entry.name, 200)}`,
        action: `${BASE}/delete`,
        fields: { name: entry.name },
        yes: say('opDelete'),
        back: BASE,
      };
      return desk.page(request, reply, 'confirm', page, { title: say('opDelete'), at: `${BASE}/delete` });
    },
    'operator',
  );

  desk.post(`${BASE}/delete`, async (request, reply) => {
    const name = textIn(request.body, 'name');
    const written = await desk.write(request, deleteCertificate(name), 'certificate.deleted', name);
    if (written.ok) return reply.redirect(`${BASE}?done=deleted`, 303);
    return desk.problem(request, reply, problemOf('conflict', written.failure.text.join(' ')));
  });
}

const FIELDS = [
  'name',
  'commonName',
  'organization',
  'organizationalUnit',
  'locality',
  'state',
  'country',
  'names',
  'days',
  'key',
] as const;

function valuesIn(body: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(FIELDS.map((field) => [field, textIn(body, field).slice(0, 4_000)]));
}

function fieldsIn(typed: Readonly<Record<string, string>>): SelfSignedFields {
  const { commonName = '', days = '', key = '', names = '', ...others } = typed;
  const whole = /^\d{1,9}$/.test(days.trim()) ? Number(days) : Number.NaN;
  return {
    ...others,
    commonName,
    key,
    days: days.trim() === '' ? undefined : whole,
    names: names.split(/[\s,]+/).filter((each) => each !== ''),
  };
}

function nameIn(body: unknown): string {
  return printable(textIn(body, 'name').trim(), 200);
}

function entryOf(name: string, done: string): string {
  return `${BASE}/entry?name=${encodeURIComponent(name)}&done=${done}`;
}

/** Letters and digits alone: it goes into a header. */
export function fileName(name: string): string {
  return name.replace(/[^A-Za-z0-9.-]+/g, '-').slice(0, 80) || 'certificate';
}
