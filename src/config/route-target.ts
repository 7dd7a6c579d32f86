/**
 * The target of an SMTP route as people write it (specification 2.i): `relay.example`, `192.0.2.1:26`, `[2001:db8::1]:26`,
 * `USEDNS` or `/dev/null`, each with an optional `/pri=N`; several with commas between them.
 */
import { parseIpAddress } from '../base/ip-address.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';
import type { SmtpRouteTarget } from '../delivery/settings.ts';
import { MAX_PRIORITY, MAX_ROUTE_TARGETS } from './delivery-schema.ts';
import { parseHost } from './destination-name.ts';

/** Longer than the longest list that may stand in a route; parsed no further. */
const MAX_TEXT = 100_000;

/** Reads a list of targets; the failure is a sentence that quotes the one that is wrong. */
export function parseRouteTargets(text: string): Outcome<readonly SmtpRouteTarget[], string> {
  if (text.length > MAX_TEXT) return failed('the list of targets is too long');
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length > MAX_ROUTE_TARGETS) {
    return failed(`${parts.length} targets are too many; ${MAX_ROUTE_TARGETS} may stand in a route`);
  }
  const targets: SmtpRouteTarget[] = [];
  for (const part of parts) {
    const target = parseRouteTarget(part);
    if (!target.ok) return target;
    targets.push(target.value);
  }
  return succeeded(targets);
}

export function parseRouteTarget(text: string): Outcome<SmtpRouteTarget, string> {
  const bare = text.trim();
  const refuse = (why: string): Outcome<SmtpRouteTarget, string> => failed(`"${printable(bare, 80)}": ${why}`);
  const suffix = /\/pri=([^/]*)$/i.exec(bare);
  const where = suffix === null ? bare : bare.slice(0, suffix.index);
  const priority = suffix === null ? 0 : wholeNumber(suffix[1] ?? '');
  if (priority === null || priority > MAX_PRIORITY) return refuse(`the priority is a whole number from 0 to 65,535`);
  if (where === '') return refuse('a host, USEDNS or /dev/null is expected');
  if (where.toLowerCase() === '/dev/null') return succeeded({ kind: 'discard', priority });
  if (where.toUpperCase() === 'USEDNS') return succeeded({ kind: 'use-dns', priority });
  const { host, port } = hostAndPort(where);
  if (port !== null && (wholeNumber(port) ?? 0) < 1) return refuse('the port is a whole number from 1 to 65,535');
  if (port !== null && Number(port) > 65_535) return refuse('the port is a whole number from 1 to 65,535');
  const parsed = parseHost(host);
  if (!parsed.ok) return refuse(parsed.failure);
  return succeeded({ kind: 'host', host: parsed.value, port: port === null ? null : Number(port), priority });
}

export function showRouteTarget(target: SmtpRouteTarget): string {
  const priority = target.priority === 0 ? '' : `/pri=${target.priority}`;
  switch (target.kind) {
    case 'discard':
      return `/dev/null${priority}`;
    case 'use-dns':
      return `USEDNS${priority}`;
    case 'host': {
      const bracketed = parseIpAddress(target.host)?.family === 6 ? `[${target.host}]` : target.host;
      return `${bracketed}${target.port === null ? '' : `:${target.port}`}${priority}`;
    }
  }
}

export function showRouteTargets(targets: readonly SmtpRouteTarget[]): string {
  return targets.map(showRouteTarget).join(', ');
}

/** A bare IPv6 address has colons of its own: a port stands behind brackets then. */
function hostAndPort(where: string): { readonly host: string; readonly port: string | null } {
  if (parseIpAddress(where) !== null) return { host: where, port: null };
  const match = /^(\[[^\]]*\]|[^:]*):([^:]*)$/.exec(where);
  return match === null ? { host: where, port: null } : { host: match[1] ?? '', port: match[2] ?? '' };
}

function wholeNumber(text: string): number | null {
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}
