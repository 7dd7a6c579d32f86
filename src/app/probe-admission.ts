/** Who may have which test made, and how often: target, port, address, and the allowances of clients and targets. */
import type { Clock } from '../base/clock.ts';
import { addressScope } from '../base/ip-address.ts';
import type { ProbeOptions } from '../probe/probe-record.ts';
import { showTargetDomain, type Target } from '../probe/target.ts';
import { type Allowance, createAllowance } from './allowance.ts';
import type { Caller, JobLimits } from './probe-job.ts';
import { type PassingReason, type Refusal, refuse, type TooMany, tooMany } from './refusal.ts';

export interface AdmissionOptions {
  readonly clock: Clock;
  readonly limits: JobLimits;
  readonly privateAddresses: 'allowed' | 'denied';
  readonly ports: readonly number[];
}

export interface Admission {
  /** Whatever is never allowed, however often it is asked for; null: it may be. */
  refusalOf(target: Target, options: ProbeOptions, caller: Caller): Refusal | null;
  /** Takes one from the allowances of the client and of the target; null: both had one. */
  take(target: Target, caller: Caller, patient: boolean): Refusal | null;
  /** Somebody was told when to come back, and it is not time yet: how long, ms; else null. */
  waitOf(caller: Caller): number | null;
}

/** Clients that were told to wait. */
const MAX_TOLD = 10_000;

export function createAdmission(house: AdmissionOptions): Admission {
  const { clock, limits } = house;
  const perClient = createAllowance({ clock, ...limits.perClient });
  const perTarget = createAllowance({ clock, ...limits.perTarget });
  /** Monotonic. */
  const toldUntil = new Map<string, number>();
  const tell = (key: string, until: number): void => {
    toldUntil.delete(key);
    toldUntil.set(key, until);
    for (const oldest of toldUntil.keys()) {
      if (toldUntil.size <= MAX_TOLD) break;
      toldUntil.delete(oldest);
    }
  };
  return {
    refusalOf: (target, options, { anonymous }) => {
      if (options.rcpt && anonymous) {
        return refuse({ kind: 'mailbox-of-stranger' });
      }
      return placeRefusal(house, target, options);
    },
    take: (target, { key }, patient) => {
      const place = placeOf(target);
      const refused = take(perClient, key, { kind: 'client-often' });
      if (refused !== null) {
        if (!patient) tell(key, clock.monotonic() + refused.retryAfterMs);
        return refused;
      }
      return take(perTarget, place, { kind: 'target-often', place });
    },
    waitOf: ({ key }) => {
      const until = toldUntil.get(key);
      if (until === undefined) return null;
      const wait = until - clock.monotonic();
      if (wait >= 1) return wait;
      toldUntil.delete(key);
      return null;
    },
  };
}

function placeOf({ server, domain }: Target): string {
  if (server?.host === undefined) return showTargetDomain(domain);
  return typeof server.host === 'string' ? server.host : server.host.text;
}

function placeRefusal(house: AdmissionOptions, target: Target, options: ProbeOptions): Refusal | null {
  const port = target.server?.port ?? options.port;
  if (!house.ports.includes(port)) {
    return refuse({ kind: 'port', port, ports: house.ports });
  }
  const literals = [target.domain, target.server?.host].filter(
    (host) => host !== undefined && typeof host !== 'string',
  );
  const refused = literals.find((address) => house.privateAddresses === 'denied' && addressScope(address) !== 'global');
  if (refused === undefined) return null;
  return refuse({ kind: 'private-address', address: refused.text, scope: addressScope(refused) });
}

function take(allowance: Allowance, key: string, why: PassingReason): TooMany | null {
  const wait = allowance.take(key);
  return wait === null ? null : tooMany(why, wait);
}
