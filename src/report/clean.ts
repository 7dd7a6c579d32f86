/**
 * A result as people may see it: every text in it came from somewhere, often from the remote side, and is made safe for
 * a line of a terminal before any rendering touches it (R54). Structured formats keep the texts as they are and escape
 * them in their own way.
 */
import { printable } from '../base/printable.ts';
import type { HostResult, ProbeResult } from '../probe/result.ts';

/** Longer texts are cut: no banner may fill a screen. */
export const MAX_TEXT_LENGTH = 1000;

export function cleanResult(result: ProbeResult): ProbeResult {
  return cleaned(result) as ProbeResult;
}

export function cleanHost(host: HostResult): HostResult {
  return cleaned(host) as HostResult;
}

/** The same value with every string in it printable, keys included. */
function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return printable(value, MAX_TEXT_LENGTH);
  if (Array.isArray(value)) return value.map(cleaned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      printable(key),
      key === 'remedies' ? cleanedRemedies(inner) : cleaned(inner),
    ]),
  );
}

/** A remedy has lines, each of them made printable and none of them cut: what is copied has to be whole. */
function cleanedRemedies(value: unknown): unknown {
  if (typeof value === 'string')
    return value
      .split('\n')
      .map((line) => printable(line, Infinity))
      .join('\n');
  if (Array.isArray(value)) return value.map(cleanedRemedies);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [printable(key), cleanedRemedies(inner)]));
}
