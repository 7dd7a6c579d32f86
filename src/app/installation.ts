/**
 * An installation that runs: its database, the configuration as it is in force, the queue, the way out, and everybody who
 * listens. The roles of `serve` (delivery, web, listeners, monitors) are all built over one of these.
 */
import { hostname as machineName } from 'node:os';
import { addressScope, parseIpAddress } from '../base/ip-address.ts';
import type { Outcome } from '../base/outcome.ts';
import { succeeded } from '../base/outcome.ts';
import {
  type Configuration,
  createConfiguration,
  describeConfigurationFailure,
  type FollowedConfiguration,
} from '../config/configuration.ts';
import type { Listener } from '../config/listener-schema.ts';
import type { DeliveryEvent, OnDeliveryEvent } from '../delivery/events.ts';
import type { HandOver } from '../delivery/hand-over.ts';
import { createReportPoster } from '../delivery/post-tls-report.ts';
import type { AcceptedMessage, NewMessage, QueueStore } from '../delivery/queue-store.ts';
import {
  describeSubmissionFault,
  readSubmission,
  type SubmissionFault,
  type SubmittedMessage,
} from '../delivery/submission.ts';
import { type CertificateStore, createCertificateStore, type DemoPair } from '../store/certificate-store.ts';
import { createConfigurationStore } from '../store/configuration-store.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { makeFolder } from '../store/folder.ts';
import { createQueueStore } from '../store/queue-store.ts';
import { type DataPlace, databasePlaceOf } from './configuration.ts';
import { createDelivery, type Ourselves } from './delivery.ts';
import { createDeliverySinks, type DeliverySinks } from './delivery-sinks.ts';
import { demoCertificate } from './demo-certificate.ts';
import { type ExpiryWatch, startExpiryWatch } from './expiry-watch.ts';
import { createHouse, type House } from './house.ts';
import { reportFiles } from './report-files.ts';
import type { AppSettings } from './settings.ts';
import type { TlsReportOptions } from './tls-report-sender.ts';
import type { Essentials } from './world.ts';

export interface Installation {
  readonly place: DataPlace;
  readonly settings: AppSettings;
  readonly world: Essentials;
  /** This system's name, as others know it. */
  readonly hostname: string;
  readonly database: Database;
  readonly queue: QueueStore;
  readonly configuration: Configuration;
  /** In force now; follows commits. */
  readonly followed: FollowedConfiguration;
  readonly house: House;
  readonly handOver: HandOver;
  readonly certificates: CertificateStore;
  /** What stands for the certificate that nobody chose (R105). */
  readonly demo: DemoPair;
  /** Tells everybody who listens: the logs, alerts, and whoever asked for it. */
  readonly sinks: DeliverySinks;
  /** Whoever wants to count or show what happens; returns the way to stop. */
  listen(listener: OnDeliveryEvent): () => void;
  /** Durable when it resolves; rejects with `StoreTrouble` where the queue cannot take it. */
  submit(message: SubmittedMessage, reception?: Reception): Promise<Outcome<AcceptedMessage, SubmissionFault>>;
  close(): Promise<void>;
}

/** The connection a message came in over. */
export interface Reception {
  readonly icid: number;
  /** Called when it is durable, before anybody else is told. */
  onAccepted(mid: number): void;
}

export interface InstallationWishes {
  /** Sessions are counted, and domains that ask for TLS reports get them: by one process of an installation. */
  readonly tlsReports?: boolean | undefined;
  /** Certificates that run out are told of; of several processes that do this one tells each. */
  readonly expiryWatch?: boolean | undefined;
}

/** Rejects with `StoreTrouble` where the database cannot be opened, with an `Error` where its configuration is unreadable. */
export async function openInstallation(
  place: DataPlace,
  given: AppSettings,
  world: Essentials,
  wishes: InstallationWishes = {},
): Promise<Installation> {
  const { clock, random } = world;
  const { log } = given;
  makeFolder(place.data);
  const database = await openDatabase(databasePlaceOf(place), { clock });
  try {
    const queue = createQueueStore(database);
    let expiry: ExpiryWatch | null = null;
    const configuration = createConfiguration(createConfigurationStore(database), clock);
    const follow = await configuration.follow({
      onRevision: ({ revision }) => {
        log('info', 'a configuration is in force', { revision });
        void expiry?.look();
      },
      onFailure: (why) => log('error', 'a new configuration cannot be read; the one before stays in force', { why }),
    });
    if (!follow.ok) throw new Error(describeConfigurationFailure(follow.failure));
    const followed = follow.value;
    const certificates = createCertificateStore(database);
    const demo = await demoCertificate(certificates, clock.now());
    const settings = { ...given, authorities: () => followed.snapshot().document.certificateAuthorities };
    const house = createHouse(settings, world);
    const hostname = house.heloName ?? (machineName() || 'localhost');
    const listeners = new Set<OnDeliveryEvent>();
    let tell: OnDeliveryEvent = () => {};
    const handOver = createDelivery({
      house,
      delivery: () => followed.delivery.delivery,
      clientCertificate: () => followed.delivery.clientCertificate ?? settings.client,
      emit: (event) => tell(event),
      own: () => ourselves(followed.snapshot().document.listeners),
    });
    const sinks = await createDeliverySinks({
      log,
      mailLog: { folder: place.data, clock, log },
      alerts: {
        hostname,
        clock,
        random,
        log,
        settings: () => ({
          ...followed.snapshot().document.alerts,
          requiredTlsAlert: followed.delivery.requiredTlsAlert,
        }),
        routeFor: (domain) => followed.delivery.routeFor(domain),
        handOver,
        nextDcid: () => queue.nextNumber('dcid'),
      },
      tlsReports: wishes.tlsReports === true ? reporting(queue, house, hostname, place.data, world) : null,
      others: [(event) => tellAll(listeners, event)],
    });
    tell = sinks;
    if (wishes.expiryWatch === true) {
      expiry = startExpiryWatch({
        clock,
        log,
        document: () => followed.snapshot().document,
        notices: certificates,
        alerts: () => followed.snapshot().document.alerts,
        raise: (alert) => sinks.alerts?.raise(alert),
      });
      await expiry.look();
    }
    return {
      place,
      settings,
      world,
      hostname,
      database,
      queue,
      configuration,
      followed,
      house,
      handOver,
      certificates,
      demo,
      sinks,
      listen: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      submit: (message, reception) => submitTo(queue, message, clock.now(), sinks, reception),
      close: async () => {
        expiry?.close();
        await sinks.close();
        followed.close();
        await house.close();
        await queue.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Reports go out as mail of this system, which its DKIM key signs (RFC 8460 section 3). */
function reporting(
  queue: QueueStore,
  house: House,
  hostname: string,
  folder: string,
  { clock, random }: Essentials,
): TlsReportOptions {
  const { log } = house.settings;
  const contact = `postmaster@${hostname}`;
  return {
    reporter: { organization: hostname, contact, submitter: hostname, from: contact },
    clock,
    random,
    log,
    store: reportFiles(folder, log),
    resolver: house.resolver,
    submit: async ({ bytes, sender, recipient, origin }) => {
      const recipients = [{ address: recipient }];
      const submitted = { bytes, sender, recipients, origin, begins: null };
      const accepted = await submitTo(queue, submitted, clock.now(), () => {});
      if (!accepted.ok) throw new Error(describeSubmissionFault(accepted.failure));
    },
    post: createReportPoster({ ...house, clock }),
  };
}

function tellAll(listeners: ReadonlySet<OnDeliveryEvent>, event: DeliveryEvent): void {
  for (const listener of listeners) listener(event);
}

/** Read, queued and told: for whoever has a queue and nothing else. */
export async function submitTo(
  queue: Pick<QueueStore, 'accept'>,
  submitted: SubmittedMessage,
  now: number,
  tell: OnDeliveryEvent,
  reception?: Reception,
): Promise<Outcome<AcceptedMessage, SubmissionFault>> {
  const message = readSubmission(submitted);
  if (!message.ok) return message;
  const accepted = await queue.accept(message.value, now);
  reception?.onAccepted(accepted.mid);
  if (accepted.fresh) tell({ ...queuedEvent(message.value, accepted.mid, now), icid: reception?.icid });
  return succeeded(accepted);
}

function queuedEvent(
  message: NewMessage,
  mid: number,
  at: number,
): Extract<DeliveryEvent, { readonly kind: 'message-queued' }> {
  const { sender, messageId, subject, origin, bytes } = message;
  const recipients = message.recipients.map(({ address }, rid) => ({ rid, address }));
  return { kind: 'message-queued', at, mid, sender, recipients, bytes: bytes.length, messageId, subject, origin };
}

/**
 * Names and addresses under which the mail servers of others find us (S-MX-8): those of the public listeners, of which
 * one for this machine alone, or for every address, says nothing. Null where there are none.
 */
function ourselves(listeners: readonly Listener[]): Ourselves | null {
  const known = listeners.filter(({ kind }) => kind === 'public');
  if (known.length === 0) return null;
  return {
    names: known.flatMap(({ hostname }) => hostname ?? []),
    addresses: known
      .map(({ address }) => address)
      .filter((text) => {
        const address = parseIpAddress(text);
        return address !== null && !['loopback', 'unspecified'].includes(addressScope(address));
      }),
  };
}
