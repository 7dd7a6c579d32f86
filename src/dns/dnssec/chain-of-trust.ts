/**
 * The chain from a trust anchor down to the zone of a name (RFC 4035 section 5): at every label the parent is asked for
 * DS. It has one (a signed zone begins, whose keys it vouches for), it proves that there is none (an unsigned zone
 * begins, or none does), or the chain is broken there. What was learned is kept as long as its owners said.
 */
import { createSingleFlight } from '../single-flight.ts';
import { anchorFor, type TrustAnchor } from './anchors.ts';
import type { Asking } from './ask-signed.ts';
import { createCutCache } from './cut-cache.ts';
import { MAX_CUT_TTL } from './limits.ts';
import { labelCount, lastLabels } from './names.ts';
import { type Cut, type CutOptions, type Learned, learnAnchor, learnCut, type ZoneTrust } from './zone-cut.ts';

export interface ChainOptions extends CutOptions {
  readonly anchors: readonly TrustAnchor[];
}

export interface ChainOfTrust {
  /** The zone that `name` is in, or whatever ends the chain before it. */
  trustAt(name: string, asking: Asking): Promise<ZoneTrust>;
}

export function createChainOfTrust(options: ChainOptions): ChainOfTrust {
  const { clock, anchors } = options;
  const cache = createCutCache<Cut>(clock);
  const flights = createSingleFlight<Cut>();

  /** From the cache, else learned once for all who want it now. */
  const cutAt = async (name: string, asking: Asking, learn: (asking: Asking) => Promise<Learned>): Promise<Cut> => {
    const known = cache.get(name);
    if (known !== null) return known;
    const work = async (signal: AbortSignal): Promise<Cut> => {
      const learned = await learn({ ...asking, signal });
      cache.put(name, learned.cut, Math.min(learned.ttl, MAX_CUT_TTL));
      return learned.cut;
    };
    const cut = await flights.join(name, work, asking.signal);
    return cut ?? { security: 'unanswered', failure: { kind: 'cancelled' } };
  };

  return {
    async trustAt(name, asking) {
      const anchor = anchorFor(anchors, name, clock.now());
      if (anchor === null) return { security: 'indeterminate', cause: 'no-anchor', resolver: null };
      const top = await cutAt(anchor.zone, asking, (inner) => learnAnchor(options, anchor.zone, anchor.entries, inner));
      if (top.security !== 'secure') return ended(top);
      let zone = top;
      for (let labels = labelCount(anchor.zone) + 1; labels <= labelCount(name); labels += 1) {
        const child = lastLabels(name, labels);
        const parent = zone;
        const cut = await cutAt(child, asking, (inner) => learnCut(options, parent, child, inner));
        if (cut.security === 'nothing-below') break;
        if (cut.security === 'no-cut') continue;
        if (cut.security !== 'secure') return cut;
        zone = cut;
      }
      return zone;
    },
  };
}

function ended(cut: Cut): ZoneTrust {
  if (cut.security === 'no-cut' || cut.security === 'nothing-below') {
    throw new Error('an anchor is a zone, whatever its keys');
  }
  return cut;
}
