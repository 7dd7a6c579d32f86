/**
 * `tlsreach dkimconfig` and `tlsreach bvconfig`: keys that sign mail, and keys that tag envelope senders (R112). No key and
 * no secret is ever printed (R106).
 */
import { describeDomainFault, parseDomain } from '../base/domain.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';
import { octetsFrom } from '../base/random.ts';
import type { Edit } from '../config/configuration.ts';
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
  rollBounceKeys,
} from '../config/key-edits.ts';
import { describePublication, dkimRecord, judgePublication } from '../delivery/dkim-key.ts';
import type { DkimKey } from '../delivery/settings.ts';
import { describeKeyFault, readPrivateKey } from '../pki/certificate-bundle.ts';
import { generateKeyLater } from '../pki/issue-key.ts';
import { passwordGiven, readOctets } from './certificate-files.ts';
import { labelled } from './certificate-text.ts';
import {
  type ConfigInvocation,
  type ConfigSession,
  type Conversation,
  converse,
  inConfiguration,
} from './config-session.ts';
import { anyText, type Operation } from './dialogue.ts';
import { UsageError } from './usage-error.ts';

export type DkimOperation = 'menu' | 'new' | 'import' | 'list' | 'print' | 'check' | 'delete';
export type BounceKeyOperation = 'menu' | 'new' | 'roll' | 'purge' | 'delete' | 'list' | 'setup';

/** What signs; smaller RSA keys are not to be used any more (RFC 8301 3.2). */
const DKIM_KEYS = ['rsa2048', 'rsa3072', 'rsa4096', 'ed25519'] as const;
/** Octets of a secret: as many as the HMAC has. */
const SECRET_OCTETS = 32;

export function dkimconfigCommand(operation: DkimOperation, invocation: ConfigInvocation): Promise<number> {
  return inConfiguration(invocation, (session) => DKIM[operation](session));
}

export function bvconfigCommand(operation: BounceKeyOperation, invocation: ConfigInvocation): Promise<number> {
  return inConfiguration(invocation, (session) => BOUNCE_KEYS[operation](session));
}

const DKIM: Readonly<Record<DkimOperation, (session: ConfigSession) => Promise<void>>> = {
  menu: (session) => converse(session, dkimMenu),
  new: async (session) => {
    const named = placeOf(session);
    const spec = dkimKeyOf(session.flag('key') ?? 'rsa2048');
    if (!spec.ok) throw new UsageError(`--key ${spec.failure}`);
    await addKey(session, { ...named, privateKey: await generated(spec.value) });
  },
  import: async (session) => {
    const named = placeOf(session);
    const text = (await readOctets(session, session.words[2] ?? '')).toString('utf8');
    const key = readPrivateKey(text, await passwordGiven(session));
    if (!key.ok) throw new UsageError(describeKeyFault(key.failure));
    const type = key.value.asymmetricKeyType;
    if (type !== 'rsa' && type !== 'ed25519')
      throw new UsageError(`a key of type ${type} cannot sign mail; RSA and Ed25519 can`);
    const privateKey = key.value.export({ type: 'pkcs8', format: 'pem' }).toString();
    await addKey(session, { ...named, privateKey });
  },
  list: async (session) => {
    const { dkim } = (await session.newest()).document;
    if (session.isJson()) return session.print(JSON.stringify(dkim.map(toldOf), null, 2));
    return session.print(dkimList(dkim));
  },
  print: async (session) => {
    const key = await keyOf(session);
    await session.print(session.isJson() ? JSON.stringify(toldOf(key), null, 2) : recordText(key));
  },
  check: async (session) => {
    const key = await keyOf(session);
    const name = dkimName(key);
    const texts = await session.withLookups((lookups) => lookups.texts(name));
    if (!texts.ok) throw new UsageError(`${name}: ${texts.failure}`);
    const publication = judgePublication(key, texts.value);
    if (session.isJson()) return session.print(JSON.stringify({ name, ...publication }, null, 2));
    await session.print(describePublication(publication, name));
    if (publication.kind !== 'published') await session.print(`\n${recordText(key)}`);
  },
  delete: async (session) => {
    const { document } = await session.newest();
    const key = dkimNamed(document, namedBy(session));
    if (key === undefined) throw new UsageError(`there is no key ${printable(namedBy(session), 300)}`);
    await session.change(deleteDkimKey(dkimName(key)), `Deleted the key ${dkimName(key)}.`);
  },
};

async function addKey(session: ConfigSession, key: DkimKey): Promise<void> {
  await session.change(addDkimKey(key), `Made the key ${dkimName(key)}.`);
  await session.print(`Publish this before the commit:\n${recordText(key)}`);
}

function dkimMenu({ dialogue, session, change }: Conversation): readonly Operation[] {
  const askName = async (): Promise<DkimKey | null> => {
    const { dkim } = (await session.newest()).document;
    return dialogue.ask('Enter the name of the key (selector._domainkey.domain):', '', (answer) => {
      if (answer === '') return succeeded(null);
      const key = dkimNamed({ dkim }, answer);
      return key === undefined ? failed(`There is no key ${printable(answer, 200)}.`) : succeeded(key);
    });
  };
  return [
    {
      name: 'NEW',
      help: 'Create a signing key.',
      run: async () => {
        const seen = await session.newest();
        const domain = await dialogue.ask('Enter the domain whose mail is signed:', '', domainAnswer);
        if (domain === null) return;
        const selector = await dialogue.ask('Enter the selector:', 'mail', domainAnswer);
        if (selector === null) return;
        const choices = DKIM_KEYS.map((value) => ({
          value,
          label: value === 'ed25519' ? 'Ed25519' : `RSA ${value.slice(3)}`,
        }));
        const spec = await dialogue.choose('Choose the key:', choices, 'rsa2048');
        const key = { domain, selector, privateKey: await generated(spec) };
        if (await change(seen, addDkimKey(key)))
          await dialogue.say(`Publish this before the commit:\n${recordText(key)}`);
      },
    },
    {
      name: 'PRINT',
      help: 'Display the DNS record of a key.',
      run: async () => {
        const key = await askName();
        if (key !== null) await dialogue.say(recordText(key));
      },
    },
    {
      name: 'DELETE',
      help: 'Remove a key.',
      run: async () => {
        const seen = await session.newest();
        const key = await askName();
        if (key !== null) await change(seen, deleteDkimKey(dkimName(key)));
      },
    },
    {
      name: 'LIST',
      help: 'Display all keys.',
      run: async () => dialogue.say(dkimList((await session.newest()).document.dkim)),
    },
  ];
}

function domainAnswer(answer: string): Outcome<string | null, string> {
  if (answer === '') return succeeded(null);
  const domain = parseDomain(answer);
  return domain.ok ? domain : failed(describeDomainFault(domain.failure));
}

function dkimKeyOf(text: string): Outcome<(typeof DKIM_KEYS)[number], string> {
  const spec = DKIM_KEYS.find((each) => each === text.toLowerCase());
  return spec === undefined
    ? failed(`"${printable(text, 40)}" is not one of ${DKIM_KEYS.join(', ')}`)
    : succeeded(spec);
}

async function generated(spec: (typeof DKIM_KEYS)[number]): Promise<string> {
  return (await generateKeyLater(spec)).export({ type: 'pkcs8', format: 'pem' }).toString();
}

function toldOf(key: DkimKey) {
  const { text, ...record } = dkimRecord(key);
  return { domain: key.domain, selector: key.selector, ...record, record: text };
}

function recordText(key: DkimKey): string {
  const { name, text, zoneLine } = dkimRecord(key);
  return [
    labelled('Name', name),
    labelled('Type', 'TXT'),
    labelled('Text', text),
    labelled('Zone file', zoneLine),
  ].join('\n');
}

function dkimList(keys: readonly DkimKey[]): string {
  if (keys.length === 0) return 'There is no key.';
  return keys
    .map((key) => {
      const { name, algorithm, bits } = dkimRecord(key);
      return `${name}  ${algorithm === 'rsa' ? `RSA ${bits}` : 'Ed25519'}`;
    })
    .join('\n');
}

/** `<domain> <selector>`. */
function placeOf({ words }: ConfigSession): Pick<DkimKey, 'domain' | 'selector'> {
  const [domain, selector] = [words[0] ?? '', words[1] ?? ''].map((text) => {
    const read = parseDomain(text);
    if (!read.ok) throw new UsageError(`"${printable(text, 80)}": ${describeDomainFault(read.failure)}`);
    return read.value;
  });
  return { domain: domain ?? '', selector: selector ?? '' };
}

function namedBy(session: ConfigSession): string {
  return dkimName(placeOf(session));
}

async function keyOf(session: ConfigSession): Promise<DkimKey> {
  const key = dkimNamed((await session.newest()).document, namedBy(session));
  if (key === undefined) throw new UsageError(`there is no key ${printable(namedBy(session), 300)}`);
  return key;
}

const BOUNCE_KEYS: Readonly<Record<BounceKeyOperation, (session: ConfigSession) => Promise<void>>> = {
  menu: (session) => converse(session, bounceKeyMenu),
  new: (session) => withSecret(session, addBounceKey, 'Made a new key; it signs from the commit on.'),
  roll: (session) => withSecret(session, rollBounceKeys, 'Made a new key, and purged those that are over.'),
  purge: async (session) => {
    const all = session.isSet('all');
    if (all && !session.isSet('yes')) {
      throw new UsageError('purge --all removes every key, and bounces to tagged addresses are refused: say --yes');
    }
    const edit = purgeBounceKeys(all ? 'all' : 'over', session.world.clock.now());
    await session.change(edit, 'Purged the keys.');
  },
  delete: async (session) => {
    const id = session.words[0] ?? '';
    if (!/^\d$/.test(id)) throw new UsageError('a key has a digit, 0 to 9');
    await session.change(deleteBounceKey(Number(id)), `Deleted key ${id}.`);
  },
  list: async (session) => {
    const { document } = await session.newest();
    const now = session.world.clock.now();
    const states = bounceKeyStates(document.bounceVerification.keys, now);
    await session.print(session.isJson() ? JSON.stringify(states, null, 2) : bounceKeyText(document, now));
  },
  setup: async (session) => {
    const text = session.flag('untagged');
    if (text !== undefined) {
      const edit = editUntagged(text);
      if (!edit.ok) throw new UsageError(`--untagged ${edit.failure}`);
      await session.change(edit.value, 'Changed what becomes of untagged bounces.');
    }
    const { document } = await session.newest();
    await session.print(labelled('Untagged', document.bounceVerification.untaggedBounces));
  },
};

async function withSecret(
  session: ConfigSession,
  edit: (secret: string, now: number) => Edit,
  done: string,
): Promise<void> {
  const { clock, random } = session.world;
  const file = session.flag('secretFile');
  const secret = file === undefined ? secretFrom(random) : (await readOctets(session, file)).toString('utf8').trim();
  if (secret === '') throw new UsageError('--secret-file is empty');
  await session.change(edit(secret, clock.now()), done);
}

export function secretFrom(random: () => number): string {
  return octetsFrom(random, SECRET_OCTETS).toString('base64url');
}

function bounceKeyMenu({ dialogue, session, change }: Conversation): readonly Operation[] {
  const { clock, random } = session.world;
  return [
    {
      name: 'KEY',
      help: 'Assign a new address tagging key.',
      run: async () => {
        const seen = await session.newest();
        const question = 'Enter the tagging key; an empty line makes one. It is shown as you type:';
        const typed = await dialogue.askSecret(question, anyText);
        await change(seen, addBounceKey(typed === '' ? secretFrom(random) : typed, clock.now()));
      },
    },
    {
      name: 'PURGE',
      help: 'Purge keys which are not needed any more.',
      run: async () => {
        const seen = await session.newest();
        await change(seen, purgeBounceKeys('over', clock.now()));
        await dialogue.say(bounceKeyText((await session.newest()).document, clock.now()));
      },
    },
    {
      name: 'CLEAR',
      help: 'Clear all keys, including the current one.',
      run: async () => {
        const seen = await session.newest();
        const question = 'Are you sure? Bounces of mail that is out already will be refused.';
        if (await dialogue.yesOrNo(question, false)) await change(seen, purgeBounceKeys('all', clock.now()));
      },
    },
    {
      name: 'SETUP',
      help: 'Set how bounces without a tag are handled.',
      run: async () => {
        const seen = await session.newest();
        const { untaggedBounces } = seen.document.bounceVerification;
        const edit = await dialogue.ask(
          'Untagged bounces: reject, accept or add-header.',
          untaggedBounces,
          editUntagged,
        );
        await change(seen, edit);
      },
    },
    {
      name: 'LIST',
      help: 'Display the keys, without their secrets.',
      run: async () => dialogue.say(bounceKeyText((await session.newest()).document, clock.now())),
    },
  ];
}

function bounceKeyText({ bounceVerification }: ConfigurationDocument, now: number): string {
  const states = bounceKeyStates(bounceVerification.keys, now);
  if (states.length === 0) return 'There is no key: envelope senders go out without tags.';
  return states
    .map(({ id, addedAt, signs, validUntil, isOver }) => {
      const until = validUntil === null ? '' : new Date(validUntil).toISOString().slice(0, 10);
      const state = signs ? 'signs and verifies' : isOver ? `over since ${until}: purge it` : `verifies until ${until}`;
      return `${id}  ${addedAt.slice(0, 10)}  ${state}`;
    })
    .join('\n');
}
