/**
 * Who is trusted as the configuration in force says: the system's roots, the list of one's own, or both, and beside them
 * what was given at the start. A commit takes effect with the next certificate that is judged.
 */
import type { AuthoritySettings } from '../config/document.ts';
import { type AnchorSet, anchorsFromPem, type TrustAnchors, trustAnchors } from '../pki/trust-anchors.ts';
import { loadAnchorSets, type TrustSettings } from './trust.ts';

/** How the list of one's own is called where a verdict names its anchor. */
export const CUSTOM_SET = 'custom';

/** Anchors that follow `authorities`. What they say of themselves is that of the moment it is asked. */
export function followedAnchors(settings: TrustSettings, authorities: () => AuthoritySettings): TrustAnchors {
  const given = loadAnchorSets({ ...settings, systemCa: false });
  const system = settings.systemCa ? loadAnchorSets({ systemCa: true, caFile: null }) : [];
  let last: { readonly settings: AuthoritySettings; readonly anchors: TrustAnchors } | null = null;
  const now = (): TrustAnchors => {
    const wanted = authorities();
    if (last === null || last.settings !== wanted) {
      const own = wanted.custom ? customAnchors(wanted) : [];
      last = { settings: wanted, anchors: trustAnchors([...given, ...own, ...(wanted.system ? system : [])]) };
    }
    return last.anchors;
  };
  return {
    get count() {
      return now().count;
    },
    get sources() {
      return now().sources;
    },
    bySubject: (key) => now().bySubject(key),
    find: (certificate) => now().find(certificate),
  };
}

function customAnchors({ list }: AuthoritySettings): readonly AnchorSet[] {
  if (list.length === 0) return [];
  const text = list.map(({ certificate }) => certificate).join('\n');
  const set = anchorsFromPem({ name: CUSTOM_SET, date: null, text, strict: false });
  return set.ok ? [set.value] : [];
}
