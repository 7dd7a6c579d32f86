/**
 * A port of loopback at which connection requests go unanswered, as behind a firewall that drops them: a listener in a
 * thread that never accepts, with its queue filled.
 */
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

const LISTENER = `
  const { createServer } = require('node:net');
  const { parentPort } = require('node:worker_threads');
  const server = createServer();
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    // The message leaves before the thread stands still for good.
    setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 50);
  });`;

/** A connection that takes longer than this (ms) to loopback will not come about. */
const LONG_MS = 300;
/** More than the kernel makes of a backlog of one. */
const MAX_FILLERS = 16;

export interface SilentHost {
  readonly port: number;
  stop(): Promise<void>;
}

export async function startSilentHost(): Promise<SilentHost> {
  const worker = new Worker(LISTENER, { eval: true });
  const port = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  const fillers: Socket[] = [];
  const stop = async (): Promise<void> => {
    for (const socket of fillers) socket.destroy();
    await worker.terminate();
  };
  while (fillers.length < MAX_FILLERS) {
    const socket = connect(port, '127.0.0.1');
    fillers.push(socket);
    socket.on('error', () => {});
    const connected = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      setTimeout(() => resolve(false), LONG_MS);
    });
    if (!connected) return { port, stop };
  }
  await stop();
  throw new Error('the queue of the silent host never filled');
}
