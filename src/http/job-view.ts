/** A test as the API shows it. The result is written once, when it is done, however often it is asked for. */
import type { Job } from '../app/probe-jobs.ts';
import type { ProbeRecord } from '../probe/probe-record.ts';
import { toJson } from '../report/json.ts';
import { problemOfTest } from './problem.ts';

export function linksOf(id: string) {
  return { self: `/api/v1/probes/${id}`, events: `/api/v1/probes/${id}/events`, page: `/probes/${id}` } as const;
}

/** JSON of the job, its result taken as it stands in the last event. */
export function jobJson(job: Job): string {
  const { id, target, state, position, createdAt, finishedAt } = job;
  const fields = toJson({
    id,
    target,
    state,
    position,
    createdAt: iso(createdAt),
    finishedAt: finishedAt === null ? null : iso(finishedAt),
    problem: job.problem === null ? null : problemOfTest(job.problem),
    links: linksOf(id),
  });
  const done = job.state === 'done' ? job.trail.all().at(-1)?.data : undefined;
  return `${fields.slice(0, -1)},"result":${done ?? 'null'}}`;
}

export function recordItem({ id, target, domain, finishedAt, result }: ProbeRecord) {
  const { self, page } = linksOf(id);
  return {
    id,
    target,
    domain,
    finishedAt: iso(finishedAt),
    status: result?.status ?? 'failed',
    value: result?.confidence.value ?? null,
    secure: result?.confidence.secure ?? false,
    links: { self, page },
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
