/**
 * A process of its own that delivers from a store, as `serve` does with the role delivery: the real dispatcher, the real
 * hand-over, a lease and limits as it is told. It says when it is at work, and answers what CPU it has used; told to, or
 * left alone by whoever started it, it ends what is under way and exits.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createDelivery } from '../../src/app/delivery.ts';
import { createHouse } from '../../src/app/house.ts';
import { DEFAULT_SETTINGS } from '../../src/app/settings.ts';
import { ESSENTIALS, systemClock } from '../../src/app/world.ts';
import { silentLog } from '../../src/base/log.ts';
import { createDispatcher } from '../../src/delivery/dispatcher.ts';
import {
  DEFAULT_BOUNCE_SETTINGS,
  DEFAULT_DELIVERY_SETTINGS,
  type DeliveryConfiguration,
} from '../../src/delivery/settings.ts';
import { DEFAULT_DESTINATION, type DestinationControls } from '../../src/policy/destination.ts';
import { type DatabasePlace, openDatabase } from '../../src/store/database.ts';
import { createQueueStore } from '../../src/store/queue-store.ts';

export interface DeliveryWishes {
  readonly place: DatabasePlace;
  /** Of this life alone. */
  readonly owner: string;
  readonly resolver: string;
  readonly port: number;
  readonly rootFile: string;
  /** For every destination. */
  readonly controls: Partial<DestinationControls>;
  readonly leaseMs: number;
  readonly initialRetrySeconds: number;
  readonly hostDownSeconds: number;
}

export interface DeliveryProcess {
  readonly child: ChildProcess;
  /** CPU of this process so far, all threads, ms, and the most memory it has had, MiB. */
  usage(): Promise<Usage>;
  /** Resolves when nothing is under way and it has ended; rejects where it ended badly. */
  stop(): Promise<void>;
}

export interface Usage {
  readonly cpuMs: number;
  readonly peakMiB: number;
}

const SELF = fileURLToPath(import.meta.url);

/** Resolves when it is at work. */
export async function startDelivery(wishes: DeliveryWishes): Promise<DeliveryProcess> {
  const started = launchDelivery(wishes);
  await new Promise<void>((resolve, reject) => {
    started.child.once('message', () => resolve());
    started.child.once('exit', (code, signal) => reject(new Error(`delivery ended: ${code ?? signal}`)));
  });
  return started;
}

/** Does not wait for anything. */
export function launchDelivery(wishes: DeliveryWishes): DeliveryProcess {
  const child = fork(SELF, [JSON.stringify(wishes)], { execArgv: ['--no-warnings'] });
  return {
    child,
    usage: () =>
      new Promise((resolve, reject) => {
        child.once('message', (said) => resolve(said as Usage));
        child.once('exit', () => reject(new Error('delivery ended')));
        child.send('usage');
      }),
    stop: () =>
      new Promise((resolve, reject) => {
        child.once('exit', (code, signal) =>
          code === 0 ? resolve() : reject(new Error(`delivery ended with ${code ?? signal}`)),
        );
        child.disconnect();
      }),
  };
}

async function run(wishes: DeliveryWishes): Promise<void> {
  const { place, owner, leaseMs } = wishes;
  const house = createHouse(
    {
      ...DEFAULT_SETTINGS,
      log: silentLog,
      resolvers: [`${wishes.resolver}?trust-ad`],
      caFile: { name: 'the root', pem: readFileSync(wishes.rootFile, 'utf8') },
      systemCa: false,
      port: wishes.port,
      helo: 'sender.example.net',
    },
    ESSENTIALS,
  );
  const store = createQueueStore(await openDatabase(place, { clock: systemClock }));
  const configuration = configurationOf(wishes);
  const emit = (): void => {};
  const handOver = createDelivery({
    house,
    delivery: () => configuration.delivery,
    clientCertificate: () => null,
    emit,
  });
  const dispatcher = createDispatcher({
    store,
    handOver,
    configuration,
    clock: systemClock,
    emit,
    owner,
    dress: (message) => message,
    notify: async () => null,
    onFault: (error) => {
      process.stderr.write(`${owner}: ${String(error)}\n`);
    },
    leaseMs,
  });
  await dispatcher.start();
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuMs: (user + system) / 1000, peakMiB: process.resourceUsage().maxRSS / 1024 });
  });
  process.once('disconnect', () => {
    void (async () => {
      await dispatcher.stop();
      await store.close();
      await house.close();
    })();
  });
  process.send?.('ready');
}

function configurationOf({ controls, initialRetrySeconds, hostDownSeconds }: DeliveryWishes): DeliveryConfiguration {
  return {
    controlsFor: () => ({ ...DEFAULT_DESTINATION, ...controls }),
    bounceProfile: () => ({ ...DEFAULT_BOUNCE_SETTINGS, initialRetrySeconds }),
    routeFor: () => null,
    delivery: { ...DEFAULT_DELIVERY_SETTINGS, hostDownSeconds },
    bounceVerification: { keys: [], untaggedBounces: 'accept' },
    dkim: [],
    clientCertificate: null,
    requiredTlsAlert: false,
  };
}

if (process.argv[1] === SELF && process.argv[2] !== undefined) {
  await run(JSON.parse(process.argv[2]) as DeliveryWishes);
}
