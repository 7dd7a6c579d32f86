/**
 * Reading and writing the table of destinations as a file (specification 2.a.6, R71): `[DEFAULT]` with every parameter but
 * the bounce profile, one section for each destination with what differs. What is written and read again is the same
 * table. Keys of ours (`dane`, `mta_sts`, `min_tls_version`, `strict_cn`) are written only where they say something,
 * so that a table without them can be read where only the older keys are known.
 */
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { DEFAULT_DESTINATION, type DestinationControls, type DestinationEntry } from '../policy/destination.ts';
import { parseDestinationName } from './destination-name.ts';
import {
  MAX_CONCURRENCY,
  MAX_DESTINATIONS,
  MAX_MESSAGES_PER_CONNECTION,
  MAX_RECIPIENT_LIMIT,
  MAX_RECIPIENT_MINUTES,
} from './destination-schema.ts';
import {
  DANE_WORDS,
  IP_PREFERENCE_WORDS,
  LIMIT_APPLY_WORDS,
  LIMIT_TYPE_WORDS,
  MTA_STS_WORDS,
  SWITCH_WORDS,
  showWords,
  TLS_VERSION_WORDS,
  TLS_WORDS,
  valueFor,
  type WordTable,
  wordFor,
} from './destination-words.ts';
import { type ConfigurationDocument, DEMO_CERTIFICATE } from './document.ts';
import { showNumber } from './fault.ts';
import { type IniFault, type IniSection, type IniValue, MAX_INI_FAULTS, parseIni } from './ini.ts';

/** What a file of destinations holds of the document. */
export type DestinationFile = Pick<ConfigurationDocument, 'destinations' | 'global'>;

/** Names that a file may refer to. */
export type KnownNames = Pick<ConfigurationDocument, 'bounceProfiles' | 'certificates'>;

export const DEFAULT_SECTION = 'DEFAULT';
/** Leaves a value to the default entry where another key needs one beside it. */
const AS_DEFAULT = 'default';

type Field = keyof DestinationControls;
/** The end of a sentence, or the value. */
type Reader = (text: string, known: KnownNames) => Outcome<DestinationControls[Field], string>;

interface Column {
  readonly key: string;
  readonly field: Field;
  readonly read: Reader;
  readonly write: (controls: DestinationControls) => string;
  /** Whether `[DEFAULT]` must have it. */
  readonly isRequired: boolean;
  /** Keys that must stand beside it. */
  readonly needs: readonly string[];
}

const LIMITED = ['limit_type', 'limit_apply'];

const COLUMNS: readonly Column[] = [
  words('ip_sort_pref', 'ipPreference', IP_PREFERENCE_WORDS),
  { ...number('max_host_concurrency', 'maxConcurrency', 1, MAX_CONCURRENCY), needs: LIMITED },
  number('max_messages_per_connection', 'maxMessagesPerConnection', 1, MAX_MESSAGES_PER_CONNECTION),
  { ...number('recipient_minutes', 'recipientMinutes', 1, MAX_RECIPIENT_MINUTES), isRequired: false },
  {
    ...number('recipient_limit', 'recipientLimit', 0, MAX_RECIPIENT_LIMIT),
    isRequired: false,
    needs: ['recipient_minutes', ...LIMITED],
  },
  words('limit_type', 'limitType', LIMIT_TYPE_WORDS),
  words('limit_apply', 'limitApply', LIMIT_APPLY_WORDS),
  words('table_tls', 'tls', TLS_WORDS),
  words('bounce_validation', 'bounceVerification', SWITCH_WORDS),
  {
    key: 'bounce_profile',
    field: 'bounceProfile',
    isRequired: false,
    needs: [],
    write: ({ bounceProfile }) => bounceProfile,
    read: (text, { bounceProfiles }) => {
      const found = named(bounceProfiles, text);
      return found === null ? failed('there is no bounce profile of that name') : succeeded(found);
    },
  },
  { ...words('dane', 'dane', DANE_WORDS), isRequired: false },
  { ...words('mta_sts', 'mtaSts', MTA_STS_WORDS), isRequired: false },
  { ...words('min_tls_version', 'minTlsVersion', TLS_VERSION_WORDS), isRequired: false },
  { ...words('strict_cn', 'strictCn', SWITCH_WORDS), isRequired: false },
];

/** Keys of `[DEFAULT]` alone, which hold for all destinations. */
const ALERT_KEY = 'send_tls_req_alert';
const CERTIFICATE_KEY = 'certificate';
const GLOBAL_KEYS: readonly string[] = [ALERT_KEY, CERTIFICATE_KEY];

/** Reads a whole file; faults are told with their line, section and key, the first hundred of them. */
export function importDestinations(text: string, known: KnownNames): Outcome<DestinationFile, readonly IniFault[]> {
  const sections = parseIni(text);
  if (!sections.ok) return sections;
  if (sections.value.length > MAX_DESTINATIONS + 1) {
    const why = `there are ${showNumber(sections.value.length)} sections; at most ${showNumber(MAX_DESTINATIONS)} destinations may stand here`;
    return failed([{ line: 1, section: null, key: null, why }]);
  }
  const faults: IniFault[] = [];
  const presets = sections.value.filter(({ name }) => name === DEFAULT_SECTION);
  const [preset] = presets;
  if (preset === undefined) {
    const why = `the section [${DEFAULT_SECTION}] is missing (its name is written in capitals)`;
    faults.push({ line: 1, section: null, key: null, why });
  }
  for (const { line } of presets.slice(1)) {
    faults.push({ line, section: DEFAULT_SECTION, key: null, why: 'stands twice' });
  }
  const file: DestinationFile = {
    global: preset === undefined ? { certificate: null, requiredTlsAlert: false } : globalOf(preset, known, faults),
    destinations: {
      default: preset === undefined ? DEFAULT_DESTINATION : defaultOf(preset, known, faults),
      entries: entriesOf(sections.value, known, faults),
    },
  };
  if (faults.length === 0) return succeeded(file);
  return failed(faults.toSorted((a, b) => a.line - b.line).slice(0, MAX_INI_FAULTS));
}

/** `line 4, [example.com] table_tls: …`. */
export function describeIniFault({ line, section, key, why }: IniFault): string {
  const place = [section === null ? '' : `[${section}]`, key ?? ''].filter((part) => part !== '').join(' ');
  return `line ${line}${place === '' ? '' : `, ${place}`}: ${why}`;
}

function entriesOf(
  sections: readonly IniSection[],
  known: KnownNames,
  faults: IniFault[],
): readonly DestinationEntry[] {
  const seen = new Map<string, number>();
  return sections
    .filter(({ name }) => name !== DEFAULT_SECTION)
    .map((section) => {
      const tell = (why: string): void =>
        void faults.push({ line: section.line, section: section.name, key: null, why });
      const domain = parseDestinationName(section.name);
      if (!domain.ok) tell(domain.failure);
      const name = domain.ok ? domain.value : section.name;
      const before = seen.get(name);
      if (before !== undefined) tell(`the destination stands in line ${before} already`);
      seen.set(name, section.line);
      refuseKeys(section, GLOBAL_KEYS, `stands in [${DEFAULT_SECTION}] alone, since it holds for all`, faults);
      return { ...ALL_DEFAULT, ...readColumns(section, known, faults, true), domain: name };
    });
}

const ALL_DEFAULT = Object.fromEntries(COLUMNS.map(({ field }) => [field, 'default'])) as unknown as Omit<
  DestinationEntry,
  'domain'
>;

function defaultOf(section: IniSection, known: KnownNames, faults: IniFault[]): DestinationControls {
  refuseKeys(section, ['bounce_profile'], 'cannot stand here: the default entry always uses Default', faults);
  for (const { key, isRequired } of COLUMNS) {
    if (isRequired && !section.keys.has(key)) missing(section, key, faults);
  }
  return { ...DEFAULT_DESTINATION, ...readColumns(section, known, faults, false) } as DestinationControls;
}

function globalOf(section: IniSection, known: KnownNames, faults: IniFault[]): ConfigurationDocument['global'] {
  const alert = section.keys.get(ALERT_KEY);
  if (alert === undefined) missing(section, ALERT_KEY, faults);
  const requiredTlsAlert = alert === undefined ? false : valueFor(SWITCH_WORDS, alert.text);
  if (alert !== undefined && requiredTlsAlert === undefined) {
    refuseValue(section, ALERT_KEY, alert, `is none of ${showWords(SWITCH_WORDS)}`, faults);
  }
  const chosen = section.keys.get(CERTIFICATE_KEY);
  const isDemo = chosen === undefined || chosen.text.toLowerCase() === DEMO_CERTIFICATE.toLowerCase();
  const certificate = isDemo ? null : named(known.certificates, chosen.text);
  if (chosen !== undefined && !isDemo && certificate === null) {
    refuseValue(section, CERTIFICATE_KEY, chosen, 'there is no certificate of that name', faults);
  }
  return { certificate, requiredTlsAlert: requiredTlsAlert ?? false };
}

/** The fields of the columns that stand in a section. */
function readColumns(
  section: IniSection,
  known: KnownNames,
  faults: IniFault[],
  mayLeaveToDefault: boolean,
): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = {};
  for (const [key, value] of section.keys) {
    const column = COLUMNS.find((each) => each.key === key);
    if (column === undefined) {
      if (!GLOBAL_KEYS.includes(key)) {
        const why = `is not known; the keys are ${[...COLUMNS.map((each) => each.key), ...GLOBAL_KEYS].join(', ')}`;
        faults.push({ line: value.line, section: section.name, key, why });
      }
      continue;
    }
    for (const other of column.needs.filter((each) => !section.keys.has(each))) {
      faults.push({ line: value.line, section: section.name, key, why: `needs ${other} beside it` });
    }
    // A profile is called Default: that word names it.
    const isLeft = mayLeaveToDefault && column.field !== 'bounceProfile' && value.text.toLowerCase() === AS_DEFAULT;
    if (isLeft) continue;
    const read = column.read(value.text, known);
    if (read.ok) fields[column.field] = read.value;
    else refuseValue(section, key, value, read.failure, faults);
  }
  return fields;
}

function refuseKeys(section: IniSection, keys: readonly string[], why: string, faults: IniFault[]): void {
  for (const key of keys) {
    const value = section.keys.get(key);
    if (value !== undefined) faults.push({ line: value.line, section: section.name, key, why });
  }
}

function refuseValue(
  { name }: IniSection,
  key: string,
  { text, line }: IniValue,
  why: string,
  faults: IniFault[],
): void {
  faults.push({ line, section: name, key, why: `"${text.slice(0, 80)}" ${why}` });
}

function missing({ name, line }: IniSection, key: string, faults: IniFault[]): void {
  faults.push({ line, section: name, key, why: 'is missing; this section has every parameter but bounce_profile' });
}

/** The table as a file. */
export function exportDestinations({ destinations, global }: DestinationFile): string {
  const preset = destinations.default;
  const isUnlimited = preset.recipientLimit === 0 && preset.recipientMinutes === DEFAULT_DESTINATION.recipientMinutes;
  const lines = [`[${DEFAULT_SECTION}]`];
  for (const { key, field, isRequired, write } of COLUMNS) {
    if (field === 'bounceProfile') continue;
    const isRecipientLimit = field === 'recipientLimit' || field === 'recipientMinutes';
    const isSaid = isRequired || (isRecipientLimit ? !isUnlimited : preset[field] !== DEFAULT_DESTINATION[field]);
    if (isSaid) lines.push(`${key} = ${write(preset)}`);
  }
  lines.push(`${ALERT_KEY} = ${wordFor(SWITCH_WORDS, global.requiredTlsAlert)}`);
  if (global.certificate !== null) lines.push(`${CERTIFICATE_KEY} = ${global.certificate}`);
  for (const entry of destinations.entries) lines.push('', `[${entry.domain}]`, ...linesOf(entry));
  return `${lines.join('\n')}\n`;
}

/** What an entry says of its own, and `default` where a key that it has needs another one beside it. */
function linesOf(entry: DestinationEntry): readonly string[] {
  const said = COLUMNS.filter(({ field }) => entry[field] !== 'default');
  const needed = new Set(said.flatMap(({ needs }) => needs));
  return COLUMNS.flatMap(({ key, field, write }) => {
    if (entry[field] !== 'default') return [`${key} = ${write(entry as unknown as DestinationControls)}`];
    return needed.has(key) ? [`${key} = ${AS_DEFAULT}`] : [];
  });
}

function words<Name extends Field>(key: string, field: Name, table: WordTable<DestinationControls[Name]>): Column {
  return {
    key,
    field,
    isRequired: true,
    needs: [],
    write: (controls) => wordFor(table, controls[field]),
    read: (text) => {
      const value = valueFor(table, text);
      return value === undefined ? failed(`is none of ${showWords(table)}`) : succeeded(value);
    },
  };
}

function number(key: string, field: Field, least: number, most: number): Column {
  return {
    key,
    field,
    isRequired: true,
    needs: [],
    write: (controls) => String(controls[field]),
    read: (text) => {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      if (value >= least && value <= most) return succeeded(value);
      return failed(`is not a whole number from ${showNumber(least)} to ${showNumber(most)}`);
    },
  };
}

/** The name as it is written where it is defined; people write capitals as they like. */
function named(all: readonly { readonly name: string }[], text: string): string | null {
  const found =
    all.find(({ name }) => name === text) ?? all.find(({ name }) => name.toLowerCase() === text.toLowerCase());
  return found?.name ?? null;
}
