/**
 * Servers that go wrong at any byte: a good mail server behind a wire that mangles what it says, in clear and inside the
 * handshake alike. Which way and where is a number, so that thousands of cases can be made, and each made again.
 */
import { createServer, connect as dial, type Server, type Socket } from 'node:net';

export const MISBEHAVIOURS = [
  /** The connection is reset at this byte. */
  'reset',
  'close',
  /** Nothing comes from this byte on. */
  'silence',
  /** One byte is another one. */
  'flip',
  /** Some random bytes stand in between. */
  'insert',
  /** Some bytes are missing. */
  'drop',
  /** From here on every byte comes alone, a moment apart. */
  'drip',
  /** From here on random bytes without end. */
  'random',
  /** From here on one line without end. */
  'endless-line',
  /** From here on lines without end, as of one long reply. */
  'endless-lines',
  /** From here on records without end that a TLS client has to ignore (HelloRequest). */
  'endless-records',
] as const;
export type MisbehaviourKind = (typeof MISBEHAVIOURS)[number];

export interface Misbehaviour {
  readonly kind: MisbehaviourKind;
  /** Byte of what the server sends. */
  readonly at: number;
  readonly random: () => number;
}

export interface ManglingWire {
  readonly port: number;
  /** What happens to the connections to come; null: nothing. */
  mangle(misbehaviour: Misbehaviour | null): void;
  /** Bytes that the server sent over the last connection. */
  sent(): number;
  stop(): Promise<void>;
}

/** Pieces of an endless stream. */
const FLOOD_BYTES = 16 * 1024;
/** ms between two bytes that drip. */
const DRIP_MS = 3;

/** Listens on loopback and passes on what is said between the client and the server at `port`. */
export async function startManglingWire(port: number): Promise<ManglingWire> {
  let misbehaviour: Misbehaviour | null = null;
  let sent = 0;
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    const upstream = dial(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.setNoDelay(true);
      socket.once('close', () => sockets.delete(socket));
    }
    sent = 0;
    const mangled = mangler(client, misbehaviour);
    client.on('data', (chunk) => upstream.write(chunk));
    client.once('close', () => upstream.destroy());
    upstream.on('data', (chunk) => {
      sent += chunk.length;
      mangled(chunk);
    });
    upstream.once('end', () => client.end());
    upstream.once('close', () => client.destroySoon());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : 0,
    mangle: (next) => {
      misbehaviour = next;
    },
    sent: () => sent,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** A function that writes chunks to `client` as the misbehaviour has it. */
function mangler(client: Socket, misbehaviour: Misbehaviour | null): (chunk: Buffer) => void {
  if (misbehaviour === null) return (chunk) => void client.write(chunk);
  const { kind, at, random } = misbehaviour;
  let passed = 0;
  let over = false;
  return (chunk) => {
    if (over) return;
    const before = passed;
    passed += chunk.length;
    if (passed <= at) {
      client.write(chunk);
      return;
    }
    const cut = Math.max(0, at - before);
    const first = before <= at;
    const [head, tail] = [chunk.subarray(0, cut), chunk.subarray(cut)];
    if (head.length > 0) client.write(head);
    switch (kind) {
      case 'flip':
        if (first) tail[0] = (tail[0] ?? 0) ^ (1 << Math.floor(random() * 8));
        client.write(tail);
        return;
      case 'insert':
        if (first) client.write(randomBytes(1 + Math.floor(random() * 40), random));
        client.write(tail);
        return;
      case 'drop':
        client.write(first ? tail.subarray(1 + Math.floor(random() * 5)) : tail);
        return;
      case 'drip':
        drip(client, tail);
        return;
      case 'silence':
        over = true;
        return;
      case 'close':
        over = true;
        client.end();
        return;
      case 'reset':
        over = true;
        client.resetAndDestroy();
        return;
      default:
        over = true;
        flood(client, endless(kind, random));
    }
  };
}

function endless(kind: 'random' | 'endless-line' | 'endless-lines' | 'endless-records', random: () => number): Buffer {
  switch (kind) {
    case 'random':
      return randomBytes(FLOOD_BYTES, random);
    case 'endless-line':
      return Buffer.alloc(FLOOD_BYTES, 'x');
    case 'endless-lines':
      return Buffer.alloc(FLOOD_BYTES, '220-x\r\n');
    case 'endless-records':
      return Buffer.alloc(FLOOD_BYTES, '160303000400000000', 'hex');
  }
}

function flood(socket: Socket, piece: Buffer): void {
  const more = (): void => {
    if (socket.writable && socket.write(piece)) setImmediate(more);
  };
  socket.on('drain', more);
  more();
}

/** Bytes in order, whatever else is to drip behind them. */
const dripping = new WeakMap<Socket, Buffer[]>();

function drip(socket: Socket, bytes: Buffer): void {
  const waiting = dripping.get(socket);
  if (waiting !== undefined) {
    waiting.push(bytes);
    return;
  }
  const queue = [bytes];
  dripping.set(socket, queue);
  const timer = setInterval(() => {
    const [head] = queue;
    if (head === undefined) return;
    if (socket.writable) socket.write(head.subarray(0, 1));
    if (head.length > 1) queue[0] = head.subarray(1);
    else queue.shift();
  }, DRIP_MS);
  socket.once('close', () => clearInterval(timer));
}

function randomBytes(length: number, random: () => number): Buffer {
  return Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
}
