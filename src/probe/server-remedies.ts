/**
 * Lines for the configuration of Postfix (postconf(5), 3.6 and later), Exim (specification, chapters 14 and 43) and
 * OpenSMTPD (smtpd.conf(5)). Files have the name of the host; where they lie is the administrator's business, so the
 * folder is the usual one.
 */
import type { FindingCode } from './finding-catalogue.ts';
import { isPlainName, makeRemedy } from './remedy.ts';
import type { RemedyStep } from './remedy-steps.ts';
import type { Remedy } from './result.ts';

type Software = 'postfix' | 'exim' | 'opensmtpd';

export function serverRemedies(code: FindingCode, exchange: string): readonly Remedy[] {
  if (!isPlainName(exchange)) return [];
  switch (code) {
    case 'starttls-not-offered':
    case 'starttls-refused':
    case 'starttls-temporarily-refused':
    case 'starttls-on-greeting-line':
    case 'broken-after-220':
    case 'handshake-failed':
      return lines('starttls-offer', enableTls(exchange));
    case 'tls-old-version':
      return lines('versions-current', CURRENT_VERSIONS);
    case 'cipher-weak':
      return lines('ciphers-strong', STRONG_CIPHERS);
    case 'second-ehlo-refused':
      return lines('no-client-certificate', noClientCertificate(exchange));
    case 'extensions-changed':
    case 'helo-only':
      return [
        makeRemedy({
          kind: 'configuration',
          for: 'any',
          step: 'firewall-smtp',
          text: 'policy-map global_policy\n class inspection_default\n  no inspect esmtp',
        }),
      ];
    default:
      return [];
  }
}

/** Key and whole chain, for software that sends the certificate alone. */
export function chainFileLines(exchange: string): readonly Remedy[] {
  if (!isPlainName(exchange)) return [];
  const { postfix, exim, opensmtpd } = enableTls(exchange);
  const about = (text: string, which: RegExp): string =>
    text
      .split('\n')
      .filter((line) => which.test(line))
      .join('\n');
  return lines('chain-whole', {
    postfix: about(postfix, /chain_files/),
    exim: about(exim, /certificate/),
    opensmtpd: about(opensmtpd, / cert /),
  });
}

function lines(step: RemedyStep, texts: Readonly<Record<Software, string>>): readonly Remedy[] {
  return [
    makeRemedy({ kind: 'configuration', for: 'postfix', step, file: 'main.cf', text: texts.postfix }),
    makeRemedy({ kind: 'configuration', for: 'exim', step, file: 'main section', text: texts.exim }),
    makeRemedy({ kind: 'configuration', for: 'opensmtpd', step, file: 'smtpd.conf', text: texts.opensmtpd }),
  ];
}

/** postconf(5): smtpd_tls_chain_files has the key before the chain that belongs to it, and empties the older settings. */
function enableTls(exchange: string): Readonly<Record<Software, string>> {
  const key = `/etc/ssl/private/${exchange}.key`;
  const chain = `/etc/ssl/certs/${exchange}.chain.pem`;
  return {
    postfix: `smtpd_tls_security_level = may\nsmtpd_tls_chain_files = ${key}, ${chain}`,
    exim: `tls_advertise_hosts = *\ntls_certificate = ${chain}\ntls_privatekey = ${key}`,
    opensmtpd: [
      `pki ${exchange} cert "${chain}"`,
      `pki ${exchange} key "${key}"`,
      `listen on 0.0.0.0 port 25 tls pki ${exchange} hostname ${exchange}`,
    ].join('\n'),
  };
}

/** Exim is built with either library, and says which one by a macro. */
const CURRENT_VERSIONS: Readonly<Record<Software, string>> = {
  postfix: 'smtpd_tls_protocols = >=TLSv1.2\nsmtpd_tls_mandatory_protocols = >=TLSv1.2',
  exim: [
    '.ifdef _HAVE_OPENSSL',
    'openssl_options = +no_sslv2 +no_sslv3 +no_tlsv1 +no_tlsv1_1',
    '.endif',
    '.ifdef _HAVE_GNUTLS',
    'tls_require_ciphers = SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2',
    '.endif',
  ].join('\n'),
  opensmtpd: 'smtp ciphers "TLSv1.2:!aNULL:!eNULL"',
};

const STRONG_CIPHERS: Readonly<Record<Software, string>> = {
  postfix: [
    'smtpd_tls_ciphers = medium',
    'smtpd_tls_mandatory_ciphers = medium',
    'smtpd_tls_exclude_ciphers = aNULL, eNULL, EXPORT, DES, 3DES, RC2, RC4, MD5, SEED, IDEA',
  ].join('\n'),
  exim: [
    '.ifdef _HAVE_OPENSSL',
    'tls_require_ciphers = HIGH:!aNULL:!eNULL:!3DES:!MD5',
    '.endif',
    '.ifdef _HAVE_GNUTLS',
    'tls_require_ciphers = SECURE128',
    '.endif',
  ].join('\n'),
  opensmtpd: 'smtp ciphers "HIGH:!aNULL:!eNULL:!3DES:!MD5"',
};

/** smtpd.conf(5): it is the word `verify` behind `tls-require` that demands one. */
function noClientCertificate(exchange: string): Readonly<Record<Software, string>> {
  return {
    postfix: 'smtpd_tls_ask_ccert = no\nsmtpd_tls_req_ccert = no',
    exim: 'tls_verify_hosts =\ntls_try_verify_hosts =',
    opensmtpd: `listen on 0.0.0.0 port 25 tls pki ${exchange} hostname ${exchange}`,
  };
}
