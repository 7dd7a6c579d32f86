/** A resolver that knows what it is told, for tests whose subject is not the DNS. */
import type { DnsAnswer, RecordType } from '../../src/dns/answer.ts';
import type { Resolver } from '../../src/dns/resolver.ts';

type DataOf<T extends RecordType> = Extract<DnsAnswer<T>, { kind: 'records' }>['records'][number]['data'];

/** `A mx.example.com` → data of its records; `null`: the look-up fails; what is not there has no data. */
export function knownResolver(known: ReadonlyMap<string, readonly unknown[] | null>): Resolver {
  return {
    ask: async <T extends RecordType>(name: string, type: T): Promise<DnsAnswer<T>> => {
      const said = { name, type, security: 'insecure', securityFrom: null, resolver: 'test', ms: 0 } as const;
      const data = known.get(`${type} ${name}`);
      if (data === null) return { ...said, kind: 'failed', failure: { kind: 'servfail' } };
      if (data === undefined) return { ...said, kind: 'no-data', canonicalName: name, aliases: [] };
      const records = data.map((each) => ({ name, type, ttl: 60, data: each as DataOf<T> }));
      return { ...said, kind: 'records', records, canonicalName: name, aliases: [], ttl: 60 };
    },
  };
}
