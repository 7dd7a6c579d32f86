/**
 * The eight stages of the matrix, from the evidence (specification 1.4): one cell a stage, times incremental in whole
 * milliseconds that add up to the transcript's marks (R31).
 */
import { describeConnectFailure } from '../net/net.ts';
import { describeDialogueFailure, describeHandshakeFailure } from '../policy/describe.ts';
import type { Evidence, Phase } from '../policy/evidence.ts';
import { certificateFaultOf } from './certificate-fault.ts';
import type { FindingCode } from './finding-catalogue.ts';
import { STAGES, type StageName, type StageResult } from './result.ts';
import { verdictOf } from './verdict.ts';

export type StageResults = Readonly<Record<StageName, StageResult>>;

/** Every stage of one session. `rcptAsked`: whether To was wanted at all. */
export function stagesOf(evidence: Evidence): StageResults {
  const cells = cellsOf(evidence);
  // Whole ms by rounding the running sum, so that the cells before a stage add up to its mark.
  let elapsed = 0;
  let shown = 0;
  const entries = STAGES.map((stage): readonly [StageName, StageResult] => {
    const { ms, ...cell } = cells[stage];
    if (ms === undefined) return [stage, cell];
    elapsed += ms;
    const whole = Math.round(elapsed) - shown;
    shown += whole;
    return [stage, { ...cell, ms: whole }];
  });
  return Object.fromEntries(entries) as Record<StageName, StageResult>;
}

/** A host that could not be tried at all. */
export function noStages(rcptAsked: boolean): StageResults {
  const entries = STAGES.map((stage) => [stage, stage === 'to' && !rcptAsked ? NOT_TESTED : NOT_RUN] as const);
  return Object.fromEntries(entries) as Record<StageName, StageResult>;
}

/** Percent of the rows on which each stage was OK; null for a stage that no row ran (R32, R33). */
export function averageOf(rows: readonly StageResults[]): Readonly<Record<StageName, number | null>> {
  const entries = STAGES.map((stage) => {
    const results = rows.map((row) => row[stage].result);
    const tested = results.filter((result) => result !== 'not-tested');
    const ran = tested.some((result) => result === 'ok' || result === 'fail');
    const ok = tested.filter((result) => result === 'ok').length;
    return [stage, ran ? Math.round((100 * ok) / tested.length) : null] as const;
  });
  return Object.fromEntries(entries) as Record<StageName, number | null>;
}

const NOT_RUN: StageResult = { result: 'not-run' };
const NOT_TESTED: StageResult = { result: 'not-tested' };

type Cells = Readonly<Record<StageName, StageResult>>;

function cellsOf(evidence: Evidence): Cells {
  const implicit = evidence.starttls.kind === 'not-tried' && evidence.starttls.why === 'implicit-tls';
  const verdict = verdictOf(evidence);
  const code = verdict.code ?? 'handshake-failed';
  return {
    answer: cell(evidence.connect, code, describeConnectFailure),
    connect: cell(evidence.greeting, code, (failure) => describeDialogueFailure('the greeting', failure)),
    helo: heloCell(evidence, code),
    tls: implicit ? implicitTlsCell(evidence, code) : starttlsCell(evidence, code),
    cert: certCell(evidence, implicit),
    secure: implicit
      ? implicitSecureCell(evidence)
      : cell(evidence.ehloUnderTls, code, (failure) => describeDialogueFailure('EHLO inside TLS', failure)),
    from: cell(evidence.mail, 'sender-refused', (failure) => describeDialogueFailure('MAIL FROM', failure)),
    to: cell(evidence.rcpt, 'recipient-refused', (failure) => describeDialogueFailure('RCPT TO', failure)),
  };
}

function cell<Failure>(
  phase: Phase<unknown, Failure>,
  code: FindingCode,
  describe: (failure: Failure) => string,
): StageResult {
  switch (phase.kind) {
    case 'seen':
      return { result: 'ok', ms: phase.ms };
    case 'failed':
      return { result: 'fail', ms: phase.ms, code, detail: describe(phase.failure) };
    case 'not-reached':
      return NOT_RUN;
    case 'not-tried':
      return phase.why === 'not-asked' ? NOT_TESTED : NOT_RUN;
  }
}

/** HELO in place of EHLO is an answer, so the stage is OK; what it costs shows in the next one (R10). */
function heloCell(evidence: Evidence, code: FindingCode): StageResult {
  return cell(evidence.ehlo, code, (failure) => describeDialogueFailure('EHLO', failure));
}

/** Not offering STARTTLS is a failed stage, not one that did not run: it was looked for and was not there. */
function starttlsCell(evidence: Evidence, code: FindingCode): StageResult {
  const { starttls } = evidence;
  if (starttls.kind !== 'not-tried')
    return cell(starttls, code, (failure) => describeDialogueFailure('STARTTLS', failure));
  if (starttls.why === 'not-asked') return NOT_TESTED;
  const detail =
    starttls.why === 'helo-only' ? 'the server understands HELO only' : 'STARTTLS is not among the offered extensions';
  return { result: 'fail', code, detail };
}

function implicitTlsCell(evidence: Evidence, code: FindingCode): StageResult {
  return cell(evidence.handshake, code, describeHandshakeFailure);
}

function implicitSecureCell(evidence: Evidence): StageResult {
  return evidence.ehlo.kind === 'seen' ? { result: 'ok' } : NOT_RUN;
}

/** Handshake, chain and name together; with implicit TLS the handshake's time stands in the TLS cell. */
function certCell(evidence: Evidence, implicit: boolean): StageResult {
  const { handshake, path, identity } = evidence;
  if (handshake.kind === 'failed') {
    if (implicit) return NOT_RUN;
    return {
      result: 'fail',
      ms: handshake.ms,
      code: 'broken-after-220',
      detail: describeHandshakeFailure(handshake.failure),
    };
  }
  if (handshake.kind !== 'seen') return NOT_RUN;
  const ms = (implicit ? 0 : handshake.ms) + msOf(path) + msOf(identity);
  const fault = certificateFaultOf(evidence);
  return fault === null ? { result: 'ok', ms } : { result: 'fail', ms, ...fault };
}

function msOf(phase: Phase<unknown, unknown>): number {
  return phase.kind === 'seen' || phase.kind === 'failed' ? phase.ms : 0;
}
