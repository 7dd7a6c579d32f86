/** Findings about the way from a domain to its mail hosts: MX records, addresses, the resolver's word. */
import type { FindingEntry } from './finding-entry.ts';

export const ROUTE_FINDINGS = {
  'null-mx': {
    severity: 'info',
    title: 'the domain takes no mail',
    explain:
      'The domain publishes the null MX record, "0 .". By it the owner says that no mail is accepted for any address of this domain. A sender gives up at once instead of trying for days, so there is nothing to test and no score.',
    advice: 'If mail to {domain} is wanted, replace the null MX by the names of real mail hosts.',
    reference: 'RFC 7505 3',
  },
  'null-mx-among-others': {
    severity: 'warning',
    title: 'a null MX stands beside real ones',
    explain:
      'The null MX record means "no mail here" and makes sense only alone. Beside other MX records it contradicts them; some senders may believe it and return the mail.',
    advice: 'Remove the record "MX 0 ." of {domain}, or all the others.',
    reference: 'RFC 7505 3',
  },
  'implicit-mx': {
    severity: 'info',
    title: 'no MX record, the domain itself takes the mail',
    explain:
      'There is no MX record, so senders connect to the address of the domain itself, as if it were its own MX host with preference 0. That works, but it is often not what the owner meant: the address may belong to a web server.',
    advice: 'Publish an MX record that names the mail host of {domain}, or the null MX if it takes no mail.',
    reference: 'RFC 5321 5.1',
  },
  'no-such-domain': {
    severity: 'error',
    title: 'the domain does not exist',
    explain:
      'The DNS says that this name does not exist. That is a clear answer and not a failure to answer: mail to it is returned at once.',
    advice: 'Check the spelling of {domain}; if it is right, its registration or delegation has lapsed.',
    reference: 'RFC 5321 5.1',
  },
  'no-address': {
    severity: 'error',
    title: 'no mail host has an address',
    explain:
      'The domain exists, but neither the hosts its MX records name nor, without MX records, the domain itself have an IPv4 or IPv6 address. There is nowhere to connect to.',
    advice: 'Publish address records for the MX hosts of {domain}, or correct the names in its MX records.',
    reference: 'RFC 5321 5.1',
  },
  'dns-failure': {
    severity: 'error',
    title: 'the DNS gave no answer',
    explain:
      'The look-up failed: no resolver answered in time, or it answered that it could not find out. This says nothing about the mail hosts. A sender keeps the mail and tries again later; it never takes a failure for "no such record".',
    advice:
      'Try again, or name another resolver with --resolver; if it lasts, the name servers of {domain} are at fault.',
    reference: 'RFC 5321 5.1',
  },
  'dnssec-unknown': {
    severity: 'info',
    title: 'nobody we believe has said whether the DNS answers are genuine',
    explain:
      'The resolver was not believed about DNSSEC, so whether the MX records are signed and genuine is unknown. A resolver is believed only when you say so, because its word travels unprotected over a network that somebody else may control.',
    advice:
      'Name a resolver whose path you trust with --resolver ADDRESS?trust-ad, or set options trust-ad in resolv.conf.',
    reference: 'RFC 4035 4.9.3',
  },
  'mx-is-alias': {
    severity: 'warning',
    title: 'the MX record names an alias',
    explain:
      'An MX record must name a host that has addresses of its own. This one names an alias (CNAME). Most senders follow it, some refuse, and with it comes doubt about which name the certificate must carry.',
    advice: 'Publish the MX record with the name the alias points to.',
    reference: 'RFC 2181 10.3',
  },
  'mx-is-address-literal': {
    severity: 'error',
    title: 'the MX record names an IP address',
    explain:
      'An MX record must name a host. Here an IP address was written in its place; in the DNS that is a name without any address, and most senders cannot use it.',
    advice: 'Give the address a name, and publish that name as the MX.',
    reference: 'RFC 5321 5.1',
  },
  'mx-bad-name': {
    severity: 'error',
    title: 'the MX record names no valid host',
    explain:
      'The name in the MX record has characters or labels that a host name cannot have. Nobody can look up its address.',
    advice: 'Correct the MX record of {domain}.',
    reference: 'RFC 1123 2.1',
  },
  'mx-has-no-address': {
    severity: 'error',
    title: 'the MX host has no address',
    explain:
      'The MX record names a host for which the DNS has neither an IPv4 nor an IPv6 address. Senders skip it. If it is the only one, mail cannot be delivered.',
    advice: 'Publish an A or AAAA record for {host}, or remove the MX record that names it.',
    reference: 'RFC 5321 5.1',
  },
  'mx-lookup-failed': {
    severity: 'error',
    title: 'the address of the MX host could not be looked up',
    explain:
      'The DNS gave no usable answer for the address of this host. Whether it has one is unknown; a sender would try the other hosts and come back to this one later.',
    advice: 'Check the name servers of the zone of {host}.',
    reference: 'RFC 5321 5.1',
  },
  'mx-not-public': {
    severity: 'warning',
    title: 'the MX host has an address that is not public',
    explain:
      "The address lies in a range kept for private networks, documentation or the machine itself. Nobody on the Internet can deliver mail there, and whoever stands at that address inside the sender's own network is somebody else.",
    advice: 'Remove the address from the public DNS of {host}; to test inside a private network use --allow-private.',
    reference: 'RFC 6890 2',
  },
  'mx-duplicate': {
    severity: 'info',
    title: 'the same MX host is listed twice',
    explain:
      'The same host stands in the MX records more than once. It is tried only once; the second record does nothing.',
    advice: 'Remove the surplus MX record of {domain}.',
    reference: 'RFC 5321 5.1',
  },
  'too-many-hosts': {
    severity: 'warning',
    title: 'more MX hosts than a sender would try',
    explain:
      'The domain lists more MX hosts than are tested in one run. Senders have such limits, too, and never reach the last ones.',
    advice: 'Reduce the number of MX records of {domain}.',
    reference: 'RFC 5321 5.1',
  },
  'too-many-addresses': {
    severity: 'info',
    title: 'more addresses than a sender would try',
    explain:
      'The host has more addresses than are tested in one run. Senders have such limits, too, and never reach the last ones.',
    advice: 'Nothing has to be done; fewer addresses for {host} would do as well.',
    reference: 'RFC 5321 5.1',
  },
  'domain-is-alias': {
    severity: 'info',
    title: 'the mail domain is an alias',
    explain:
      'The domain is an alias (CNAME) of another one, whose MX records are used. That is allowed; policies such as MTA-STS are still looked up under the name in the address.',
    advice: 'Nothing has to be done, as long as both names are kept by the same people.',
    reference: 'RFC 5321 5.1',
  },
  'single-family': {
    severity: 'info',
    title: 'reachable over one address family only',
    explain:
      'All addresses of the mail hosts are of one family. Senders that have only the other one cannot deliver directly.',
    advice: 'Consider giving the mail hosts of {domain} an address of the other family.',
    reference: 'RFC 3974 2',
  },
  'family-unusable': {
    severity: 'info',
    title: 'this machine cannot use that address family',
    explain:
      'This machine has no route or no address of the family needed, so the address was skipped. It says nothing about the host and costs no points.',
    advice: 'Run the test from a machine that has both IPv4 and IPv6, or choose one family with -4 or -6.',
    reference: 'RFC 5321 5.1',
  },
  'no-address-of-family': {
    severity: 'info',
    title: 'the host has no address of the family that was to be used',
    explain:
      'The run was told to use one address family only (-4, -6, or a source address of that family), and this host has no address of it. It may have one of the other family; that was not asked. It says nothing against the host and costs no points.',
    advice: 'Run the test without -4 and -6 to see {host} as senders with both families see it.',
    reference: 'RFC 5321 5.1',
  },
  'no-answer-anywhere': {
    severity: 'info',
    title: 'no host answers on this port at all',
    explain:
      'Every connection request went without any answer. All hosts may be down, but more often it is this machine: many access providers and clouds drop outgoing connections to port 25. Nothing is known about the receiver then.',
    advice:
      'Try a receiver that is known to answer; if it is silent, too, run the test from a machine whose way out is open.',
    reference: 'RFC 5068 3.1',
  },
  'blocked-port': {
    severity: 'error',
    title: 'the way out on this port is blocked here',
    explain:
      'No host could be reached on this port, not even one that is known to answer. Many access providers and clouds block port 25 for their customers. It is the network of this machine, not the receiver, and no score is given.',
    advice: 'Run the test from a machine whose port 25 is open, or ask the provider to open it.',
    reference: 'RFC 5068 3.1',
  },
  'run-stopped': {
    severity: 'info',
    title: 'the run ended before this could be seen',
    explain:
      'The run was stopped, or its time was up, while this host was being tested. What had been seen until then is reported; nothing is concluded from the rest.',
    advice: 'Run the test again, with a longer --deadline if that was what ended it.',
    reference: 'tlsreach',
  },
} as const satisfies Readonly<Record<string, FindingEntry>>;
