/**
 * The report that an XML batch asks for (R56): gathered beside the result while the targets are tested, then put into the
 * queue of an installation, which is opened before anything is tested.
 */
import { hostname as machineName } from 'node:os';
import { BatchTotals, MAX_TOLD, type ReportedTarget, reportRendering, submitBatchReport } from '../app/batch-report.ts';
import type { OpenQueue } from '../app/queue.ts';
import type { World } from '../app/world.ts';
import { printable } from '../base/printable.ts';
import { MAX_MESSAGE_BYTES } from '../delivery/prepare-message.ts';
import type { ProbeResult } from '../probe/result.ts';
import { FORMATS, type Format } from '../report/rendering.ts';
import { StoreTrouble } from '../store/trouble.ts';
import { placeOf } from './config-session.ts';
import type { GivenOptions } from './given-options.ts';
import type { Services } from './services.ts';
import type { TargetList } from './target-input.ts';
import { UsageError } from './usage-error.ts';

/** Octets of a result that can be mailed: base64 makes four of three, and there are header, text and input besides. */
const MAX_RENDERED = Math.floor(MAX_MESSAGE_BYTES / 2);

export interface BatchDelivery {
  /** Null: it could not be tested. */
  add(target: string, result: ProbeResult | null): void;
  /** When all is done; false where the report was to be mailed and could not be. */
  send(): Promise<boolean>;
  /** Whether it was sent or not. */
  close(): Promise<void>;
}

export interface BatchDeliveryOptions {
  readonly given: GivenOptions;
  readonly world: World;
  readonly services: Services;
  readonly list: TargetList;
  /** What is written here; the mail is in the format that the batch names. */
  readonly format: Format;
}

/** Null where the batch has nobody to be told, or no installation is named, which is said. */
export async function openBatchDelivery(options: BatchDeliveryOptions): Promise<BatchDelivery | null> {
  const { given, world, list } = options;
  const delivery = list.batch?.delivery ?? null;
  if (delivery === null) return null;
  const format = FORMATS.find((each) => each === list.batch?.format) ?? options.format;
  const tell = (text: string): Promise<boolean> => world.stderr.write(`tlsreach: ${text}\n`);
  const addresses = printable(delivery.to.join(', '), 300);
  if (given.text('data') === undefined && given.text('database') === undefined) {
    await tell(
      `the report for ${addresses} is not mailed: name the installation that is to send it with --data DIR or --database URL; the result goes to standard output or --output`,
    );
    return null;
  }
  const { queue, from } = await openPlace(options);
  const rendering = await reportRendering(format, list.count > 1);
  const parts = [rendering.begin()];
  let octets = 0;
  const totals = new BatchTotals();
  const told: ReportedTarget[] = [];
  return {
    add: (target, result) => {
      const value = result?.confidence.value ?? null;
      totals.add(value);
      const problem = result === null ? 'it could not be tested' : null;
      if (told.length < MAX_TOLD) told.push({ target, value, problem });
      if (result === null || octets > MAX_RENDERED) return;
      const part = rendering.each(result);
      octets += Buffer.byteLength(part);
      // Too much for a mail: it is not kept in memory either.
      if (octets > MAX_RENDERED) parts.length = 0;
      else parts.push(part);
    },
    send: async () => {
      if (totals.isGoodEnough(delivery.onlyBelow)) {
        await tell(`no report is mailed: nothing came to less than ${delivery.onlyBelow}`);
        return true;
      }
      if (octets > MAX_RENDERED) {
        await tell(`the report is not mailed: as ${format} the result is larger than a message may be`);
        return false;
      }
      try {
        const accepted = await submitBatchReport(
          {
            hostname: given.text('helo') ?? (machineName() || 'localhost'),
            from,
            to: delivery.to,
            format,
            rendered: [...parts, rendering.end()].join(''),
            input: { name: 'input.xml', type: 'application/xml', bytes: list.input ?? Buffer.of() },
            targets: told,
            totals,
            at: world.clock.now(),
            unique: `${world.clock.now().toString(36)}.${Math.floor(world.random() * 2 ** 48).toString(36)}`,
          },
          queue.submit,
        );
        if (accepted.ok) await tell(`the report for ${addresses} is in the queue (MID ${accepted.value.mid})`);
        else await tell(`the report is not mailed: ${accepted.failure}`);
        return accepted.ok;
      } catch (error) {
        if (!(error instanceof StoreTrouble)) throw error;
        await tell(`the report is not mailed: ${printable(error.message, 500)}`);
        return false;
      }
    },
    close: () => queue.close(),
  };
}

interface OpenPlace {
  readonly queue: OpenQueue;
  /** Whom the mail of this installation is from. */
  readonly from: string | null;
}

/** Throws what the user is told where it cannot be used: nothing has been tested then. */
async function openPlace({ given, world, services }: BatchDeliveryOptions): Promise<OpenPlace> {
  const place = placeOf(given, world.env);
  try {
    const queue = await services.openQueue(place);
    try {
      const { configuration, close } = await services.openConfiguration(place);
      try {
        const committed = await configuration.committed();
        return { queue, from: committed.ok ? committed.value.document.alerts.from : null };
      } finally {
        await close();
      }
    } catch (error) {
      await queue.close();
      throw error;
    }
  } catch (error) {
    if (!(error instanceof StoreTrouble)) throw error;
    throw new UsageError(`nothing was tested: the report could not be mailed: ${printable(error.message, 500)}`);
  }
}
