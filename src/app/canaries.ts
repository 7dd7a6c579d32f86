/** Asking the canaries: hosts that are known to answer on the SMTP port, named by whoever runs us. */
import type { Clock } from '../base/clock.ts';
import { startDeadline } from '../base/deadline.ts';
import { givenRoute } from '../dns/resolve-mail-route.ts';
import type { Resolver } from '../dns/resolver.ts';
import { type ConnectFailure, describeConnectFailure, type Net } from '../net/net.ts';
import type { CanaryWord } from '../probe/canary.ts';
import { type GivenServer, showTargetDomain } from '../probe/target.ts';

/** Canaries that are asked; more tell nothing more. */
export const MAX_CANARIES = 8;
/** Addresses of one canary that are tried at the same time. */
export const MAX_CANARY_ADDRESSES = 4;
/** The longest wait for them, ms; they are quick, or they are silent. */
export const MAX_CANARY_WAIT_MS = 10_000;
/** What they said is believed for so long, ms: a batch of silent targets must not hammer them. */
export const CANARY_MEMORY_MS = 60_000;

export interface CanaryWorld {
  readonly canaries: readonly GivenServer[];
  readonly port: number;
  readonly family: 'any' | 4 | 6;
  readonly timeoutMs: number;
  readonly net: Net;
  readonly resolver: Resolver;
  readonly clock: Clock;
}

/** Asks all of them, once for everybody who wants to know at about the same time. */
export function createCanaryWatch(world: CanaryWorld): () => Promise<readonly CanaryWord[]> {
  const { canaries, clock } = world;
  let known: { readonly at: number; readonly words: Promise<readonly CanaryWord[]> } | null = null;
  return () => {
    if (canaries.length === 0) return Promise.resolve([]);
    if (known === null || clock.monotonic() - known.at > CANARY_MEMORY_MS) {
      const words = Promise.all(canaries.slice(0, MAX_CANARIES).map((canary) => ask(canary, world)));
      known = { at: clock.monotonic(), words };
    }
    return known.words;
  };
}

async function ask(canary: GivenServer, world: CanaryWorld): Promise<CanaryWord> {
  const { clock, net, resolver, family } = world;
  const port = canary.port ?? world.port;
  const server = `${showTargetDomain(canary.host)}:${port}`;
  const timeoutMs = Math.min(world.timeoutMs, MAX_CANARY_WAIT_MS);
  const deadline = startDeadline(clock, timeoutMs);
  try {
    const families = family === 'any' ? 'any' : family === 4 ? '4' : '6';
    const route = await givenRoute({
      resolver,
      families,
      ipPreference: 'default',
      exchange: canary.host,
      signal: deadline.signal,
    });
    const addresses = route.kind === 'route' ? route.hosts.flatMap((host) => host.addresses) : [];
    if (addresses.length === 0)
      return { server, outcome: 'unknown', detail: 'it has no address that can be looked up' };
    const tries = addresses.slice(0, MAX_CANARY_ADDRESSES).map(async (address) => {
      const opened = await net.connect({ address, port, timeoutMs });
      if (!opened.ok) return opened.failure;
      opened.value.socket.on('error', () => {});
      opened.value.socket.destroy();
      return null;
    });
    return { server, ...wordOf(await Promise.all(tries)) };
  } finally {
    deadline.dispose();
  }
}

/** A refusal has come all the way back, so the way is open. */
function wordOf(failures: readonly (ConnectFailure | null)[]): Pick<CanaryWord, 'outcome' | 'detail'> {
  if (failures.includes(null)) return { outcome: 'answered', detail: 'it answers' };
  const told = failures.flatMap((failure) => failure ?? []);
  const back = told.find(({ kind }) => kind === 'refused' || kind === 'reset');
  if (back !== undefined) return { outcome: 'answered', detail: describeConnectFailure(back) };
  const silent = told.find(({ kind }) => kind === 'timed-out' || kind === 'unreachable');
  if (silent !== undefined) return { outcome: 'silent', detail: describeConnectFailure(silent) };
  const [first] = told;
  return { outcome: 'unknown', detail: first === undefined ? 'it was not asked' : describeConnectFailure(first) };
}
