/**
 * Gates: what a result must show for exit 0, and the exit codes of the contract. A gate that is not met says why in a
 * sentence; expectations hold only if every alternative of a prediction holds, too.
 */

import { showDomain } from '../base/domain.ts';
import { showTlsMode, TLS_MODES, type TlsMode } from '../policy/mode.ts';
import { type HostResult, type PredictedOutcome, type ProbeResult, STAGES, type StageName } from './result.ts';

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

/** What got worse since then, without words. */
export type Setback =
  | { readonly kind: 'confidence'; readonly was: number; readonly is: number | null }
  | { readonly kind: 'gone'; readonly host: string }
  | { readonly kind: 'stage'; readonly host: string; readonly stage: StageName }
  | { readonly kind: 'mode'; readonly mode: TlsMode; readonly outcome: PredictedOutcome };

/** The score, then host and stage, then the modes (R62). */
export function setbacks(now: ProbeResult, before: ProbeResult): readonly Setback[] {
  const was = before.confidence.value;
  const is = now.confidence.value;
  const value: Setback[] = was !== null && (is === null || is < was) ? [{ kind: 'confidence', was, is }] : [];
  const stages = before.hosts.flatMap((old): Setback[] => {
    const same = now.hosts.find(({ exchange, address }) => exchange === old.exchange && address === old.address);
    const host = same ?? now.hosts.find(({ exchange }) => exchange === old.exchange);
    if (host === undefined) return [{ kind: 'gone', host: old.exchange }];
    return STAGES.filter((stage) => {
      const { result } = host.stages[stage];
      return old.stages[stage].result === 'ok' && (result === 'fail' || result === 'not-run');
    }).map((stage) => ({ kind: 'stage', host: old.exchange, stage }));
  });
  const modes = TLS_MODES.flatMap((mode): Setback[] => {
    const outcome = now.predictions[mode];
    return mode !== 'no' && rank(outcome) < rank(before.predictions[mode]) ? [{ kind: 'mode', mode, outcome }] : [];
  });
  return [...value, ...stages, ...modes];
}

/** The same in sentences. */
export function worseThan(now: ProbeResult, before: ProbeResult): readonly string[] {
  return setbacks(now, before).map((setback) => `worse than the baseline: ${setbackWords(setback)}`);
}

function setbackWords(setback: Setback): string {
  switch (setback.kind) {
    case 'confidence':
      return `the confidence fell from ${setback.was} to ${setback.is ?? 'none'}`;
    case 'gone':
      return `${setback.host} is gone`;
    case 'stage':
      return `${setback.host}: ${setback.stage} was OK and is not any more`;
    case 'mode':
      return `with ${showTlsMode(setback.mode)} the mail would now ${outcomeWords(setback.outcome)}`;
  }
}

function rank({ channel, verified }: PredictedOutcome): number {
  return channel === 'none' ? 0 : channel === 'clear' ? 1 : verified === true ? 3 : 2;
}
