/** The word of others on the same servers: Postfix's posttls-finger, OpenSSL's s_client, GnuTLS's client, Knot's kdig. */
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { delimiter } from 'node:path';
import { RESOLVER_ADDRESS, type RealServer, SMTP_PORT } from './servers.ts';
import type { Word } from './word.ts';

/** How long a peer may take over one server, ms. */
const PEER_MS = 30_000;

/** Postfix: the client half of a mail server, asked for the security level "secure" with the MX host's name. */
export async function posttlsFinger(server: RealServer, rootFile: string): Promise<Word> {
  const said = await run('posttls-finger', [
    ...['-t', '10', '-T', '10', '-l', 'secure', '-F', rootFile, '-s', server.host],
    `[${server.address}]:${SMTP_PORT}`,
    server.host,
  ]);
  if (/connect to .*(refused|timed out)/.test(said)) return { channel: 'none' };
  if (!/^posttls-finger: < 250[ -]STARTTLS$/m.test(said)) return { channel: 'clear' };
  const session = /(Verified|Untrusted) TLS connection established .*: (\S+) with cipher (\S+) \((\d+)\//.exec(said);
  if (session === null) return { channel: 'broken' };
  const reason = /verification failed for [^ ]+: (.*)$/m.exec(said)?.[1] ?? '';
  const group = / key-exchange (\S+)/.exec(said)?.[1];
  const leaf = / fingerprint=([0-9A-F:]+)/.exec(said)?.[1];
  return {
    channel: 'encrypted',
    protocol: session[2] ?? '',
    cipher: session[3] ?? '',
    bits: Number(session[4]),
    ...(group === undefined ? {} : { group }),
    ...(leaf === undefined ? {} : { leaf: plainHex(leaf) }),
    ...nameAndChain(session[1] === 'Verified', reason),
  };
}

/** OpenSSL, with everything it still knows switched on, as ours has. */
export async function opensslClient(server: RealServer, rootFile: string): Promise<Word> {
  const said = await run('openssl', [
    ...['s_client', '-starttls', 'smtp', '-connect', `${server.address}:${SMTP_PORT}`, '-servername', server.host],
    ...['-verify_hostname', server.host, '-CAfile', rootFile, '-no-CApath', '-no-CAstore', '-showcerts'],
    ...['-min_protocol', 'TLSv1', '-cipher', 'ALL:!aNULL:@SECLEVEL=0'],
  ]);
  if (/^connect:errno=/m.test(said)) return { channel: 'none' };
  if (said.includes("Didn't find STARTTLS")) return { channel: 'clear' };
  const session = /^New, \S+, Cipher is (\S+)$/m.exec(said);
  if (session === null || /:error:[0-9A-F]+:SSL routines:/.test(said)) return { channel: 'broken' };
  const sent = [...said.matchAll(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g)].map((pem) =>
    plainHex(new X509Certificate(pem[0]).fingerprint256),
  );
  const group = /^Server Temp Key: (X\d+),/m.exec(said)?.[1];
  const verified = /^ *Verify return code: \d+ \((.*)\)$/m.exec(said)?.[1] ?? 'unknown';
  return {
    channel: 'encrypted',
    // With TLS 1.3 there is no "Protocol" line; "New, TLSv1.0" names the cipher's age, not the session's.
    protocol: /^ +Protocol +: (\S+)$/m.exec(said)?.[1] ?? 'TLSv1.3',
    cipher: session[1] ?? '',
    ...(group === undefined ? {} : { group }),
    sent,
    sentCount: sent.length,
    ...(sent[0] === undefined ? {} : { leaf: sent[0] }),
    ...nameAndChain(verified === 'ok', verified),
  };
}

/** GnuTLS: another implementation of TLS and of path building. It names ciphers its own way, so it is silent on them. */
export async function gnutlsClient(server: RealServer, rootFile: string): Promise<Word> {
  const said = await run('gnutls-cli', [
    ...['--priority', 'LEGACY:+VERS-TLS1.1:+VERS-TLS1.0', '--starttls-proto=smtp', `--x509cafile=${rootFile}`],
    ...[`--sni-hostname=${server.host}`, `--verify-hostname=${server.host}`, '-p', String(SMTP_PORT), server.address],
  ]);
  if (said.includes('Connection refused')) return { channel: 'none' };
  if (said.includes("error receiving '220 '")) return { channel: 'clear' };
  const status = /^- Status: (.*)$/m.exec(said)?.[1];
  if (status === undefined) return { channel: 'broken' };
  const protocol = /^- Description: \((TLS[\d.]+)/m.exec(said)?.[1]?.replace('TLS', 'TLSv').replace('v1.0', 'v1');
  const chainProblem = /issuer is unknown|expired|not yet activated/.test(status);
  return {
    channel: 'encrypted',
    ...(protocol === undefined ? {} : { protocol }),
    sentCount: Number(/certificate list of (\d+)/.exec(said)?.[1]),
    trusted: !chainProblem,
    ...(status.includes('expired') ? { problem: 'expired' } : {}),
    nameMatched: !status.includes('name in the certificate does not match'),
  };
}

/** Status of the resolver's answer (`NOERROR`, `NXDOMAIN`, `SERVFAIL`), whether it vouches for it, and the MX records. */
export async function resolverWord(
  domain: string,
): Promise<{ readonly status: string; readonly secure: boolean; readonly mx: readonly string[] }> {
  const said = await run('kdig', [`@${RESOLVER_ADDRESS}`, '+dnssec', '+timeout=10', domain, 'MX']);
  return {
    status: /status: (\w+)/.exec(said)?.[1] ?? 'no answer',
    secure: /^;; Flags:[^;]* ad[ ;]/m.test(said),
    mx: [...said.matchAll(/\sMX\t(\d+ \S+)$/gm)].map((record) => record[1] ?? '').sort(),
  };
}

/** A peer that found the name wrong had no quarrel with the chain; one that quarrelled with the chain is silent on the name. */
function nameAndChain(verified: boolean, reason: string): Partial<Word> {
  if (verified) return { trusted: true, problem: null, nameMatched: true };
  if (/hostname mismatch/i.test(reason)) return { trusted: true, problem: null, nameMatched: false };
  if (/expired/.test(reason)) return { trusted: false, problem: 'expired' };
  if (/self-signed certificate$/.test(reason)) return { trusted: false, problem: 'self-signed' };
  if (/unable to verify the first certificate|untrusted issuer/.test(reason)) {
    return { trusted: false, problem: 'missing-intermediate' };
  }
  return { trusted: false };
}

function plainHex(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase();
}

/** Everything a program prints, whatever it exits with: these clients report findings through their exit code too. */
export function run(program: string, words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      words,
      {
        timeout: PEER_MS,
        encoding: 'utf8',
        maxBuffer: 1 << 22,
        env: { PATH: `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin`, LC_ALL: 'C', HOME: '/' },
      },
      (error, stdout, stderr) => {
        if (error !== null && error.killed === true)
          reject(new Error(`${program} took longer than ${PEER_MS / 1000} s`));
        else if (error !== null && error.code === 'ENOENT') reject(error);
        else resolve(`${stdout}\n${stderr}`);
      },
    );
    child.stdin?.end();
  });
}
