/**
 * A configuration in a file (specification 2.j, R126): JSON text with the whole document, certificates and keys included,
 * or with every secret masked. A masked file is for reading: it cannot be loaded. A file is taken whole or not at all.
 */
import { failed, type Outcome } from '../base/outcome.ts';
import type { ConfigurationDocument } from './document.ts';
import { type ConfigurationFault, showGiven } from './fault.ts';
import { readDocument } from './read-document.ts';
import { maskSecrets } from './secrets.ts';

export const SAVED_FORMAT = 'tlsreach.configuration/1';

export function saveDocument(document: ConfigurationDocument, secrets: 'included' | 'masked'): string {
  const kept = secrets === 'masked' ? maskSecrets(document) : document;
  return `${JSON.stringify({ format: SAVED_FORMAT, secrets, document: kept }, null, 2)}\n`;
}

/** Reads what `saveDocument` wrote. */
export function loadDocument(text: string): Outcome<ConfigurationDocument, readonly ConfigurationFault[]> {
  const refuse = (place: string, why: string) => failed([{ place, subject: null, why }]);
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (error) {
    return refuse('', `the file is not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  if (typeof file !== 'object' || file === null || Array.isArray(file)) return refuse('', 'the file holds no object');
  const { format, secrets, document, ...others } = file as Readonly<Record<string, unknown>>;
  if (format === undefined) {
    return refuse('', 'the file is none that saveconfig has written: it does not say its format');
  }
  if (format !== SAVED_FORMAT) {
    return refuse('format', `${showGiven(format)} cannot be loaded; this program loads "${SAVED_FORMAT}"`);
  }
  const [stranger] = Object.keys(others);
  if (stranger !== undefined) return refuse(stranger, 'is not known here');
  if (secrets !== 'included' && secrets !== 'masked') {
    return refuse('secrets', `${showGiven(secrets)} is not one of included, masked`);
  }
  if (secrets === 'masked') {
    return refuse('secrets', 'the secrets in this file are masked; only a file that was saved with them can be loaded');
  }
  return readDocument(document);
}
