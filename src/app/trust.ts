/** The roots a run trusts: Node's, the system's, and a file the user named, each dated where its date is known. */
import { readFileSync, statSync } from 'node:fs';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import {
  type AnchorFault,
  type AnchorSet,
  anchorsFromPem,
  bundledAnchors,
  describeAnchorFault,
  SYSTEM_BUNDLE_FILES,
  type TrustAnchors,
  trustAnchors,
} from '../pki/trust-anchors.ts';

export interface TrustSettings {
  readonly systemCa: boolean;
  readonly caFile: { readonly name: string; readonly pem: string } | null;
}

/** Without `systemCa` only the named file counts; then an unreadable certificate in it is a fault, not a warning. */
export function loadTrust(settings: TrustSettings): Outcome<TrustAnchors, AnchorFault> {
  const sets = readAnchorSets(settings);
  return sets.ok ? succeeded(trustAnchors(sets.value)) : sets;
}

function readAnchorSets({ systemCa, caFile }: TrustSettings): Outcome<readonly AnchorSet[], AnchorFault> {
  const sets: AnchorSet[] = systemCa ? [bundledAnchors(), ...systemAnchors()] : [];
  if (caFile !== null) {
    const own = anchorsFromPem({ name: 'ca-file', date: null, text: caFile.pem, strict: true });
    if (!own.ok) return failed(own.failure);
    sets.unshift(own.value);
  }
  return succeeded(sets);
}

/** The same as sets, for settings that were checked before: throws for those that were not. */
export function loadAnchorSets(settings: TrustSettings): readonly AnchorSet[] {
  const sets = readAnchorSets(settings);
  if (!sets.ok) throw new Error(`the CA file cannot be used: ${describeAnchorFault(sets.failure)}`);
  return sets.value;
}

/** The first bundle file of the operating system that is there; none on systems that keep their roots elsewhere. */
function systemAnchors(): readonly AnchorSet[] {
  for (const file of SYSTEM_BUNDLE_FILES) {
    try {
      const text = readFileSync(file, 'latin1');
      const set = anchorsFromPem({ name: 'system', date: statSync(file).mtime.toISOString(), text, strict: false });
      if (set.ok) return [set.value];
    } catch {
      // Not there, or not readable by us: the next place.
    }
  }
  return [];
}
