/** The order in which delivery tells of its connections. */
import type { DeliveryEvent } from '../../src/delivery/events.ts';

/** What is told of one connection comes in order, and each is opened and closed once. */
export function orderFaults(events: readonly DeliveryEvent[]): readonly string[] {
  const order = [
    'connection-opened',
    'session-judged',
    'tls-alert',
    'delivery-started',
    'possible-delivery',
    'message-done',
  ];
  const faults: string[] = [];
  const byDcid = Map.groupBy(
    events.filter((event) => 'dcid' in event),
    (event) => ('dcid' in event ? event.dcid : 0),
  );
  for (const [dcid, told] of byDcid) {
    const kinds: string[] = told.map(({ kind }) => kind);
    const opened = kinds.filter((kind) => kind === 'connection-opened').length;
    if (opened > 1) faults.push(`DCID ${dcid} opened ${opened} times`);
    if (kinds.filter((kind) => kind === 'connection-closed').length !== opened) faults.push(`DCID ${dcid} not closed`);
    if (opened === 1 && kinds[0] !== 'connection-opened') faults.push(`DCID ${dcid} begins with ${kinds[0]}`);
    if (kinds.filter((kind) => kind === 'session-judged').length !== 1) faults.push(`DCID ${dcid} not judged once`);
    const places = kinds.filter((kind) => kind !== 'connection-closed').map((kind) => order.indexOf(kind));
    if (places.some((place, at) => at > 0 && place < (places[at - 1] ?? 0))) faults.push(`DCID ${dcid}: ${kinds}`);
  }
  return faults;
}
