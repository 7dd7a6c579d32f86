/** Findings that tell whose doing it is: what a refusal means, blocked ports, answers that differ, and facts beside TLS. */
import type { FindingEntry } from './finding-entry.ts';

export const BLAME_FINDINGS = {
  greylisted: {
    severity: 'info',
    title: 'the host puts off senders it does not know (greylisting)',
    explain:
      'The first try of an unknown sender is answered with "later", and one that comes back after some minutes is let in. Real mail servers come back by themselves, so mail arrives with a delay. Nothing is wrong with the host, and nobody has to act.',
    advice: 'Wait as long as the answer says, or five minutes, and test again from the same address.',
    reference: 'RFC 6647 2.1',
  },
  'rate-limited': {
    severity: 'info',
    title: 'the host limits how often one may come',
    explain:
      'The host counts connections or messages of one address, and this one has come too often or too many times at once. It says nothing about the TLS of the host; a test that went on would only be put off longer.',
    advice: 'Wait, then test {host} again with fewer connections at a time (--concurrency, --quick).',
    reference: 'RFC 5321 4.5.4.1',
  },
  blocklisted: {
    severity: 'warning',
    title: 'the address of this test stands on a block list',
    explain:
      'The host refuses the address that this test came from, because a block list names it or because it has a bad name there. Dial-up, cloud and home addresses are often listed as a whole. It is no fault of the host, and mail from another address may be welcome.',
    advice:
      'Test from the address that really sends the mail; if that is listed, ask the list that is named for removal.',
    reference: 'RFC 5782 2, RFC 6471',
  },
  'reverse-dns-wanted': {
    severity: 'warning',
    title: 'the host wants a reverse name of the sender',
    explain:
      'The host takes mail only from addresses that have a PTR record whose name leads back to them. The address of this test has none, or one that leads elsewhere.',
    advice:
      'Give the sending address a PTR record, and its name an address record that leads back; or test from the real sender.',
    reference: 'RFC 7372 3.3, RFC 1912 2.1',
  },
  'helo-refused': {
    severity: 'warning',
    title: 'the host refuses the name in EHLO',
    explain:
      'The host did not like the name this test gave in EHLO: it must be a full host name, and many hosts also want it to exist in the DNS.',
    advice: 'Give the host name of the sending server with --helo.',
    reference: 'RFC 5321 4.1.4',
  },
  'sender-not-verified': {
    severity: 'warning',
    title: 'the host could not verify the sender address',
    explain:
      'The host checked the envelope sender and was not content: its domain does not exist, a call back failed, or SPF does not allow this machine to use it. It concerns the sender of this test, not the host.',
    advice: 'Give an address that this machine may send for with --mail-from, or test from the real sender.',
    reference: 'RFC 7372 3.2, RFC 7208 8.4',
  },
  'mailbox-full': {
    severity: 'warning',
    title: 'the mailbox is full',
    explain: 'The recipient exists, but has no room for more mail. It concerns the mailbox alone.',
    advice: 'Tell the owner of the mailbox by another way, or test another recipient.',
    reference: 'RFC 3463 3.3',
  },
  'tls-wanted': {
    severity: 'info',
    title: 'the host takes mail only inside TLS',
    explain:
      'The host refused a command in clear and asked for STARTTLS first. That is a good thing: nobody can send to it unencrypted.',
    advice: 'Nothing has to be done, as long as STARTTLS works at {host}.',
    reference: 'RFC 3207 4',
  },
  'greet-pause': {
    severity: 'info',
    title: 'the host waits before it greets',
    explain:
      'The greeting came late, and every answer after it came at once: a pause that is made on purpose. Programs that send spam do not wait, so they give themselves away; mail servers wait for minutes and do not mind.',
    advice: 'Nothing has to be done; give tests of {host} a --timeout well above the pause.',
    reference: 'RFC 5321 4.5.3.2.1',
  },
  tarpit: {
    severity: 'info',
    title: 'the host answers every command slowly (tarpit)',
    explain:
      'Several answers took long, one after the other, though the connection itself is quick. Some hosts slow down strangers on purpose; an overloaded host looks the same.',
    advice:
      'Test again from an address that {host} knows; if it is slow there, too, look at its load and its look-ups.',
    reference: 'RFC 5321 4.5.3.2',
  },
  'large-flights-stall': {
    severity: 'info',
    title: 'the handshake stalls where large packets are due',
    explain:
      'The small packets of the dialogue came through, and then the TLS handshake fell silent just when a large flight was under way: our ClientHello, which with post-quantum keys fills more than one packet, or the certificates of the host. That is how a path with a smaller MTU looks when a firewall drops the ICMP messages that would say so.',
    advice:
      'Let ICMP "fragmentation needed" and "packet too big" pass on the way to {host}, or clamp the MSS at the tunnel or firewall; compare with a test from another network.',
    reference: 'RFC 2923 2.1, RFC 4821',
  },
  'canary-answered': {
    severity: 'info',
    title: 'the silence is theirs: a canary answers',
    explain:
      'No host of the target answered, but a host that is known to answer did. So the port is not blocked on the way out of this machine; the hosts are down, or they keep this address out.',
    advice: 'Look at the hosts and at the firewall before them; test from another address to tell the two apart.',
    reference: 'RFC 5321 4.5.4.1',
  },
  inconsistent: {
    severity: 'warning',
    title: 'the same host shows different TLS',
    explain:
      'Addresses of one host, or one address at different times, differ in whether STARTTLS is offered, in the TLS version, or in the names on the certificate. Which of them a message meets is chance, so its protection is chance, too.',
    advice: 'Bring all machines behind {host} to the same configuration and certificate names.',
    reference: 'RFC 5321 5.1',
  },
  'inconsistent-identity': {
    severity: 'info',
    title: 'the machines behind the host can be told apart',
    explain:
      'Addresses of one host, or one address at different times, present different certificates for the same names, or greet with different names. That is usual behind a load balancer and during a renewal; with TLSA records each certificate must match one of them.',
    advice: 'Nothing has to be done, unless one of the certificates at {host} is an old one that was forgotten.',
    reference: 'RFC 7671 5.1',
  },
  'ptr-missing': {
    severity: 'info',
    title: 'the address has no reverse name that leads back',
    explain:
      'The address of the host has no PTR record, or its name does not lead back to it. Receiving mail does not need one; where the same machine also sends, many receivers will refuse it.',
    advice: 'Give the address of {host} a PTR record, and its name an address record that leads back.',
    reference: 'RFC 1912 2.1',
  },
  'caa-forbids-issuer': {
    severity: 'info',
    title: 'the CAA records do not allow the authority of this certificate',
    explain:
      'CAA records say which certification authorities may issue for a name. The certificate in use comes from another one. It stays valid, since CAA counts only at the moment of issuing, but the next renewal will be refused.',
    advice: 'Add the authority that is in use to the CAA records of {host}, or renew with one of those that are named.',
    reference: 'RFC 8659 4.2',
  },
  'name-servers-disagree': {
    severity: 'warning',
    title: 'the name servers of the zone give different answers',
    explain:
      'The authoritative name servers were asked one by one and do not say the same. Which answer a sender gets is chance; with TLSA records, an old answer makes senders with DANE keep their mail. Usually a secondary is stale, or a change is just being spread.',
    advice:
      'Compare the serial numbers of the zone at its name servers, and mend the transfer to those that stay behind.',
    reference: 'RFC 1034 4.3.5, RFC 7671 8.1',
  },
} as const satisfies Readonly<Record<string, FindingEntry>>;
