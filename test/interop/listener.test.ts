/**
 * Debian's Postfix as a client of our listener: one transport for each of its TLS levels and client certificates, from an
 * address of its own, so that each meets the mail flow policy that it is to meet. What Postfix says became of each message,
 * and what lies in our queue, are held against what the policies promise.
 */
import assert from 'node:assert/strict';
import { chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { createTransport } from 'nodemailer';
import { type MailFlowPolicy, newMailFlowPolicy } from '../../src/config/listener-schema.ts';
import { createLabAuthority } from '../../src/lab/lab-certificates.ts';
import { type Stage, stage } from '../listener/stage.ts';
import { SERVICES } from './mail-servers.ts';
import { accountOf, eventually, greets, launch, raise } from './rig.ts';
import { SMTP_PORT } from './servers.ts';

/** Where this Postfix takes messages in. */
const ADDRESS = '127.0.2.60';

interface Client {
  readonly level: 'none' | 'may' | 'encrypt' | 'secure';
  readonly policy: keyof typeof POLICIES;
  readonly shows?: 'valid' | 'self-signed' | 'expired';
  /** In clear, encrypted, or refused with this. */
  readonly comes: 'ESMTP' | 'ESMTPS' | RegExp;
}

/** By the last number of the address they hold for. */
const POLICIES = {
  off: { number: 1, policy: { tls: 'off' } },
  preferred: { number: 2, policy: { tls: 'preferred' } },
  required: { number: 3, policy: { tls: 'required' } },
  asked: { number: 4, policy: { tls: 'preferred', verifyClientCertificate: 'preferred' } },
  needed: { number: 5, policy: { tls: 'required', verifyClientCertificate: 'required' } },
  partner: { number: 6, policy: { tls: 'preferred', tlsRequiredFor: ['sending.test'] } },
  refused: { number: 7, policy: { action: 'reject' } },
} as const satisfies Readonly<Record<string, { readonly number: number; readonly policy: Partial<MailFlowPolicy> }>>;

const CLIENTS: Readonly<Record<string, Client>> = {
  'none-off': { level: 'none', policy: 'off', comes: 'ESMTP' },
  'may-off': { level: 'may', policy: 'off', comes: 'ESMTP' },
  'encrypt-off': { level: 'encrypt', policy: 'off', comes: /TLS is required, but was not offered/ },
  'none-preferred': { level: 'none', policy: 'preferred', comes: 'ESMTP' },
  'may-preferred': { level: 'may', policy: 'preferred', comes: 'ESMTPS' },
  'secure-preferred': { level: 'secure', policy: 'preferred', comes: 'ESMTPS' },
  'none-required': { level: 'none', policy: 'required', comes: /530 5\.7\.0 Must issue a STARTTLS command first/ },
  'encrypt-required': { level: 'encrypt', policy: 'required', comes: 'ESMTPS' },
  'asked-clear': { level: 'none', policy: 'asked', comes: 'ESMTP' },
  'asked-nothing': { level: 'encrypt', policy: 'asked', comes: 'ESMTPS' },
  'asked-valid': { level: 'encrypt', policy: 'asked', shows: 'valid', comes: 'ESMTPS' },
  'asked-strange': {
    level: 'encrypt',
    policy: 'asked',
    shows: 'self-signed',
    comes: /554 5\.7\.1 the client certificate is not accepted \(self-signed\)/,
  },
  'needed-nothing': { level: 'encrypt', policy: 'needed', comes: /554 5\.7\.1 a client certificate is needed/ },
  'needed-expired': { level: 'encrypt', policy: 'needed', shows: 'expired', comes: /554 5\.7\.1 .*\(expired\)/ },
  'needed-valid': { level: 'encrypt', policy: 'needed', shows: 'valid', comes: 'ESMTPS' },
  'partner-clear': {
    level: 'none',
    policy: 'partner',
    comes: /530 5\.7\.10 mail from this sender is taken over TLS alone/,
  },
  'partner-tls': { level: 'may', policy: 'partner', comes: 'ESMTPS' },
  blocked: { level: 'may', policy: 'refused', comes: /554 5\.7\.1 no mail is taken from your address/ },
};

const skip =
  process.getuid?.() === 0 && existsSync('/usr/sbin/postfix')
    ? false
    : 'a sending Postfix needs root and the package postfix (scripts/interop-setup.sh brings it)';

test('Postfix gets exactly what each mail flow policy promises: in clear, encrypted, with its certificate, or refused (R128, R129, R130, R131)', {
  skip,
}, async (context) => {
  const authority = createLabAuthority(Date.now());
  const server = authority.issue({ names: ['mx.ours.example'] });
  const [leaf = '', ...chain] = server.certificates.split(/(?<=-----END CERTIFICATE-----\n)/);
  const scene = await stage(context, {
    listener: { certificate: 'Server', defaultPolicy: 'Blocked' },
    settings: { caFile: { name: 'the lab', pem: authority.rootPem } },
    document: (document) => ({
      ...document,
      certificates: [{ name: 'Server', certificate: leaf, chain: chain.join(''), key: server.key }],
      senderGroups: Object.entries(POLICIES).map(([name, { number }]) => ({
        name,
        listener: null,
        senders: [`127.0.2.${number}`],
        policy: name,
      })),
      mailFlowPolicies: [
        ...document.mailFlowPolicies,
        ...Object.entries(POLICIES).map(([name, { policy }]) => ({ ...newMailFlowPolicy(name), ...policy })),
      ],
    }),
  });
  const postfix = await raise(async (folder, running) => {
    configure(folder, scene, authority);
    running.push(launch('postfix', ['-c', folder, 'start-fg'], join(folder, 'queue', 'pid', 'master.pid')));
    await greets({ host: 'the sending Postfix', address: ADDRESS });
    return {};
  });
  try {
    const names = Object.keys(CLIENTS);
    const transport = createTransport({ host: ADDRESS, port: SMTP_PORT, secure: false, ignoreTLS: true });
    await transport.sendMail({
      envelope: { from: 'sender@sending.test', to: names.map((name) => `${name}@ours.example`) },
      raw: 'From: sender@sending.test\r\nSubject: caf\u00e9\r\n\r\n.\r\n..two dots\r\nS\u00e3o Paulo\r\n',
    });
    transport.close();
    const said = new Map<string, string>();
    await eventually('Postfix has said what became of every message', async () => {
      const log = await readFile(join(postfix.folder, 'postfix.log'), 'utf8');
      for (const [, name = '', how] of log.matchAll(/ to=<([a-z-]+)@ours\.example>,.* (status=.*)$/gm)) {
        if (!said.has(name)) said.set(name, how ?? '');
      }
      return names.every((name) => said.has(name));
    });
    const queue = await scene.queued();
    for (const [name, { comes }] of Object.entries(CLIENTS)) {
      const item = queue.find(({ recipient }) => recipient === `${name}@ours.example`);
      if (typeof comes !== 'string') {
        assert.match(said.get(name) ?? '', comes, name);
        assert.equal(item, undefined, name);
        continue;
      }
      assert.match(said.get(name) ?? '', /^status=sent \(250 2\.0\.0 queued as MID \d+\)$/, name);
      const body = await scene.body(item?.mid ?? 0);
      assert.match(
        body,
        new RegExp(
          `^Received: from sending\\.test \\(\\[127\\.0\\.2\\.\\d\\]\\)\\r\\n\\tby mx\\.ours\\.example with ${comes} id `,
        ),
        name,
      );
      assert.ok(
        Buffer.from(body, 'latin1').toString('utf8').endsWith('\r\n\r\n.\r\n..two dots\r\nS\u00e3o Paulo\r\n'),
        name,
      );
    }
    assert.equal(queue.length, Object.values(CLIENTS).filter(({ comes }) => typeof comes === 'string').length);
  } finally {
    await postfix.stop();
  }
});

function configure(folder: string, scene: Stage, authority: ReturnType<typeof createLabAuthority>): void {
  const account = accountOf('postfix');
  const data = join(folder, 'data');
  mkdirSync(join(folder, 'queue'), { recursive: true });
  mkdirSync(data);
  chownSync(data, account.uid, account.gid);
  writeFileSync(join(folder, 'root.pem'), authority.rootPem);
  for (const fault of ['valid', 'self-signed', 'expired'] as const) {
    const { key, certificates } = authority.issue({ names: ['sending.test'], ...(fault === 'valid' ? {} : { fault }) });
    writeFileSync(join(folder, `${fault}.pem`), `${key}${certificates}`);
  }
  const clients = Object.entries(CLIENTS);
  writeFileSync(
    join(folder, 'transport'),
    clients.map(([name]) => `${name}@ours.example to-${name}:[127.0.0.1]:${scene.port}\n`).join(''),
  );
  writeFileSync(
    join(folder, 'main.cf'),
    `compatibility_level = 3.6
queue_directory = ${join(folder, 'queue')}
data_directory = ${data}
maillog_file_prefixes = ${folder}
maillog_file = ${join(folder, 'postfix.log')}
inet_interfaces = all
inet_protocols = ipv4
myhostname = sending.test
mynetworks = 127.0.0.0/8
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
local_header_rewrite_clients =
default_transport = error: nothing leaves the rig
transport_maps = texthash:${join(folder, 'transport')}
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
smtp_tls_CAfile = ${join(folder, 'root.pem')}
smtp_tls_secure_cert_match = mx.ours.example
smtp_tls_loglevel = 1
smtp_connection_cache_on_demand = no
soft_bounce = yes
`,
  );
  const transports = clients.map(([name, { level, policy, shows }]) => {
    const chain = shows === undefined ? '' : `  -o { smtp_tls_chain_files = ${join(folder, `${shows}.pem`)} }\n`;
    return `to-${name} unix - - n - - smtp\n  -o { smtp_tls_security_level = ${level} }\n  -o { smtp_bind_address = 127.0.2.${POLICIES[policy].number} }\n${chain}`;
  });
  writeFileSync(
    join(folder, 'master.cf'),
    `${SERVICES}${ADDRESS}:${SMTP_PORT} inet n - n - - smtpd\n${transports.join('')}`,
  );
}
