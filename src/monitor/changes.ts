/**
 * What changed between two results of one target. What got worse is what `--baseline` says (R62); beside it stand the
 * changes that are neither better nor worse and that somebody should have meant: another certificate, another host,
 * another policy. Pure.
 */
import { printable } from '../base/printable.ts';
import { showTlsMode, TLS_MODES } from '../policy/mode.ts';
import { worseThan } from '../probe/gates.ts';
import type { HostResult, Prediction, ProbeResult } from '../probe/result.ts';

export const CHANGE_KINDS = [
  'worse',
  'certificate',
  'host-added',
  'policy',
  'dane',
  'tls-version',
  'prediction',
  'score-rose',
] as const;

export interface Change {
  readonly kind: (typeof CHANGE_KINDS)[number];
  /** Without a full stop. */
  readonly sentence: string;
}

export interface Comparison {
  readonly changes: readonly Change[];
  /** Certificates seen so far, the newest last: one that comes again is no change. */
  readonly certificates: readonly string[];
}

/** Changes that are told of one run. */
const MAX_CHANGES = 50;
/** A farm of hosts behind one name shows several certificates in turn. */
const MAX_CERTIFICATES = 64;
const SHOWN_LENGTH = 200;
const BASELINE = /^worse than the baseline: /;

/** `seen`: the certificates of the comparison before. */
export function changesBetween(before: ProbeResult | null, now: ProbeResult, seen: readonly string[] = []): Comparison {
  const certificates = [...new Set([...seen, ...now.hosts.flatMap((host) => keyOf(host) ?? [])])].slice(
    -MAX_CERTIFICATES,
  );
  if (before === null || before.status !== 'tested' || now.status !== 'tested') return { changes: [], certificates };
  const changes: Change[] = [
    ...worseThan(now, before).map((reason): Change => ({ kind: 'worse', sentence: reason.replace(BASELINE, '') })),
    ...hostChanges(before, now, seen),
    ...policyChanges(before, now),
    ...predictionChanges(before, now),
    ...scoreRise(before, now),
  ];
  const unique = new Map(changes.map((change) => [change.sentence, change]));
  return {
    changes: [...unique.values()]
      .slice(0, MAX_CHANGES)
      .map((change) => ({ ...change, sentence: printable(change.sentence, 2 * SHOWN_LENGTH) })),
    certificates,
  };
}

/** A host and its certificate; half a fingerprint tells all there are apart. */
function keyOf({ exchange, chain }: HostResult): string | null {
  const leaf = chain?.sent[0];
  return leaf === undefined ? null : `${exchange} ${leaf.fingerprint.slice(0, 32)}`;
}

function hostChanges(before: ProbeResult, now: ProbeResult, seen: readonly string[]): readonly Change[] {
  const oldNames = new Set(before.hosts.map(({ exchange }) => exchange));
  return now.hosts.flatMap((host): readonly Change[] => {
    if (!oldNames.has(host.exchange)) {
      return [{ kind: 'host-added', sentence: `${host.exchange} is a new mail host` }];
    }
    const old = before.hosts.find(({ exchange, address }) => exchange === host.exchange && address === host.address);
    if (old === undefined) return [];
    return [...certificateChange(old, host, seen), ...daneChange(old, host), ...versionChange(old, host)];
  });
}

function certificateChange(old: HostResult, host: HostResult, seen: readonly string[]): readonly Change[] {
  const [was, is] = [keyOf(old), keyOf(host)];
  const leaf = host.chain?.sent[0];
  if (was === null || is === null || leaf === undefined || was === is || seen.includes(is)) return [];
  const until = leaf.notAfter.slice(0, 10);
  const issuer = printable(leaf.issuer, SHOWN_LENGTH);
  return [
    { kind: 'certificate', sentence: `${host.exchange} shows another certificate, from ${issuer}, until ${until}` },
  ];
}

function daneChange(old: HostResult, host: HostResult): readonly Change[] {
  const [was, is] = [old.dane.status, host.dane.status];
  const told = [was, is].every((status) => status !== 'failed' && status !== 'not-tested');
  return told && was !== is ? [{ kind: 'dane', sentence: `${host.exchange}: DANE was "${was}" and is "${is}"` }] : [];
}

function versionChange(old: HostResult, host: HostResult): readonly Change[] {
  const [was, is] = [old.tls?.protocol, host.tls?.protocol];
  if (was === undefined || is === undefined || was === is) return [];
  return [{ kind: 'tls-version', sentence: `${host.exchange} spoke ${was} and speaks ${is}` }];
}

function policyChanges({ mtaSts: old }: ProbeResult, { mtaSts }: ProbeResult): readonly Change[] {
  const told = [old.mode, mtaSts.mode].every((mode) => mode !== 'failed' && mode !== 'not-tested');
  if (!told) return [];
  if (old.mode !== mtaSts.mode) {
    return [{ kind: 'policy', sentence: `the MTA-STS policy was "${old.mode}" and is "${mtaSts.mode}"` }];
  }
  if (old.id === mtaSts.id) return [];
  return [{ kind: 'policy', sentence: `the MTA-STS policy has another id, ${mtaSts.id ?? 'none'}` }];
}

/** For the better: what is worse has been told. */
function predictionChanges(before: ProbeResult, now: ProbeResult): readonly Change[] {
  return TLS_MODES.filter((mode) => mode !== 'no').flatMap((mode): readonly Change[] => {
    const [was, is] = [words(before.predictions[mode]), words(now.predictions[mode])];
    if (was === is || level(now.predictions[mode]) <= level(before.predictions[mode])) return [];
    return [{ kind: 'prediction', sentence: `with ${showTlsMode(mode)} the mail would now ${is}` }];
  });
}

function words({ channel, verified }: Prediction): string {
  if (channel === 'none') return 'not go';
  return channel === 'clear' ? 'go in clear' : `go encrypted${verified === true ? ' and verified' : ''}`;
}

function level({ channel, verified }: Prediction): number {
  return channel === 'none' ? 0 : channel === 'clear' ? 1 : verified === true ? 3 : 2;
}

function scoreRise({ confidence: old }: ProbeResult, { confidence }: ProbeResult): readonly Change[] {
  if (old.value === null || confidence.value === null || confidence.value <= old.value) return [];
  return [{ kind: 'score-rose', sentence: `the confidence rose from ${old.value} to ${confidence.value}` }];
}
