/** What commands and dialogue of `certconfig` have in common: what is there, and what is made. */
import { followedAnchors } from '../app/authorities.ts';
import { type CertificateView, certificateViews } from '../app/certificate-views.ts';
import type { Snapshot } from '../config/configuration.ts';
import type { NamedCertificate } from '../config/document.ts';
import { mintSelfSigned, readSelfSigned, type SelfSignedFields } from '../pki/self-signed.ts';
import { certificateTable } from './certificate-text.ts';
import { type ConfigSession, settled } from './config-session.ts';
import { UsageError } from './usage-error.ts';

/** A self-signed entry; throws `UsageError` with all that is wrong with the fields. */
export async function selfSigned(name: string, fields: SelfSignedFields, now: number): Promise<NamedCertificate> {
  const request = readSelfSigned(fields);
  if (!request.ok) throw new UsageError(request.failure.map(({ field, why }) => `${FLAGS[field]} ${why}`).join('\n'));
  return { name, chain: '', ...(await mintSelfSigned(request.value, now)) };
}

const FLAGS: Readonly<Record<keyof SelfSignedFields, string>> = {
  commonName: '--common-name',
  organization: '--organization',
  organizationalUnit: '--organizational-unit',
  locality: '--locality',
  state: '--state',
  country: '--country',
  names: '--names',
  days: '--days',
  key: '--key',
};

export function namesIn(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((each) => each !== '');
}

export async function listing(session: ConfigSession): Promise<string> {
  const { views } = await seen(session);
  return session.isJson() ? JSON.stringify(views, null, 2) : certificateTable(views);
}

export interface Seen {
  readonly newest: Snapshot;
  readonly views: readonly CertificateView[];
}

export async function seen(session: ConfigSession): Promise<Seen> {
  const newest = await session.newest();
  const committed = settled(await session.configuration.committed());
  const anchors = followedAnchors({ systemCa: true, caFile: null }, () => newest.document.certificateAuthorities);
  const world = {
    anchors,
    now: session.world.clock.now(),
    committed: committed.document,
    newest: newest.document,
  };
  return { newest, views: certificateViews(world, await session.demo()) };
}
