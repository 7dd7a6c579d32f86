/** Delivery in the foreground put together: a house, a hand-over, and one order after the other. */
import type { DeliveryEvent } from '../delivery/events.ts';
import { deliverNow, type ForegroundOrder, type ForegroundReport } from '../delivery/foreground.ts';
import { DEFAULT_DELIVERY_SETTINGS, type DeliverySettings } from '../delivery/settings.ts';
import { createDelivery } from './delivery.ts';
import { createHouse } from './house.ts';
import type { AppSettings } from './settings.ts';
import { ESSENTIALS, type Essentials } from './world.ts';

export interface Deliverer {
  deliver(order: ForegroundOrder): Promise<{
    readonly report: ForegroundReport;
    readonly events: readonly DeliveryEvent[];
  }>;
  close(): Promise<void>;
}

/** Throws for settings that cannot be used: whoever took them from a person has said so before. */
export async function createDeliverer(
  settings: AppSettings,
  delivery: Omit<DeliverySettings, 'timeouts'> = DEFAULT_DELIVERY_SETTINGS,
  world: Essentials = ESSENTIALS,
): Promise<Deliverer> {
  const house = createHouse(settings, world);
  const { clock } = world;
  const seconds = settings.timeoutMs / 1000;
  const timeouts = {
    connect: seconds,
    greeting: seconds,
    command: seconds,
    data: seconds,
    dataBlock: seconds,
    finalDot: seconds,
    handOver: DEFAULT_DELIVERY_SETTINGS.timeouts.handOver,
  };
  let events: DeliveryEvent[] = [];
  const emit = (event: DeliveryEvent): void => {
    events.push(event);
  };
  const handOver = createDelivery({
    house,
    delivery: () => ({ ...delivery, timeouts }),
    clientCertificate: () => settings.client,
    emit,
  });
  return {
    deliver: async (order) => {
      events = [];
      const stop = new AbortController();
      const onStop = (): void => stop.abort();
      if (order.signal.aborted) onStop();
      order.signal.addEventListener('abort', onStop, { once: true });
      const cancelTimer = settings.deadlineMs === null ? () => {} : clock.setTimer(settings.deadlineMs, onStop);
      try {
        const report = await deliverNow({ ...order, signal: stop.signal }, { handOver, clock, emit });
        return { report, events };
      } finally {
        cancelTimer();
        order.signal.removeEventListener('abort', onStop);
      }
    },
    close: () => house.close(),
  };
}
