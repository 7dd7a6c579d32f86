/** From a batch that is done to the mail about it in the queue of the installation. */
import type { Clock } from '../base/clock.ts';
import { toJson } from '../report/json.ts';
import type { Appliance } from './appliance.ts';
import { BatchTotals, formatNamed, reportRendering, submitBatchReport } from './batch-report.ts';
import type { BatchesOptions } from './batches.ts';
import type { ProbeJobs } from './probe-jobs.ts';

type Mailer = NonNullable<BatchesOptions['report']>;

export function createBatchMailer(
  { hostname, configuration, submit }: Pick<Appliance, 'hostname' | 'configuration' | 'submit'>,
  jobs: Pick<ProbeJobs, 'find'>,
  clock: Clock,
): Mailer {
  return async ({ batch, items }) => {
    const { report } = batch;
    const totals = BatchTotals.of(items);
    if (report === null || totals.isGoodEnough(report.onlyBelow)) return { state: 'suppressed', detail: null };
    const format = formatNamed(report.format);
    if (format === null) return { state: 'failed', detail: `There is no format "${report.format}" any more.` };
    const rendering = await reportRendering(format, items.length > 1);
    let rendered = rendering.begin();
    for (const { probe } of items) {
      // One after the other: a result is large, and a hundred of them need not be in memory at one time.
      const result = probe === null ? null : ((await jobs.find(probe))?.result ?? null);
      if (result !== null) rendered += rendering.each(result);
    }
    rendered += rendering.end();
    const committed = await configuration.committed();
    const { options, fresh } = batch;
    const input = toJson({ targets: items.map(({ target }) => target), options, fresh, report });
    const accepted = await submitBatchReport(
      {
        hostname,
        from: committed.ok ? committed.value.document.alerts.from : null,
        to: report.to,
        format,
        rendered,
        input: { name: 'input.json', type: 'application/json', bytes: Buffer.from(`${input}\n`) },
        targets: items.map(({ target, value, problem }) => ({ target, value, problem: problem?.detail ?? null })),
        totals,
        at: clock.now(),
        unique: batch.id,
      },
      submit,
    );
    return accepted.ok ? { state: 'queued', detail: null } : { state: 'failed', detail: accepted.failure };
  };
}
