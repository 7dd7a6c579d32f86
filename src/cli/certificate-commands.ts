/** The commands around certificates and keys, as a table: names, words and options. What runs is loaded when it is asked for. */
import { AUTHORITY_FIELDS } from './authority-fields.ts';
import type { ConfigCommand } from './config-commands.ts';
import { optionOf } from './config-options.ts';
import type { OptionSpec } from './option-specs.ts';
import { WORLD_OPTIONS } from './option-specs.ts';

type Run = ConfigCommand['run'];
type Words = ConfigCommand['words'];

const FORMAT: OptionSpec = { flags: '--format <name>', help: 'text or json (text)' };
const PASSWORD: OptionSpec = { flags: '--password-file <file>', help: 'file whose first line is the password' };
const LOOKUPS = WORLD_OPTIONS.filter(({ flags }) => /^--(resolver|dnssec-anchor|timeout) /.test(flags));

const SUBJECT_OPTIONS: readonly OptionSpec[] = [
  { flags: '--common-name <name>', help: 'host name of the interface' },
  { flags: '--organization <text>', help: 'organization' },
  { flags: '--organizational-unit <text>', help: 'organizational unit' },
  { flags: '--locality <text>', help: 'city' },
  { flags: '--state <text>', help: 'state or province' },
  { flags: '--country <code>', help: 'two letters, as NL' },
  { flags: '--names <list>', help: 'host names and addresses, with commas between (the common name)' },
  { flags: '--days <n>', help: 'days until it expires, 1 to 36,500 (3650)' },
  { flags: '--key <sort>', help: 'rsa2048, rsa3072, rsa4096 or p256 (rsa2048)' },
];

function step(name: string, description: string, words: Words, specs: readonly OptionSpec[], run: Run): ConfigCommand {
  return { name, description, words, specs, operations: [], run };
}

const certconfig =
  (operation: import('./certconfig-command.ts').CertconfigOperation): Run =>
  async (invocation) =>
    (await import('./certconfig-command.ts')).certconfigCommand(operation, invocation);

const dkimconfig =
  (operation: import('./key-commands.ts').DkimOperation): Run =>
  async (invocation) =>
    (await import('./key-commands.ts')).dkimconfigCommand(operation, invocation);

const bvconfig =
  (operation: import('./key-commands.ts').BounceKeyOperation): Run =>
  async (invocation) =>
    (await import('./key-commands.ts')).bvconfigCommand(operation, invocation);

const NAME: Words = [['<name>', 'what settings call the certificate']];
const KEY: Words = [
  ['<domain>', 'whose mail it signs'],
  ['<selector>', 'tells keys of a domain apart'],
];

const CERTCONFIG: ConfigCommand = {
  name: 'certconfig',
  description: 'certificates with their keys, and authorities that are trusted',
  words: [],
  specs: [],
  run: certconfig('menu'),
  operations: [
    step('new', 'make a self-signed certificate and its key', NAME, SUBJECT_OPTIONS, certconfig('new')),
    step(
      'import',
      'take a certificate with its key from a file',
      [...NAME, ['<file>', 'PKCS#12, or PEM with key and intermediates; - is standard input']],
      [PASSWORD],
      certconfig('import'),
    ),
    step('paste', 'the same, in PEM from standard input', NAME, [PASSWORD], certconfig('paste')),
    step(
      'csr',
      'write the signing request of a committed certificate',
      [...NAME, ['[file]', 'where to; - is standard output']],
      [],
      certconfig('csr'),
    ),
    step(
      'sign',
      'put what the authority signed in its place',
      [...NAME, ['<file>', 'PEM, DER or PKCS#7, intermediates included; - is standard input']],
      [],
      certconfig('sign'),
    ),
    step(
      'export',
      'write a certificate with its key as PKCS#12',
      [...NAME, ['<file>', 'where to']],
      [PASSWORD],
      certconfig('export'),
    ),
    step('delete', 'remove one that is not in use', NAME, [], certconfig('delete')),
    step('print', 'show one, without its key', NAME, [FORMAT], certconfig('print')),
    step('list', 'show all, Demo included', [], [FORMAT], certconfig('list')),
    step(
      'check',
      'compare its names with those of interfaces and MX hosts',
      [...NAME, ['[domain...]', 'mail domains of your own (those with DKIM keys)']],
      [...LOOKUPS, FORMAT],
      certconfig('check'),
    ),
    step(
      'use',
      'choose a certificate',
      [
        ['<what>', 'outgoing: all outgoing TLS; https: the web'],
        ['<name>', 'a certificate, or Demo'],
      ],
      [],
      certconfig('use'),
    ),
    {
      name: 'authority',
      description: 'authorities that are trusted when servers are verified',
      words: [],
      specs: [],
      run: certconfig('authority-list'),
      operations: [
        step('list', 'show the custom list', [], [FORMAT], certconfig('authority-list')),
        step(
          'import',
          'add authorities to the custom list',
          [['<file>', 'PEM, DER or PKCS#7; - is standard input']],
          [],
          certconfig('authority-import'),
        ),
        step(
          'export',
          'write the custom list',
          [['[file]', 'where to; - is standard output']],
          [],
          certconfig('authority-export'),
        ),
        step('delete', 'remove one', [['<name>', 'as the list has it']], [], certconfig('authority-delete')),
        step('setup', 'switch the lists on or off', [], AUTHORITY_FIELDS.map(optionOf), certconfig('authority-setup')),
      ],
    },
  ],
};

const DKIMCONFIG: ConfigCommand = {
  name: 'dkimconfig',
  description: 'keys that sign outgoing mail (DKIM)',
  words: [],
  specs: [],
  run: dkimconfig('menu'),
  operations: [
    step(
      'new',
      'make a key, and print the record to publish',
      KEY,
      [{ flags: '--key <sort>', help: 'rsa2048, rsa3072, rsa4096 or ed25519 (rsa2048)' }],
      dkimconfig('new'),
    ),
    step(
      'import',
      'take a key from a PEM file',
      [...KEY, ['<file>', 'RSA or Ed25519; - is standard input']],
      [PASSWORD],
      dkimconfig('import'),
    ),
    step('list', 'show all, without the keys', [], [FORMAT], dkimconfig('list')),
    step('print', 'print the DNS record of a key', KEY, [FORMAT], dkimconfig('print')),
    step('check', 'see whether the DNS publishes it', KEY, [...LOOKUPS, FORMAT], dkimconfig('check')),
    step('delete', 'remove one', KEY, [], dkimconfig('delete')),
  ],
};

const SECRET: OptionSpec = { flags: '--secret-file <file>', help: 'the secret; without it one is made' };

const BVCONFIG: ConfigCommand = {
  name: 'bvconfig',
  description: 'keys that tag envelope senders (bounce verification)',
  words: [],
  specs: [],
  run: bvconfig('menu'),
  operations: [
    step('new', 'a new key signs; those before it still verify', [], [SECRET], bvconfig('new')),
    step('roll', 'a new key if the one that signs is older than 7 days; purges, too', [], [SECRET], bvconfig('roll')),
    step(
      'purge',
      'remove keys whose tags have all run out',
      [],
      [
        { flags: '--all', help: 'every key' },
        { flags: '--yes', help: 'no question is asked' },
      ],
      bvconfig('purge'),
    ),
    step(
      'delete',
      'remove one, whatever it still verifies',
      [['<digit>', 'as the list has it']],
      [],
      bvconfig('delete'),
    ),
    step('list', 'show all, without their secrets', [], [FORMAT], bvconfig('list')),
    step(
      'setup',
      'what becomes of bounces without a tag',
      [],
      [{ flags: '--untagged <word>', help: 'reject, accept or add-header' }],
      bvconfig('setup'),
    ),
  ],
};

export const CERTIFICATE_COMMANDS: readonly ConfigCommand[] = [CERTCONFIG, DKIMCONFIG, BVCONFIG];
