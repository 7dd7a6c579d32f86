/** Which resolvers a run asks: those that were named, else those of the system. */
import { readFileSync } from 'node:fs';
import {
  describeResolverSpecFault,
  parseResolvConf,
  parseResolverSpec,
  type ResolverSpec,
} from '../dns/resolver-spec.ts';

export interface ResolverChoice {
  readonly servers: readonly ResolverSpec[];
  /** ms and tries, where resolv.conf says so. */
  readonly timeoutMs?: number | undefined;
  readonly attempts?: number | undefined;
}

const RESOLV_CONF = '/etc/resolv.conf';

/** Throws for a malformed spec: whoever took it from a person has refused it already. */
export function chooseResolvers(specs: readonly string[]): ResolverChoice {
  if (specs.length === 0) return systemResolvers();
  return {
    servers: specs.map((text) => {
      const spec = parseResolverSpec(text);
      if (!spec.ok) throw new Error(describeResolverSpecFault(spec.failure));
      return spec.value;
    }),
  };
}

function systemResolvers(): ResolverChoice {
  try {
    return parseResolvConf(readFileSync(RESOLV_CONF, 'utf8'));
  } catch {
    // Without resolv.conf the resolver is on this machine (resolv.conf(5)).
    return parseResolvConf('');
  }
}
