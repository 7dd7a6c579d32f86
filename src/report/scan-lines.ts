/** A deep scan for people: versions, suites in order, groups, facts, and how the profiles rate it. */
import {
  type Finding,
  type HostScan,
  SCAN_VERSIONS,
  type ScanReport,
  type UnknownWhy,
} from '../policy/scan-evidence.ts';

export function scanLines({ report, ratings }: HostScan): readonly string[] {
  if (report.problem !== null && report.connections === 0) return [`not scanned: ${report.problem.detail}`];
  return [
    budgetLine(report),
    ...(report.throttled === null ? [] : [throttledLine(report.throttled)]),
    `Versions: ${SCAN_VERSIONS.map((version) => `${version} ${words(report.versions[version], (value) => (value === 'accepted' ? 'yes' : 'no'))}`).join(', ')}`,
    ...report.suites.flatMap(suiteLines),
    ...groupLines(report),
    ...factLines(report),
    ...report.remarks.map((remark) => `! ${remark}`),
    ...ratings.flatMap(({ title, overall, rows }) => [
      `${title}: ${overall ?? 'nothing to rate'}`,
      ...rows
        .filter(({ rating }) => rating === 'insufficient' || rating === 'phase-out')
        .map(({ rating, what, why, reference }) => `    ${rating}: ${what}: ${why} (${reference})`),
    ]),
  ];
}

/** For the table, one line: what it would speak and how the profiles rate it; `detail` has the rest. */
export function scanSummary({ report, ratings }: HostScan): string {
  if (report.problem !== null && report.connections === 0) return `not scanned: ${report.problem.detail}`;
  const spoken = SCAN_VERSIONS.filter((version) => {
    const found = report.versions[version];
    return found.kind === 'known' && found.value === 'accepted';
  });
  const rated = ratings.map(({ title, overall }) => `${title}: ${overall ?? 'nothing to rate'}`);
  return [`speaks ${spoken.join(', ') || 'no version that is known'}`, ...rated, budgetLine(report)].join(' · ');
}

function budgetLine({ connections, budget, complete, inconclusive }: ScanReport): string {
  const state = inconclusive
    ? 'inconclusive'
    : complete
      ? 'complete'
      : 'not complete: more connections would tell more';
  return `Deep scan: ${connections} of ${budget} connections, ${state}`;
}

function throttledLine({ times, waitedMs, said, gaveUp }: NonNullable<ScanReport['throttled']>): string {
  const ending = gaveUp ? ', then gave up' : '';
  return `The host put the scan off ${times} times (${said}); it waited ${Math.round(waitedMs / 1000)} s${ending}`;
}

function suiteLines({ version, accepted, order, complete }: ScanReport['suites'][number]): readonly string[] {
  if (accepted.length === 0) return [];
  const whose = words(order, (value) => `the ${value}'s order`, 'order not known');
  return [
    `${version} suites (${whose}${complete ? '' : ', more are possible'}):`,
    ...accepted.map(({ name, bits }) => `    ${name} (${bits} bits)`),
  ];
}

function groupLines({ groups, dheBits }: ScanReport): readonly string[] {
  if (groups.accepted.length === 0) return [];
  const size = dheBits.kind === 'known' ? `; finite-field group of ${dheBits.value} bits` : '';
  return [
    `Groups: ${groups.accepted.map(({ name }) => name).join(', ')}${groups.complete ? '' : ', perhaps more'}${size}`,
  ];
}

function factLines(report: ScanReport): readonly string[] {
  const yesNo = (fact: Finding<boolean>): string => words(fact, (value) => (value ? 'yes' : 'no'));
  return [
    `Signatures: ${report.signatures.accepted.map(({ name }) => name).join(', ') || 'not known'}`,
    `Extended master secret: ${yesNo(report.extendedMasterSecret)}; secure renegotiation: ${yesNo(report.secureRenegotiation)}; compression: ${yesNo(report.compression)}`,
    `Resumption: ${yesNo(report.resumption)}; tickets: ${yesNo(report.sessionTickets)}; OCSP staple: ${yesNo(report.ocspStaple)}; downgrade protection: ${yesNo(report.fallbackScsv)}`,
    `Without a server name: ${words(report.withoutServerName, (value) => value.replace('-', ' '))}; large ClientHello: ${words(report.largeHello, (value) => value.replace('-', ' '))}`,
    ...(report.commandInjection.kind === 'known'
      ? [`STARTTLS command injection: ${report.commandInjection.value.replaceAll('-', ' ')}`]
      : []),
  ];
}

function words<Value>(finding: Finding<Value>, say: (value: Value) => string, unknown?: string): string {
  return finding.kind === 'known' ? say(finding.value) : (unknown ?? UNKNOWN[finding.why]);
}

const UNKNOWN: Readonly<Record<UnknownWhy, string>> = {
  'not-asked': 'not asked',
  'put-off': 'not known (put off)',
  'no-answer': 'no answer',
  'not-applicable': 'does not apply',
};
