/** Many sessions with servers that misbehave, some at a time, and what is to be said of all of them. */
import { seededRandom } from '../../src/base/random.ts';
import type { Evidence } from '../../src/policy/evidence.ts';
import { MISBEHAVIOURS, type Misbehaviour, type MisbehaviourKind, startManglingWire } from './misbehaviour.ts';
import { runSession } from './session.ts';
import { startSmtpPeer } from './smtp-peer.ts';

export interface HostileRun {
  /** Null: every misbehaviour at every place. */
  readonly cases: number | null;
  /** Every so many bytes of the good dialogue is a place for each misbehaviour; 1: at every byte. */
  readonly stride: number;
  readonly concurrency: number;
  readonly seed: number;
  readonly stageTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  readonly onProgress?: ((done: number, cases: number) => void) | undefined;
}

export interface HostileResult {
  readonly cases: number;
  /** Bytes that the server sends in a dialogue without fault. */
  readonly dialogueBytes: number;
  /** How the sessions ended, by misbehaviour: `reset` -> `handshake failed: closed` -> count. */
  readonly endings: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Sessions that threw, left mail in clear behind a 220, or kept a connection. */
  readonly faults: readonly string[];
  /** ms over the session's time that the slowest one took. */
  readonly slowestOverrunMs: number;
  /** The most resident memory in each tenth of the run, MiB: flat when nothing is kept. */
  readonly rssMiB: readonly number[];
  readonly elapsedMs: number;
}

export async function runHostile(run: HostileRun): Promise<HostileResult> {
  const dialogueBytes = await measureDialogue();
  const endings: Record<string, Record<string, number>> = {};
  const faults: string[] = [];
  const cases = run.cases ?? MISBEHAVIOURS.length * Math.ceil(dialogueBytes / run.stride);
  const rssMiB = new Array<number>(10).fill(0);
  let [next, done, slowestOverrunMs] = [0, 0, 0];
  const started = performance.now();
  const work = async (): Promise<void> => {
    const peer = await startSmtpPeer({}, { remember: 1 });
    const wire = await startManglingWire(peer.port);
    while (next < cases) {
      const index = next;
      next += 1;
      const misbehaviour = caseAt(index, run, dialogueBytes);
      const name = `${misbehaviour.kind} at byte ${misbehaviour.at} (case ${index})`;
      wire.mangle(misbehaviour);
      const begun = performance.now();
      try {
        const { evidence } = await runSession({ ...run, port: wire.port });
        count(endings, misbehaviour.kind, endingOf(evidence));
        const clearText = peer.sessions.at(-1)?.clearText ?? '';
        if (evidence.starttls.kind === 'seen' && /MAIL|QUIT/.test(clearText))
          faults.push(`${name}: clear behind the 220`);
      } catch (error) {
        faults.push(`${name}: ${error instanceof Error ? error.stack : String(error)}`);
      }
      slowestOverrunMs = Math.max(slowestOverrunMs, performance.now() - begun - run.sessionTimeoutMs);
      const tenth = Math.floor((10 * done) / cases);
      rssMiB[tenth] = Math.max(rssMiB[tenth] ?? 0, Math.round(process.memoryUsage.rss() / 2 ** 20));
      done += 1;
      run.onProgress?.(done, cases);
    }
    await wire.stop();
    await peer.stop();
  };
  await Promise.all(Array.from({ length: run.concurrency }, work));
  return {
    cases: done,
    dialogueBytes,
    endings,
    faults,
    slowestOverrunMs: Math.round(slowestOverrunMs),
    rssMiB,
    elapsedMs: Math.round(performance.now() - started),
  };
}

/** Kind by kind at one place, then the next place; from the beginning again, with other randomness, when all are through. */
function caseAt(index: number, { stride, seed }: HostileRun, dialogueBytes: number): Misbehaviour {
  const places = Math.ceil(dialogueBytes / stride);
  const kind: MisbehaviourKind = MISBEHAVIOURS[index % MISBEHAVIOURS.length] ?? 'reset';
  const at = (Math.floor(index / MISBEHAVIOURS.length) % places) * stride;
  return { kind, at, random: seededRandom(seed + index) };
}

async function measureDialogue(): Promise<number> {
  const peer = await startSmtpPeer();
  const wire = await startManglingWire(peer.port);
  await runSession({ port: wire.port });
  const bytes = wire.sent();
  await wire.stop();
  await peer.stop();
  return bytes;
}

/** The first phase that failed and how, or that all went well. */
function endingOf(evidence: Evidence): string {
  for (const [name, phase] of Object.entries(evidence)) {
    if (typeof phase === 'object' && phase.kind === 'failed') return `${name} failed: ${phase.failure.kind}`;
  }
  return evidence.handshake.kind === 'seen' ? 'encrypted' : 'in clear';
}

function count(endings: Record<string, Record<string, number>>, kind: string, ending: string): void {
  const counts = endings[kind] ?? {};
  endings[kind] = counts;
  counts[ending] = (counts[ending] ?? 0) + 1;
}
