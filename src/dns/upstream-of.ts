/**
 * From how a resolver was specified to one that can be asked. What goes over a connection is loaded with its first question:
 * most runs ask over UDP alone.
 */
import type { Clock } from '../base/clock.ts';
import { type IpAddress, parseIpAddress } from '../base/ip-address.ts';
import { assertNever } from '../base/outcome.ts';
import type { Random } from '../base/random.ts';
import { createNet, type Net } from '../net/net.ts';
import type { ResolverSpec } from './resolver-spec.ts';
import { createUdpUpstream } from './udp.ts';
import type { Upstream } from './upstream.ts';

/** The addresses of a resolver's host; none when they cannot be found. */
export type LookupHost = (host: string) => Promise<readonly IpAddress[]>;

export interface UpstreamWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly net?: Net | undefined;
  readonly trustAnchors?: readonly string[] | undefined;
  readonly lookupHost?: LookupHost | undefined;
}

export function upstreamOf(spec: ResolverSpec, world: UpstreamWorld): Upstream {
  const { clock, random, trustAnchors } = world;
  const { text, trustAd } = spec;
  const net = world.net ?? createNet({ clock, privateAddresses: 'allowed' });
  const named = { text, trustAd, clock };
  switch (spec.kind) {
    case 'plain': {
      const { address, port } = spec;
      const stream = onFirstQuestion(named, async () => {
        const [{ openTcp }, { createStreamUpstream }] = await streams();
        const open = (timeoutMs: number) => openTcp(net, address, port, timeoutMs);
        return createStreamUpstream({ ...named, random, whenIdle: 'close', open });
      });
      return createUdpUpstream({ ...named, random, address, port, stream });
    }
    case 'tls': {
      const host = typeof spec.host === 'string' ? spec.host : spec.host.text;
      const find = async (): Promise<readonly IpAddress[]> =>
        typeof spec.host === 'string' ? (world.lookupHost ?? lookupBySystem)(spec.host) : [spec.host];
      return onFirstQuestion(named, async () => {
        const [{ openTls }, { createStreamUpstream }] = await streams();
        const open = async (timeoutMs: number) =>
          openTls({ net, clock, host, addresses: await find(), port: spec.port, trustAnchors, timeoutMs });
        return createStreamUpstream({ ...named, random, whenIdle: 'keep', open });
      });
    }
    case 'https':
      return onFirstQuestion(named, async () => {
        const { createHttpsUpstream } = await import('./https.ts');
        return createHttpsUpstream({ ...named, url: spec.url, trustAnchors });
      });
    default:
      return assertNever(spec);
  }
}

const streams = () => Promise.all([import('./connect.ts'), import('./stream.ts')]);

/** The resolver that `make` makes when somebody asks. */
function onFirstQuestion(
  { text, trustAd }: Pick<Upstream, 'text' | 'trustAd'>,
  make: () => Promise<Upstream>,
): Upstream {
  let made: Promise<Upstream> | null = null;
  return {
    text,
    trustAd,
    ask: async (question, options) => {
      made ??= make();
      return (await made).ask(question, options);
    },
    close: async () => (await made)?.close(),
  };
}

/** The system's resolver finds ours: there is nothing else to ask yet. */
async function lookupBySystem(host: string): Promise<readonly IpAddress[]> {
  try {
    const { lookup } = await import('node:dns/promises');
    const found = await lookup(host, { all: true });
    return found.flatMap(({ address }) => parseIpAddress(address) ?? []);
  } catch {
    return [];
  }
}
