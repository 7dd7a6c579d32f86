/**
 * Asking the DNS: what the rest of the house sees. (Placeholder of the seam; `createResolver` belongs here.)
 */
import type { DnsAnswer, RecordType } from './answer.ts';

export interface AskOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface Resolver {
  /** Asks for one RRset, following CNAMEs. Never throws for what the network does; see `DnsAnswer`. */
  ask<T extends RecordType>(name: string, type: T, options?: AskOptions): Promise<DnsAnswer<T>>;
}
