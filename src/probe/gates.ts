/**
 * Gates: what a result must show for exit 0, and the exit codes of the contract. A gate that is not met says why in a
 * sentence; expectations hold only if every alternative of a prediction holds, too.
 */

import { showDomain } from '../base/domain.ts';
import { isTlsMode, showTlsMode, TLS_MODES, type TlsMode } from '../policy/mode.ts';
import type { HostResult, PredictedOutcome, ProbeResult } from './result.ts';

export const EXPECTATIONS = [...TLS_MODES, 'dane', 'mta-sts'] as const;
export type Expectation = (typeof EXPECTATIONS)[number];

export const DEFAULT_MIN = 90;

export interface Gates {
  readonly min: number;
  readonly expect: readonly Expectation[];
}

export interface GateSet extends Gates {
  /** By target or domain, lower case; replaces the general gates for it, field by field. */
  readonly perTarget: ReadonlyMap<string, Partial<Gates>>;
  /** An earlier result of the same target; null where there is none. */
  readonly baselineOf: (result: Pick<ProbeResult, 'target'>) => ProbeResult | null;
  /** An earlier result was given at all. */
  readonly hasBaseline?: boolean;
}

/** 0: met. 1: not met, or the domain takes no mail or does not exist. 3: could not be tested. */
export interface GateVerdict {
  readonly code: 0 | 1 | 3;
  readonly reasons: readonly string[];
}

export function judgeGates(result: ProbeResult, gates: GateSet): GateVerdict {
  switch (result.status) {
    case 'null-mx':
      return { code: 1, reasons: ['the domain takes no mail'] };
    case 'no-such-domain':
      return { code: 1, reasons: ['the domain does not exist'] };
    case 'no-address':
    case 'dns-failure':
    case 'blocked':
      return { code: 3, reasons: [result.problem ?? result.status] };
    case 'tested':
      break;
  }
  const { value } = result.confidence;
  if (value === null || !result.hosts.some(wasJudged)) return { code: 3, reasons: ['no host could be tested'] };
  const own = [result.target, result.domain, showDomain(result.domain)]
    .map((name) => gates.perTarget.get(name.toLowerCase()))
    .find((found) => found !== undefined);
  const min = own?.min ?? gates.min;
  const expect = own?.expect ?? gates.expect;
  const baseline = gates.baselineOf(result);
  const reasons = [
    ...(value < min ? [`the confidence is ${value}, below ${min}`] : []),
    ...expect.flatMap((expectation) => unmet(result, expectation)),
    ...(baseline === null ? [] : worseThan(result, baseline)),
  ];
  return { code: reasons.length === 0 ? 0 : 1, reasons };
}

/** Several targets: the worst of 4, 1, 3, 0 in that order. */
export function worstCode(codes: Iterable<number>): number {
  const seen = new Set(codes);
  return [4, 1, 3].find((code) => seen.has(code)) ?? 0;
}

/** As monitoring plugins exit: what is wrong but gated by nothing is a warning. */
export function nagiosState(result: ProbeResult, gates: GateSet): 0 | 1 | 2 | 3 {
  const { code } = judgeGates(result, gates);
  if (code === 3) return 3;
  if (code === 1) return 2;
  return result.findings.some(({ severity }) => severity !== 'info') ? 1 : 0;
}

function wasJudged({ verdict }: HostResult): boolean {
  return verdict === 'encrypted' || verdict === 'clear' || verdict === 'broken-tls';
}

function unmet(result: ProbeResult, expectation: Expectation): readonly string[] {
  if (expectation === 'dane') {
    const met = result.hosts
      .filter(({ verdict }) => verdict !== 'skipped')
      .every(({ dane }) => dane.status === 'match');
    return met ? [] : ['DANE was expected, and not every host matches a TLSA record'];
  }
  if (expectation === 'mta-sts') {
    const covered = result.hosts.every(({ mtaSts, verdict }) => verdict === 'skipped' || mtaSts.status === 'covered');
    if (result.mtaSts.mode === 'enforce' && covered) return [];
    return [
      `MTA-STS was expected, and ${result.mtaSts.mode === 'enforce' ? 'not every host is covered' : `the policy is "${result.mtaSts.mode}"`}`,
    ];
  }
  const prediction = result.predictions[expectation];
  const failing = [prediction, ...prediction.outcomes].find((outcome) => !satisfies(expectation, outcome));
  if (failing === undefined) return [];
  return [
    `with ${showTlsMode(expectation)} the mail ${failing === prediction ? 'would' : 'might'} ${outcomeWords(failing)}`,
  ];
}

function satisfies(mode: TlsMode, { channel, verified }: PredictedOutcome): boolean {
  if (mode === 'no') return channel === 'clear';
  return channel === 'encrypted' && (!mode.includes('verify') || verified === true);
}

function outcomeWords({ channel, host, verified }: PredictedOutcome): string {
  const to = host === null ? '' : ` to ${host}`;
  if (channel === 'none') return 'not go';
  if (channel === 'clear') return `go in clear${to}`;
  return `go encrypted${to}${verified === true ? '' : ' but not verified'}`;
}

/** What got worse since then, per host and stage (R62). */
export function worseThan(now: ProbeResult, before: ProbeResult): readonly string[] {
  const was = before.confidence.value;
  const is = now.confidence.value;
  const value = was !== null && (is === null || is < was) ? [`the confidence fell from ${was} to ${is ?? 'none'}`] : [];
  const stages = before.hosts.flatMap((old) => {
    const same = now.hosts.find(({ exchange, address }) => exchange === old.exchange && address === old.address);
    const host = same ?? now.hosts.find(({ exchange }) => exchange === old.exchange);
    if (host === undefined) return [`${old.exchange} is gone`];
    return Object.entries(host.stages).flatMap(([stage, { result }]) => {
      const earlier = Object.entries(old.stages).find(([name]) => name === stage)?.[1].result;
      return earlier === 'ok' && (result === 'fail' || result === 'not-run')
        ? [`${old.exchange}: ${stage} was OK and is not any more`]
        : [];
    });
  });
  const modes = Object.entries(now.predictions).flatMap(([mode, prediction]) => {
    const old = isTlsMode(mode) ? before.predictions[mode] : undefined;
    if (old === undefined || mode === 'no') return [];
    const worse = rank(prediction) < rank(old);
    return worse
      ? [`with ${isTlsMode(mode) ? showTlsMode(mode) : mode} the mail would now ${outcomeWords(prediction)}`]
      : [];
  });
  return [...value, ...stages, ...modes].map((reason) => `worse than the baseline: ${reason}`);
}

function rank({ channel, verified }: PredictedOutcome): number {
  return channel === 'none' ? 0 : channel === 'clear' ? 1 : verified === true ? 3 : 2;
}
