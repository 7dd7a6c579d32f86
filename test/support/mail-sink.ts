/**
 * A mail server that takes everything in clear and remembers it: which message came over which connection, and how the
 * connection ended. For journeys that count.
 */
import { createServer, type Server, type Socket } from 'node:net';

export interface Arrival {
  /** The connection, from 1. */
  readonly connection: number;
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly text: string;
  readonly at: number;
}

export interface MailSink {
  readonly port: number;
  readonly arrivals: readonly Arrival[];
  /** Connections that were ended with QUIT. */
  readonly orderly: ReadonlySet<number>;
  readonly open: { now: number; most: number; total: number };
  stop(): Promise<void>;
}

export interface SinkOptions {
  /** ms before the end of data is answered. */
  readonly delayMs?: number;
  /** Answers RCPT; 250 where left out. */
  readonly rcpt?: (address: string) => string;
}

export async function startMailSink(options: SinkOptions = {}): Promise<MailSink> {
  const arrivals: Arrival[] = [];
  const orderly = new Set<number>();
  const open = { now: 0, most: 0, total: 0 };
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    open.now += 1;
    open.total += 1;
    open.most = Math.max(open.most, open.now);
    const connection = open.total;
    let over = false;
    // A session is over when QUIT was answered, whenever the kernel says so of the connection.
    const end = (): void => {
      if (!over) open.now -= 1;
      over = true;
    };
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      end();
    });
    converse(socket, connection, { ...options, arrivals, orderly, end });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    port,
    arrivals,
    orderly,
    open,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

interface Telling extends SinkOptions {
  readonly arrivals: Arrival[];
  readonly orderly: Set<number>;
  readonly end: () => void;
}

function converse(
  socket: Socket,
  connection: number,
  { delayMs = 0, rcpt, arrivals, orderly, end: over }: Telling,
): void {
  let waiting = '';
  let data = false;
  let sender = '';
  let recipients: string[] = [];
  const say = (line: string): void => {
    if (!socket.destroyed) socket.write(`${line}\r\n`);
  };
  /** The answer to a command; null where the connection ends. */
  const answerTo = (line: string): string | null => {
    const [, verb = '', rest = ''] = /^(\w+)(?: (.*))?$/.exec(line) ?? [];
    const address = /<(.*?)>/.exec(rest)?.[1] ?? '';
    switch (verb.toUpperCase()) {
      case 'EHLO':
        return '250-sink.test\r\n250 PIPELINING';
      case 'MAIL':
        sender = address;
        recipients = [];
        return '250 2.1.0 ok';
      case 'RCPT': {
        const answer = rcpt?.(address) ?? '250 2.1.5 ok';
        if (answer.startsWith('2')) recipients.push(address);
        return answer;
      }
      case 'DATA':
        data = recipients.length > 0;
        return data ? '354 go on' : '554 5.5.1 nobody to send to';
      case 'RSET':
        return '250 2.0.0 ok';
      case 'QUIT':
        return null;
      default:
        return '500 5.5.2 what?';
    }
  };
  const obey = (line: string): void => {
    const answer = answerTo(line);
    say(answer ?? '221 2.0.0 bye');
    if (answer !== null) return;
    orderly.add(connection);
    over();
    socket.end();
  };
  say('220 sink.test ESMTP');
  socket.on('data', (chunk) => {
    waiting += chunk.toString('latin1');
    for (;;) {
      if (data) {
        const end = waiting.indexOf('\r\n.\r\n');
        if (end < 0) return;
        const text = waiting.slice(0, end);
        waiting = waiting.slice(end + 5);
        data = false;
        arrivals.push({ connection, sender, recipients, text, at: performance.now() });
        if (delayMs === 0) say('250 2.0.0 taken');
        else setTimeout(() => say('250 2.0.0 taken'), delayMs);
        continue;
      }
      const end = waiting.indexOf('\r\n');
      if (end < 0) return;
      const line = waiting.slice(0, end);
      waiting = waiting.slice(end + 2);
      obey(line);
    }
  });
}
