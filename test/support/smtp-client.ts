/** A client that says what a test wants, octet for octet, and reads the replies: one's own hand in place of a mail program. */
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { ReplyReader } from '../../src/smtp/reply.ts';

export interface Said {
  readonly code: number;
  readonly lines: readonly string[];
}

/** A reply that has not come by then will not come, ms. */
const PATIENCE_MS = 8_000;

export class SmtpClient {
  #socket: Socket;
  #reader = new ReplyReader();
  #wake: (() => void) | null = null;
  /** All that was received over the connection in use. */
  text = '';
  isClosed = false;
  /** Of the TLS session, where there is one. */
  tls: TLSSocket | null = null;
  readonly closed: Promise<void>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      const end = (): void => {
        this.isClosed = true;
        this.#wake?.();
        resolve();
      };
      socket.on('close', end).on('end', end);
    });
    this.#listen(socket);
  }

  static open(port: number, host = '127.0.0.1', localAddress?: string): Promise<SmtpClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, noDelay: true, ...(localAddress === undefined ? {} : { localAddress }) });
      socket.once('error', reject);
      socket.once('connect', () => resolve(new SmtpClient(socket)));
    });
  }

  /** TLS from the first byte. */
  static async openTls(port: number, options: ConnectionOptions = {}): Promise<SmtpClient> {
    const client = await SmtpClient.open(port);
    await client.handshake(options);
    return client;
  }

  /** Goes out in one piece, as it is. */
  send(text: string | Buffer): void {
    if (!this.#socket.destroyed) this.#socket.write(text);
  }

  /** The next reply; null where the connection ended without one. */
  async reply(): Promise<Said | null> {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = this.#reader.next();
      if (found?.ok) return { code: found.value.code, lines: found.value.lines };
      if (found?.ok === false) throw new Error(`no reply: ${JSON.stringify(found.failure)}`);
      if (this.isClosed) return null;
      const left = end - performance.now();
      if (left <= 0) throw new Error(`no reply within ${PATIENCE_MS} ms; so far: ${this.text}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** One command, one reply, as `250 2.1.0 sender ok`; empty where there was none. */
  async ask(line: string): Promise<string> {
    this.send(`${line}\r\n`);
    return shown(await this.reply());
  }

  /** The greeting, and EHLO; yields the keywords. */
  async hello(name = 'client.example'): Promise<readonly string[]> {
    await this.reply();
    return this.ehlo(name);
  }

  async ehlo(name = 'client.example'): Promise<readonly string[]> {
    this.send(`EHLO ${name}\r\n`);
    return (await this.reply())?.lines.slice(1) ?? [];
  }

  /** STARTTLS, the handshake, and EHLO again; yields the keywords. */
  async startTls(options: ConnectionOptions = {}): Promise<readonly string[]> {
    const ready = await this.ask('STARTTLS');
    if (!ready.startsWith('220')) throw new Error(ready);
    await this.handshake(options);
    return this.ehlo();
  }

  async handshake(options: ConnectionOptions = {}): Promise<void> {
    this.#socket.removeAllListeners('data');
    const raw = this.#socket;
    this.#reader = new ReplyReader();
    this.text = '';
    await new Promise<void>((resolve, reject) => {
      const tls = connectTls({ socket: raw, rejectUnauthorized: false, ...options }, () => resolve());
      tls.on('error', reject);
      this.#socket = tls;
      this.tls = tls;
      this.#listen(tls);
    });
  }

  /** A whole message; yields the last reply. */
  async mail(from: string, to: readonly string[], text: string): Promise<string> {
    for (const command of [`MAIL FROM:<${from}>`, ...to.map((each) => `RCPT TO:<${each}>`), 'DATA']) {
      const said = await this.ask(command);
      if (!/^[23]/.test(said)) return said;
    }
    return this.ask(`${text}\r\n.`);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #listen(socket: Socket): void {
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1');
      this.#reader.push(chunk);
      this.#wake?.();
    });
  }
}

export function shown(said: Said | null): string {
  return said === null ? '' : `${said.code} ${said.lines.join(' / ')}`;
}
