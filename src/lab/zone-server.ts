/**
 * A name server on loopback, over UDP and TCP at one port, that answers from zones given as data as a resolver would,
 * or misbehaves as it is told. For the offline test bed and for tests.
 *
 * Signed zones will need one thing more: to add RRSIG, NSEC and DS records to what `Zones.answer` gives when the asker
 * set DO; `reply` is where that happens.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { EDNS_UDP_OCTETS, encodeAnswer, FLAG, PLAIN_UDP_OCTETS } from '../dns/encode.ts';
import { type DnsMessage, decodeMessage, type Question } from '../dns/message.ts';
import { RCODE, typeName } from '../dns/record-type.ts';
import { createZones, type ZoneAnswer, type ZoneData, type ZoneFault, type Zones } from './zone.ts';

export interface ZoneServerOptions {
  readonly zones: ZoneData;
  /** The zones served (default: the root, so every name); names outside are refused. */
  readonly apexes?: readonly string[] | undefined;
  readonly clock: Clock;
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** 0 or left out: the kernel gives one. */
  readonly port?: number | undefined;
}

export interface ZoneServer {
  readonly host: string;
  readonly port: number;
  /** `host:port`, as `--resolver` takes it. */
  readonly spec: string;
  /** The zones, which may be changed while it runs. */
  readonly zones: Zones;
  /** Questions received, over both transports, by name and optionally type; all of them without a name. */
  queries(name?: string, type?: string): number;
  /** Of these, how many came over TCP. */
  queriesByTcp(): number;
  /** The local ports UDP questions came from, in order; the last `MAX_REMEMBERED_PORTS`. */
  sourcePorts(): readonly number[];
  stop(): Promise<void>;
}

/** Other ports that are tried when the one the kernel gave for UDP is taken for TCP. */
const PORT_TRIES = 20;
/** Connections at one time; more are closed at once. */
export const MAX_LAB_DNS_CONNECTIONS = 200;
export const MAX_REMEMBERED_PORTS = 1000;
/** Datagrams of a flood: more than any asker should put up with. */
const FLOOD_DATAGRAMS = 50;
/** Names whose questions are counted; a run over many thousand names needs the sum alone. */
const MAX_COUNTED_NAMES = 20_000;

export async function startZoneServer(options: ZoneServerOptions): Promise<ZoneServer> {
  const host = options.host ?? '127.0.0.1';
  const zones = createZones(options.zones, options.apexes);
  const { udp, tcp, port } = await bindBoth(host, options.port ?? 0);
  const counts = new Map<string, number>();
  const ports: number[] = [];
  let total = 0;
  let byTcp = 0;
  const timers = new Set<() => void>();
  const connections = new Set<Socket>();

  const count = (key: string): void => {
    if (counts.has(key) || counts.size < MAX_COUNTED_NAMES) counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  /** Answers one query by zero or more messages, at once or later. */
  const handle = (bytes: Buffer, transport: 'udp' | 'tcp', send: (answer: Buffer) => void): void => {
    const query = decodeMessage(bytes);
    const question = query.ok ? query.value.questions[0] : undefined;
    if (!query.ok || query.value.isResponse || question === undefined) return;
    total += 1;
    if (transport === 'tcp') byTcp += 1;
    count(question.name);
    count(`${question.name} ${typeName(question.type)}`);
    const fault = zones.faultOf(question.name, question.type);
    const respond = (): void => {
      for (const answer of reply({ zones, query: query.value, question, transport, fault })) send(answer);
    };
    if (fault === null || typeof fault === 'string' || !('delayMs' in fault)) {
      respond();
      return;
    }
    const cancel = options.clock.setTimer(fault.delayMs, () => {
      timers.delete(cancel);
      respond();
    });
    timers.add(cancel);
  };

  udp.on('message', (bytes, from) => {
    if (ports.push(from.port) > MAX_REMEMBERED_PORTS) ports.shift();
    handle(bytes, 'udp', (answer) => udp.send(answer, from.port, from.address, () => {}));
  });
  tcp.maxConnections = MAX_LAB_DNS_CONNECTIONS;
  tcp.on('connection', (socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    socket.on('error', () => {});
    readMessages(socket, (bytes) => handle(bytes, 'tcp', (answer) => void socket.write(withLength(answer))));
  });
  return {
    host,
    port,
    spec: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
    zones,
    queries: (name, type) =>
      name === undefined ? total : (counts.get(type === undefined ? name : `${name} ${type}`) ?? 0),
    queriesByTcp: () => byTcp,
    sourcePorts: () => ports,
    stop: async () => {
      for (const cancel of timers) cancel();
      for (const socket of connections) socket.destroy();
      await Promise.all([
        new Promise<void>((resolve) => udp.close(() => resolve())),
        new Promise<void>((resolve) => tcp.close(() => resolve())),
      ]);
    },
  };
}

interface ReplyRequest {
  readonly zones: Zones;
  readonly query: DnsMessage;
  readonly question: Question;
  readonly transport: 'udp' | 'tcp';
  readonly fault: ZoneFault | null;
}

/** The messages that go out for one query, faults included. */
function reply(request: ReplyRequest): Buffer[] {
  const { zones, query, question, transport, fault } = request;
  const answer = zones.answer(question.name, question.type);
  const right = (): Buffer => fitted(request, answer);
  const rcode = (code: number): Buffer => encode(request, { ...NOTHING, rcode: code });
  switch (fault) {
    case 'servfail':
      return [rcode(RCODE.serverFailure)];
    case 'refused':
      return [rcode(RCODE.refused)];
    case 'no-edns':
      return [query.edns === null ? right() : withoutEdns(request)];
    case 'drop':
      return [];
    case 'malformed':
      return [claimingRecords(rcode(RCODE.noError))];
    case 'wrong-id':
      return [withId(right(), query.id + 1)];
    case 'wrong-question':
      return [fitted({ ...request, question: elsewhere(question) }, answer)];
    case 'spoofed-first':
      return [withId(right(), query.id + 1), fitted({ ...request, question: elsewhere(question) }, answer), right()];
    case 'flooded':
      return transport === 'tcp' ? [right()] : Array<Buffer>(FLOOD_DATAGRAMS).fill(withId(right(), query.id + 1));
    case 'truncate':
      return [transport === 'udp' ? encode(request, { ...NOTHING, truncated: true }) : right()];
    case 'partial-chain':
      return [encode(request, { ...NOTHING, answers: answer.answers.slice(0, 1) })];
    case 'referral': {
      const name = question.name.split('.').slice(1).join('.');
      return [encode(request, { ...NOTHING, authorities: [{ name, type: 'NS', ttl: 300, data: 'ns.invalid' }] })];
    }
    case null:
      return [right()];
    default:
      return 'raw' in fault ? [withId(fault.raw, query.id)] : [right()];
  }
}

const NOTHING: ZoneAnswer = { rcode: RCODE.noError, answers: [], authorities: [], authenticData: false };

/** The answer, or TC with nothing where it is longer than the asker can take over UDP (RFC 6891 6.2.3). */
function fitted(request: ReplyRequest, answer: ZoneAnswer): Buffer {
  const bytes = encode(request, answer);
  const offered = Math.max(PLAIN_UDP_OCTETS, request.query.edns?.udpPayloadSize ?? 0);
  const most = Math.min(offered, EDNS_UDP_OCTETS);
  if (request.transport === 'tcp' || bytes.length <= most) return bytes;
  return encode(request, { ...NOTHING, truncated: true });
}

function encode({ query, question }: ReplyRequest, answer: ZoneAnswer & { readonly truncated?: boolean }): Buffer {
  // To a resolver's questions it is a resolver; to one that asks for its own data alone, the authority.
  const flags =
    FLAG.recursionAvailable |
    (query.recursionDesired ? FLAG.recursionDesired : FLAG.authoritative) |
    (answer.authenticData && (query.authenticData || query.edns?.dnssecOk === true) ? FLAG.authenticData : 0) |
    (answer.truncated === true ? FLAG.truncated : 0);
  const edns = query.edns === null ? null : { udpPayloadSize: EDNS_UDP_OCTETS, dnssecOk: query.edns.dnssecOk };
  return encodeAnswer({ id: query.id, flags, question, edns, ...answer });
}

/** RFC 6891 section 7: FORMERR and no OPT record. */
function withoutEdns(request: ReplyRequest): Buffer {
  const query: DnsMessage = { ...request.query, edns: null };
  return encode({ ...request, query }, { ...NOTHING, rcode: RCODE.formatError });
}

function claimingRecords(bytes: Buffer): Buffer {
  bytes.writeUInt16BE(3, 6);
  return Buffer.concat([bytes, Buffer.from('c0ffc0ffee', 'hex')]);
}

function elsewhere(question: Question): Question {
  return { ...question, name: `elsewhere.${question.name}`.slice(0, 200) };
}

function withId(bytes: Buffer, id: number): Buffer {
  const copy = Buffer.from(bytes);
  if (copy.length >= 2) copy.writeUInt16BE(id & 0xffff, 0);
  return copy;
}

function withLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** At most one message is buffered: its length has 16 bits. */
function readMessages(socket: Socket, onMessage: (bytes: Buffer) => void): void {
  let buffered: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk]);
    while (buffered.length >= 2 && buffered.length >= 2 + buffered.readUInt16BE(0)) {
      const end = 2 + buffered.readUInt16BE(0);
      onMessage(buffered.subarray(2, end));
      buffered = buffered.subarray(end);
    }
  });
}

interface Bound {
  readonly udp: UdpSocket;
  readonly tcp: Server;
  readonly port: number;
}

async function bindBoth(host: string, wanted: number): Promise<Bound> {
  for (let tries = 1; ; tries += 1) {
    const udp = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 1 << 20 });
    await new Promise<void>((resolve, reject) => {
      udp.once('error', reject);
      udp.bind(wanted, host, () => resolve());
    });
    udp.removeAllListeners('error');
    udp.on('error', () => {});
    const { port } = udp.address();
    const tcp = createServer();
    try {
      await new Promise<void>((resolve, reject) => {
        tcp.once('error', reject);
        tcp.listen(port, host, () => resolve());
      });
      return { udp, tcp, port };
    } catch (error) {
      await new Promise<void>((resolve) => udp.close(() => resolve()));
      if (wanted !== 0 || tries >= PORT_TRIES) throw error;
    }
  }
}
