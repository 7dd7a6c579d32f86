/**
 * The mail about a batch (R56): what it came to in a few lines, the result in the format that was asked for and the input
 * beside it. It goes into the queue like any other message.
 */
import MailComposer from 'nodemailer/lib/mail-composer';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';
import { VERSION } from '../base/version.ts';
import type { AcceptedMessage } from '../delivery/queue-store.ts';
import { describeSubmissionFault, type SubmissionFault, type SubmittedMessage } from '../delivery/submission.ts';
import { DEFAULT_MIN, nagiosState } from '../probe/gates.ts';
import { FORMATS, type Format, type Rendering } from '../report/rendering.ts';
import { loadRendering } from '../report/renderings.ts';

/** Targets told in the text of the mail; the attachment has all. */
export const MAX_TOLD = 200;

export interface ReportedTarget {
  readonly target: string;
  /** Null: nothing to count came of it. */
  readonly value: number | null;
  /** Why it was not tested; null where it was. */
  readonly problem: string | null;
}

export interface BatchReportMail {
  /** Of this system, as others know it. */
  readonly hostname: string;
  /** Null: the postmaster here. */
  readonly from: string | null;
  readonly to: readonly string[];
  readonly format: Format;
  /** The whole result in that format. */
  readonly rendered: string;
  readonly input: { readonly name: string; readonly type: string; readonly bytes: Uint8Array };
  /** Those that are told one by one: the first `MAX_TOLD` are enough. */
  readonly targets: readonly ReportedTarget[];
  readonly totals: BatchTotals;
  readonly at: number;
  /** Names the mail among all of this system. */
  readonly unique: string;
}

/** Counts, in whatever order they come. */
export class BatchTotals {
  #count = 0;
  #valued = 0;
  #sum = 0;
  #lowest = Number.POSITIVE_INFINITY;

  static of(targets: readonly Pick<ReportedTarget, 'value'>[]): BatchTotals {
    const totals = new BatchTotals();
    for (const { value } of targets) totals.add(value);
    return totals;
  }

  /** Null: nothing to count came of it. */
  add(value: number | null): void {
    this.#count += 1;
    if (value === null) return;
    this.#valued += 1;
    this.#sum += value;
    this.#lowest = Math.min(this.#lowest, value);
  }

  get count(): number {
    return this.#count;
  }

  /** With nothing below `onlyBelow` and nothing untested nobody has to be told; null: somebody always has. */
  isGoodEnough(onlyBelow: number | null): boolean {
    return onlyBelow !== null && this.#valued === this.#count && this.#lowest >= onlyBelow;
  }

  /** In a few words. */
  text(): string {
    const untested = this.#count - this.#valued;
    const mean = (this.#sum / this.#valued).toFixed(1);
    const words = this.#valued === 0 ? 'no score' : `${this.#count === 1 ? 'score' : 'mean score'} ${mean}`;
    return untested === 0 || this.#valued === 0 ? words : `${words}, ${untested} without one`;
  }
}

export function formatNamed(name: string): Format | null {
  return FORMATS.find((each) => each === name) ?? null;
}

const GATES = { min: DEFAULT_MIN, expect: [], perTarget: new Map(), baselineOf: () => null } as const;

/** As the command line writes it, of a width for mail and without colour. */
export function reportRendering(format: Format, many: boolean): Promise<Rendering> {
  return loadRendering({
    format,
    version: VERSION,
    width: 100,
    colour: false,
    oldHeadings: false,
    many,
    nagiosStateOf: (each) => nagiosState(each, GATES),
  });
}

export async function composeBatchReport(mail: BatchReportMail): Promise<Buffer> {
  const { hostname, to, format, rendered, input, at, unique } = mail;
  const [extension, contentType] = FILE_OF[format];
  const composer = new MailComposer({
    from: { name: `tlsreach on ${hostname}`, address: senderOf(mail) },
    to: to.map((address) => ({ name: '', address })),
    subject: `TLS of ${counted(mail)}: ${mail.totals.text()}`,
    date: new Date(at),
    messageId: `<batch.${unique}@${hostname}>`,
    // RFC 3834: no holiday notice answers it.
    headers: { 'Auto-Submitted': 'auto-generated' },
    text: textOf(mail),
    attachments: [
      { filename: `result.${extension}`, content: Buffer.from(rendered), contentType },
      { filename: input.name, content: Buffer.from(input.bytes), contentType: input.type },
    ],
    newline: '\r\n',
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return new Promise((resolve, reject) => {
    composer.compile().build((error, bytes) => (error === null ? resolve(bytes) : reject(error)));
  });
}

/** Into the queue, once for `unique`; rejects with `StoreTrouble` where the queue does not take it. */
export async function submitBatchReport(
  mail: BatchReportMail,
  submit: (message: SubmittedMessage) => Promise<Outcome<AcceptedMessage, SubmissionFault>>,
): Promise<Outcome<AcceptedMessage, string>> {
  const accepted = await submit({
    bytes: await composeBatchReport(mail),
    sender: senderOf(mail),
    recipients: mail.to.map((address) => ({ address })),
    origin: 'batch',
    idempotencyKey: `batch:${mail.unique}`,
    begins: null,
  });
  return accepted.ok ? succeeded(accepted.value) : failed(describeSubmissionFault(accepted.failure));
}

function senderOf({ from, hostname }: BatchReportMail): string {
  return from ?? `postmaster@${hostname}`;
}

function counted({ targets, totals }: BatchReportMail): string {
  return totals.count === 1 ? printable(targets[0]?.target ?? '', 100) : `${totals.count} targets`;
}

function textOf(mail: BatchReportMail): string {
  const { targets, totals, format, input, hostname } = mail;
  const lines = targets.slice(0, MAX_TOLD).map(({ target, value, problem }) => {
    const why = problem === null ? '' : `  ${printable(problem, 300)}`;
    return `${String(value ?? '-').padStart(5)}  ${printable(target, 200)}${why}`;
  });
  const hidden = totals.count - lines.length;
  return [
    `${counted(mail)} tested by tlsreach on ${hostname}: ${mail.totals.text()}.`,
    '',
    ...lines,
    ...(hidden === 0 ? [] : [`       and ${hidden} more`]),
    '',
    `Attached: the result as ${format}, and the input (${input.name}).`,
    '',
  ].join('\n');
}

const FILE_OF: Readonly<Record<Format, readonly [string, string]>> = {
  table: ['txt', 'text/plain; charset=utf-8'],
  detail: ['txt', 'text/plain; charset=utf-8'],
  json: ['json', 'application/json'],
  ndjson: ['ndjson', 'application/x-ndjson'],
  csv: ['csv', 'text/csv; charset=utf-8'],
  pager: ['csv', 'text/csv; charset=utf-8'],
  'pager-html': ['html', 'text/html; charset=utf-8'],
  text: ['txt', 'text/plain; charset=utf-8'],
  xml: ['xml', 'application/xml'],
  'xml-score': ['xml', 'application/xml'],
  'xml-matrix': ['xml', 'application/xml'],
  'xml-detail': ['xml', 'application/xml'],
  html: ['html', 'text/html; charset=utf-8'],
  markdown: ['md', 'text/markdown; charset=utf-8'],
  junit: ['xml', 'application/xml'],
  sarif: ['sarif', 'application/sarif+json'],
  openmetrics: ['txt', 'text/plain; charset=utf-8'],
  nagios: ['txt', 'text/plain; charset=utf-8'],
};
