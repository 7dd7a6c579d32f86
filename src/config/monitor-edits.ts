/** Changes of the table of monitors, as functions from one document to the next; secrets that nobody named stay. */
import { failed, succeeded } from '../base/outcome.ts';
import type { Channel, Monitor } from '../monitor/monitor.ts';
import type { Edit } from './configuration.ts';
import { MASK } from './secrets.ts';

/** A monitor as people give it: what is left out has its default, which the document knows. */
export type GivenMonitor = Pick<Monitor, 'name'> & Partial<Monitor>;

/**
 * The channels that were given, where one without its secret has that of the channel to the same URL: nobody can point a
 * secret they have not seen to somewhere else.
 */
export function withKeptSecrets(given: readonly unknown[], before: readonly Channel[]): readonly unknown[] {
  return given.map((channel) => {
    if (typeof channel !== 'object' || channel === null) return channel;
    const { kind, url, secret } = channel as Readonly<Record<string, unknown>>;
    if (kind !== 'webhook' || (secret !== undefined && secret !== '' && secret !== MASK)) return channel;
    const old = before.find((each) => each.kind === 'webhook' && each.url === url);
    return old?.kind === 'webhook' ? { ...channel, secret: old.secret } : channel;
  });
}

export function addMonitor(monitor: GivenMonitor): Edit {
  return (document) => {
    const { monitors } = document;
    if (named(monitors, monitor.name) !== undefined) return failed(`there is a monitor ${monitor.name} already`);
    return succeeded({ ...document, monitors: [...monitors, monitor as Monitor] });
  };
}

/** `edit` gets the monitor as it is and says how it shall be. */
export function editMonitor(name: string, edit: (before: Monitor) => GivenMonitor): Edit {
  return (document) => {
    const { monitors } = document;
    const before = named(monitors, name);
    if (before === undefined) return failed(`there is no monitor ${name}`);
    const next = edit(before) as Monitor;
    return succeeded({ ...document, monitors: monitors.map((each) => (each === before ? next : each)) });
  };
}

export function deleteMonitor(name: string): Edit {
  return (document) => {
    const gone = named(document.monitors, name);
    if (gone === undefined) return failed(`there is no monitor ${name}`);
    return succeeded({ ...document, monitors: document.monitors.filter((each) => each !== gone) });
  };
}

function named(monitors: readonly Monitor[], name: string): Monitor | undefined {
  return monitors.find((each) => each.name.toLowerCase() === name.toLowerCase());
}
