/**
 * A mail server that takes everything and counts: which message came when, over which connection, and how many connections
 * stood at one time. STARTTLS with a real certificate, PIPELINING, and nothing else, so that it is never what is waited
 * for.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { PeerTls } from '../../src/lab/peer-script.ts';

export interface Taken {
  /** The Subject. */
  readonly id: string;
  readonly connection: Connection;
}

export interface Connection {
  /** Messages whose end has been answered 250, in order. */
  readonly taken: string[];
  /** The client said QUIT: it had read every reply before. */
  quit: boolean;
  closed: boolean;
}

export interface CountingServer {
  readonly port: number;
  readonly taken: readonly Taken[];
  /** Connections that stand now, from EHLO to the answer to QUIT, and the most that ever did. */
  readonly open: { readonly now: number; readonly most: number; readonly total: number };
  /** Called for each message that is taken. */
  onTaken: (taken: Taken) => void;
  stop(): Promise<void>;
}

export async function startCountingServer(tls: PeerTls, answerMs = 0): Promise<CountingServer> {
  const secureContext = createSecureContext({ key: tls.key, cert: tls.certificates });
  const taken: Taken[] = [];
  const open = { now: 0, most: 0, total: 0 };
  const sockets = new Set<Socket>();
  const counting = { taken, open, onTaken: (_: Taken): void => {} };
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serve(socket, { secureContext, counting, answerMs });
  });
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  return Object.assign(counting, { port: portOf(server), stop: () => stop(server, sockets) });
}

interface Serving {
  readonly secureContext: ReturnType<typeof createSecureContext>;
  readonly counting: Pick<CountingServer, 'onTaken'> & {
    readonly taken: Taken[];
    readonly open: { now: number; most: number; total: number };
  };
  /** The end of each message is answered after so many ms. */
  readonly answerMs: number;
}

const END_OF_TEXT = '\r\n.\r\n';
const SECURE = '250-counting.test\r\n250-PIPELINING\r\n250 8BITMIME\r\n';
const CLEAR = '250-counting.test\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 8BITMIME\r\n';

function serve(raw: Socket, { secureContext, counting, answerMs }: Serving): void {
  const connection: Connection = { taken: [], quit: false, closed: false };
  const { open } = counting;
  let counted = false;
  const begin = (): void => {
    if (counted) return;
    counted = true;
    open.now += 1;
    open.total += 1;
    open.most = Math.max(open.most, open.now);
  };
  const end = (): void => {
    if (counted && !connection.closed) open.now -= 1;
    connection.closed = true;
  };
  const listen = (socket: Socket, secure: boolean): void => {
    let buffer = '';
    let inText = false;
    let busy = false;
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes: Buffer) => {
      buffer += bytes.toString('latin1');
      if (!busy) advance();
    });
    socket.on('close', end);
    const advance = (): void => {
      for (;;) {
        if (inText) {
          const at = buffer.indexOf(END_OF_TEXT);
          if (at < 0) return;
          const text = buffer.slice(0, at);
          buffer = buffer.slice(at + END_OF_TEXT.length);
          inText = false;
          if (answerMs === 0) take(text);
          else {
            busy = true;
            setTimeout(() => {
              busy = false;
              if (!socket.destroyed) take(text);
              advance();
            }, answerMs);
            return;
          }
          continue;
        }
        const at = buffer.indexOf('\r\n');
        if (at < 0) return;
        const line = buffer.slice(0, at);
        buffer = buffer.slice(at + 2);
        if (!command(line)) return;
      }
    };
    const take = (text: string): void => {
      const id = /^Subject: (.*)$/m.exec(text)?.[1]?.trim() ?? '';
      connection.taken.push(id);
      const one = { id, connection };
      counting.taken.push(one);
      socket.write('250 2.0.0 taken\r\n');
      counting.onTaken(one);
    };
    const command = (line: string): boolean => {
      const verb = line.slice(0, 4).toUpperCase();
      switch (verb) {
        case 'EHLO':
          begin();
          socket.write(secure ? SECURE : CLEAR);
          return true;
        case 'STAR': {
          socket.write('220 2.0.0 go ahead\r\n');
          socket.removeAllListeners('data');
          socket.removeAllListeners('close');
          listen(new TLSSocket(socket, { isServer: true, secureContext }), true);
          return false;
        }
        case 'DATA':
          inText = true;
          socket.write('354 go ahead\r\n');
          return true;
        case 'QUIT':
          connection.quit = true;
          end();
          socket.end('221 2.0.0 bye\r\n');
          return false;
        default:
          socket.write('250 2.0.0 ok\r\n');
          return true;
      }
    };
    if (!secure) socket.write('220 counting.test ESMTP\r\n');
  };
  listen(raw, false);
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the counting server has no port');
  return address.port;
}

function stop(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  });
}
