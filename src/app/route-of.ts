/** Where mail to a destination would go now, as the DNS says: for `hoststatus`. */
import { parseDomain } from '../base/domain.ts';
import { parseIpAddress } from '../base/ip-address.ts';
import { resolveMailRoute } from '../dns/resolve-mail-route.ts';
import type { RouteSummary } from '../report/host-status.ts';
import { createHouse } from './house.ts';
import type { AppSettings } from './settings.ts';
import { ESSENTIALS, type Essentials } from './world.ts';

/** Never rejects for what name servers say. */
export async function routeOf(
  destination: string,
  settings: AppSettings,
  world: Essentials = ESSENTIALS,
): Promise<RouteSummary> {
  const literal = parseIpAddress(destination.replace(/^\[(IPv6:)?|\]$/gi, ''));
  if (literal !== null)
    return { kind: 'hosts', hosts: [{ exchange: destination, preference: 0, addresses: [literal.text] }] };
  const domain = parseDomain(destination);
  if (!domain.ok) return { kind: 'none', why: 'no domain' };
  const house = createHouse(settings, world);
  const stop = new AbortController();
  const cancel = world.clock.setTimer(settings.timeoutMs, () => stop.abort());
  try {
    const families = settings.family === 'any' ? 'any' : settings.family === 4 ? '4' : '6';
    const asked = { resolver: house.resolver, families, ipPreference: 'prefer-v6', signal: stop.signal } as const;
    const route = await resolveMailRoute({ ...asked, domain: domain.value });
    if (route.kind !== 'route') return { kind: 'none', why: route.kind.replaceAll('-', ' ') };
    return {
      kind: 'hosts',
      hosts: route.hosts.map(({ exchange, preference, addresses }) => ({
        exchange,
        preference,
        addresses: addresses.map(({ text }) => text),
      })),
    };
  } finally {
    cancel();
    await house.close();
  }
}
