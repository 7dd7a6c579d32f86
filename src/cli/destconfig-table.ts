/** Destinations as people read them: the summary in columns of fixed width (specification 2.a.5, R70), and all fields. */
import type { ConfigurationDocument } from '../config/document.ts';
import { DEMO_CERTIFICATE } from '../config/document.ts';
import type { DestinationControls, DestinationEntry, IpPreference } from '../policy/destination.ts';
import { showTlsMode } from '../policy/mode.ts';

/** Two lines of heading, and the least width: room for the longest word that may stand below. */
const COLUMNS: readonly (readonly [above: string, heading: string, width: number])[] = [
  ['', 'Domain', 11],
  ['Rate', 'Limiting', 8],
  ['', 'TLS', 7],
  ['Bounce', 'Verification', 12],
  ['Bounce', 'Profile', 9],
  ['IP Version', 'Preference', 12],
];

const GAP = '  ';
const DEFAULT = 'Default';
const DEFAULT_ROW = '(Default)';

export const IP_PREFERENCE_NAMES: Readonly<Record<IpPreference, string>> = {
  'prefer-v6': 'Prefer IPv6',
  'require-v6': 'Require IPv6',
  'prefer-v4': 'Prefer IPv4',
  'require-v4': 'Require IPv4',
};

/** The table without a line break at its end. */
export function listDestinations({ destinations }: ConfigurationDocument): string {
  const rows = [...destinations.entries.map(rowOf), defaultRow(destinations.default)];
  const widths = COLUMNS.map(([, , width], column) => Math.max(width, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(GAP);
  return [
    line(COLUMNS.map(([above]) => above)),
    line(COLUMNS.map(([, heading]) => heading)),
    line(widths.map((width) => '='.repeat(width))),
    ...rows.map(line),
  ]
    .join('\n')
    .trimEnd();
}

function rowOf(entry: DestinationEntry): readonly string[] {
  const { maxConcurrency, maxMessagesPerConnection, recipientLimit, ipPreference } = entry;
  const isLimited = [maxConcurrency, maxMessagesPerConnection, recipientLimit].some((limit) => limit !== 'default');
  return [
    entry.domain,
    isLimited ? 'On' : DEFAULT,
    entry.tls === 'default' ? DEFAULT : onOff(entry.tls !== 'no'),
    entry.bounceVerification === 'default' ? DEFAULT : onOff(entry.bounceVerification),
    entry.bounceProfile === 'default' ? DEFAULT : entry.bounceProfile,
    ipPreference === 'default' ? DEFAULT : IP_PREFERENCE_NAMES[ipPreference],
  ];
}

/** The default entry always limits connections, so that its limiting is on. */
function defaultRow(preset: DestinationControls): readonly string[] {
  return [
    DEFAULT_ROW,
    'On',
    onOff(preset.tls !== 'no'),
    onOff(preset.bounceVerification),
    DEFAULT_ROW,
    IP_PREFERENCE_NAMES[preset.ipPreference],
  ];
}

function onOff(value: boolean): string {
  return value ? 'On' : 'Off';
}

const DETAILS: readonly (readonly [
  label: string,
  field: keyof DestinationControls,
  show: (controls: DestinationControls) => string,
])[] = [
  ['IP address preference', 'ipPreference', ({ ipPreference }) => IP_PREFERENCE_NAMES[ipPreference]],
  ['Concurrent connections', 'maxConcurrency', ({ maxConcurrency }) => String(maxConcurrency)],
  ['Messages per connection', 'maxMessagesPerConnection', (controls) => String(controls.maxMessagesPerConnection)],
  [
    'Recipients',
    'recipientLimit',
    ({ recipientLimit }) => (recipientLimit === 0 ? 'No Limit' : recipientLimit.toLocaleString('en-US')),
  ],
  ['Counted in', 'recipientMinutes', ({ recipientMinutes }) => `${recipientMinutes} minutes`],
  [
    'Limits apply to',
    'limitType',
    ({ limitType }) => (limitType === 'domain' ? 'Entire Domain' : 'Each Mail Exchanger IP address'),
  ],
  [
    'Limits apply per',
    'limitApply',
    ({ limitApply }) => (limitApply === 'system' ? 'System Wide' : 'Each Virtual Gateway'),
  ],
  ['TLS', 'tls', ({ tls }) => showTlsMode(tls)],
  ['DANE', 'dane', ({ dane }) => dane],
  ['MTA-STS', 'mtaSts', ({ mtaSts }) => mtaSts],
  ['Oldest TLS version', 'minTlsVersion', ({ minTlsVersion }) => minTlsVersion],
  ['CN compared exactly', 'strictCn', ({ strictCn }) => onOff(strictCn)],
  ['Bounce verification', 'bounceVerification', ({ bounceVerification }) => onOff(bounceVerification)],
  ['Bounce profile', 'bounceProfile', ({ bounceProfile }) => bounceProfile],
];

/** Every field of the entries, with what `Default` means now; the default entry and the global settings last. */
export function detailDestinations(document: ConfigurationDocument, domain: string | null): string {
  const { entries, default: preset } = document.destinations;
  const chosen = domain === null ? entries : entries.filter((entry) => entry.domain === domain);
  const blocks = chosen.map((entry) => [entry.domain, ...DETAILS.map((detail) => detailLine(detail, entry, preset))]);
  if (domain === null) {
    blocks.push([DEFAULT_ROW, ...DETAILS.map(([label, , show]) => labelled(label, show(preset)))]);
    blocks.push(['Global settings', ...globalLines(document)]);
  }
  return blocks.map((lines) => lines.join('\n')).join('\n\n');
}

function detailLine(
  [label, field, show]: (typeof DETAILS)[number],
  entry: DestinationEntry,
  preset: DestinationControls,
): string {
  if (entry[field] === 'default') return labelled(label, `${DEFAULT} (${show(preset)})`);
  return labelled(label, show({ ...preset, [field]: entry[field] }));
}

/** The certificate of all outgoing TLS is Demo where none is chosen (R73). */
export function globalLines({ global }: ConfigurationDocument): readonly string[] {
  const certificate =
    global.certificate ?? `${DEMO_CERTIFICATE} (none is configured: servers are shown none; nobody can verify Demo)`;
  return [labelled('Certificate', certificate), labelled('Required-TLS alert', onOff(global.requiredTlsAlert))];
}

function labelled(label: string, value: string): string {
  return `  ${`${label}:`.padEnd(26)}${value}`;
}
