/** The role `web` of `tlsreach serve`: the tester's page, the API, and signing in. */
import { createAccounts } from '../app/accounts.ts';
import { applianceOf } from '../app/appliance.ts';
import { createBatchMailer } from '../app/batch-mailer.ts';
import { createBatches } from '../app/batches.ts';
import { createProbeApps } from '../app/probe-apps.ts';
import { createProbeJobs, DEFAULT_LIMITS } from '../app/probe-jobs.ts';
import { createRequestKeys } from '../app/request-keys.ts';
import { readWebFiles } from '../app/web-files.ts';
import { keepPruning, openWebStores } from '../app/web-stores.ts';
import { VERSION } from '../base/version.ts';
import type { WebHouse } from '../http/house.ts';
import { createWeb } from '../http/web.ts';
import { type GivenOptions, readText } from './given-options.ts';
import type { RunningRole, ServeContext } from './serve-command.ts';
import { allowedPorts, listenAddressOf, trustedProxiesOf } from './serve-options.ts';
import { describeListenFault, UsageError } from './usage-error.ts';

/** What runs may go on for so long after SIGTERM, ms. */
const PATIENCE_MS = 10_000;
/** How often the certificate's files are looked at, ms. */
const LOOK_MS = 60_000;
/** How soon a commit reaches new connections, ms. */
const LOOK_CONFIGURED_MS = 1_000;
/** In the lab nobody has to be spared. */
const DEMO_LIMITS = {
  ...DEFAULT_LIMITS,
  perTarget: { burst: 100, everyMs: 1_000 },
  perClient: { burst: 200, everyMs: 200 },
};

export async function serveWeb(context: ServeContext): Promise<RunningRole> {
  const { given, world, services, settings, installation, lab } = context;
  const { clock, random } = world;
  const at = listenAddressOf(given);
  const tls = await tlsOf(context);
  const ports = allowedPorts(given, [settings.port]);
  const trustedProxies = trustedProxiesOf(given);
  const files = await readWebFiles();
  const stores = await openWebStores(installation.database, clock);
  const accounts = await createAccounts({ store: stores.accounts, clock, random });
  const jobs = createProbeJobs({
    apps: createProbeApps(settings, services.createApp),
    records: stores.records,
    clock,
    random,
    log: settings.log,
    privateAddresses: settings.privateAddresses,
    ports,
    defaultPort: settings.port,
    limits: lab === null ? DEFAULT_LIMITS : DEMO_LIMITS,
  });
  const appliance = applianceOf(installation, clock);
  const batches = createBatches({
    store: stores.batches,
    jobs,
    clock,
    random,
    log: settings.log,
    report: createBatchMailer(appliance, jobs, clock),
  });
  const stopPruning = keepPruning(stores, clock, settings.log);
  const endWork = async (patienceMs: number): Promise<void> => {
    stopPruning();
    // Batches first: what of them goes down with the tests is the next one's business.
    await batches.close();
    await jobs.close(patienceMs);
  };
  const house: WebHouse = {
    clock,
    random,
    log: settings.log,
    version: VERSION,
    jobs,
    batches,
    keys: createRequestKeys({ store: stores.keys, clock, random, log: settings.log }),
    accounts,
    files,
    anonymous: given.flag('anonymous') ?? true,
    trustedProxies,
    tls,
    examples: lab?.examples ?? [],
    ports,
    defaultPort: settings.port,
    appliance,
  };
  const { server, password } = await openServer(house, at, given).catch(async (error: unknown) => {
    await endWork(0);
    throw error;
  });
  const bound = server.server.address();
  const address = typeof bound === 'string' ? null : bound;
  const host = address?.family === 'IPv6' ? `[${address.address}]` : address?.address;
  const stopWatching =
    tls === null
      ? () => {}
      : watchCertificate(context, tls, (fresh) => {
          if ('setSecureContext' in server.server)
            (server.server.setSecureContext as (context: object) => void)({ cert: fresh.certificate, key: fresh.key });
        });
  return {
    lines: [
      `The web is at ${tls === null ? 'http' : 'https'}://${host}:${address?.port}/`,
      ...(password === null
        ? []
        : ['', `Sign in once as "admin" with the password ${password}`, 'and choose your own. It is not shown again.']),
    ],
    close: async (drainMs) => {
      stopWatching();
      await endWork(Math.min(drainMs, PATIENCE_MS));
      await server.close();
    },
  };
}

/** Listening, with the first password where there was nobody. */
async function openServer(house: WebHouse, at: ReturnType<typeof listenAddressOf>, given: GivenOptions) {
  const server = await createWeb(house);
  const password = await house.accounts.begin();
  await server.listen(at).catch((error: unknown) => {
    throw new UsageError(`${given.nameOf('http')} ${at.host}:${at.port}: ${describeListenFault(error)}`);
  });
  return { server, password };
}

type Pair = { readonly certificate: string; readonly key: string };

async function tlsOf({ given, world, installation }: ServeContext): Promise<Pair | null> {
  const certificate = given.text('tlsCert');
  const key = given.text('tlsKey');
  if (given.flag('https') === true) {
    if (certificate !== undefined || key !== undefined)
      throw new UsageError('--https and --tls-cert exclude each other');
    return configuredPair(installation);
  }
  if (certificate === undefined && key === undefined) return null;
  if (certificate === undefined || key === undefined) throw new UsageError('--tls-cert and --tls-key go together');
  const pair = {
    certificate: await readText(certificate, '--tls-cert', world),
    key: await readText(key, '--tls-key', world),
  };
  const fault = await pairFault(pair);
  if (fault !== null) throw new UsageError(`--tls-cert ${certificate}: ${fault}`);
  return pair;
}

/** The one that the configuration in force chooses; Demo where it chooses none (R73, R105). */
function configuredPair({ followed, demo }: ServeContext['installation']): Pair {
  const { web, certificates } = followed.snapshot().document;
  const chosen = certificates.find(({ name }) => name === web.certificate);
  if (chosen === undefined) return demo;
  return { certificate: `${chosen.certificate.trimEnd()}\n${chosen.chain}`, key: chosen.key };
}

/** A new certificate is taken over for new connections; one that cannot be used is not, and the log says so. */
function watchCertificate(context: ServeContext, first: Pair, use: (pair: Pair) => void): () => void {
  const { given, world, settings } = context;
  const every = given.flag('https') === true ? LOOK_CONFIGURED_MS : LOOK_MS;
  let current = first;
  const look = async (): Promise<void> => {
    try {
      const fresh = await tlsOf(context);
      if (fresh === null || (fresh.certificate === current.certificate && fresh.key === current.key)) return;
      use(fresh);
      current = fresh;
      settings.log('info', 'the certificate of the web was read again');
    } catch (error) {
      settings.log('error', 'the certificate of the web cannot be used and stays as it was', {
        error: error instanceof Error ? error.message : String(error),
      });
    }
  };
  let cancel: () => void = () => {};
  const again = (): void => {
    cancel = world.clock.setTimer(every, () => void look().finally(again));
  };
  again();
  const release = world.onHangup?.(() => void look()) ?? (() => {});
  return () => {
    cancel();
    release();
  };
}

async function pairFault({ certificate, key }: Pair): Promise<string | null> {
  const { createPrivateKey, X509Certificate } = await import('node:crypto');
  try {
    const parsed = new X509Certificate(certificate);
    return parsed.checkPrivateKey(createPrivateKey(key)) ? null : 'the key is not that of the certificate';
  } catch {
    return 'no certificate with its private key in PEM can be read';
  }
}
