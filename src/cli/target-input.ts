/**
 * Targets from a file or from standard input, one a line, or an XML batch. All of it is checked before anything is sent;
 * what stays in memory is the text itself, and targets are read from it again one by one.
 */
import type { World } from '../app/world.ts';
import { printable } from '../base/printable.ts';
import { describeTargetFault, parseTarget, type Target } from '../probe/target.ts';
import type { XmlBatch } from './batch-xml.ts';
import { describeFileFault, UsageError } from './usage-error.ts';

/** Room for more than a million targets. */
export const MAX_INPUT_BYTES = 64 * 1024 * 1024;
/** As many faults are named; the rest is counted. */
const SHOWN_FAULTS = 5;
/** Octets of blanks that may stand before the document of an XML batch. */
const MAX_BLANK_START = 1024;

export interface TargetList {
  readonly count: number;
  /** A fresh walk over all of them, in order. */
  targets(): Iterable<Target>;
  /** What an XML batch asks for beside its targets. */
  readonly batch?: Omit<XmlBatch, 'targets'>;
  /** The input as it was given, where a report is to have it beside the result. */
  readonly input?: Buffer;
}

export function targetsFromWords(words: readonly string[]): TargetList {
  const targets = words.map((word) => {
    const target = parseTarget(word);
    if (target.ok) return target.value;
    throw new UsageError(`"${printable(word, 120)}": ${describeTargetFault(target.failure)}`);
  });
  return { count: targets.length, targets: () => targets };
}

interface Line {
  readonly text: string;
  readonly number: number;
}

/**
 * Lines of `file` (`-` is standard input), or its `<Target>` elements where it is XML. Of lines the empty ones and those
 * beginning with `# ` are passed over.
 */
export async function targetsFromInput(file: string, world: World): Promise<TargetList> {
  const bytes = file === '-' ? await readAll(world.stdin()) : await readFile(file, world);
  if (bytes.length > MAX_INPUT_BYTES) {
    throw new UsageError(`--input ${file}: it is larger than ${MAX_INPUT_BYTES / 1024 / 1024} MiB; split it`);
  }
  const batch = await xmlBatchIn(bytes, file);
  if (batch === null) return { count: countOf(linesOf(bytes), file), targets: () => targetsOf(linesOf(bytes)) };
  const { targets, ...rest } = batch;
  return {
    count: countOf(targets, file),
    targets: () => targetsOf(targets),
    batch: rest,
    ...(rest.delivery === null ? {} : { input: bytes }),
  };
}

/** Null where the input is no XML. */
async function xmlBatchIn(bytes: Buffer, file: string): Promise<XmlBatch | null> {
  if (!/^(\ufeff)?\s*</.test(bytes.toString('utf8', 0, MAX_BLANK_START))) return null;
  const { readXmlBatch } = await import('./batch-xml.ts');
  const batch = readXmlBatch(bytes.toString('utf8'));
  if (batch.ok) return batch.value;
  const { line, why } = batch.failure;
  throw new UsageError(`nothing was tested: line ${line} of ${nameOf(file)}: ${printable(why, 300)}`);
}

/** Throws where one of them cannot be right, or there is none. */
function countOf(lines: Iterable<Line>, file: string): number {
  const faults: string[] = [];
  let count = 0;
  let failures = 0;
  for (const { text, number } of lines) {
    const target = parseTarget(text);
    if (target.ok) count++;
    else if (++failures <= SHOWN_FAULTS) {
      const why = describeTargetFault(target.failure);
      faults.push(`line ${number} of ${nameOf(file)}, "${printable(text, 80)}": ${why}`);
    }
  }
  if (failures > faults.length) faults.push(`and ${failures - faults.length} more`);
  if (faults.length > 0) throw new UsageError(`nothing was tested: ${faults.join('\n  ')}`);
  if (count === 0) throw new UsageError(`--input ${file}: there is no target in it`);
  return count;
}

function nameOf(file: string): string {
  return file === '-' ? 'the input' : file;
}

function* targetsOf(lines: Iterable<Line>): Iterable<Target> {
  for (const { text } of lines) {
    const target = parseTarget(text);
    if (target.ok) yield target.value;
  }
}

function* linesOf(bytes: Buffer): Iterable<Line> {
  let number = 0;
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0x0a, start);
    const line = bytes.toString('utf8', start, end < 0 ? bytes.length : end).replace(/\r$/, '');
    start = end < 0 ? bytes.length : end + 1;
    number++;
    const text = number === 1 ? line.replace(/^\ufeff/, '') : line;
    if (text.trim() !== '' && !/^#(\s|$)/.test(text)) yield { text, number };
  }
}

async function readFile(file: string, world: World): Promise<Buffer> {
  try {
    return await world.readFile(file);
  } catch (error) {
    throw new UsageError(`--input ${printable(file, 200)}: ${describeFileFault(error)}`);
  }
}

/** At most a chunk more than `most` octets: whoever reads on can tell that it is too much. */
export async function readAll(stream: AsyncIterable<unknown>, most = MAX_INPUT_BYTES): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    size += bytes.length;
    chunks.push(bytes);
    if (size > most) break;
  }
  return Buffer.concat(chunks);
}
