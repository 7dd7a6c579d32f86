/**
 * `tlsreach hoststatus DOMAIN`, `tlsreach tophosts [ORDER]`, `tlsreach delivernow DOMAIN|--all` (R116, R125): what the
 * queue knows of destinations, in the appliance's layout, and a nudge to try at once.
 */
import { printable } from '../base/printable.ts';
import { deliverAtOnce } from '../delivery/deliver-now.ts';
import { destinationOf } from '../delivery/submission.ts';
import {
  type HostStatus,
  hostStatusJson,
  hostStatusText,
  orderedHosts,
  TOP_HOSTS_ORDERS,
  topHostsJson,
  topHostsText,
} from '../report/host-status.ts';
import { toJson } from '../report/json.ts';
import { placeOf } from './config-session.ts';
import { inQueue, type QueueCommand } from './in-queue.ts';
import { UsageError } from './usage-error.ts';
import { choiceOf, wholeOf, worldSettings } from './world-options.ts';

/** Of so many destinations the first ones are chosen. */
const MOST_HOSTS = 1_000;

export async function hostStatusCommand(command: QueueCommand): Promise<number> {
  const { given, world, words, services } = command;
  const destination = destinationFrom(words[0] ?? '');
  const json = choiceOf(given, 'format', ['text', 'json']) === 'json';
  const settings = await worldSettings(given, world);
  return inQueue(command, async ({ queue }) => {
    const at = world.clock.now();
    const state = await queue.hostState(destination);
    const [active = null] = await queue.topHosts(1, destination);
    const connections = (await queue.connections(at)).get(destination) ?? 0;
    const route = given.flag('dns') === false ? null : await services.routeOf(destination, settings);
    const gateway = await defaultGateway(command);
    const status = { destination, at, state, active, connections, route, gateway };
    await world.stdout.write(json ? `${toJson(hostStatusJson(status), 2)}\n` : hostStatusText(status));
    return 0;
  });
}

/** As the configuration in force says. */
async function defaultGateway({ given, world, services }: QueueCommand): Promise<HostStatus['gateway']> {
  const { configuration, close } = await services.openConfiguration(placeOf(given, world.env));
  try {
    const committed = await configuration.committed();
    if (!committed.ok) return undefined;
    const { gateways, defaultGateway: name } = committed.value.document.delivery;
    return gateways.find((gateway) => gateway.name === name) ?? null;
  } finally {
    await close();
  }
}

export async function topHostsCommand(command: QueueCommand): Promise<number> {
  const { given, world, words } = command;
  const json = choiceOf(given, 'format', ['text', 'json']) === 'json';
  const limit = wholeOf(given, 'limit', 1, MOST_HOSTS) ?? 20;
  const word = words[0] ?? 'active_rcpts';
  const order = TOP_HOSTS_ORDERS.find((name) => name === word.toLowerCase());
  if (order === undefined)
    throw new UsageError(`"${printable(word, 80)}" is no order; choose one of ${TOP_HOSTS_ORDERS.join(', ')}`);
  return inQueue(command, async ({ queue }) => {
    const at = world.clock.now();
    const connections = await queue.connections(at);
    const hosts = await queue.topHosts(order === 'active_rcpts' ? limit : MOST_HOSTS);
    const rows = hosts.map((host) => ({ ...host, connections: connections.get(host.destination) ?? 0 }));
    const shown = orderedHosts(rows, order).slice(0, limit);
    await world.stdout.write(json ? `${toJson(topHostsJson(shown, at), 2)}\n` : topHostsText(shown, at));
    return 0;
  });
}

export async function deliverNowCommand(command: QueueCommand): Promise<number> {
  const { given, world, words } = command;
  const json = choiceOf(given, 'format', ['text', 'json']) === 'json';
  const [word] = words;
  const all = given.flag('all') === true;
  if ((word === undefined) !== all) throw new UsageError('say a domain, or --all');
  const destination = word === undefined ? null : destinationFrom(word);
  return inQueue(command, async ({ queue }) => {
    const recipients = await deliverAtOnce(queue, destination, world.clock.now());
    const what = destination === null ? 'all domains' : printable(destination, 260);
    const waited = recipients === 1 ? '1 recipient' : `${recipients} recipients`;
    const text = `Everything for ${what} is tried now; ${waited} would have waited.\n`;
    await world.stdout.write(json ? `${toJson({ destination, recipients })}\n` : text);
    return 0;
  });
}

function destinationFrom(word: string): string {
  const destination = destinationOf(`x@${word}`);
  if (destination === null) throw new UsageError(`"${printable(word, 80)}" is no domain`);
  return destination;
}
