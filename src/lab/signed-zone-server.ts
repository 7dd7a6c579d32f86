/**
 * A name server on loopback for signed zones, over UDP and TCP at one port: it says what it is told to say, as the owner
 * of the zones or as a resolver would.
 */
import { createSocket } from 'node:dgram';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { FLAG } from '../dns/encode.ts';
import { type DnsMessage, decodeMessage } from '../dns/message.ts';
import type { SignedAnswerParts, SignedQuestion } from './signed-zones.ts';
import { encodeWireMessage } from './wire-record.ts';

/** What is sent in one datagram; more is truncated, to be asked for over TCP. */
export const SIGNED_DATAGRAM_OCTETS = 4096;

export interface SignedServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Serves what `answer` says, over UDP and TCP at one port of 127.0.0.1. */
export async function startSignedServer(
  answer: (question: SignedQuestion, query: DnsMessage) => SignedAnswerParts,
): Promise<SignedServer> {
  const reply = (query: Buffer): Buffer | null => {
    const decoded = decodeMessage(query);
    const question = decoded.ok ? decoded.value.questions[0] : undefined;
    if (!decoded.ok || question === undefined) return null;
    const flags = FLAG.response | FLAG.authoritative;
    return encodeWireMessage({ id: decoded.value.id, flags, question, ...answer(question, decoded.value) });
  };
  const sockets = new Set<Socket>();
  const tcp = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let buffered: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      buffered = Buffer.concat([buffered, chunk]);
      while (buffered.length >= 2 && buffered.length >= 2 + buffered.readUInt16BE(0)) {
        const octets = reply(buffered.subarray(2, 2 + buffered.readUInt16BE(0)));
        buffered = buffered.subarray(2 + buffered.readUInt16BE(0));
        if (octets !== null)
          socket.write(Buffer.concat([Buffer.from([octets.length >> 8, octets.length & 255]), octets]));
      }
    });
  });
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket('udp4');
  udp.on('message', (query, from) => {
    const octets = reply(query);
    if (octets === null) return;
    const fits = octets.length <= SIGNED_DATAGRAM_OCTETS;
    udp.send(fits ? octets : truncated(octets), from.port, from.address);
  });
  await new Promise<void>((resolve, reject) => {
    udp.once('error', reject);
    udp.bind(port, '127.0.0.1', resolve);
  });
  return {
    port,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await Promise.all([
        new Promise<void>((resolve) => udp.close(() => resolve())),
        new Promise<void>((resolve) => tcp.close(() => resolve())),
      ]);
    },
  };
}

/** Header and question, with TC. */
function truncated(octets: Buffer): Buffer {
  let end = 12;
  while ((octets[end] ?? 0) !== 0) end += 1 + (octets[end] ?? 0);
  const short = Buffer.from(octets.subarray(0, end + 5));
  short.writeUInt16BE(short.readUInt16BE(2) | FLAG.truncated, 2);
  short.fill(0, 6, 12);
  return short;
}
