/**
 * Questions over UDP. Every question has a socket of its own, so that the kernel gives it a port nobody can guess, and a
 * random id (RFC 5452 section 4.5, 9.2); the socket is connected, so that only the asked address is heard. Datagrams
 * that do not answer the question are passed over; too many of them, and the question moves to TCP. So do truncated
 * answers (RFC 7766 section 5).
 */
import { createSocket, type Socket } from 'node:dgram';
import type { Clock } from '../base/clock.ts';
import type { IpAddress } from '../base/ip-address.ts';
import { failed, type Outcome } from '../base/outcome.ts';
import type { Random } from '../base/random.ts';
import { AddressLimiter } from '../net/address-limiter.ts';
import { encodeQuery } from './encode.ts';
import { answersQuestion, type DnsMessage, type Question, readHeader } from './message.ts';
import { type ExchangeFailure, type ExchangeOptions, readAnswer, type Upstream } from './upstream.ts';

/** Sockets open at one time to one resolver; further questions wait, and their time has not begun. */
export const MAX_OPEN_UDP_SOCKETS = 256;
/** Datagrams that answer something else, before somebody is taken to be guessing and TCP is used instead. */
export const MAX_STRAY_DATAGRAMS = 20;

export interface UdpOptions {
  readonly text: string;
  readonly trustAd: boolean;
  readonly address: IpAddress;
  readonly port: number;
  readonly clock: Clock;
  readonly random: Random;
  /** The same resolver over TCP. */
  readonly stream: Upstream;
}

/** What a datagram exchange came to; `use-tcp` is not the end of it. */
type UdpOutcome = Outcome<DnsMessage, ExchangeFailure> | 'use-tcp';

export function createUdpUpstream(options: UdpOptions): Upstream {
  const sockets = new AddressLimiter(MAX_OPEN_UDP_SOCKETS);
  return {
    text: options.text,
    trustAd: options.trustAd,
    async ask(question, exchange) {
      const release = await sockets.acquire('', exchange.signal);
      if (release === null) return failed({ kind: 'cancelled' });
      const outcome = await askByDatagram(options, question, exchange);
      release();
      return outcome === 'use-tcp' ? options.stream.ask(question, exchange) : outcome;
    },
    close: () => options.stream.close(),
  };
}

function askByDatagram(options: UdpOptions, question: Question, exchange: ExchangeOptions): Promise<UdpOutcome> {
  const id = Math.floor(options.random() * 0x1_0000);
  const query = encodeQuery(question, { ...exchange, id });
  if (query === null) return Promise.resolve(failed({ kind: 'malformed', detail: 'the name cannot be asked for' }));
  return new Promise((resolve) => {
    let strays = 0;
    let settled = false;
    const settle = (outcome: UdpOutcome): void => {
      settled = true;
      cancelTimer();
      exchange.signal?.removeEventListener('abort', onAbort);
      closeQuietly(socket);
      resolve(outcome);
    };
    const onAbort = (): void => settle(failed({ kind: 'cancelled' }));
    const onTimeout = (): void => settle(failed({ kind: 'timed-out', afterMs: exchange.timeoutMs }));
    const onError = (error: NodeJS.ErrnoException): void =>
      settle(failed({ kind: 'unreachable', code: error.code ?? error.name }));
    const onMessage = (bytes: Buffer): void => {
      if (answersQuestion(bytes, id, question)) {
        settle(readHeader(bytes)?.truncated === true ? 'use-tcp' : readAnswer(bytes));
      } else {
        strays += 1;
        if (strays >= MAX_STRAY_DATAGRAMS) settle('use-tcp');
      }
    };
    const socket = createSocket({
      type: options.address.family === 4 ? 'udp4' : 'udp6',
      lookup: (host, _options, found) => found(null, host, options.address.family),
    });
    socket.on('error', onError);
    socket.on('message', onMessage);
    // A timer and a listener instead of a `Deadline`: with many thousand questions a second its signals are a burden.
    const cancelTimer = options.clock.setTimer(exchange.timeoutMs, onTimeout);
    if (exchange.signal?.aborted === true) {
      onAbort();
      return;
    }
    exchange.signal?.addEventListener('abort', onAbort, { once: true });
    socket.connect(options.port, options.address.text, () => {
      if (!settled) socket.send(query);
    });
  });
}

function closeQuietly(socket: Socket): void {
  socket.removeAllListeners();
  socket.on('error', () => {});
  try {
    socket.close();
  } catch {
    // Closed already: an error can reach us on the way to the close that it causes.
  }
}
