/** Destination Controls as pages (specification 2.a, R75): list, form, default entry, global settings. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseDomain, showDomain } from '../base/domain.ts';
import { failed } from '../base/outcome.ts';
import type { Edit } from '../config/configuration.ts';
import {
  addDestination,
  deleteDestination,
  editDefault,
  editDestination,
  editGlobal,
} from '../config/destination-edits.ts';
import { parseDestinationName } from '../config/destination-name.ts';
import type { ConfigurationDocument } from '../config/document.ts';
import {
  type DestinationControls,
  type DestinationEntry,
  EVERYTHING_BY_DEFAULT,
  entryFor,
} from '../policy/destination.ts';
import { TLS_MODES } from '../policy/mode.ts';
import { type Desk, type FormFault, queryOf, shownTime, textIn } from './desk.ts';
import {
  controlsIn,
  type FormValues,
  optionsOf,
  showControl,
  shownName,
  showRecipients,
  typedIn,
  valuesOf,
} from './destination-form.ts';
import { outlookOf } from './destination-outlook.ts';
import type { Say } from './languages.ts';
import { configurationProblem } from './operator.ts';
import { problemOf } from './problem.ts';

const PAGE = 50;

const COLUMNS = ['tls', 'maxConcurrency', 'recipientLimit', 'dane', 'mtaSts', 'bounceProfile', 'ipPreference'] as const;

export function destinationsPages(desk: Desk): void {
  const { house } = desk;
  const { configuration } = desk.appliance;

  /** The newest document; null where it cannot be read, and the reply has been sent. */
  const newest = async (request: FastifyRequest, reply: FastifyReply) => {
    const read = await configuration.newest();
    if (read.ok) return read.value;
    await desk.problem(request, reply, configurationProblem(read.failure));
    return null;
  };

  desk.get('/destinations', async (request, reply) => {
    const say = desk.say(request);
    const snapshot = await newest(request, reply);
    if (snapshot === null) return reply;
    const { destinations } = snapshot.document;
    const { filter = '', after = '' } = queryOf(request);
    const wanted = filter.trim().toLowerCase();
    const applies = appliesTo(destinations.entries, filter);
    const matching = destinations.entries
      .filter(
        ({ domain }) =>
          domain.includes(wanted) || shownName(domain).toLowerCase().includes(wanted) || domain === applies?.entry,
      )
      .toSorted((a, b) => (a.domain < b.domain ? -1 : 1));
    const rest = matching.filter(({ domain }) => after === '' || domain > after);
    const rows = rest.slice(0, PAGE).map((entry) => rowOf(entry, destinations.default, say));
    const values = {
      filter,
      rows,
      applies,
      count: destinations.entries.length,
      next: rest.length > PAGE ? (rest[PAGE - 1]?.domain ?? '') : '',
      preset: rowOf(
        { ...destinations.default, domain: 'default' } as unknown as DestinationEntry,
        destinations.default,
        say,
      ),
    };
    return desk.page(request, reply, 'destinations', values, { title: say('dsTitle') });
  });

  const form = async (
    request: FastifyRequest,
    reply: FastifyReply,
    document: ConfigurationDocument,
    shownForm: { readonly domain: string | null; readonly values: FormValues; readonly fault: FormFault | null },
  ): Promise<FastifyReply> => {
    const say = desk.say(request);
    const { domain, values, fault } = shownForm;
    const name = values['domain'] ?? domain ?? '';
    const parsed = parseDomain(name);
    const outlook = parsed.ok ? await outlookOf(house.jobs, parsed.value, say) : null;
    const profiles = document.bounceProfiles.map((profile) => profile.name);
    const options = optionsOf(document.destinations.default, profiles, outlook?.outcomes ?? {}, say);
    const page = {
      action: '/destinations/save',
      old: domain,
      domain: domain === null ? null : shownName(domain),
      values,
      fault,
      options,
      demo: document.global.certificate === null,
      outlook: outlook === null ? null : { ...outlook, time: `${shownTime(outlook.testedAt).slice(0, 16)} UTC` },
      testable: parsed.ok ? parsed.value : null,
      isDefault: false,
    };
    const title = domain === null ? say('dsAdd') : `${say('opEdit')}: ${shownName(domain)}`;
    return desk.page(request, reply, 'destination-form', page, {
      title,
      status: fault === null ? 200 : 400,
      at: '/destinations/form',
    });
  };

  desk.get(
    '/destinations/new',
    async (request, reply) => {
      const snapshot = await newest(request, reply);
      if (snapshot === null) return reply;
      const { domain = '', tls } = queryOf(request);
      const mode = TLS_MODES.find((each) => each === tls);
      const name = parseDestinationName(domain);
      const existing = name.ok ? entryNamed(snapshot.document, name.value) : undefined;
      const entry = { ...(existing ?? EVERYTHING_BY_DEFAULT), ...(mode === undefined ? {} : { tls: mode }) };
      const values = { ...valuesOf(entry as DestinationEntry, snapshot.document.destinations.default), domain };
      return form(request, reply, snapshot.document, { domain: existing?.domain ?? null, values, fault: null });
    },
    'operator',
  );

  desk.get(
    '/destinations/edit',
    async (request, reply) => {
      const snapshot = await newest(request, reply);
      if (snapshot === null) return reply;
      const entry = entryNamed(snapshot.document, queryOf(request)['domain'] ?? '');
      if (entry === undefined) return noEntry(request, reply);
      const values = valuesOf(entry, snapshot.document.destinations.default);
      return form(request, reply, snapshot.document, { domain: entry.domain, values, fault: null });
    },
    'operator',
  );

  desk.post('/destinations/save', async (request, reply) => {
    const old = textIn(request.body, 'old');
    const name = parseDestinationName(old === '' ? textIn(request.body, 'domain') : old);
    const fields = controlsIn(request.body);
    const edit: Edit = (document) => {
      if (!name.ok) return failed(name.failure);
      if (old !== '') return editDestination(name.value, fields as Partial<DestinationEntry>)(document);
      return addDestination({ ...EVERYTHING_BY_DEFAULT, ...fields, domain: name.value } as DestinationEntry)(document);
    };
    const what = old === '' ? 'destination.created' : 'destination.saved';
    const written = await desk.write(request, edit, what, name.ok ? name.value : '');
    if (written.ok) return reply.redirect('/destinations?done=saved', 303);
    const snapshot = await newest(request, reply);
    if (snapshot === null) return reply;
    const values = { ...typedIn(request.body), ...(old === '' ? {} : { domain: old }) };
    const fault = name.ok ? written.failure : { text: written.failure.text, fields: { domain: name.failure } };
    return form(request, reply, snapshot.document, { domain: old === '' ? null : old, values, fault });
  });

  desk.get(
    '/destinations/delete',
    async (request, reply) => {
      const snapshot = await newest(request, reply);
      if (snapshot === null) return reply;
      const entry = entryNamed(snapshot.document, queryOf(request)['domain'] ?? '');
      if (entry === undefined) return noEntry(request, reply);
      const say = desk.say(request);
      const page = {
        question: say('dsDeleteAsk', { domain: shownName(entry.domain) }),
        action: '/destinations/delete',
        fields: { domain: entry.domain },
        yes: say('opDelete'),
        back: '/destinations',
      };
      return desk.page(request, reply, 'confirm', page, {
        title: `${say('opDelete')}: ${shownName(entry.domain)}`,
        at: '/destinations/x',
      });
    },
    'operator',
  );

  desk.post('/destinations/delete', async (request, reply) => {
    const domain = textIn(request.body, 'domain');
    const written = await desk.write(request, deleteDestination(domain), 'destination.deleted', domain);
    if (written.ok) return reply.redirect('/destinations?done=deleted', 303);
    return desk.problem(request, reply, problemOf('conflict', written.failure.text.join(' ')));
  });

  const defaultForm = async (
    request: FastifyRequest,
    reply: FastifyReply,
    values: FormValues | null,
    fault: FormFault | null,
  ) => {
    const snapshot = await newest(request, reply);
    if (snapshot === null) return reply;
    const say = desk.say(request);
    const preset = snapshot.document.destinations.default;
    const page = {
      action: '/destinations/default',
      old: '',
      domain: say('dsDefaultEntry'),
      values: values ?? valuesOf(preset, preset),
      fault,
      options: optionsOf(null, [], {}, say),
      demo: snapshot.document.global.certificate === null,
      outlook: null,
      testable: null,
      isDefault: true,
    };
    return desk.page(request, reply, 'destination-form', page, {
      title: say('dsDefaultEntry'),
      status: fault === null ? 200 : 400,
    });
  };
  desk.get('/destinations/default', async (request, reply) => defaultForm(request, reply, null, null), 'operator');
  desk.post('/destinations/default', async (request, reply) => {
    const fields = controlsIn(request.body) as Partial<DestinationControls>;
    const written = await desk.write(request, editDefault(fields), 'destination.saved', 'the default entry');
    if (written.ok) return reply.redirect('/destinations?done=saved', 303);
    return defaultForm(request, reply, typedIn(request.body), written.failure);
  });

  const globalForm = async (request: FastifyRequest, reply: FastifyReply, fault: FormFault | null) => {
    const snapshot = await newest(request, reply);
    if (snapshot === null) return reply;
    const say = desk.say(request);
    const { global, certificates } = snapshot.document;
    const page = { global, certificates: certificates.map(({ name }) => name), fault };
    return desk.page(request, reply, 'global', page, { title: say('dsGlobal'), status: fault === null ? 200 : 400 });
  };
  desk.get('/destinations/global', async (request, reply) => globalForm(request, reply, null), 'operator');
  desk.post('/destinations/global', async (request, reply) => {
    const certificate = textIn(request.body, 'certificate');
    const fields = {
      certificate: certificate === '' ? null : certificate,
      requiredTlsAlert: textIn(request.body, 'requiredTlsAlert') === 'on',
    };
    const written = await desk.write(request, editGlobal(fields), 'settings.saved', 'the global settings');
    return written.ok ? reply.redirect('/destinations?done=saved', 303) : globalForm(request, reply, written.failure);
  });

  function noEntry(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    return desk.problem(request, reply, problemOf('not-found', 'There is no entry for this destination (any more).'));
  }
}

function entryNamed(document: ConfigurationDocument, domain: string): DestinationEntry | undefined {
  return document.destinations.entries.find((entry) => entry.domain === domain);
}

/** Which entry a domain that somebody looks for follows, where it has none of its own; null where it is no domain. */
function appliesTo(entries: readonly DestinationEntry[], filter: string) {
  const domain = parseDomain(filter.trim());
  if (!domain.ok || !domain.value.includes('.') || entries.some((entry) => entry.domain === domain.value)) return null;
  const entry = entryFor(entries, domain.value);
  return {
    domain: domain.value,
    shown: showDomain(domain.value),
    entry: entry?.domain ?? null,
    shownEntry: entry === null ? '' : shownName(entry.domain),
  };
}

/** A row of the list: each field's effective value, and whether it is the default entry's. */
function rowOf(entry: DestinationEntry, preset: DestinationControls, say: Say) {
  const cells = COLUMNS.map((field) => {
    const inherited = entry[field] === 'default';
    const value = inherited ? preset[field] : entry[field];
    const minutes = entry.recipientMinutes === 'default' ? preset.recipientMinutes : entry.recipientMinutes;
    const text = field === 'recipientLimit' ? showRecipients(value, minutes, say) : showControl(field, value, say);
    return { field, inherited, text };
  });
  return { domain: entry.domain, shownDomain: shownName(entry.domain), cells };
}
