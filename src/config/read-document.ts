/**
 * From any value to a configuration that holds: defaults filled in, every field in its range, names in their one form,
 * references that lead somewhere. Refused as a whole, with all faults.
 */
import { Value } from 'typebox/value';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import {
  type ConfigurationDocument,
  ConfigurationSchema,
  type ConfigurationShape,
  DOCUMENT_VERSION,
} from './document.ts';
import { type ConfigurationFault, MAX_FAULTS, showGiven } from './fault.ts';
import { applyRules } from './rules.ts';
import { faultFinder } from './schema-faults.ts';

export type DocumentOutcome = Outcome<ConfigurationDocument, readonly ConfigurationFault[]>;

const faultsOf = faultFinder(ConfigurationSchema);

/** Reads a document of our version, as a person, a file or a store has it. Never changes what it was given. */
export function readDocument(value: unknown): DocumentOutcome {
  const version = versionOf(value);
  if (version !== DOCUMENT_VERSION) {
    const why =
      version === undefined
        ? `the version is missing; this program reads version ${DOCUMENT_VERSION}`
        : `${showGiven(version)} is another version of the configuration; this program reads version ${DOCUMENT_VERSION}`;
    return failed([{ place: version === undefined ? '' : 'version', subject: null, why }]);
  }
  const complete: unknown = Value.Default(ConfigurationSchema, structuredClone(value));
  const misshapen = faultsOf(complete);
  if (misshapen.length > 0) return failed(misshapen);
  const faults: ConfigurationFault[] = [];
  const document = applyRules(complete as ConfigurationShape, faults);
  return faults.length === 0 ? succeeded(document) : failed(faults.slice(0, MAX_FAULTS));
}

/** The same for a document that one of our own functions changed: its form is known, its content is judged again. */
export function checkDocument(document: ConfigurationDocument): DocumentOutcome {
  return readDocument(document);
}

/** Reads a document as a store keeps it. */
export function parseDocument(text: string): DocumentOutcome {
  try {
    return readDocument(JSON.parse(text));
  } catch (error) {
    const why = `is not JSON (${error instanceof Error ? error.message : String(error)})`;
    return failed([{ place: '', subject: null, why }]);
  }
}

function versionOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.hasOwn(value, 'version') ? (value as { readonly version: unknown }).version : undefined;
}
