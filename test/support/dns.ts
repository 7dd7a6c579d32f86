/**
 * A name server with these zones and a resolver of ours that asks it, for the length of one test.
 */
import { systemClock, unpredictableRandom } from '../../src/app/world.ts';
import { createResolver, type OwnedResolver, type ResolverOptions } from '../../src/dns/resolver.ts';
import { parseResolverSpec, type ResolverSpec } from '../../src/dns/resolver-spec.ts';
import type { ZoneData } from '../../src/lab/zone.ts';
import { startZoneServer, type ZoneServer } from '../../src/lab/zone-server.ts';

export { startZoneServer, type ZoneServer } from '../../src/lab/zone-server.ts';

/** Whatever ends with a test: its context, or anything else with an `after`. */
export interface Ending {
  after(end: () => Promise<void> | void): void;
}

export function specOf(text: string): ResolverSpec {
  const spec = parseResolverSpec(text);
  if (!spec.ok) throw new Error(`${text}: ${spec.failure.kind}`);
  return spec.value;
}

/**
 * A resolver that asks these, stopped when the test ends, with no second try. Its time is what a test waits for silence,
 * and what a busy machine has for an answer.
 */
export function resolverOf(
  test: Ending,
  servers: readonly string[],
  options: Partial<ResolverOptions> = {},
): OwnedResolver {
  const resolver = createResolver({
    servers: servers.map(specOf),
    clock: systemClock,
    random: unpredictableRandom,
    timeoutMs: 3000,
    attempts: 1,
    ...options,
  });
  test.after(() => resolver.close());
  return resolver;
}

export async function serveZones(test: Ending, zones: ZoneData, apexes?: readonly string[]): Promise<ZoneServer> {
  const server = await startZoneServer({ zones, apexes, clock: systemClock });
  test.after(() => server.stop());
  return server;
}

export interface Dns {
  readonly server: ZoneServer;
  readonly resolver: OwnedResolver;
}

/** Both at once. */
export async function dnsOf(test: Ending, zones: ZoneData, options: Partial<ResolverOptions> = {}): Promise<Dns> {
  const server = await serveZones(test, zones);
  return { server, resolver: resolverOf(test, [server.spec], options) };
}
