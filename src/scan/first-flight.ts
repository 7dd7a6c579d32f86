/**
 * What a server sends in clear in answer to a ClientHello, read as it arrives: records, messages across records, and the
 * end of the flight. Total: whatever the bytes are, it comes to an end with what was proven by then, and holds no more than
 * its bounds allow.
 */
import { cipherSuite } from './cipher-suites.ts';
import { MAX_RECORD_BYTES } from './client-hello.ts';
import {
  type KeyExchangeParameters,
  readCertificateStatus,
  readCertificates,
  readServerHello,
  readServerKeyExchange,
  readSslv2ServerHello,
  type ServerHello,
  type Sslv2Hello,
} from './server-messages.ts';

/** Everything a server may send before its flight ends; OpenSSL itself takes certificates of 100 KB. */
export const MAX_FLIGHT_BYTES = 192 * 1024;
/** Records in one flight, empty ones included. */
export const MAX_FLIGHT_RECORDS = 512;

export interface FlightAlert {
  readonly level: number;
  readonly code: number;
}

export interface FirstFlight {
  readonly hello: ServerHello | null;
  readonly sslv2: Sslv2Hello | null;
  /** DER, wire order; empty where the version hides them. */
  readonly chainAsSent: readonly Buffer[];
  readonly keyExchange: KeyExchangeParameters | null;
  readonly stapled: boolean;
  readonly alert: FlightAlert | null;
  /** `whole`: it came to its end; `nonsense`: what came then is no TLS. */
  readonly state: 'more' | 'whole' | 'nonsense';
}

const ALERT = 21;
const HANDSHAKE = 22;
const MESSAGE = { serverHello: 2, certificate: 11, serverKeyExchange: 12, done: 14, certificateStatus: 22 } as const;
const MESSAGE_HEADER_BYTES = 4;

export class FirstFlightReader {
  readonly #sslv2Asked: boolean;
  #pending: Buffer = EMPTY;
  /** Chunks that are not worth joining yet: single bytes cost no more than long ones. */
  #chunks: Buffer[] = [];
  #buffered = 0;
  #needed = 1;
  #messages: Buffer = EMPTY;
  #received = 0;
  #records = 0;
  #flight: FirstFlight = NOTHING;

  /** `sslv2Asked`: an SSLv2 SERVER-HELLO is a possible answer. */
  constructor({ sslv2Asked = false }: { readonly sslv2Asked?: boolean } = {}) {
    this.#sslv2Asked = sslv2Asked;
  }

  get flight(): FirstFlight {
    return this.#flight;
  }

  /** Bytes received so far. */
  get received(): number {
    return this.#received;
  }

  push(chunk: Buffer): FirstFlight {
    if (this.#flight.state !== 'more') return this.#flight;
    this.#received += chunk.length;
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    if (this.#received > MAX_FLIGHT_BYTES) this.#learn({ state: 'nonsense' });
    else if (this.#buffered >= this.#needed) this.#read();
    return this.#flight;
  }

  #read(): void {
    this.#pending = Buffer.concat(this.#chunks);
    this.#needed = 1;
    while (this.#flight.state === 'more' && this.#readRecord()) {
      // One record after the other.
    }
    this.#chunks = [this.#pending];
    this.#buffered = this.#pending.length;
  }

  /** False when more bytes are needed. */
  #readRecord(): boolean {
    const bytes = this.#pending;
    if (bytes.length === 0) return false;
    if (this.#records === 0 && this.#sslv2Asked && ((bytes[0] ?? 0) & 0x80) !== 0) return this.#readSslv2();
    if (bytes.length < 5) {
      this.#needed = 5;
      // A letter or digit at the front is no record and never will be.
      if (bytes[0] !== ALERT && bytes[0] !== HANDSHAKE) this.#learn({ state: 'nonsense' });
      return false;
    }
    const [type = 0, major = 0] = bytes;
    const length = bytes.readUInt16BE(3);
    this.#records += 1;
    const known = type === ALERT || type === HANDSHAKE;
    if (!known || major !== 3 || length > MAX_RECORD_BYTES || this.#records > MAX_FLIGHT_RECORDS) {
      this.#learn({ state: 'nonsense' });
      return false;
    }
    if (bytes.length < 5 + length) {
      this.#records -= 1;
      this.#needed = 5 + length;
      return false;
    }
    const fragment = bytes.subarray(5, 5 + length);
    this.#pending = bytes.subarray(5 + length);
    if (type === ALERT) this.#readAlert(fragment);
    else {
      this.#messages = Buffer.concat([this.#messages, fragment]);
      while (this.#flight.state === 'more' && this.#readMessage()) {
        // One message after the other.
      }
    }
    return true;
  }

  #readAlert(fragment: Buffer): void {
    const [level = 0, code = 0] = fragment;
    if (fragment.length !== 2 || (level !== 1 && level !== 2)) {
      this.#learn({ state: 'nonsense' });
      return;
    }
    // A warning such as "unrecognized name" does not end the handshake (RFC 6066 3); the goodbye does.
    if (level === 1 && code !== 0) return;
    this.#learn({ alert: { level, code }, state: 'whole' });
  }

  /** False when more bytes are needed. */
  #readMessage(): boolean {
    const bytes = this.#messages;
    if (bytes.length < MESSAGE_HEADER_BYTES) return false;
    const type = bytes[0] ?? 0;
    const end = MESSAGE_HEADER_BYTES + bytes.readUIntBE(1, 3);
    if (end > MAX_FLIGHT_BYTES) this.#learn({ state: 'nonsense' });
    if (bytes.length < end) return false;
    this.#messages = bytes.subarray(end);
    this.#take(type, bytes.subarray(MESSAGE_HEADER_BYTES, end));
    return true;
  }

  #take(type: number, body: Buffer): void {
    const { hello } = this.#flight;
    if ((type === MESSAGE.serverHello) !== (hello === null)) {
      this.#learn({ state: 'nonsense' });
      return;
    }
    switch (type) {
      case MESSAGE.serverHello: {
        const read = readServerHello(body);
        if (read === null) this.#learn({ state: 'nonsense' });
        // With TLS 1.3 all that follows is encrypted.
        else this.#learn({ hello: read, state: read.version === 'TLSv1.3' ? 'whole' : 'more' });
        return;
      }
      case MESSAGE.certificate: {
        const chain = readCertificates(body);
        this.#learn(chain === null ? { state: 'nonsense' } : { chainAsSent: chain });
        return;
      }
      case MESSAGE.serverKeyExchange: {
        const suite = hello === null ? null : cipherSuite(hello.suite);
        if (suite === null || hello === null) return;
        const parameters = readServerKeyExchange(body, suite.keyExchange, hello.version);
        this.#learn(parameters === null ? { state: 'nonsense' } : { keyExchange: parameters });
        return;
      }
      case MESSAGE.certificateStatus:
        this.#learn({ stapled: readCertificateStatus(body) !== null });
        return;
      case MESSAGE.done:
        this.#learn({ state: 'whole' });
        return;
      default:
        // A request for a client certificate, a ticket: nothing to learn from.
        return;
    }
  }

  #readSslv2(): boolean {
    const bytes = this.#pending;
    if (bytes.length < 2) return false;
    const length = bytes.readUInt16BE(0) & 0x7fff;
    if (bytes.length < 2 + length) return false;
    const hello = readSslv2ServerHello(bytes.subarray(2, 2 + length));
    this.#learn(hello === null ? { state: 'nonsense' } : { sslv2: hello, state: 'whole' });
    return false;
  }

  #learn(news: Partial<FirstFlight>): void {
    this.#flight = { ...this.#flight, ...news };
    if (this.#flight.state === 'more') return;
    this.#chunks = [];
    this.#pending = EMPTY;
    this.#messages = EMPTY;
  }
}

const EMPTY: Buffer = Buffer.alloc(0);
const NOTHING: FirstFlight = {
  hello: null,
  sslv2: null,
  chainAsSent: [],
  keyExchange: null,
  stapled: false,
  alert: null,
  state: 'more',
};
