/**
 * Places for connections, leased from the store so that they hold across processes (R114): one for each connection, under
 * the key that the limits of the destination ask for. What is taken is given back once, whatever else happens.
 */
import type { DestinationControls } from '../policy/destination.ts';
import type { QueueStore } from './queue-store.ts';

export interface SlotOffice {
  readonly store: Pick<QueueStore, 'takeSlot' | 'freeSlot' | 'takeRecipients'>;
  readonly owner: string;
  readonly leaseMs: number;
  readonly now: () => number;
  /** A place could not be given back: its lease will run out. */
  readonly onTrouble: (error: unknown) => void;
}

/** Whom a limit counts for: the domain or one address of it, the system or one gateway (specification 2.a.2). */
export function limitKey(
  { limitType, limitApply }: Pick<DestinationControls, 'limitType' | 'limitApply'>,
  {
    destination,
    address,
    gateway,
  }: { readonly destination: string; readonly address: string; readonly gateway: string },
): string {
  const whom = limitType === 'domain' ? destination : `${destination} ${address}`;
  return limitApply === 'system' ? whom : `${whom} via ${gateway}`;
}

/** The function that gives the place back, or null when all are taken. Rejects where the store cannot be asked. */
export async function takePlace(office: SlotOffice, key: string, most: number): Promise<(() => void) | null> {
  const { store, owner, leaseMs } = office;
  const slot = await store.takeSlot(key, most, owner, office.now(), leaseMs);
  if (slot === null) return null;
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    store.freeSlot(key, slot, owner).catch(office.onTrouble);
  };
}

/** `at`: when the next window begins, ms. */
export type Allowance = { readonly kind: 'granted' } | { readonly kind: 'used-up'; readonly at: number };

/** Whether so many recipients may be sent to now, all of them or none. */
export async function allowRecipients(
  { store, now }: SlotOffice,
  key: string,
  wanted: number,
  { recipientLimit, recipientMinutes }: Pick<DestinationControls, 'recipientLimit' | 'recipientMinutes'>,
): Promise<Allowance> {
  if (recipientLimit === 0) return { kind: 'granted' };
  const windowMs = recipientMinutes * 60_000;
  const { granted, retryAt } = await store.takeRecipients(key, wanted, recipientLimit, windowMs, now());
  return granted >= wanted ? { kind: 'granted' } : { kind: 'used-up', at: retryAt };
}
