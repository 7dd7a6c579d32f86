/** The dialogue of `certconfig`: CERTIFICATE and CERTAUTHORITY, each with the operations of the appliance. */
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';
import { addAuthorities, deleteAuthority, editAuthorities, exportAuthorities } from '../config/authority-edits.ts';
import {
  addCertificate,
  certificateNamed,
  deleteCertificate,
  noSuch,
  replaceCertificate,
  requestOf,
  signedEntry,
} from '../config/certificate-edits.ts';
import { readCertificates } from '../pki/certificate-bundle.ts';
import { describeChainNote } from '../pki/chain-order.ts';
import { DEFAULT_DAYS, ENTRY_KEYS, type EntryKey, MAX_DAYS } from '../pki/self-signed.ts';
import { authoritiesIn, authorityText } from './authority-operations.ts';
import { entryFrom, exportEntry, readOctets } from './certificate-files.ts';
import { listing, namesIn, seen, selfSigned } from './certificate-session.ts';
import { certificateDetail } from './certificate-text.ts';
import { type Conversation, settled } from './config-session.ts';
import { anyText, MENU_TITLE, type Operation, runMenu, wholeBetween } from './dialogue.ts';
import { openSink } from './sink.ts';
import { OutputError, UsageError } from './usage-error.ts';

const KEY_CHOICES: readonly { readonly value: EntryKey; readonly label: string }[] = ENTRY_KEYS.map((value) => ({
  value,
  label: value === 'p256' ? 'EC P-256' : value.slice(3),
}));

export function certificateMenu(conversation: Conversation): readonly Operation[] {
  const { dialogue, session } = conversation;
  return [
    {
      name: 'CERTIFICATE',
      help: 'Import, create, request, edit or remove certificates.',
      run: async () => {
        await dialogue.say(await listing(session));
        await runMenu(dialogue, MENU_TITLE, () => certificateOperations(conversation));
      },
    },
    {
      name: 'CERTAUTHORITY',
      help: 'System and customized authorities.',
      run: async () => {
        await dialogue.say(authorityText((await session.newest()).document.certificateAuthorities));
        await runMenu(dialogue, MENU_TITLE, () => authorityOperations(conversation));
      },
    },
    {
      name: 'CRL',
      help: 'Certificate Revocation Lists.',
      run: () =>
        dialogue.say(
          'There are no lists to configure: with --revocation fetch the lists and responders that certificates name are asked.',
        ),
    },
  ];
}

function certificateOperations(conversation: Conversation): readonly Operation[] {
  const { dialogue, session } = conversation;
  const { world } = session;
  const told = (operation: () => Promise<void>) => () => saying(conversation, operation);
  return [
    {
      name: 'IMPORT',
      help: 'Import a certificate from a local PKCS#12 file.',
      run: told(async () => {
        const name = await askNewName(conversation);
        if (name === null) return;
        const file = await dialogue.ask('Enter the name of the file to import:', '', anyText);
        if (file === '') return;
        const password = await dialogue.askSecret(
          'Enter the passphrase of the file; it is shown as you type:',
          anyText,
        );
        await add(conversation, await entryFrom(name, await readOctets(session, file), password));
      }),
    },
    {
      name: 'PASTE',
      help: 'Paste a certificate into the CLI.',
      run: told(async () => {
        const name = await askNewName(conversation);
        if (name === null) return;
        const certificate = await dialogue.paste('Paste the public certificate in PEM format:');
        const key = await dialogue.paste('Paste the private key in PEM format:');
        const more = 'Paste the intermediate certificates in PEM format, if there are any:';
        const chain = await dialogue.paste(more);
        await add(conversation, await entryFrom(name, Buffer.from(`${certificate}\n${key}\n${chain}\n`), null));
      }),
    },
    {
      name: 'NEW',
      help: 'Create a self-signed certificate and CSR.',
      run: told(async () => {
        const name = await askNewName(conversation);
        if (name === null) return;
        const ask = (question: string) => dialogue.ask(question, '', anyText);
        const fields = {
          commonName: await ask('Enter Common Name:'),
          organization: await ask('Enter Organization:'),
          organizationalUnit: await ask('Enter Organizational Unit:'),
          locality: await ask('Enter Locality or City:'),
          state: await ask('Enter State or Province:'),
          country: await ask('Enter Country (2 letter code):'),
          names: namesIn(await ask('Enter more host names and IP addresses, with commas between them:')),
          days: await dialogue.ask(
            'Duration before expiration (in days):',
            String(DEFAULT_DAYS),
            wholeBetween(1, MAX_DAYS),
          ),
          key: await dialogue.choose('Private Key Size:', KEY_CHOICES, 'rsa2048'),
        };
        const seenBefore = await session.newest();
        const entry = await selfSigned(name, fields, world.clock.now());
        if (!(await conversation.change(seenBefore, addCertificate(entry)))) return;
        await dialogue.say(`Common Name: ${printable(fields.commonName, 100)}
The certificate was created. Commit it, then download its signing request with EDIT.`);
      }),
    },
    {
      name: 'EDIT',
      help: 'Get the signing request, or upload what the authority signed.',
      run: told(async () => {
        const name = await askExisting(conversation, 'edit');
        if (name === null) return;
        if (await dialogue.yesOrNo('Do you want to view the CSR?', true)) {
          const { document } = await session.newest();
          const committed = settled(await session.configuration.committed());
          const request = requestOf(document, committed.document, name);
          await dialogue.say(request.ok ? request.value.trimEnd() : `${request.failure.why}.`);
        }
        const file = await dialogue.ask(
          'Enter the name of the file with the signed certificate and its intermediates; an empty line leaves all as it is:',
          '',
          anyText,
        );
        if (file === '') return;
        const seenBefore = await session.newest();
        const entry = certificateNamed(seenBefore.document, name);
        const read = readCertificates(await readOctets(session, file));
        if (!read.ok) throw new UsageError(`the file ${read.failure}`);
        if (entry === undefined) throw new UsageError(noSuch(name));
        const signed = signedEntry(entry, read.value);
        if (!signed.ok) throw new UsageError(signed.failure);
        if (!(await conversation.change(seenBefore, replaceCertificate(signed.value.entry)))) return;
        for (const note of signed.value.notes) await dialogue.say(printable(describeChainNote(note), 600));
        await dialogue.say(`The certificate ${name} was replaced.`);
      }),
    },
    {
      name: 'EXPORT',
      help: 'Export a certificate.',
      run: told(async () => {
        const name = await askExisting(conversation, 'export');
        if (name === null) return;
        const file = await dialogue.ask('Enter the name of the file to write:', '', anyText);
        if (file === '') return;
        const password = await dialogue.askSecret(
          'Enter a passphrase for the file; it is shown as you type:',
          (text) =>
            text === '' ? failed('The file needs a passphrase: there is a private key in it.') : succeeded(text),
        );
        const entry = certificateNamed((await session.newest()).document, name);
        if (entry === undefined) throw new UsageError(noSuch(name));
        await exportEntry(session, entry, file, password);
        await dialogue.say(`The certificate was written to ${printable(file, 200)}.`);
      }),
    },
    {
      name: 'DELETE',
      help: 'Remove a certificate.',
      run: told(async () => {
        const name = await askExisting(conversation, 'delete');
        if (name === null) return;
        const seenBefore = await session.newest();
        if (await conversation.change(seenBefore, deleteCertificate(name))) await dialogue.say(`${name} deleted.`);
      }),
    },
    {
      name: 'PRINT',
      help: 'View certificates assigned to services.',
      run: told(async () => {
        const { views, newest } = await seen(session);
        for (const view of views) await dialogue.say(certificateDetail(view, newest.document));
      }),
    },
  ];
}

function authorityOperations(conversation: Conversation): readonly Operation[] {
  const { dialogue, session } = conversation;
  const told = (operation: () => Promise<void>) => () => saying(conversation, operation);
  const toggle = (list: 'system' | 'custom', name: string): Operation => ({
    name,
    help: `Switch the ${list} list on or off.`,
    run: told(async () => {
      const seenBefore = await session.newest();
      const isOn = seenBefore.document.certificateAuthorities[list];
      const wanted = await dialogue.yesOrNo(`Do you want to use the ${list} list of authorities?`, isOn);
      await conversation.change(seenBefore, editAuthorities({ [list]: wanted }));
    }),
  });
  return [
    {
      name: 'IMPORT',
      help: 'Import authorities from a PEM file to the custom list.',
      run: told(async () => {
        const file = await dialogue.ask('Enter the name of the file to import:', '', anyText);
        if (file === '') return;
        const seenBefore = await session.newest();
        const { certificateAuthorities } = seenBefore.document;
        const { added, refused } = authoritiesIn(certificateAuthorities, await readOctets(session, file), session);
        for (const why of refused) await dialogue.say(why);
        if (added.length > 0 && (await conversation.change(seenBefore, addAuthorities(added)))) {
          await dialogue.say(`Added ${added.map(({ name }) => name).join(', ')}.`);
        }
      }),
    },
    {
      name: 'EXPORT',
      help: 'Export the custom list to a PEM file.',
      run: told(async () => {
        const file = await dialogue.ask('Enter the name of the file to write:', '', anyText);
        if (file === '') return;
        const sink = await openSink(file, session.world, 'export');
        await sink.write(exportAuthorities((await session.newest()).document.certificateAuthorities));
        await sink.commit();
      }),
    },
    {
      name: 'DELETE',
      help: 'Remove an authority from the custom list.',
      run: told(async () => {
        const seenBefore = await session.newest();
        const name = await dialogue.ask('Enter the name of the authority you wish to delete.', '', anyText);
        if (name !== '') await conversation.change(seenBefore, deleteAuthority(name));
      }),
    },
    {
      name: 'PRINT',
      help: 'Display the lists.',
      run: told(async () => dialogue.say(authorityText((await session.newest()).document.certificateAuthorities))),
    },
    toggle('custom', 'CUSTOM'),
    toggle('system', 'SYSTEM'),
  ];
}

async function add(conversation: Conversation, { entry, notes }: Awaited<ReturnType<typeof entryFrom>>): Promise<void> {
  const { dialogue, session } = conversation;
  if (!(await conversation.change(await session.newest(), addCertificate(entry)))) return;
  for (const note of notes) await dialogue.say(printable(describeChainNote(note), 600));
  await dialogue.say(`The certificate ${entry.name} was imported.`);
}

/** What a person got wrong is said, and the dialogue goes on. */
async function saying({ dialogue }: Conversation, operation: () => Promise<void>): Promise<void> {
  try {
    await operation();
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof OutputError)) throw error;
    await dialogue.say(
      error.message
        .split('\n')
        .map((line) => printable(line, 600))
        .join('\n'),
    );
  }
}

async function askNewName({ dialogue, session }: Conversation): Promise<string | null> {
  const { document } = await session.newest();
  return dialogue.ask('Enter a name for this certificate profile:', '', (answer): Outcome<string | null, string> => {
    if (answer === '') return succeeded(null);
    const there = certificateNamed(document, answer);
    return there === undefined
      ? succeeded(printable(answer, 200))
      : failed(`There is a certificate ${printable(answer, 100)} already.`);
  });
}

async function askExisting({ dialogue, session }: Conversation, what: string): Promise<string | null> {
  const { document } = await session.newest();
  const question = `Enter the name of the certificate you wish to ${what}:`;
  return dialogue.ask(question, '', (answer): Outcome<string | null, string> => {
    if (answer === '') return succeeded(null);
    const entry = certificateNamed(document, answer);
    return entry === undefined ? failed(`There is no certificate ${printable(answer, 100)}.`) : succeeded(entry.name);
  });
}
