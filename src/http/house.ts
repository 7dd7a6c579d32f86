/** What the web needs of the house; `app` and `serve` put it together. */
import type { Accounts } from '../app/accounts.ts';
import type { Appliance } from '../app/appliance.ts';
import type { Batches } from '../app/batches.ts';
import type { ProbeJobs } from '../app/probe-jobs.ts';
import type { RequestKeys } from '../app/request-keys.ts';
import type { WebFiles } from '../app/web-files.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';

export interface WebHouse {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly version: string;
  readonly jobs: ProbeJobs;
  readonly batches: Batches;
  readonly keys: RequestKeys;
  readonly accounts: Accounts;
  /** Templates, style, script and schemas. */
  readonly files: WebFiles;
  /** People without a name may test. */
  readonly anonymous: boolean;
  /** Addresses or networks whose `X-Forwarded-For` is believed; empty: nobody's. */
  readonly trustedProxies: readonly string[];
  /** PEM texts; null: plain HTTP, for a proxy in front or for this machine alone. */
  readonly tls: { readonly certificate: string; readonly key: string } | null;
  /** Domains to try, where the lab runs. */
  readonly examples: readonly { readonly target: string; readonly shows: string }[];
  readonly ports: readonly number[];
  readonly defaultPort: number;
  /** The operator's side; left out or null where there is the tester alone. */
  readonly appliance?: Appliance | null | undefined;
}
