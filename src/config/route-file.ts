/** SMTP routes as a file: one route a line, a domain and its targets. */
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import type { SmtpRoute } from '../delivery/settings.ts';
import { parseRouteName } from './destination-name.ts';
import { parseRouteTargets, showRouteTargets } from './route-target.ts';

/** Faults that are told at once. */
const MAX_SHOWN_FAULTS = 50;

/** `example.com relay.example:26, USEDNS/pri=5`: one line of a file of routes. */
export function routeLine({ domain, targets }: SmtpRoute): string {
  return `${domain} ${showRouteTargets(targets)}`;
}

/** Reads a file of routes: a domain, a blank, its targets; comments behind `#`. Faults are told with their line. */
export function readRoutes(text: string): Outcome<readonly SmtpRoute[], string> {
  const faults: string[] = [];
  const routes: SmtpRoute[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const blank = line.search(/\s/);
    const domain = parseRouteName(blank < 0 ? line : line.slice(0, blank));
    const targets = parseRouteTargets(blank < 0 ? '' : line.slice(blank).trim());
    if (!domain.ok) faults.push(`line ${index + 1}: ${domain.failure}`);
    else if (!targets.ok) faults.push(`line ${index + 1}: ${targets.failure}`);
    else routes.push({ domain: domain.value, targets: targets.value });
  }
  if (faults.length === 0) return succeeded(routes);
  return failed(`nothing was imported:\n${faults.slice(0, MAX_SHOWN_FAULTS).join('\n')}`);
}

/** All of them. */
export function exportRoutes(routes: readonly SmtpRoute[]): string {
  return routes.map((route) => `${routeLine(route)}\n`).join('');
}
