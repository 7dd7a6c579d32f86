/** Trusted authorities, DKIM keys and keys for bounce verification as pages. Secrets and private keys never come back here. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { certificatesOf } from '../app/certificate-import.ts';
import { octetsFrom } from '../base/random.ts';
import {
  addAuthorities,
  authoritiesFrom,
  deleteAuthority,
  editAuthorities,
  exportAuthorities,
} from '../config/authority-edits.ts';
import { certificatesIn } from '../config/certificate-edits.ts';
import type { ConfigurationDocument } from '../config/document.ts';
import {
  addBounceKey,
  addDkimKey,
  bounceKeyStates,
  deleteBounceKey,
  deleteDkimKey,
  dkimName,
  dkimNamed,
  editUntagged,
  purgeBounceKeys,
} from '../config/key-edits.ts';
import { describePublication, dkimRecord, judgePublication } from '../delivery/dkim-key.ts';
import { MAX_BUNDLE_OCTETS } from '../pki/certificate-bundle.ts';
import { generateKeyLater } from '../pki/issue-key.ts';
import { sendText } from './answer.ts';
import { day } from './certificate-page.ts';
import { type Desk, type FormFault, queryOf, textIn } from './desk.ts';
import type { Say } from './languages.ts';
import { configurationProblem, sentence } from './operator.ts';
import { lifetimePicture } from './pictures.ts';
import { problemOf } from './problem.ts';
import { octetsGiven } from './upload.ts';

const AUTHORITIES = '/certificates/authorities';
const DKIM = '/settings/dkim-keys';
const BOUNCE = '/settings/bounce-keys';
const SECRET_OCTETS = 32;
const DKIM_KEYS = ['rsa2048', 'rsa3072', 'rsa4096', 'ed25519'] as const;

export function keyPages(desk: Desk): void {
  authorityPages(desk);
  dkimPages(desk);
  bounceKeyPages(desk);
}

async function newestOf(
  desk: Desk,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<ConfigurationDocument | null> {
  const read = await desk.appliance.configuration.newest();
  if (read.ok) return read.value.document;
  await desk.problem(request, reply, configurationProblem(read.failure));
  return null;
}

function authorityPages(desk: Desk): void {
  const { house } = desk;
  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    more: { readonly fault?: FormFault; readonly notes?: readonly string[] } = {},
  ) => {
    const document = await newestOf(desk, request, reply);
    if (document === null) return reply;
    const say = desk.say(request);
    const { system, custom, list } = document.certificateAuthorities;
    const now = house.clock.now();
    const rows = list.map(({ name, certificate }) => {
      const [read] = certificatesIn(certificate);
      const [from, to] = [read?.notBefore ?? 0, read?.notAfter ?? 0].map((at) => new Date(at).toISOString());
      const dates = `${day(from ?? '')} – ${day(to ?? '')}`;
      return { name, dates, bar: lifetimePicture(from ?? '', to ?? '', now, `${name}: ${dates}`) };
    });
    const page = { system, custom, rows, fault: more.fault ?? null, notes: more.notes ?? [] };
    return desk.page(request, reply, 'authorities', page, {
      title: say('caTitle'),
      status: more.fault === undefined ? 200 : 400,
      at: AUTHORITIES,
    });
  };
  desk.get(AUTHORITIES, async (request, reply) => show(request, reply));
  desk.get(`${AUTHORITIES}/export`, async (request, reply) => {
    const document = await newestOf(desk, request, reply);
    if (document === null) return reply;
    void reply.header('Content-Disposition', 'attachment; filename="authorities.pem"');
    return sendText(reply, 'application/x-pem-file', exportAuthorities(document.certificateAuthorities));
  });
  desk.post(`${AUTHORITIES}/switch`, async (request, reply) => {
    const fields = { system: textIn(request.body, 'system') === 'on', custom: textIn(request.body, 'custom') === 'on' };
    const written = await desk.write(request, editAuthorities(fields), 'authorities.switched', JSON.stringify(fields));
    return written.ok
      ? reply.redirect(`${AUTHORITIES}?done=saved`, 303)
      : show(request, reply, { fault: written.failure });
  });
  desk.upload(
    `${AUTHORITIES}/import`,
    async (request, reply) => {
      const document = await newestOf(desk, request, reply);
      if (document === null) return reply;
      const file = certificatesOf(octetsGiven(request.body, textIn(request.body, 'pem')));
      if (!file.ok) return show(request, reply, { fault: { text: [sentence(file.failure)], fields: {} } });
      const found = authoritiesFrom(document.certificateAuthorities, file.value, house.clock.now());
      const refused = found.refused.slice(0, 50);
      if (found.added.length === 0) return show(request, reply, { fault: { text: refused, fields: {} } });
      const subject = found.added.map(({ name }) => name).join(', ');
      const written = await desk.write(request, addAuthorities(found.added), 'authority.created', subject);
      if (!written.ok) return show(request, reply, { fault: written.failure });
      return refused.length === 0
        ? reply.redirect(`${AUTHORITIES}?done=saved`, 303)
        : show(request, reply, { notes: refused });
    },
    MAX_BUNDLE_OCTETS,
  );
  desk.post(`${AUTHORITIES}/delete`, async (request, reply) => {
    const name = textIn(request.body, 'name');
    const written = await desk.write(request, deleteAuthority(name), 'authority.deleted', name);
    return written.ok
      ? reply.redirect(`${AUTHORITIES}?done=deleted`, 303)
      : show(request, reply, { fault: written.failure });
  });
}

function dkimPages(desk: Desk): void {
  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    more: { readonly fault?: FormFault; readonly values?: Readonly<Record<string, string>> } = {},
  ) => {
    const document = await newestOf(desk, request, reply);
    if (document === null) return reply;
    const asked = queryOf(request)['ask'] ?? '';
    const key = asked === '' ? undefined : dkimNamed(document, asked);
    const texts = key === undefined ? null : await desk.appliance.lookups.texts(dkimName(key));
    const publication = key === undefined || texts?.ok !== true ? null : judgePublication(key, texts.value);
    const answer =
      key === undefined
        ? ''
        : publication === null
          ? sentence(texts?.ok === false ? texts.failure : '')
          : describePublication(publication, dkimName(key));
    const page = {
      rows: document.dkim.map((each) => {
        const { name, text, algorithm, bits } = dkimRecord(each);
        const isAsked = name === (key === undefined ? '' : dkimName(key));
        return {
          name,
          text,
          kind: algorithm === 'rsa' ? `RSA ${bits}` : 'Ed25519',
          answer: isAsked ? answer : '',
          isGood: publication?.kind === 'published',
        };
      }),
      keys: DKIM_KEYS,
      values: { domain: '', selector: 'mail', key: 'rsa2048', ...more.values },
      fault: more.fault ?? null,
    };
    return desk.page(request, reply, 'dkim-keys', page, {
      title: desk.say(request)('dkTitle'),
      status: more.fault === undefined ? 200 : 400,
      at: DKIM,
    });
  };
  desk.get(DKIM, async (request, reply) => show(request, reply));
  desk.post(`${DKIM}/new`, async (request, reply) => {
    const values = {
      domain: textIn(request.body, 'domain').trim().toLowerCase(),
      selector: textIn(request.body, 'selector').trim().toLowerCase(),
      key: textIn(request.body, 'key'),
    };
    const spec = DKIM_KEYS.find((each) => each === values.key);
    if (spec === undefined) {
      return show(request, reply, {
        values,
        fault: { text: ['Choose one of the keys.'], fields: { key: 'is unknown' } },
      });
    }
    const privateKey = (await generateKeyLater(spec)).export({ type: 'pkcs8', format: 'pem' }).toString();
    const { domain, selector } = values;
    const edit = addDkimKey({ domain, selector, privateKey });
    const written = await desk.write(request, edit, 'DKIM key.created', dkimName(values));
    return written.ok
      ? reply.redirect(`${DKIM}?done=saved`, 303)
      : show(request, reply, { values, fault: written.failure });
  });
  desk.post(`${DKIM}/delete`, async (request, reply) => {
    const name = textIn(request.body, 'name');
    const written = await desk.write(request, deleteDkimKey(name), 'DKIM key.deleted', name);
    return written.ok ? reply.redirect(`${DKIM}?done=deleted`, 303) : show(request, reply, { fault: written.failure });
  });
  confirmPage(desk, DKIM, (name) => name);
}

function bounceKeyPages(desk: Desk): void {
  const { house } = desk;
  const show = async (request: FastifyRequest, reply: FastifyReply, fault: FormFault | null = null) => {
    const document = await newestOf(desk, request, reply);
    if (document === null) return reply;
    const say = desk.say(request);
    const { keys, untaggedBounces } = document.bounceVerification;
    const page = {
      rows: bounceKeyStates(keys, house.clock.now()).map(({ id, addedAt, signs, validUntil, isOver }) => {
        const date = validUntil === null ? '' : day(new Date(validUntil).toISOString());
        return {
          id,
          added: say('bvAdded', { date: day(addedAt) }),
          tone: signs ? 'good' : isOver ? '' : 'caution',
          state: signs ? say('bvSigns') : say(isOver ? 'bvOver' : 'bvVerifies', { date }),
        };
      }),
      untagged: untaggedBounces,
      choices: [
        ['reject', say('bvReject')],
        ['accept', say('bvAccept')],
        ['add-header', say('bvHeader')],
      ],
      fault,
    };
    const status = fault === null ? 200 : 400;
    return desk.page(request, reply, 'bounce-keys', page, { title: say('bvTitle'), status, at: BOUNCE });
  };
  const saved = (reply: FastifyReply) => reply.redirect(`${BOUNCE}?done=saved`, 303);
  desk.get(BOUNCE, async (request, reply) => show(request, reply));
  desk.post(`${BOUNCE}/new`, async (request, reply) => {
    const secret = octetsFrom(house.random, SECRET_OCTETS).toString('base64url');
    const edit = addBounceKey(secret, house.clock.now());
    const written = await desk.write(request, edit, 'bounce verification key.created', '');
    return written.ok ? saved(reply) : show(request, reply, written.failure);
  });
  desk.post(`${BOUNCE}/purge`, async (request, reply) => {
    const edit = purgeBounceKeys('over', house.clock.now());
    const written = await desk.write(request, edit, 'bounce verification keys.purged', 'over');
    return written.ok ? saved(reply) : show(request, reply, written.failure);
  });
  desk.post(`${BOUNCE}/setup`, async (request, reply) => {
    const edit = editUntagged(textIn(request.body, 'untagged'));
    if (!edit.ok) return show(request, reply, { text: [sentence(edit.failure)], fields: {} });
    const written = await desk.write(request, edit.value, 'settings.saved', 'untagged bounces');
    return written.ok ? saved(reply) : show(request, reply, written.failure);
  });
  desk.post(`${BOUNCE}/delete`, async (request, reply) => {
    const name = textIn(request.body, 'name');
    const edit = deleteBounceKey(/^\d$/.test(name) ? Number(name) : -1);
    const written = await desk.write(request, edit, 'bounce verification key.deleted', name);
    return written.ok ? reply.redirect(`${BOUNCE}?done=deleted`, 303) : show(request, reply, written.failure);
  });
  confirmPage(desk, BOUNCE, (name, say) => say('bvKey', { id: name }));
}

/** Asks before a key goes. */
function confirmPage(desk: Desk, base: string, title: (name: string, say: Say) => string): void {
  desk.get(
    `${base}/delete`,
    async (request, reply) => {
      const say = desk.say(request);
      const name = (queryOf(request)['name'] ?? '').slice(0, 600);
      if (name === '') return desk.problem(request, reply, problemOf('not-found', 'There is no key of this name.'));
      const page = {
        question: `${say('opDelete')}: ${title(name, say)}`,
        action: `${base}/delete`,
        fields: { name },
        yes: say('opDelete'),
        back: base,
      };
      return desk.page(request, reply, 'confirm', page, { title: say('opDelete'), at: `${base}/delete` });
    },
    'operator',
  );
}
