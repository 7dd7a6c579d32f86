/** Changes of the table of destinations, as functions from one document to the next: what they refuse is a sentence. */
import { failed, succeeded } from '../base/outcome.ts';
import type { DestinationControls, DestinationEntry } from '../policy/destination.ts';
import type { Edit } from './configuration.ts';
import { type DestinationFile, describeIniFault, importDestinations } from './destination-ini.ts';
import type { ConfigurationDocument, GlobalSettings } from './document.ts';

/** Faults of a file that are told at once. */
const MAX_SHOWN_FAULTS = 50;

export function addDestination(entry: DestinationEntry): Edit {
  return (document) => {
    const { entries } = document.destinations;
    if (entries.some(({ domain }) => domain === entry.domain)) {
      return failed(`there is an entry for ${entry.domain} already; edit that one`);
    }
    return succeeded(withEntries(document, [...entries, entry]));
  };
}

/** Sets these fields of an entry; the others stay. */
export function editDestination(domain: string, fields: Partial<DestinationEntry>): Edit {
  return (document) => {
    const { entries } = document.destinations;
    if (!entries.some((entry) => entry.domain === domain)) return failed(`there is no entry for ${domain}`);
    const edited = entries.map((entry) => (entry.domain === domain ? { ...entry, ...fields } : entry));
    return succeeded(withEntries(document, edited));
  };
}

export function deleteDestination(domain: string): Edit {
  return (document) => {
    const { entries } = document.destinations;
    const left = entries.filter((entry) => entry.domain !== domain);
    if (left.length === entries.length) return failed(`there is no entry for ${domain}`);
    return succeeded(withEntries(document, left));
  };
}

/** Every entry but the default one goes (R74). */
export const clearDestinations: Edit = (document) => succeeded(withEntries(document, []));

export function editDefault(fields: Partial<DestinationControls>): Edit {
  return (document) => {
    const { destinations } = document;
    return succeeded({
      ...document,
      destinations: { ...destinations, default: { ...destinations.default, ...fields } },
    });
  };
}

export function editGlobal(fields: Partial<GlobalSettings>): Edit {
  return (document) => succeeded({ ...document, global: { ...document.global, ...fields } });
}

/** All entries, the default one and the global settings are replaced by those of the file, or nothing is (R72). */
export function importTable(text: string): Edit {
  return (document) => {
    const file = importDestinations(text, document);
    if (file.ok) return succeeded({ ...document, ...replacing(file.value) });
    const shown = file.failure.slice(0, MAX_SHOWN_FAULTS).map(describeIniFault);
    const more = file.failure.length - shown.length;
    if (more > 0) shown.push(`and ${more} more`);
    return failed(`nothing was imported:\n${shown.join('\n')}`);
  };
}

function replacing({ destinations, global }: DestinationFile): DestinationFile {
  return { destinations, global };
}

function withEntries(document: ConfigurationDocument, entries: readonly DestinationEntry[]): ConfigurationDocument {
  return { ...document, destinations: { ...document.destinations, entries } };
}
