/**
 * One connection from its greeting to its end. The grammar decides what is said (`smtp/server-session.ts`); here is the
 * time each thing may take, what is told to the logs, and the end: QUIT, too many mistakes, too long, our own end (421),
 * or the client goes.
 */
import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { type Deadline, startDeadline } from '../base/deadline.ts';
import { untagged } from '../delivery/bounce-verification.ts';
import { DataReader } from '../smtp/data-reader.ts';
import { reply, type ServerReply, writeServerReply } from '../smtp/server-reply.ts';
import { ServerSession, type Step, type Transaction } from '../smtp/server-session.ts';
import type { Guest } from './arrival.ts';
import { ServerChannel } from './channel.ts';
import { envelopeJudge } from './envelope-judge.ts';
import type { Ending, ListenerHouse, ListenerInForce } from './house.ts';
import { serverHandshake, type TlsFacts } from './listener-tls.ts';
import { takeIn } from './take-in.ts';

/** Between two pieces of a message, ms (RFC 5321 4.5.3.2.8). */
export const DATA_BLOCK_MS = 180_000;
/** So much more than allowed is read of a message, to answer in order; who sends more than that is hung up on. */
export const MAX_DISCARDED_BYTES = 16 * 1024 * 1024;
/** For the client to read the last words, ms. */
const LINGER_MS = 2_000;

/** How it ended: with a last word, or without the client. */
type End = { readonly kind: 'said'; readonly reply: ServerReply } | { readonly kind: 'lost' };

export class Conversation {
  readonly #house: ListenerHouse;
  readonly #inForce: ListenerInForce;
  readonly #guest: Guest;
  readonly #ending: Ending;
  readonly #total: Deadline;
  readonly #session: ServerSession;
  #socket: Socket;
  #channel: ServerChannel;
  #tls: TlsFacts | null = null;
  /** Until then a message has to be taken. */
  #injection: Deadline;
  #messages = 0;
  /** Bounces to these came in although they carry no tag. */
  #doubted = new Set<string>();
  #refusedBounce = false;

  constructor(socket: Socket, guest: Guest, house: ListenerHouse, inForce: ListenerInForce, ending: Ending) {
    const { listener, hostname } = inForce;
    const { policy } = guest.verdict;
    const { clock } = house.installation.world;
    this.#socket = socket;
    this.#guest = guest;
    this.#house = house;
    this.#inForce = inForce;
    this.#ending = ending;
    this.#channel = new ServerChannel(socket);
    this.#total = startDeadline(clock, listener.connectionSeconds * 1000, ending.kill);
    this.#injection = this.#newInjection();
    const judge = envelopeJudge({
      listener,
      policy,
      hostname,
      bounceVerification: () => house.installation.followed.delivery.bounceVerification,
      now: () => clock.now(),
      takeRecipient: () => house.admission.takeRecipient(listener.name, guest.address, policy.recipientsPerHour),
      onBounceRefused: (recipient) => {
        this.#refusedBounce = true;
        guest.tell({ kind: 'bounce-refused', mid: 0, recipient });
      },
      onBounceDoubted: (recipient) => this.#doubted.add(untagged(recipient)),
    });
    this.#session = new ServerSession({ ...policy, hostname }, judge);
  }

  /** Resolves when the connection is closed. Never rejects for what a client does. */
  async run(): Promise<void> {
    const { policy } = this.#guest.verdict;
    if (policy.action === 'reject') this.#session.bar(reply(554, '5.7.1', 'no mail is taken from your address'));
    try {
      const end = this.#inForce.listener.implicitTls && !(await this.#implicitTls()) ? LOST : await this.#dialogue();
      this.#bounceOver();
      if (end.kind === 'lost') this.#guest.tell({ kind: 'connection-lost' });
      await this.#close(end);
    } finally {
      this.#total.dispose();
      this.#injection.dispose();
      this.#guest.tell({ kind: 'connection-ended' });
    }
  }

  async #dialogue(): Promise<End> {
    if (!(await this.#say(this.#session.greeting()))) return LOST;
    for (;;) {
      const got = await this.#channel.line(this.#patience());
      if (got === 'gone') return LOST;
      if (got === 'stopped') return { kind: 'said', reply: this.#why() };
      if (got.kind === 'too-long') return { kind: 'said', reply: reply(500, '5.5.2', 'the line is too long') };
      const end = await this.#follow(this.#session.command(got.line));
      if (this.#session.transaction === null) this.#bounceOver();
      if (end !== null) return end;
    }
  }

  /** Says what a step says, and does what it asks for; null when the dialogue goes on. */
  async #follow(step: Step): Promise<End | null> {
    if (step.next === 'close') return { kind: 'said', reply: step.reply };
    if (step.next === 'start-tls') return this.#startTls(step.reply);
    if (!(await this.#say(step.reply))) return LOST;
    switch (step.next) {
      case 'command':
        return null;
      case 'data': {
        const transaction = this.#session.transaction;
        return transaction === null ? LOST : this.#receive(transaction);
      }
    }
  }

  async #receive(transaction: Transaction): Promise<End | null> {
    const { room, installation } = this.#house;
    const { clock } = installation.world;
    const { maxMessageBytes } = this.#guest.verdict.policy;
    const data = new DataReader(maxMessageBytes);
    let taken = 0;
    const keep = (bytes: Buffer): number => {
      const used = data.push(bytes);
      if (!data.isDropped) {
        if (room.take(used)) taken += used;
        else data.drop();
      }
      return used;
    };
    try {
      while (!data.ended) {
        const block = startDeadline(clock, DATA_BLOCK_MS, this.#total.signal);
        const wait = await this.#channel.bytes([block.signal], keep);
        block.dispose();
        if (wait === 'bytes' && data.bytes <= maxMessageBytes + MAX_DISCARDED_BYTES) continue;
        this.#guest.tell({ kind: 'message-aborted', mid: 0, why: 'Receiving aborted' });
        if (wait === 'gone') return LOST;
        return {
          kind: 'said',
          reply: wait === 'stopped' ? this.#why() : reply(552, '5.3.4', 'the message is much too large'),
        };
      }
      const answer = await this.#takeIn(transaction, data);
      return await this.#follow(this.#session.messageDone(answer));
    } finally {
      room.give(taken);
    }
  }

  async #takeIn(transaction: Transaction, data: DataReader): Promise<ServerReply> {
    const { installation } = this.#house;
    const { icid, address, reverseName, verdict, tell } = this.#guest;
    const client = this.#session.client ?? { name: 'unknown', extended: false };
    this.#messages += 1;
    const isDoubtedBounce =
      transaction.sender === '' && transaction.recipients.some((each) => this.#doubted.has(each.address));
    this.#doubted = new Set();
    const answer = await takeIn({
      transaction,
      data,
      hop: {
        client,
        address,
        reverseName,
        hostname: this.#inForce.hostname,
        tls: this.#tls,
        id: `${icid}.${this.#messages}`,
        at: installation.world.clock.now(),
      },
      icid,
      begins: verdict.policy.action === 'relay',
      isDoubtedBounce,
      installation,
      log: installation.settings.log,
      onAccepted: (mid) => tell({ kind: 'message-started', mid }),
    });
    if (answer.code !== 250) {
      tell({ kind: 'message-aborted', mid: 0, why: `${answer.code} ${answer.lines.join(' ')}` });
      return answer;
    }
    this.#refusedBounce = false;
    this.#injection.dispose();
    this.#injection = this.#newInjection();
    return answer;
  }

  /** 454 in place of 220 where our own certificate cannot be used (RFC 3207 section 4). */
  async #startTls(ready: ServerReply): Promise<End | null> {
    const context = await this.#context();
    if (context === null) {
      return (await this.#say(reply(454, '4.7.0', 'TLS is not available now'))) ? null : LOST;
    }
    return (await this.#say(ready)) && (await this.#secure(context)) ? null : LOST;
  }

  async #implicitTls(): Promise<boolean> {
    const context = await this.#context();
    return context !== null && (await this.#secure(context));
  }

  async #context(): Promise<SecureContext | null> {
    const { listener, hostname, document } = this.#inForce;
    try {
      return await this.#house.contexts.for(listener, hostname, document);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#house.installation.settings.log('error', 'the certificate of a listener cannot be used', {
        listener: listener.name,
        why,
      });
      return null;
    }
  }

  /** The handshake; false where it failed, which is told. */
  async #secure(context: SecureContext): Promise<boolean> {
    const { installation } = this.#house;
    const { tell, icid, verdict } = this.#guest;
    const { verifyClientCertificate: verify } = verdict.policy;
    const dropped = this.#channel.detach();
    if (dropped > 0) {
      installation.settings.log('warn', 'a client sent more behind STARTTLS in clear; it was thrown away', {
        icid,
        bytes: dropped,
      });
    }
    const { anchors } = installation.house;
    const { clock } = installation.world;
    const { signal } = this.#total;
    const secured = await serverHandshake({ socket: this.#socket, context, verify, anchors, clock, signal });
    if (!secured.ok) {
      tell({ kind: 'tls-failed', ...secured.failure });
      return false;
    }
    const { socket, facts } = secured.value;
    tell({ kind: 'tls-established', protocol: facts.protocol, cipher: facts.cipher });
    this.#socket = socket;
    this.#channel = new ServerChannel(socket);
    this.#tls = facts;
    this.#session.tlsEstablished();
    const { certificate } = facts;
    const why =
      certificate.kind === 'invalid'
        ? `the client certificate is not accepted (${certificate.problem})`
        : verify === 'required' && certificate.kind === 'none'
          ? 'a client certificate is needed'
          : null;
    if (why !== null) {
      tell({ kind: 'tls-failed', code: 'client-certificate', detail: why });
      this.#session.bar(reply(554, '5.7.1', why));
    }
    return true;
  }

  /** What ends a wait for a command: with a message under way our own end has to wait for it. */
  #patience(): readonly AbortSignal[] {
    const always = [this.#injection.signal];
    return this.#session.transaction === null ? [...always, this.#ending.drain] : always;
  }

  /** Why a wait was ended. */
  #why(): ServerReply {
    const { drain, kill } = this.#ending;
    if (kill.aborted || (drain.aborted && this.#session.transaction === null)) {
      return reply(421, '4.3.2', `${this.#inForce.hostname} is shutting down; come again`);
    }
    if (this.#total.expired()) return reply(421, '4.4.2', 'Exceeded allowable connection time, disconnecting.');
    return reply(421, '4.4.2', 'Timed out waiting for successful message injection, disconnecting.');
  }

  #newInjection(): Deadline {
    const { injectionSeconds } = this.#inForce.listener;
    return startDeadline(this.#house.installation.world.clock, injectionSeconds * 1000, this.#total.signal);
  }

  /** A bounce of which no recipient was taken comes to nothing (specification 2.h). */
  #bounceOver(): void {
    if (this.#refusedBounce) this.#guest.tell({ kind: 'message-aborted', mid: 0, why: 'Receiving aborted' });
    this.#refusedBounce = false;
  }

  #say(answer: ServerReply): Promise<boolean> {
    return this.#channel.write(writeServerReply(answer), [this.#injection.signal]);
  }

  async #close(end: End): Promise<void> {
    this.#channel.detach();
    await hangUp(this.#socket, end.kind === 'said' ? writeServerReply(end.reply) : null, this.#house);
  }
}

const LOST: End = { kind: 'lost' };

/** Last words, then the end: with patience for those that read them, and none for the others. */
export async function hangUp(socket: Socket, words: string | null, { installation }: ListenerHouse): Promise<void> {
  if (words === null || socket.destroyed) {
    socket.destroy();
    return;
  }
  await new Promise<void>((resolve) => {
    const cancel = installation.world.clock.setTimer(LINGER_MS, () => socket.destroy());
    socket.once('close', () => {
      cancel();
      resolve();
    });
    socket.end(words);
    // What still comes is read and thrown away: an unread byte would turn the end into a reset, and the words be lost.
    socket.resume();
  });
}
