/**
 * Which MX hosts a policy names (RFC 8461 section 4.1): the pattern is held against the name of the MX host, never against
 * a certificate (S-STS-8). Pure.
 */
import { parseDomain } from '../base/domain.ts';

/**
 * Whether one of the `mx` patterns of a policy names this MX host. Case and a trailing dot do not count; a wildcard stands
 * for exactly one label, the left-most, so neither for the name behind it nor for two labels. An address never matches.
 */
export function matchesMx(patterns: readonly string[], exchange: string): boolean {
  return firstMatch(patterns, exchange) !== null;
}

/** The first pattern that names this MX host, as published; null when none does. */
export function firstMatch(patterns: readonly string[], exchange: string): string | null {
  const host = parseDomain(exchange);
  if (!host.ok) return null;
  return patterns.find((pattern) => matchesOne(pattern, host.value)) ?? null;
}

function matchesOne(pattern: string, host: string): boolean {
  const wildcard = pattern.startsWith('*.');
  const named = parseDomain(wildcard ? pattern.slice(2) : pattern);
  if (!named.ok) return false;
  if (!wildcard) return host === named.value;
  const dot = host.indexOf('.');
  return dot > 0 && host.slice(dot + 1) === named.value;
}
