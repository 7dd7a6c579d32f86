/** What the DNS and the policies of a domain say, with whose word it is, and the dates to know; in words of the page. */

import { showDomain } from '../base/domain.ts';
import { OWN_VALIDATION } from '../dns/dnssec/validating-resolver.ts';
import type { ClockEntry, ProbeResult } from '../probe/result.ts';
import { showAgo } from './dates.ts';
import type { Language, Say } from './languages.ts';
import { timeLinePicture } from './pictures.ts';

const SECURITY_TONES = { secure: 'good', insecure: 'unknown', bogus: 'bad', indeterminate: 'unknown' } as const;
const SIGNS = { good: '✓', bad: '✕', unknown: '–' } as const;
const DAY_S = 86_400;

type Security = keyof typeof SECURITY_TONES;

export function domainView({ dns, mtaSts, tlsRpt }: ProbeResult, say: Say) {
  const { mx } = dns;
  const security = (state: Security) => ({
    tone: SECURITY_TONES[state],
    sign: SIGNS[SECURITY_TONES[state]],
    words: say(`sec.${state}`),
  });
  return {
    source: mx.source === 'implicit' || mx.source === 'given' ? say(`source.${mx.source}`) : '',
    records: mx.records.map(({ exchange, preference }) => `${preference} ${showDomain(exchange)}`),
    // Where a server was given, nobody asked for MX records.
    security: mx.source === 'given' ? null : { ...security(mx.security), from: wordOf(mx.securityFrom, say) },
    hosts: dns.hosts.map(({ exchange, addresses, tlsa }) => ({
      name: showDomain(exchange),
      answers: [
        { name: say('addressRecords'), ...security(addresses) },
        ...(tlsa === null ? [] : [{ name: say('tlsaRecords'), ...security(tlsa) }]),
      ],
    })),
    mtaSts: {
      words: say(`sts.${mtaSts.mode}`),
      facts: [
        ...(mtaSts.id === undefined ? [] : [{ name: say('policyId'), text: mtaSts.id }]),
        ...(mtaSts.mx === undefined ? [] : [{ name: say('policyNames'), text: mtaSts.mx.join(', ') }]),
      ],
      kept: mtaSts.maxAge === undefined ? '' : say('policyAge', { days: Number((mtaSts.maxAge / DAY_S).toFixed(1)) }),
    },
    tlsRpt: { words: say(`rpt.${tlsRpt.status}`), addresses: tlsRpt.addresses ?? [] },
  };
}

function wordOf(from: string | null, say: Say): string {
  if (from === null) return '';
  return from === OWN_VALIDATION ? say('wordOurs') : say('wordOfResolver', { resolver: from });
}

/** The dates with a number each, by which picture and list belong together. */
export function clockView({ clock, startedAt }: ProbeResult, language: Language, say: Say) {
  const now = Date.parse(startedAt);
  const entries = clock.map((entry, index) => ({
    number: index + 1,
    at: `${entry.at.slice(0, 16).replace('T', ' ')} UTC`,
    ago: showAgo(Date.parse(entry.at) - now, language),
    severity: entry.severity,
    urgency: entry.severity === 'info' ? '' : say(`urgency.${entry.severity}`),
    words: say(`clock.${entry.what}`, { host: hostOf(entry, say) }),
  }));
  const marks = clock.map(({ at, severity }, index) => ({ number: index + 1, at: Date.parse(at), severity }));
  return {
    entries,
    picture: timeLinePicture(marks, now, language, { label: say('timeLine'), today: say('today') }),
  };
}

function hostOf({ host }: ClockEntry, say: Say): string {
  return host === undefined ? say('placeDomain') : showDomain(host);
}
