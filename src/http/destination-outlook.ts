/** What the last test of a domain says about each TLS mode, in the words of the pages; and which mode to propose. */
import type { ProbeJobs } from '../app/probe-jobs.ts';
import { TLS_MODES, type TlsMode } from '../policy/mode.ts';
import type { ProbeResult } from '../probe/result.ts';
import { cleanResult } from '../report/clean.ts';
import type { Say } from './languages.ts';
import { outcomeWords } from './senders-view.ts';

export interface Outlook {
  readonly id: string;
  readonly testedAt: number;
  readonly outcomes: Partial<Record<TlsMode, string>>;
  readonly proposed: TlsMode | null;
}

/** Null where nobody tested the domain. Tests of mailboxes count, too: only people who signed in see this. */
export async function outlookOf(jobs: ProbeJobs, domain: string, say: Say): Promise<Outlook | null> {
  const records = await jobs.list({ domain, unlisted: true, limit: 5, before: null });
  const record = records.find(({ result }) => result?.status === 'tested');
  if (record?.result == null) return null;
  const result = cleanResult(record.result);
  const outcomes = Object.fromEntries(
    TLS_MODES.map((mode) => {
      const prediction = result.predictions[mode];
      const others = prediction.outcomes.map((each) => say('perhaps', { other: outcomeWords(each, say) }));
      return [mode, [outcomeWords(prediction, say), ...others].join(', ')];
    }),
  );
  return { id: record.id, testedAt: record.finishedAt, outcomes, proposed: proposedMode(result) };
}

/** From the strictest to the mildest that still asks for something. */
const CANDIDATES: readonly TlsMode[] = ['required-verify', 'required-verify-hosted', 'required', 'preferred'];

/** The strictest mode under which mail surely goes, and encrypted; null where there is none. */
export function proposedMode({ status, predictions }: Pick<ProbeResult, 'status' | 'predictions'>): TlsMode | null {
  if (status !== 'tested') return null;
  const works = (mode: TlsMode): boolean => {
    const { channel, alternatives } = predictions[mode];
    return channel === 'encrypted' && alternatives.every((other) => other === 'encrypted');
  };
  return CANDIDATES.find(works) ?? null;
}
