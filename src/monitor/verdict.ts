/**
 * What one result says about a target, as the exit codes of a monitoring plugin do: gates met, met with something to look
 * at, not met, or no word at all. Whatever may be our own trouble, or a host that puts strangers off, is no word. Pure.
 */
import { type GateSet, type Gates, judgeGates, nagiosState } from '../probe/gates.ts';
import type { HostResult, ProbeResult } from '../probe/result.ts';

export type RunVerdict = 'ok' | 'degraded' | 'failing' | 'inconclusive';

export interface Verdict {
  readonly verdict: RunVerdict;
  /** Sentences without a full stop; empty where all is well. */
  readonly reasons: readonly string[];
}

/** Findings that are named as reasons. */
const MAX_REASONS = 10;

export function verdictOf(result: ProbeResult, gates: Gates): Verdict {
  const set: GateSet = { ...gates, perTarget: new Map(), baselineOf: () => null };
  const { code, reasons } = judgeGates(result, set);
  if (code === 3) {
    return isDown(result)
      ? { verdict: 'failing', reasons: ['no mail host of the domain takes mail'] }
      : { verdict: 'inconclusive', reasons };
  }
  if (code === 1) {
    const { provisional, value } = result.confidence;
    // A host that put us off may be what an expectation misses; the score is that of the others alone.
    if (provisional && value !== null && value >= gates.min) return { verdict: 'inconclusive', reasons };
    return { verdict: 'failing', reasons };
  }
  if (nagiosState(result, set) === 0) return { verdict: 'ok', reasons: [] };
  const findings = result.findings
    .filter(({ severity }) => severity !== 'info')
    .map(({ title, host }) => (host === undefined ? title : `${host}: ${title}`));
  return { verdict: 'degraded', reasons: [...new Set(findings)].slice(0, MAX_REASONS) };
}

/** Every host is there and refuses, or hosts elsewhere that are known to answer do, so that it is not our line. */
function isDown({ status, hosts, canaries }: ProbeResult): boolean {
  const asked = hosts.filter(({ verdict }) => verdict !== 'skipped');
  if (status !== 'tested' || asked.length === 0) return false;
  const lineIsGood = canaries?.some(({ outcome }) => outcome === 'answered') === true;
  return asked.every((host) => refuses(host, lineIsGood));
}

function refuses({ verdict, blame }: HostResult, lineIsGood: boolean): boolean {
  return verdict === 'unreachable' && (blame === 'them' || (blame === 'path' && lineIsGood));
}
