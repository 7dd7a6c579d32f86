/** A report against a profile: pure. Rated is what was found; what is not known is rated by nobody. */

import { parseCertificate } from '../../pki/certificate.ts';
import { certificateFacts } from '../../pki/certificate-facts.ts';
import { type Finding, SCAN_VERSIONS, type ScanReport } from '../../policy/scan-evidence.ts';
import { CF_1 } from './cf-1.ts';
import { MOZILLA_INTERMEDIATE, MOZILLA_MODERN } from './mozilla.ts';
import { NCSC_NL_2025 } from './ncsc-nl.ts';
import type { FactName, Judgement, NameRule, Profile, Rating } from './profile.ts';
import { RFC_9325 } from './rfc-9325.ts';

export type { Profile, Rating } from './profile.ts';

export const PROFILES: readonly Profile[] = [CF_1, RFC_9325, NCSC_NL_2025, MOZILLA_INTERMEDIATE, MOZILLA_MODERN];

export interface RatingRow {
  readonly subject: 'version' | 'suite' | 'order' | 'group' | 'dhe' | 'signature' | 'certificate' | 'fact';
  /** As a person names it: `TLSv1.1`, a suite, `extended master secret`. */
  readonly what: string;
  readonly rating: Rating;
  readonly why: string;
  readonly reference: string;
}

export function rate(report: ScanReport, profile: Profile): readonly RatingRow[] {
  return [
    ...rateVersions(report, profile),
    ...rateSuites(report, profile),
    ...report.groups.accepted.flatMap(({ name }) => byName('group', name, profile.groups)),
    ...rateDhe(report, profile),
    ...report.signatures.accepted.flatMap(({ name }) => byName('signature', name, profile.signatures)),
    ...rateCertificate(report, profile),
    ...rateFacts(report, profile),
  ];
}

/** The worst of all rows; null where nothing is known. */
export function overallRating(rows: readonly RatingRow[]): Rating | null {
  return rows.reduce<Rating | null>(
    (worst, { rating }) => (worst === null || RATINGS.indexOf(rating) > RATINGS.indexOf(worst) ? rating : worst),
    null,
  );
}

const RATINGS: readonly Rating[] = ['good', 'sufficient', 'phase-out', 'insufficient'];

const FACTS: readonly { readonly name: FactName; readonly what: string }[] = [
  { name: 'extendedMasterSecret', what: 'extended master secret' },
  { name: 'secureRenegotiation', what: 'secure renegotiation' },
  { name: 'compression', what: 'TLS compression' },
  { name: 'fallbackScsv', what: 'downgrade protection (TLS_FALLBACK_SCSV)' },
  { name: 'ocspStaple', what: 'OCSP staple' },
  { name: 'postQuantum', what: 'post-quantum key agreement' },
  { name: 'commandInjection', what: 'STARTTLS command injection' },
  { name: 'largeHello', what: 'ClientHello of several segments' },
];

function rateVersions({ versions }: ScanReport, profile: Profile): readonly RatingRow[] {
  return SCAN_VERSIONS.filter((version) => {
    const found = versions[version];
    return found.kind === 'known' && found.value === 'accepted';
  }).map((version) => row('version', version, profile.versions[version]));
}

/** A suite counts once, whichever versions take it. */
function rateSuites({ suites }: ScanReport, profile: Profile): readonly RatingRow[] {
  const names = new Set(suites.flatMap(({ accepted }) => accepted.map(({ name }) => name)));
  const order = suites.find((found) => found.order.kind === 'known')?.order;
  const ruler = order?.kind === 'known' ? order.value : null;
  return [
    ...[...names].flatMap((name) => byName('suite', name, profile.suites)),
    ...(ruler === null || profile.order === null
      ? []
      : [row('order', `the ${ruler}'s order counts`, profile.order[ruler])]),
  ];
}

function rateDhe({ dheBits }: ScanReport, profile: Profile): readonly RatingRow[] {
  if (dheBits.kind !== 'known') return [];
  const rule = profile.dhe.find(({ atLeastBits }) => dheBits.value >= atLeastBits);
  return rule === undefined ? [] : [row('dhe', `finite-field group of ${dheBits.value} bits`, rule)];
}

function rateCertificate({ chainAsSent }: ScanReport, profile: Profile): readonly RatingRow[] {
  const parsed = parseCertificate(Buffer.from(chainAsSent[0] ?? '', 'base64'));
  if (!parsed.ok) return [];
  const { key, keyBits, signature } = certificateFacts(parsed.value);
  const reached = profile.keys.filter(({ atLeastBits = 0 }) => keyBits >= atLeastBits);
  return [...byName('certificate', key, reached), ...byName('certificate', signature, profile.certificateSignatures)];
}

function rateFacts(report: ScanReport, profile: Profile): readonly RatingRow[] {
  return FACTS.flatMap(({ name, what }) => {
    const found = factOf(report, name);
    if (found.kind !== 'known') return [];
    const judgement = profile.facts[name]?.[found.value ? 'yes' : 'no'];
    return judgement === undefined ? [] : [row('fact', `${what}: ${found.value ? 'yes' : 'no'}`, judgement)];
  });
}

function factOf(report: ScanReport, name: FactName): Finding<boolean> {
  switch (name) {
    case 'postQuantum':
      return report.groups.postQuantum;
    case 'commandInjection':
      return mapped(report.commandInjection, (outcome) => outcome === 'executed-inside-tls');
    case 'largeHello':
      return mapped(report.largeHello, (outcome) => outcome === 'answered');
    default:
      return report[name];
  }
}

function mapped<Value>(finding: Finding<Value>, is: (value: Value) => boolean): Finding<boolean> {
  return finding.kind === 'known' ? { ...finding, value: is(finding.value) } : finding;
}

function byName(subject: RatingRow['subject'], what: string, rules: readonly NameRule[]): readonly RatingRow[] {
  const rule = rules.find(({ name }) => name.test(what));
  return rule === undefined ? [] : [row(subject, what, rule)];
}

function row(subject: RatingRow['subject'], what: string, { rating, why, reference }: Judgement): RatingRow {
  return { subject, what, rating, why, reference };
}
