/** What the operator's side works with: the configuration, the queue, the logs and the monitors of an installation. */
import type { Clock } from '../base/clock.ts';
import type { Outcome } from '../base/outcome.ts';
import type { Configuration } from '../config/configuration.ts';
import type { OnDeliveryEvent } from '../delivery/events.ts';
import type { AcceptedMessage, QueueStore } from '../delivery/queue-store.ts';
import type { SubmissionFault, SubmittedMessage } from '../delivery/submission.ts';
import type { TrustAnchors } from '../pki/trust-anchors.ts';
import type { Installation } from './installation.ts';
import { createLogDesk, type LogDesk } from './log-desk.ts';
import { createMonitorDesk, type MonitorDesk } from './monitor-desk.ts';
import { createLookups, type Lookups } from './name-check.ts';

export interface Appliance {
  /** This system's name, as others know it. */
  readonly hostname: string;
  readonly configuration: Configuration;
  readonly queue: QueueStore;
  readonly logs: LogDesk;
  readonly monitors: MonitorDesk;
  /** Durable when it resolves; rejects with `StoreTrouble` where the queue cannot take it. */
  submit(message: SubmittedMessage): Promise<Outcome<AcceptedMessage, SubmissionFault>>;
  /** PEM of the certificate that stands for one nobody chose. */
  readonly demo: string;
  /** Whom this installation trusts now. */
  readonly anchors: TrustAnchors;
  readonly lookups: Lookups;
  /** For the logs: what a person did to the queue. */
  readonly tell: OnDeliveryEvent;
}

export function applianceOf(
  installation: Pick<
    Installation,
    'hostname' | 'configuration' | 'database' | 'queue' | 'sinks' | 'submit' | 'place' | 'demo' | 'house'
  >,
  clock: Clock,
): Appliance {
  const { hostname, configuration, database, queue, sinks, submit, place, demo, house } = installation;
  return {
    hostname,
    configuration,
    queue,
    submit,
    demo: demo.certificate,
    anchors: house.anchors,
    lookups: createLookups(house.resolver, clock),
    tell: sinks,
    logs: createLogDesk(place.data, clock),
    monitors: createMonitorDesk(configuration, database, clock),
  };
}
