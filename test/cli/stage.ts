/** A world and a house for the command line, to be looked at afterwards: nothing of the real process is touched. */
import { Readable } from 'node:stream';
import type { DataPlace } from '../../src/app/configuration.ts';
import type { AppSettings } from '../../src/app/settings.ts';
import type { Output, World } from '../../src/app/world.ts';
import { systemClock } from '../../src/app/world.ts';
import { run } from '../../src/cli/run.ts';
import type { Services } from '../../src/cli/services.ts';
import { createConfiguration } from '../../src/config/configuration.ts';
import type { ConfigurationStore } from '../../src/config/configuration-store.ts';
import type { Capture } from '../../src/probe/capture.ts';
import type { ProbeHooks, ProbeRequest } from '../../src/probe/request.ts';
import type { ProbeResult } from '../../src/probe/result.ts';
import { THREE_GOOD_HOSTS } from '../report/results.ts';
import { memoryConfigurationStore } from '../support/memory-configuration-store.ts';

export interface Scene {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly terminal?: boolean;
  /** Input comes from a person. */
  readonly typed?: boolean;
  readonly columns?: number;
  /** What probing a target yields; the good example under the target's name by default. */
  readonly probe?: (request: ProbeRequest, hooks: ProbeHooks) => Promise<ProbeResult> | ProbeResult;
  /** What a probe hands over where a capture is wanted. */
  readonly capture?: Capture;
  /** A real house in place of one whose probes are told. */
  readonly createApp?: Services['createApp'];
  /** What keeps the configuration; a new one in memory where left out. */
  readonly store?: ConfigurationStore;
  readonly createDeliverer?: Services['createDeliverer'];
  readonly openQueue?: Services['openQueue'];
  readonly openMonitors?: Services['openMonitors'];
  readonly openAccounts?: Services['openAccounts'];
  readonly openInstallation?: Services['openInstallation'];
  readonly openLookups?: Services['openLookups'];
  readonly routeOf?: Services['routeOf'];
  readonly configuredControls?: Services['configuredControls'];
  /** Called with the function that plays Ctrl-C. */
  readonly onReady?: (interrupt: () => void) => void;
}

export interface Seen {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly probed: readonly string[];
  readonly requests: readonly ProbeRequest[];
  /** The settings each app was made with. */
  readonly settings: readonly AppSettings[];
  readonly written: Readonly<Record<string, string>>;
  readonly exits: readonly number[];
  /** Where the configuration was looked for. */
  readonly places: readonly DataPlace[];
  /** Permissions asked for, by file. */
  readonly modes: Readonly<Record<string, number | undefined>>;
  /** The run settled down to be a long one. */
  readonly memoryKeptFlat: boolean;
}

export function goodResultFor(target: string): ProbeResult {
  return { ...THREE_GOOD_HOSTS, target, domain: target.slice(target.lastIndexOf('@') + 1) };
}

async function nobodyDelivers(): Promise<never> {
  throw new Error('this scene delivers nothing');
}

export async function play(scene: Scene): Promise<Seen> {
  const { argv, env = {}, files = {}, stdin = '', terminal = false, columns = 80 } = scene;
  const out = { stdout: '', stderr: '' };
  const written: Record<string, string> = {};
  const modes: Record<string, number | undefined> = {};
  const requests: ProbeRequest[] = [];
  const settings: AppSettings[] = [];
  const exits: number[] = [];
  const places: DataPlace[] = [];
  const store = scene.store ?? memoryConfigurationStore();
  let memoryKeptFlat = false;
  const handlers = new Set<() => void>();
  const output = (name: 'stdout' | 'stderr'): Output => ({
    write: async (text) => {
      out[name] += text;
      return true;
    },
    finished: async () => null,
    isTerminal: terminal,
    columns: () => columns,
    rows: () => 40,
  });
  const world: World = {
    env,
    argv,
    stdin: () => Readable.from([Buffer.from(stdin)]),
    stdinIsTerminal: scene.typed === true,
    stdout: output('stdout'),
    stderr: output('stderr'),
    clock: systemClock,
    random: () => 0.5,
    readFile: async (path) => {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      return Buffer.from(text);
    },
    createFile: async (path, mode) => {
      modes[path] = mode;
      if (path.startsWith('/nowhere/')) throw Object.assign(new Error('no such directory'), { code: 'ENOENT' });
      let text = '';
      return {
        write: async (more) => {
          text += more;
        },
        commit: async () => {
          written[path] = text;
        },
        discard: async () => {},
      };
    },
    onInterrupt: (handler) => {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    keepMemoryFlat: async () => {
      memoryKeptFlat = true;
    },
    setExitCode: () => {},
    exit: (code) => {
      exits.push(code);
    },
  };
  scene.onReady?.(() => {
    for (const handler of handlers) handler();
  });
  const code = await run(world, {
    createApp: async (given) => {
      settings.push(given);
      if (scene.createApp !== undefined) return scene.createApp(given);
      return {
        probe: async (request, hooks = {}) => {
          requests.push(request);
          if (scene.capture !== undefined) hooks.onCapture?.(scene.capture);
          return (await scene.probe?.(request, hooks)) ?? goodResultFor(request.target.text);
        },
        close: async () => {},
      };
    },
    openConfiguration: async (place) => {
      places.push(place);
      return { configuration: createConfiguration(store, systemClock), close: async () => {} };
    },
    createDeliverer: scene.createDeliverer ?? nobodyDelivers,
    openQueue: scene.openQueue ?? nobodyDelivers,
    openMonitors: scene.openMonitors ?? nobodyDelivers,
    openAccounts: scene.openAccounts ?? nobodyDelivers,
    openInstallation: scene.openInstallation ?? nobodyDelivers,
    openPassingPlace: () => Promise.reject(new Error('nobody asked for it')),
    openLookups: scene.openLookups ?? nobodyDelivers,
    routeOf: scene.routeOf ?? (async () => ({ kind: 'none', why: 'no such domain' })),
    configuredControls: scene.configuredControls,
    openLab: async () => ({
      settings: { port: 2525, resolvers: ['127.0.0.1:5353'] },
      rootPem: 'the root',
      guide: (rootFile) => [`the lab is open, its root in ${rootFile}`],
      close: async () => {},
    }),
  });
  return {
    code,
    ...out,
    probed: requests.map(({ target }) => target.text),
    requests,
    settings,
    written,
    exits,
    places,
    modes,
    memoryKeptFlat,
  };
}
