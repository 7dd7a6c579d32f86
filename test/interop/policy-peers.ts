/**
 * The word of others on DANE: Postfix's posttls-finger at the levels `dane` and `dane-only`, which believes its resolver,
 * and GnuTLS's client, which validates with libunbound. Each runs where /etc/resolv.conf and the root's key are the rig's.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './peers-word.ts';
import type { PolicyRig } from './policy-rig.ts';
import { type DaneWord, type GnutlsWord, POLICY_RESOLVER, SIGNED_ZONE } from './policy-servers.ts';
import { SMTP_PORT } from './servers.ts';

/** Where Debian's GnuTLS finds the key of the root. */
const GNUTLS_ANCHOR = '/usr/share/dns/root.key';

export type DaneLevel = 'dane' | 'dane-only';

/** As a delivery looks: the MX of the domain, the address, the records, the session. */
export async function fingerWord(rig: PolicyRig, domain: string, level: DaneLevel): Promise<DaneWord> {
  const said = await runInRig(rig, POLICY_RESOLVER, [
    ...['posttls-finger', '-t', '10', '-T', '10', '-l', level, '-F', rig.rootFile, '-L', 'routine,certmatch,verbose'],
    ...['-o', 'inet_protocols=ipv4', '-o', `dnssec_probe=ns:${SIGNED_ZONE}`, domain],
  ]);
  if (/TLSA lookup error for /.test(said)) return 'deferred';
  const waitsOrGoesOn = level === 'dane-only' ? 'deferred' : null;
  if (!/^posttls-finger: < 250[ -]/m.test(said)) throw new Error(`posttls-finger met nobody at ${domain}: ${said}`);
  if (/all TLSA records unusable/.test(said)) return waitsOrGoesOn ?? 'encrypted';
  // It is no sender: without records it goes on as at level `secure`, where smtp(8) waits or goes on as at `may`.
  if (!/DNSSEC-signed TLSA record: /.test(said)) return waitsOrGoesOn ?? 'opportunistic';
  const matched = /: Matched DANE (EE|TA) certificate at depth /.test(said);
  return matched && /(Verified|Trusted) TLS connection established/.test(said) ? 'authenticated' : 'refused';
}

/** `resolver` is an address outside 127.0.0.0/8, where libunbound asks nobody. */
export async function gnutlsDaneWord(rig: PolicyRig, resolver: string, host: string): Promise<GnutlsWord> {
  const said = await runInRig(rig, resolver, [
    ...['gnutls-cli', '--dane', '--local-dns', '--insecure', '--starttls-proto=smtp', `--x509cafile=${rig.rootFile}`],
    ...['-p', String(SMTP_PORT), host],
  ]);
  if (/^- DANE: Certificate matches\./m.test(said)) return 'match';
  if (/^- DANE: Verification failed\./m.test(said)) return 'mismatch';
  const error = /^\*\*\* DANE verification error: (.*)$/m.exec(said)?.[1];
  switch (error) {
    case 'No DANE data were found.':
      return 'no-data';
    case 'No DNSSEC signature was found.':
      return 'insecure';
    case 'The DNSSEC signature is invalid.':
      return 'failed';
    default:
      throw new Error(`gnutls-cli said nothing of DANE at ${host}: ${said}`);
  }
}

/** In a mount namespace of its own, so that nobody else's resolv.conf is touched. */
function runInRig(rig: PolicyRig, resolver: string, words: readonly string[]): Promise<string> {
  const resolvConf = join(rig.folder, 'resolv.conf');
  writeFileSync(resolvConf, `nameserver ${resolver}\noptions trust-ad edns0\n`);
  const script = `mount --bind "$1" /etc/resolv.conf && mount --bind "$2" ${GNUTLS_ANCHOR} && shift 2 && exec "$@"`;
  return run('unshare', ['-m', 'sh', '-c', script, 'sh', resolvConf, rig.anchorFile, ...words]);
}
