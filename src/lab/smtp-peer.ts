/**
 * A mail server on loopback that follows a script, for the offline test bed and for tests: real sockets, real STARTTLS,
 * and a record of what the client sent, in clear and inside TLS apart.
 */
import { constants } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import {
  createSecureContext,
  createServer as createTlsServer,
  type SecureContext,
  type Server as TlsServer,
} from 'node:tls';
import type { Clock } from '../base/clock.ts';
import { converse } from './peer-dialogue.ts';
import { DEFAULT_SCRIPT, type PeerAnswer, type PeerScript, type PeerTls } from './peer-script.ts';

/** One connection as the server saw it. It fills while the session runs. */
export interface PeerSession {
  /** Command lines in order, those of an AUTH exchange and of message text left out. */
  readonly commands: { readonly text: string; readonly tls: boolean }[];
  /** Every byte received outside TLS before a handshake began. */
  clearText: string;
  /** SNI of the handshake; null without one. */
  serverName: string | null;
  /** `TLSv1.3` once the handshake is done. */
  protocol: string | null;
  /** The client showed a certificate. */
  clientCertificate: boolean;
  /** OpenSSL's code when the handshake failed on this side. */
  tlsError: string | null;
  /** Message texts as received, dots undone. */
  readonly messages: Buffer[];
  /** Of AUTH exchanges: what the client sent, decoded. */
  readonly credentials: string[];
  closed: boolean;
}

export interface PeerOptions {
  readonly clock: Clock;
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** 0 or left out: the kernel gives one. */
  readonly port?: number | undefined;
  /** Sessions remembered, the oldest forgotten first (default `MAX_REMEMBERED_SESSIONS`); 0: none. */
  readonly remember?: number | undefined;
}

export interface SmtpPeer {
  readonly host: string;
  readonly port: number;
  /** In the order in which they were accepted. */
  readonly sessions: readonly PeerSession[];
  /** Connections accepted so far. */
  accepted(): number;
  /** Plays another script from the next connection on; the greylist starts anew. */
  play(script: Partial<PeerScript>): void;
  /** Closes the port and every connection. */
  stop(): Promise<void>;
}

export const MAX_REMEMBERED_SESSIONS = 1000;
/** Connections at one time; more are closed at once. */
export const MAX_PEER_CONNECTIONS = 2000;
const MINUTE_MS = 60_000;

/** What all sessions of one server share. */
export interface PeerState {
  readonly script: PeerScript;
  readonly secureContext: SecureContext | null;
  /** For clients that send no server name; null: the same. */
  readonly namelessContext: SecureContext | null;
  /** Never listens: TLS sockets ask the server they belong to for the OCSP response to staple. */
  readonly stapler: TlsServer | null;
  readonly clock: Clock;
  /** RCPT commands that the greylist put off. */
  putOff: number;
}

export async function startSmtpPeer(script: Partial<PeerScript>, options: PeerOptions): Promise<SmtpPeer> {
  const { clock, host = '127.0.0.1', remember = MAX_REMEMBERED_SESSIONS } = options;
  const sessions: PeerSession[] = [];
  const sockets = new Set<Socket>();
  const arrivals: number[] = [];
  let accepted = 0;
  let state = stateFor(script, clock);
  const server = createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    if (sockets.size > MAX_PEER_CONNECTIONS) {
      sockets.delete(socket);
      socket.destroy();
      return;
    }
    const session = newSession();
    if (remember > 0) {
      if (sessions.length >= remember) sessions.shift();
      sessions.push(session);
    }
    socket.once('close', () => {
      sockets.delete(socket);
      session.closed = true;
    });
    converse({ socket, session, state, greeting: throttled(state.script, arrivals, clock) ?? state.script.greeting });
  });
  await listen(server, host, options.port ?? 0);
  const bound = server.address();
  return {
    host,
    port: typeof bound === 'object' && bound !== null ? bound.port : 0,
    sessions,
    accepted: () => accepted,
    play: (next) => {
      state = stateFor(next, clock);
    },
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function stateFor(changes: Partial<PeerScript>, clock: Clock): PeerState {
  const script: PeerScript = { ...DEFAULT_SCRIPT, ...changes };
  const { tls } = script;
  return {
    script,
    clock,
    secureContext: tls === null ? null : contextFor(tls),
    namelessContext: tls?.withoutServerName === undefined ? null : contextFor(tls.withoutServerName),
    stapler: tls?.ocspStaple === undefined ? null : staplerOf(tls.ocspStaple),
    putOff: 0,
  };
}

function staplerOf(staple: Buffer): TlsServer {
  return createTlsServer().on('OCSPRequest', (_certificate, _issuer, callback) => callback(null, staple));
}

const contexts = new WeakMap<PeerTls, SecureContext>();

function contextFor(tls: PeerTls): SecureContext {
  const cached = contexts.get(tls);
  if (cached !== undefined) return cached;
  const context = createSecureContext({
    key: tls.key,
    cert: tls.certificates,
    ca: [],
    ciphers: tls.ciphers ?? 'ALL:@SECLEVEL=0',
    minVersion: tls.minVersion ?? 'TLSv1',
    maxVersion: tls.maxVersion ?? 'TLSv1.3',
    dhparam: 'auto',
    ...(tls.groups === undefined ? {} : { ecdhCurve: tls.groups }),
    ...(tls.signatures === undefined ? {} : { sigalgs: tls.signatures }),
    secureOptions:
      (tls.serverOrder === true ? constants.SSL_OP_CIPHER_SERVER_PREFERENCE : 0) |
      (tls.withoutTickets === true ? constants.SSL_OP_NO_TICKET : 0),
  });
  contexts.set(tls, context);
  return context;
}

/** The greeting for a connection that comes too soon; null when it does not. */
function throttled({ perMinute }: PeerScript, arrivals: number[], clock: Clock): PeerAnswer | null {
  if (perMinute === null) return null;
  const now = clock.monotonic();
  while ((arrivals[0] ?? now) <= now - MINUTE_MS) arrivals.shift();
  if (arrivals.length >= perMinute.connections) return perMinute.answer;
  arrivals.push(now);
  return null;
}

function newSession(): PeerSession {
  return {
    commands: [],
    clearText: '',
    serverName: null,
    protocol: null,
    clientCertificate: false,
    tlsError: null,
    messages: [],
    credentials: [],
    closed: false,
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
