/**
 * One connection of a scripted mail server: reads command lines, answers from the script, turns the socket into TLS and
 * writes down what the client did.
 */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { unstuffDots } from '../smtp/data.ts';
import { LineReader, textOfBytes } from '../smtp/lines.ts';
import { ehloReply, type PeerAnswer, replyBytes } from './peer-script.ts';
import type { PeerSession, PeerState } from './smtp-peer.ts';

/** Of one line of a client, message text included. */
export const MAX_PEER_LINE_BYTES = 64 * 1024;
/** Of one message; the rest is thrown away. */
export const MAX_PEER_MESSAGE_BYTES = 64 * 1024 * 1024;
/** Bytes in clear that are remembered. */
export const MAX_PEER_CLEAR_TEXT = 256 * 1024;
/** An endless answer goes out in pieces of about this size. */
const ENDLESS_PIECE_BYTES = 16 * 1024;

export interface Conversation {
  readonly socket: Socket;
  readonly session: PeerSession;
  readonly state: PeerState;
  readonly greeting: PeerAnswer;
}

export function converse(conversation: Conversation): void {
  new Dialogue(conversation).start();
}

type Mode = 'commands' | 'message' | 'chunk' | 'credentials' | 'deaf';

class Dialogue {
  readonly #raw: Socket;
  readonly #session: PeerSession;
  readonly #state: PeerState;
  readonly #greeting: PeerAnswer;
  #socket: Socket;
  #lines = new LineReader(MAX_PEER_LINE_BYTES);
  #mode: Mode = 'commands';
  #encrypted = false;
  #message: Buffer[] = [];
  #messageBytes = 0;
  /** Octets of the BDAT chunk still to come, and whether it is the last (RFC 3030). */
  #chunk = { left: 0, last: false };
  #sentInClear = 0;
  /** Answers go out one after the other, however long one takes. */
  #busy = false;
  readonly #cancelTimers = new Set<() => void>();
  readonly #onData = (chunk: Buffer): void => {
    if (!this.#encrypted && this.#session.clearText.length < MAX_PEER_CLEAR_TEXT) {
      this.#session.clearText += chunk.toString('latin1');
    }
    this.#lines.push(chunk);
    this.#read();
  };

  constructor({ socket, session, state, greeting }: Conversation) {
    this.#raw = socket;
    this.#socket = socket;
    this.#session = session;
    this.#state = state;
    this.#greeting = greeting;
    socket.once('close', () => {
      for (const cancel of this.#cancelTimers) cancel();
    });
    socket.setNoDelay(true);
  }

  start(): void {
    if (this.#state.script.implicitTls) this.#startTls(() => this.#answer(this.#greeting));
    else {
      this.#socket.on('data', this.#onData);
      this.#answer(this.#greeting);
    }
  }

  #read(): void {
    while (!this.#busy && this.#mode !== 'deaf') {
      if (this.#mode === 'chunk') {
        if (!this.#readChunk()) return;
        continue;
      }
      const found = this.#lines.next();
      if (found === null) return;
      if (found.kind === 'too-long') {
        this.#end('close');
        return;
      }
      const { bytes } = found.line;
      if (this.#mode === 'message') this.#readMessage(bytes);
      else if (this.#mode === 'credentials') this.#readCredentials(textOfBytes(bytes));
      else this.#obey(textOfBytes(bytes));
    }
  }

  #obey(text: string): void {
    const shown = /^AUTH /i.test(text) ? text.split(' ', 2).join(' ') : text;
    this.#session.commands.push({ text: shown, tls: this.#encrypted });
    const verb = (/^[A-Za-z]+/.exec(text)?.[0] ?? '').toUpperCase();
    if (verb === 'STARTTLS') this.#answerStarttls();
    else if (verb === 'AUTH') this.#authenticate(text);
    else if (verb === 'BDAT') this.#beginChunk(text);
    else if (verb === 'QUIT') this.#answer(this.#state.script.quit, () => this.#end('close'));
    else {
      if (verb === 'DATA' && /^354/.test(textOf(this.#state.script.data))) this.#mode = 'message';
      this.#answer(this.#answerTo(verb, text));
    }
  }

  #answerTo(verb: string, text: string): PeerAnswer {
    const { script } = this.#state;
    switch (verb) {
      case 'EHLO':
        return this.#ehlo();
      case 'HELO':
        return script.helo;
      case 'MAIL':
        return this.#encrypted ? script.mail : (script.mailInClear ?? script.mail);
      case 'RCPT':
        return this.#rcpt(/<([^>]*)>/.exec(text)?.[1] ?? '');
      case 'DATA':
        return script.data;
      case 'RSET':
        return script.rset;
      case 'NOOP':
        return script.noop;
      default:
        return script.unknown;
    }
  }

  #ehlo(): PeerAnswer {
    const { name, ehlo, ehloUnderTls, keywords, keywordsUnderTls } = this.#state.script;
    return this.#encrypted ? (ehloUnderTls ?? ehloReply(name, keywordsUnderTls)) : (ehlo ?? ehloReply(name, keywords));
  }

  #rcpt(address: string): PeerAnswer {
    const { greylist, rcpt, recipients } = this.#state.script;
    if (greylist === null || this.#state.putOff >= greylist.attempts) return recipients[address] ?? rcpt;
    this.#state.putOff += 1;
    return greylist.answer;
  }

  #authenticate(text: string): void {
    const [, mechanism = '', initial] = text.split(' ');
    if (initial !== undefined) {
      this.#session.credentials.push(decode(initial));
      this.#answer(this.#state.script.auth);
      return;
    }
    this.#mode = 'credentials';
    this.#answer(mechanism.toUpperCase() === 'LOGIN' ? '334 VXNlcm5hbWU6' : '334 ');
  }

  /** LOGIN asks twice; whatever else has sent everything in one line. */
  #readCredentials(text: string): void {
    this.#session.credentials.push(decode(text));
    const login = /^AUTH LOGIN/i.test(this.#session.commands.at(-1)?.text ?? '');
    if (login && this.#session.credentials.length % 2 === 1) this.#answer('334 UGFzc3dvcmQ6');
    else {
      this.#mode = 'commands';
      this.#answer(this.#state.script.auth);
    }
  }

  #beginChunk(text: string): void {
    const [, octets, last] = /^BDAT +(\d+)( +LAST)?$/i.exec(text) ?? [];
    this.#chunk = { left: Number(octets ?? 0), last: last !== undefined };
    this.#mode = 'chunk';
  }

  /** False while more of the chunk has to come. */
  #readChunk(): boolean {
    const { message, chunk } = this.#state.script;
    const bytes = this.#lines.take(this.#chunk.left);
    this.#chunk.left -= bytes.length;
    if (this.#interrupts(bytes.length)) return true;
    if (this.#messageBytes <= MAX_PEER_MESSAGE_BYTES) this.#message.push(Buffer.from(bytes));
    if (this.#chunk.left > 0) return false;
    this.#mode = 'commands';
    if (this.#chunk.last) {
      this.#session.messages.push(Buffer.concat(this.#message));
      this.#message = [];
      this.#messageBytes = 0;
    }
    this.#answer(this.#chunk.last ? message : chunk);
    return true;
  }

  /** Counts what has come of a text; true when that is more than the script lets come. */
  #interrupts(bytes: number): boolean {
    const { interrupt } = this.#state.script;
    this.#messageBytes += bytes;
    if (interrupt === null || this.#messageBytes < interrupt.afterBytes) return false;
    this.#mode = 'deaf';
    this.#answer(interrupt.answer);
    return true;
  }

  #readMessage(line: Buffer): void {
    if (line.length === 1 && line[0] === 0x2e) {
      this.#session.messages.push(unstuffDots(Buffer.concat(this.#message)));
      this.#message = [];
      this.#messageBytes = 0;
      this.#mode = 'commands';
      this.#answer(this.#state.script.message);
      return;
    }
    if (this.#interrupts(line.length + 2)) return;
    if (this.#messageBytes <= MAX_PEER_MESSAGE_BYTES) this.#message.push(Buffer.concat([line, CRLF]));
  }

  /** Sends an answer; `then` runs when it has gone out and the connection is still to be used. */
  #answer(answer: PeerAnswer, then: (() => void) | null = null): void {
    const told = typeof answer === 'string' ? { reply: answer } : answer;
    const { reply, bytes, delayMs = 0, dribbleMs, endless = false } = told;
    const text = Buffer.concat([
      bytes === undefined ? EMPTY : Buffer.from(bytes),
      reply === undefined ? EMPTY : replyBytes(reply),
    ]);
    this.#busy = true;
    const done = (): void => {
      this.#busy = false;
      if (told.after !== undefined) this.#end(told.after);
      else {
        then?.();
        this.#read();
      }
    };
    const drip = this.#encrypted ? null : this.#state.script.drip;
    this.#after(delayMs, () => {
      if (endless) this.#flood(text);
      else this.#send(text, dribbleMs === undefined ? drip : { bytes: 1, everyMs: dribbleMs }, done);
    });
  }

  #send(bytes: Buffer, drip: { readonly bytes: number; readonly everyMs: number } | null, done: () => void): void {
    if (this.#socket.destroyed) return;
    const piece = drip === null ? bytes : bytes.subarray(0, Math.max(1, drip.bytes));
    if (!this.#write(piece)) return;
    const rest = bytes.subarray(piece.length);
    if (rest.length === 0) {
      done();
      return;
    }
    // A turn of the event loop puts the next piece into a segment of its own.
    const next = (): void => this.#send(rest, drip, done);
    if (drip === null || drip.everyMs === 0) setImmediate(next);
    else this.#after(drip.everyMs, next);
  }

  /** False when the connection was reset instead, as the script wants it at that byte. */
  #write(bytes: Buffer): boolean {
    const { resetAfterBytes } = this.#state.script;
    if (!this.#encrypted && resetAfterBytes !== null && this.#sentInClear + bytes.length >= resetAfterBytes) {
      const allowed = bytes.subarray(0, resetAfterBytes - this.#sentInClear);
      this.#mode = 'deaf';
      this.#raw.write(allowed, () => this.#raw.resetAndDestroy());
      return false;
    }
    if (!this.#encrypted) this.#sentInClear += bytes.length;
    if (bytes.length > 0 && this.#socket.writable) this.#socket.write(bytes);
    return true;
  }

  #flood(text: Buffer): void {
    const piece = Buffer.concat(
      new Array(Math.max(1, Math.ceil(ENDLESS_PIECE_BYTES / Math.max(1, text.length)))).fill(text),
    );
    const more = (): void => {
      while (this.#socket.writable && this.#socket.write(piece)) {
        // Until the kernel has had enough; then its drain goes on.
      }
    };
    this.#socket.on('drain', more);
    more();
  }

  #answerStarttls(): void {
    const { starttls, afterStarttls } = this.#state.script;
    if (!/^220/.test(textOf(starttls))) {
      this.#answer(starttls);
      return;
    }
    const injected = typeof afterStarttls === 'object' && 'inject' in afterStarttls ? afterStarttls.inject : null;
    const answer =
      injected === null ? starttls : { bytes: Buffer.concat([replyBytes(textOf(starttls)), Buffer.from(injected)]) };
    this.#answer(answer, () => this.#afterStarttls());
  }

  #afterStarttls(): void {
    const { afterStarttls } = this.#state.script;
    if (afterStarttls === 'close' || afterStarttls === 'reset' || afterStarttls === 'silence') this.#end(afterStarttls);
    else if (afterStarttls === 'garbage') this.#sendInstead('this is no TLS at all\r\n');
    else if (typeof afterStarttls === 'object' && 'instead' in afterStarttls) this.#sendInstead(afterStarttls.instead);
    else this.#startTls(null);
  }

  /** The answer to a ClientHello, so not before one has come. */
  #sendInstead(bytes: Uint8Array | string): void {
    this.#mode = 'deaf';
    this.#raw.once('data', () => this.#raw.write(bytes));
  }

  #startTls(then: (() => void) | null): void {
    const { script, secureContext, namelessContext, stapler } = this.#state;
    if (secureContext === null || script.tls === null) {
      this.#end('close');
      return;
    }
    const { clientCertificate = 'no' } = script.tls;
    this.#raw.off('data', this.#onData);
    this.#lines = new LineReader(MAX_PEER_LINE_BYTES);
    const tls = new TLSSocket(this.#raw, {
      isServer: true,
      secureContext: namelessContext ?? secureContext,
      ...(stapler === null ? {} : { server: stapler }),
      requestCert: clientCertificate !== 'no',
      rejectUnauthorized: clientCertificate === 'require',
      SNICallback: (name, callback) => {
        this.#session.serverName = name;
        callback(null, namelessContext === null ? undefined : secureContext);
      },
    });
    tls.on('error', (error: NodeJS.ErrnoException) => {
      this.#session.tlsError ??= error.code ?? error.name;
    });
    tls.once('close', () => this.#raw.destroy());
    tls.once('secure', () => {
      this.#session.protocol = tls.getProtocol();
      this.#session.clientCertificate = tls.getPeerX509Certificate() !== undefined;
      tls.on('data', this.#onData);
      then?.();
    });
    this.#socket = tls;
    this.#encrypted = true;
  }

  #end(how: 'close' | 'reset' | 'silence'): void {
    this.#mode = 'deaf';
    if (how === 'close') this.#socket.end();
    else if (how === 'reset') this.#raw.resetAndDestroy();
  }

  #after(ms: number, run: () => void): void {
    if (ms === 0) {
      run();
      return;
    }
    const cancel = this.#state.clock.setTimer(ms, () => {
      this.#cancelTimers.delete(cancel);
      run();
    });
    this.#cancelTimers.add(cancel);
  }
}

const CRLF = Buffer.from('\r\n');
const EMPTY = Buffer.alloc(0);

function textOf(answer: PeerAnswer): string {
  return typeof answer === 'string' ? answer : (answer.reply ?? '');
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}
