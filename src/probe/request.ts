/** What a probe is asked to do, and what it tells while it runs. */
import type { Capture } from './capture.ts';
import type { HostResult, ProbeResult, StageName, StageResult } from './result.ts';
import type { Target } from './target.ts';

export interface ProbeRequest {
  readonly target: Target;
  /** RCPT TO: `auto` tests a full address and leaves a bare domain alone; `yes` tests postmaster of a bare domain. */
  readonly rcpt: 'auto' | 'yes' | 'no';
  /** Only the first host that answers (R23). */
  readonly quick: boolean;
  readonly ignoreNoConnect: boolean;
  /** Also try to send in clear, which a host that insists on TLS refuses (R24). */
  readonly assureTls: boolean;
  readonly mtaSts: boolean;
  readonly dane: boolean;
  /** Settles the order among equal preferences, as the same seed does in delivery; null leaves it open. */
  readonly seed: number | null;
  /** Sessions with each address, to see whether its answers differ; 1 where left out. */
  readonly repeat?: number | undefined;
  /** Every authoritative name server is asked whether it says the same as the others. */
  readonly authoritative?: boolean | undefined;
  /** Verify compares the CN exactly, its wildcards do not count (R98). Left out: they do. */
  readonly strictCn?: boolean | undefined;
}

/** More would only be a burden to the receiver. */
export const MAX_REPEAT = 10;

export type ProbeEvent =
  | {
      readonly kind: 'route';
      readonly hosts: readonly {
        readonly exchange: string;
        readonly preference: number;
        readonly addresses: readonly string[];
      }[];
    }
  | {
      readonly kind: 'stage';
      readonly host: string;
      readonly address: string;
      readonly stage: StageName;
      readonly result: StageResult['result'];
      readonly ms: number;
    }
  | { readonly kind: 'host'; readonly host: HostResult }
  | { readonly kind: 'done'; readonly result: ProbeResult };

export interface ProbeHooks {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: ProbeEvent) => void) | undefined;
  /** Told at the end what went into the result, so that it can be judged again. */
  readonly onCapture?: ((capture: Capture) => void) | undefined;
}
