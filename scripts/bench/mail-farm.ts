/**
 * Many good mail servers with a name server, in a process of their own: what they cost is not what the client costs.
 * Each host has an address, a name and a certificate of its own; all share a port. `startMailFarm` is the client's end.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/app/world.ts';
import { createLabAuthority } from '../../src/lab/lab-certificates.ts';
import { startSmtpPeer } from '../../src/lab/smtp-peer.ts';
import type { ZoneName } from '../../src/lab/zone.ts';
import { startZoneServer } from '../../src/lab/zone-server.ts';
import type { KeySpec } from '../../src/pki/issue-key.ts';

export interface FarmHost {
  readonly domain: string;
  readonly exchange: string;
  readonly address: string;
}

export interface FarmWishes {
  readonly hosts: number;
  readonly key: KeySpec;
}

export interface MailFarm {
  readonly hosts: readonly FarmHost[];
  readonly port: number;
  /** As `--resolver` takes it. */
  readonly resolver: string;
  readonly rootPem: string;
  /** CPU of the servers so far, ms. */
  cpuMs(): Promise<number>;
  stop(): void;
}

type Ready = Omit<MailFarm, 'cpuMs' | 'stop'>;
type Word = { readonly kind: 'ready'; readonly farm: Ready } | { readonly kind: 'cpu'; readonly ms: number };

const SELF = fileURLToPath(import.meta.url);
const CHILD = 'serve-farm';

export async function startMailFarm(wishes: FarmWishes): Promise<MailFarm> {
  const child = fork(SELF, [CHILD, JSON.stringify(wishes)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ready = await nextWord(child);
  if (ready.kind !== 'ready') throw new Error('the mail farm did not come up');
  return {
    ...ready.farm,
    cpuMs: async () => {
      const word = nextWord(child);
      child.send('cpu');
      const answer = await word;
      return answer.kind === 'cpu' ? answer.ms : Number.NaN;
    },
    stop: () => child.disconnect(),
  };
}

function nextWord(child: ChildProcess): Promise<Word> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error('the mail farm ended'));
    child.once('exit', onExit);
    child.once('message', (word) => {
      child.off('exit', onExit);
      resolve(word as Word);
    });
  });
}

async function serve({ hosts: count, key }: FarmWishes): Promise<Ready> {
  const authority = createLabAuthority(Date.now());
  const hosts: FarmHost[] = [];
  const zones: Record<string, ZoneName> = {};
  let port = 0;
  for (let index = 0; index < count; index += 1) {
    const domain = `d${index}.bench.test`;
    const exchange = `mx.${domain}`;
    const address = `127.9.${Math.floor(index / 250)}.${(index % 250) + 1}`;
    const script = {
      name: exchange,
      greeting: `220 ${exchange} ESMTP`,
      tls: authority.issue({ names: [exchange], key }),
    };
    const peer = await startSmtpPeer(script, { clock: systemClock, host: address, port, remember: 0 });
    port = peer.port;
    hosts.push({ domain, exchange, address });
    zones[domain] = { MX: [[10, exchange]], ttl: 3600 };
    zones[exchange] = { A: [address], ttl: 3600 };
  }
  const server = await startZoneServer({ zones, clock: systemClock });
  return { hosts, port, resolver: server.spec, rootPem: authority.rootPem };
}

if (process.argv[2] === CHILD) {
  const tell = (word: Word): void => void process.send?.(word);
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    tell({ kind: 'cpu', ms: (user + system) / 1000 });
  });
  process.on('disconnect', () => process.exit(0));
  tell({ kind: 'ready', farm: await serve(JSON.parse(process.argv[3] ?? '{}') as FarmWishes) });
}
