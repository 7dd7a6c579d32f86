/**
 * What the owners of a domain and of its hosts have published, looked up once for an attempt and only where somebody
 * wants to know: who honours it, and who overrides it, since the log says so (decision 8).
 */
import type { DaneHost, DaneLookup } from '../dane/lookup.ts';
import type { StsDiscovery } from '../mtasts/discover.ts';
import type { DestinationControls } from '../policy/destination.ts';
import type { PublishedFacts } from './events.ts';
import { overridesPublished } from './requirement.ts';

export interface LookUpPublished {
  readonly discoverSts: (domain: string, signal: AbortSignal) => Promise<StsDiscovery>;
  readonly dane: (host: DaneHost, signal: AbortSignal) => Promise<DaneLookup>;
}

export interface PublicationsOptions extends LookUpPublished {
  readonly controls: DestinationControls;
  readonly signal: AbortSignal;
}

export class Publications {
  readonly #options: PublicationsOptions;
  readonly #policies = new Map<string, Promise<StsDiscovery>>();
  readonly #records = new Map<string, Promise<DaneLookup>>();

  constructor(options: PublicationsOptions) {
    this.#options = options;
  }

  /** Of one host, and of the domain whose policy applies to it; null: of nobody's. */
  async at(
    exchange: string,
    policyDomain: string | null,
    { port, nameSecurity }: Pick<DaneHost, 'port' | 'nameSecurity'>,
  ): Promise<PublishedFacts> {
    const { controls, discoverSts, dane, signal } = this.#options;
    const overriding = overridesPublished(controls);
    const wantsSts = controls.mtaSts === 'on' || overriding;
    const wantsDane = controls.dane !== 'off' || overriding;
    const [mtaSts, records] = await Promise.all([
      wantsSts && policyDomain !== null
        ? once(this.#policies, policyDomain, () => discoverSts(policyDomain, signal))
        : null,
      wantsDane
        ? once(this.#records, `${exchange} ${port}`, () => dane({ exchange, port, nameSecurity }, signal))
        : null,
    ]);
    return { mtaSts, dane: records };
  }
}

/** A policy that is enforced, or TLSA records. */
export function isPublished({ mtaSts, dane }: PublishedFacts): boolean {
  return (mtaSts?.kind === 'policy' && mtaSts.policy.mode === 'enforce') || dane?.kind === 'records';
}

function once<Value>(kept: Map<string, Promise<Value>>, key: string, begin: () => Promise<Value>): Promise<Value> {
  const known = kept.get(key) ?? begin();
  kept.set(key, known);
  return known;
}
