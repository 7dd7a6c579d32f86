/**
 * A mail server whose TLS is a function from the bytes of a ClientHello to bytes: for protocols and answers that no library
 * speaks any more. It speaks just enough SMTP to come to STARTTLS.
 */
import { createServer, type Socket } from 'node:net';

/** `null`: the connection is closed; `silence`: nothing, for ever. */
export type HelloAnswer = Buffer | null | 'silence';

export interface HelloPeer {
  readonly port: number;
  /** The first chunk behind each 220, in order. */
  readonly hellos: readonly Buffer[];
  accepted(): number;
  stop(): Promise<void>;
}

export interface HelloPeerOptions {
  /** What the server says to STARTTLS and behind it; a command that follows in the same segment is left to it. */
  readonly starttls?: (rest: string) => string;
  /** The greeting of the n-th connection, from one. */
  readonly greeting?: (count: number) => string;
  /** EHLO reply of the n-th connection. */
  readonly ehlo?: (count: number) => string;
  /** So many ms without a byte more, and the hello is taken to be whole. */
  readonly settleMs?: number;
}

export async function startHelloPeer(
  answer: (hello: Buffer, count: number) => HelloAnswer,
  options: HelloPeerOptions = {},
): Promise<HelloPeer> {
  const { greeting = () => '220 old.example.com ESMTP', ehlo = () => '250-old.example.com\r\n250 STARTTLS' } = options;
  const { starttls = () => '220 go ahead', settleMs = 0 } = options;
  const sockets = new Set<Socket>();
  const hellos: Buffer[] = [];
  let accepted = 0;
  const server = createServer((socket) => {
    accepted += 1;
    const count = accepted;
    sockets.add(socket);
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
    let inTls = false;
    let answered = false;
    let hello: Buffer = Buffer.alloc(0);
    const take = (): void => {
      if (answered) return;
      answered = true;
      hellos.push(hello);
      const bytes = answer(hello, count);
      if (bytes === null) socket.end();
      else if (bytes !== 'silence') socket.write(bytes);
    };
    socket.write(`${greeting(count)}\r\n`);
    socket.on('data', (chunk) => {
      if (inTls) {
        hello = Buffer.concat([hello, chunk]);
        if (settleMs === 0) take();
        else setTimeout(take, settleMs);
        return;
      }
      const [line = '', ...rest] = chunk.toString('latin1').split('\r\n');
      if (/^EHLO/i.test(line)) socket.write(`${ehlo(count)}\r\n`);
      else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n');
      else if (/^STARTTLS/i.test(line)) {
        const reply = starttls(rest.join('\r\n'));
        inTls = reply.startsWith('220');
        socket.write(`${reply}\r\n`);
      } else socket.write('500 what?\r\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : 0,
    hellos,
    accepted: () => accepted,
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

export interface SeenHello {
  readonly version: number;
  readonly suites: readonly number[];
  readonly compressions: readonly number[];
  /** Body by type. */
  readonly extensions: ReadonlyMap<number, Buffer>;
  /** Bytes of the handshake message, its header included. */
  readonly messageBytes: number;
}

/** Reads a ClientHello as a server would; null for anything else. */
export function readHello(bytes: Buffer): SeenHello | null {
  if (bytes[0] !== 22) return null;
  const message: Buffer[] = [];
  for (let at = 0; at + 5 <= bytes.length; ) {
    const length = bytes.readUInt16BE(at + 3);
    message.push(bytes.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  const whole = Buffer.concat(message);
  if (whole[0] !== 1 || whole.length < 4 + whole.readUIntBE(1, 3)) return null;
  let at = 4;
  const take = (count: number): Buffer => {
    at += count;
    return whole.subarray(at - count, at);
  };
  const version = take(2).readUInt16BE(0);
  take(32);
  take(take(1)[0] ?? 0);
  const suiteBytes = take(take(2).readUInt16BE(0));
  const compressions = [...take(take(1)[0] ?? 0)];
  const extensions = new Map<number, Buffer>();
  if (at < whole.length) {
    const end = at + 2 + take(2).readUInt16BE(0);
    while (at < end) extensions.set(take(2).readUInt16BE(0), take(take(2).readUInt16BE(0)));
  }
  const suites = Array.from({ length: suiteBytes.length / 2 }, (_, index) => suiteBytes.readUInt16BE(2 * index));
  return { version, suites, compressions, extensions, messageBytes: whole.length };
}

/** A handshake record. */
export function record(version: number, ...messages: readonly Buffer[]): Buffer {
  const body = Buffer.concat(messages);
  return Buffer.concat([Buffer.from([22]), u16(version), u16(body.length), body]);
}

export function alertRecord(code: number, level = 2): Buffer {
  return Buffer.from([21, 3, 1, 0, 2, level, code]);
}

export interface ServerHelloParts {
  readonly version: number;
  readonly suite: number;
  readonly compression?: number;
  readonly random?: Buffer;
  readonly extensions?: readonly (readonly [type: number, body: Buffer])[];
}

export function serverHelloMessage({ version, suite, compression = 0, random, extensions }: ServerHelloParts): Buffer {
  const head = [u16(version), random ?? Buffer.alloc(32, 7), Buffer.from([0]), u16(suite), Buffer.from([compression])];
  const written = (extensions ?? []).map(([type, body]) => Buffer.concat([u16(type), u16(body.length), body]));
  const tail = extensions === undefined ? [] : [u16(Buffer.concat(written).length), ...written];
  return message(2, Buffer.concat([...head, ...tail]));
}

export function message(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type, 0]), u16(body.length), body]);
}

/** A chain of one certificate, whatever the bytes. */
export function certificateMessage(der: Buffer): Buffer {
  const one = Buffer.concat([u24(der.length), der]);
  return message(11, Buffer.concat([u24(one.length), one]));
}

export const SERVER_HELLO_DONE = message(14, Buffer.alloc(0));

export function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255]);
}

export function u24(value: number): Buffer {
  return Buffer.from([value >> 16, (value >> 8) & 255, value & 255]);
}
