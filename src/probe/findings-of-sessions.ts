/** Findings about the dialogue: connecting, greeting, EHLO, STARTTLS, the handshake, MAIL and RCPT. */
import type { FindingEntry } from './finding-entry.ts';

export const SESSION_FINDINGS = {
  'not-reachable': {
    severity: 'error',
    title: 'the host cannot be reached',
    explain:
      'No TCP connection came about: it was refused, nobody answered in time, or the network had no way there. The host may be down, or a firewall may keep this machine out; which of the two cannot be told from here. It counts as fifty-fifty.',
    advice: 'Check that {host} listens on this port, and that no firewall keeps out the address this test came from.',
    reference: 'RFC 5321 4.5.4.1',
  },
  'no-greeting': {
    severity: 'error',
    title: 'the host does not greet',
    explain:
      'The connection was accepted, but no SMTP greeting came: silence, a closed connection, or something that is not SMTP. A sender gives up on this host and goes to the next.',
    advice:
      'Check what listens at {host}; a firewall or proxy in front of the mail server often behaves like this when the server is down.',
    reference: 'RFC 5321 3.1',
  },
  'greeting-refused': {
    severity: 'error',
    title: 'the host refuses in its greeting',
    explain:
      'Instead of the 220 the host greeted with a refusal (5xx): it takes no mail, or not from this address. Often the address of the tester stands on a block list.',
    advice: 'Read the text of the refusal; if it names a block list, test from the address that really sends the mail.',
    reference: 'RFC 5321 3.1, RFC 7504',
  },
  'slow-greeting': {
    severity: 'warning',
    title: 'the greeting is slow or never ends',
    explain:
      'The greeting began but was not complete in time, or it came only after a long wait. Some hosts do this on purpose, to see who is patient. A sender waits up to five minutes, so mail still arrives.',
    advice:
      'Try again with a longer --timeout; if it is not on purpose, look for slow DNS or block list look-ups at {host}.',
    reference: 'RFC 5321 4.5.3.2.1',
  },
  throttled: {
    severity: 'warning',
    title: 'the host asked to come back later',
    explain:
      'The host answered with a temporary refusal (421 or another 4xx) before TLS could be judged, as for rate limiting or greylisting. It is there and may be perfectly secure; the test could not look. It is left out of the score, which is marked provisional.',
    advice: 'Test again after some minutes, from an address with fewer connections to {host}.',
    reference: 'RFC 5321 4.2.1',
  },
  'ehlo-refused': {
    severity: 'error',
    title: 'neither EHLO nor HELO is accepted',
    explain: 'After the greeting the host accepted neither EHLO nor HELO, so there is no way to send mail through it.',
    advice: 'Check which name this test presents (--helo), and what {host} demands of it.',
    reference: 'RFC 5321 4.1.1.1',
  },
  'helo-only': {
    severity: 'error',
    title: 'the host knows no EHLO, hence no TLS',
    explain:
      'The host refused EHLO and accepted HELO, the greeting of 1982, which has no extensions. Without extensions there is no STARTTLS: mail to it goes in clear, or not at all where TLS is required.',
    advice: 'Enable ESMTP at {host}; a firewall that "inspects" SMTP often takes it away.',
    reference: 'RFC 5321 2.2.1',
  },
  'starttls-not-offered': {
    severity: 'error',
    title: 'the host offers no TLS',
    explain:
      'STARTTLS is not among the extensions the host offered. Mail to it travels in clear, readable to everybody on the way, and senders that require TLS do not deliver to it. Somebody between may also have removed the word.',
    advice: 'Give {host} a certificate and enable STARTTLS; if it is enabled, look for a firewall that removes it.',
    reference: 'RFC 3207 4',
  },
  'starttls-on-greeting-line': {
    severity: 'error',
    title: 'STARTTLS stands on the greeting line, where it means nothing',
    explain:
      'The first line of the answer to EHLO is a greeting and lists no extension. STARTTLS was seen there only, so senders do not find it and go on in clear.',
    advice: 'Correct the configured greeting of {host}, so that STARTTLS is sent on a line of its own.',
    reference: 'RFC 5321 4.1.1.1',
  },
  'starttls-refused': {
    severity: 'error',
    title: 'STARTTLS is offered, then refused',
    explain:
      'The host listed STARTTLS, but did not answer the command with 220. Senders that only prefer TLS go on in clear; those that require it do not deliver.',
    advice: 'Look into the log of {host}: most often the certificate or its key cannot be read.',
    reference: 'RFC 3207 4',
  },
  'starttls-temporarily-refused': {
    severity: 'warning',
    title: 'STARTTLS is refused for now',
    explain:
      'The host answered STARTTLS with a temporary refusal (4xx, as 454 "TLS not available"). Whether TLS works there could not be judged. It is left out of the score, which is marked provisional; senders that only prefer TLS go on in clear meanwhile.',
    advice: 'Test again later; if it lasts, look into the log of {host} for its certificate or key.',
    reference: 'RFC 3207 4',
  },
  'injected-after-starttls': {
    severity: 'error',
    title: 'bytes in clear stood behind the 220 to STARTTLS',
    explain:
      'Right after the 220 to STARTTLS, still in clear, more bytes arrived. Somebody on the way can plant answers there, which a careless sender would take for answers from inside TLS. The session was ended at once.',
    advice:
      'Bring the mail server or the proxy at {host} up to date; if they are, somebody is tampering with the connection.',
    reference: 'RFC 3207 6, CVE-2011-0411',
  },
  'broken-after-220': {
    severity: 'error',
    title: 'TLS breaks after the host agreed to it',
    explain:
      'The host answered STARTTLS with 220, and then the TLS handshake failed. This is worse than offering none: a sender must not fall back to clear text here, so mail is delayed and in the end returned.',
    advice:
      'Check with "openssl s_client -starttls smtp" what {host} does after its 220: certificate, key, versions, ciphers.',
    reference: 'RFC 3207 4.1',
  },
  'handshake-failed': {
    severity: 'error',
    title: 'the TLS handshake fails',
    explain:
      'The host was reached and TLS was begun, but the two sides could not agree, or the host broke off. No mail can go over this connection.',
    advice: 'Check the certificate, key, protocol versions and ciphers configured at {host}.',
    reference: 'RFC 8446 4.1',
  },
  'second-ehlo-refused': {
    severity: 'error',
    title: 'the host does not go on inside TLS',
    explain:
      'The handshake succeeded, but the EHLO inside the encrypted session was refused or the connection was lost. No mail can be sent, and a sender must not fall back to clear text.',
    advice: 'Look into the log of {host}; a demand for a client certificate is a frequent cause.',
    reference: 'RFC 3207 4.2',
  },
  'tls-old-version': {
    severity: 'warning',
    title: 'only an old TLS version is spoken',
    explain:
      'The session used TLS 1.1 or older, the best this host offers. These versions are retired: their ways of hashing and padding are broken or close to it. It is still better than clear text, but MTA-STS and DANE do not accept it, and new software refuses it.',
    advice: 'Enable TLS 1.2 and 1.3 at {host}, and retire what is older.',
    reference: 'RFC 8996 2',
  },
  'cipher-weak': {
    severity: 'warning',
    title: 'the cipher or the key is weak',
    explain:
      'The session was encrypted, but the cipher has fewer than 128 bits or is known to be broken (RC4, 3DES, export, NULL), or the key or the signature of the certificate is weaker than recommended.',
    advice: 'Prefer AES-GCM or ChaCha20 suites at {host}, with an RSA key of 2048 bits or more or an ECDSA P-256 key.',
    reference: 'RFC 9325 4',
  },
  'starttls-advertised-inside-tls': {
    severity: 'info',
    title: 'STARTTLS is offered again inside TLS',
    explain:
      'Inside the encrypted session the host lists STARTTLS once more. It must not, but no sender is harmed by it.',
    advice: 'Nothing has to be done; a newer version of the mail server will not list it.',
    reference: 'RFC 3207 4.2',
  },
  'extensions-changed': {
    severity: 'info',
    title: 'the offered extensions differ before and inside TLS',
    explain:
      'The lists of extensions before and after STARTTLS differ in more than the usual ones. That can be on purpose (AUTH only inside TLS); it can also be a sign that something between changes what the host says in clear.',
    advice: 'Compare the two lists in the detail output; masked words (XXXX) point to a firewall in front of {host}.',
    reference: 'RFC 3207 4.2',
  },
  'auth-failed': {
    severity: 'warning',
    title: 'the test did not authenticate',
    explain:
      'Credentials were given, and they were not accepted, or they were not sent at all: they go only into TLS, only to a host whose certificate is trusted and in its name, and only by a mechanism the host offers. What follows in this session was said by an unknown sender. It costs no points.',
    advice: 'Check --auth-type, --auth-user and the secret; without --auth-user the test asks as strangers do.',
    reference: 'RFC 4954 4',
  },
  'sender-refused': {
    severity: 'warning',
    title: 'the test sender is refused',
    explain:
      'The host answered MAIL FROM with a refusal. It concerns the address this test presents, not the TLS of the host, and costs no points.',
    advice: 'Give a sender address that {host} accepts with --mail-from.',
    reference: 'RFC 5321 3.3',
  },
  'recipient-refused': {
    severity: 'warning',
    title: 'the recipient is refused',
    explain:
      'The host answered RCPT TO with a refusal: the mailbox may not exist, or the host does not relay for it, or it puts off unknown senders. It concerns the address, not the TLS of the host, and costs no points.',
    advice: 'Check the address; where the host greylists, test again after some minutes.',
    reference: 'RFC 5321 3.3',
  },
} as const satisfies Readonly<Record<string, FindingEntry>>;
