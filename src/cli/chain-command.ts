/**
 * `tlsreach chain`: judges a chain of PEM certificates as a server would send it, offline. One chain for people or as
 * JSON, or one case a line, thousands in one process.
 */
import { loadTrust } from '../app/trust.ts';
import type { World } from '../app/world.ts';
import { describeDomainFault, parseDomain } from '../base/domain.ts';
import { parseIpAddress } from '../base/ip-address.ts';
import { printable } from '../base/printable.ts';
import { answerCase, judgeOfflineChain, type OfflineVerdict } from '../pki/chain-file.ts';
import { describePemFault, parsePemCertificates } from '../pki/pem.ts';
import { describeAnchorFault, type TrustAnchors } from '../pki/trust-anchors.ts';
import { chainLines } from '../report/chain-lines.ts';
import { toJson } from '../report/json.ts';
import type { GivenOptions } from './given-options.ts';
import { openSink, type Sink } from './sink.ts';
import { MAX_INPUT_BYTES, readAll } from './target-input.ts';
import { describeFileFault, UsageError } from './usage-error.ts';
import { caFileOf, choiceOf } from './world-options.ts';

export interface ChainCommand {
  readonly file: string;
  readonly given: GivenOptions;
  readonly world: World;
}

/** Exit 0: trusted and, where a name was given, for that name; 1: not. Of many cases 0 only if that holds for all. */
export async function chainCommand({ file, given, world }: ChainCommand): Promise<number> {
  const format = choiceOf(given, 'format', ['text', 'json', 'ndjson']) ?? 'text';
  const at = timeOf(given) ?? world.clock.now();
  const name = nameOf(given);
  const anchors = await anchorsOf(given, world);
  if (format === 'ndjson') {
    const lines = file === '-' ? linesOfStream(world.stdin()) : linesOfText(await readFile(file, world));
    return written(await openSink(given.text('output'), world), (sink) => answerLines(lines, { anchors, at }, sink));
  }
  const pem = file === '-' ? await textOfStream(world.stdin()) : await readFile(file, world);
  const certificates = parsePemCertificates(pem);
  if (!certificates.ok) throw new UsageError(`${showFile(file)}: ${describePemFault(certificates.failure)}`);
  const verdict = judgeOfflineChain({ certificates: certificates.value, anchors, name, at });
  return written(await openSink(given.text('output'), world), async (sink) => {
    await sink.write(format === 'json' ? `${toJson(verdict, 2)}\n` : chainText(verdict, at));
    return holds(verdict) ? 0 : 1;
  });
}

async function written(sink: Sink, write: (sink: Sink) => Promise<number>): Promise<number> {
  let committed = false;
  try {
    const code = await write(sink);
    await sink.commit();
    committed = true;
    return code;
  } finally {
    if (!committed) await sink.discard();
  }
}

function holds({ chain, identity }: OfflineVerdict): boolean {
  return chain.trusted && identity?.matched !== false;
}

/** The answer first, then the chain from leaf to anchor, then the name. */
export function chainText({ chain, identity }: OfflineVerdict, at: number): string {
  const trust = chain.trusted ? 'trusted' : `not trusted: ${chain.detail ?? chain.problem ?? 'no path'}`;
  const name =
    identity === null
      ? []
      : [
          identity.matched
            ? `name: yes, it is for ${identity.mx.expected}`
            : `name: NO, it is for ${identity.mx.presented.join(', ') || 'no name'}, not for ${identity.mx.expected}`,
        ];
  // Why it is not trusted stands in the first line already.
  const drawn = chainLines(chain, at).filter((line) => !line.startsWith('not trusted: '));
  return `${[trust, ...name, '', ...drawn].map((line) => printable(line, 2000)).join('\n')}\n`;
}

async function answerLines(
  lines: AsyncIterable<string>,
  fallback: { readonly anchors: TrustAnchors; readonly at: number },
  sink: Sink,
): Promise<number> {
  let code = 0;
  let answered = 0;
  for await (const line of lines) {
    if (line.trim() === '') continue;
    const answer = answerCase(line, fallback);
    answered++;
    if ('error' in answer) code = 2;
    else if (code === 0 && (!answer.trusted || answer.identity?.matched === false)) code = 1;
    if (!(await sink.write(`${toJson(answer)}\n`))) break;
  }
  if (answered === 0) throw new UsageError('there is no case in the input');
  return code;
}

async function* linesOfText(text: string): AsyncIterable<string> {
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start);
    yield text.slice(start, end < 0 ? text.length : end);
    start = end < 0 ? text.length : end + 1;
  }
}

/** Characters of one case: a hundred certificates, each of the largest kind, are a tenth of it. */
export const MAX_CASE_LENGTH = 8 * 1024 * 1024;

async function* linesOfStream(stream: AsyncIterable<unknown>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const pieces = (
      rest + (chunk instanceof Uint8Array ? decoder.decode(chunk, { stream: true }) : String(chunk))
    ).split('\n');
    rest = pieces.pop() ?? '';
    if (rest.length > MAX_CASE_LENGTH)
      throw new UsageError(`a line of the input is longer than ${MAX_CASE_LENGTH} characters`);
    yield* pieces;
  }
  if (rest !== '') yield rest;
}

async function textOfStream(stream: AsyncIterable<unknown>): Promise<string> {
  const bytes = await readAll(stream);
  if (bytes.length <= MAX_INPUT_BYTES) return bytes.toString('utf8');
  throw new UsageError(`standard input: it is larger than ${MAX_INPUT_BYTES / 1024 / 1024} MiB`);
}

async function readFile(file: string, world: World): Promise<string> {
  try {
    return (await world.readFile(file)).toString('utf8');
  } catch (error) {
    throw new UsageError(`${showFile(file)}: ${describeFileFault(error)}`);
  }
}

function showFile(file: string): string {
  return file === '-' ? 'standard input' : printable(file, 200);
}

async function anchorsOf(given: GivenOptions, world: World): Promise<TrustAnchors> {
  const trust = loadTrust({ systemCa: given.flag('systemCa') ?? true, caFile: await caFileOf(given, world) });
  return trust.ok ? trust.value : given.refuse('caFile', describeAnchorFault(trust.failure));
}

/** `--at`, ms since the epoch; null where it was not given. */
export function timeOf(given: GivenOptions): number | null {
  const text = given.text('at');
  if (text === undefined) return null;
  const at = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  return Number.isNaN(at) ? given.refuse('at', 'a date, or a date and time as 2026-11-23T10:00:00Z, is expected') : at;
}

function nameOf(given: GivenOptions): string | null {
  const text = given.text('name');
  if (text === undefined) return null;
  const address = parseIpAddress(text.replace(/^\[(?:ipv6:)?(.*)\]$/i, '$1'));
  if (address !== null) return address.text;
  const domain = parseDomain(text);
  return domain.ok ? domain.value : given.refuse('name', describeDomainFault(domain.failure));
}
