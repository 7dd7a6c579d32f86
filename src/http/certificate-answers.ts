/** Certificates as the API answers with them: everything that is told of them, and no key. */
import type { FastifyReply } from 'fastify';
import type { Appliance } from '../app/appliance.ts';
import { type CertificateView, certificateViews } from '../app/certificate-views.ts';
import { succeeded } from '../base/outcome.ts';
import type { ArrangedEntry } from '../config/certificate-edits.ts';
import type { ConfigurationDocument } from '../config/document.ts';
import { describeChainNote } from '../pki/chain-order.ts';
import { missing, sendFailure, sendValue, withTag } from './configuration-writes.ts';
import type { WebHouse } from './house.ts';

/** Demo first. */
export async function viewsOf(
  { clock }: Pick<WebHouse, 'clock'>,
  { configuration, anchors, demo }: Appliance,
  document: ConfigurationDocument,
) {
  const committed = await configuration.committed();
  if (!committed.ok) return committed;
  const world = { anchors, now: clock.now(), committed: committed.value.document, newest: document };
  return succeeded(certificateViews(world, demo));
}

export function named(views: readonly CertificateView[], name: string): CertificateView | undefined {
  return views.find((view) => view.name.toLowerCase() === name.toLowerCase());
}

export async function sendOne(
  reply: FastifyReply,
  house: WebHouse,
  appliance: Appliance,
  { entry, notes }: ArrangedEntry,
): Promise<FastifyReply> {
  const newest = await appliance.configuration.newest();
  if (!newest.ok) return sendFailure(reply, newest.failure);
  const views = await viewsOf(house, appliance, newest.value.document);
  const view = views.ok ? named(views.value, entry.name) : undefined;
  if (view === undefined) return missing(reply, 'certificate');
  return sendValue(withTag(reply, newest.value), { ...told(view), notes: notes.map(describeChainNote) });
}

/** As the API has it. */
export function told(view: CertificateView) {
  const { name, isDemo, isCommitted, isSelfSigned, daysLeft, standing, uses, facts, chain, verdict, unfit } = view;
  return {
    name,
    demo: isDemo,
    committed: isCommitted,
    selfSigned: isSelfSigned,
    daysLeft,
    standing,
    uses,
    facts,
    chain,
    verifiable: {
      trusted: verdict.trusted,
      problem: verdict.problem,
      detail: verdict.detail,
      anchor: verdict.anchor?.subject ?? null,
    },
    unfit: unfit.map(({ name: host, from }) => ({ name: host, interface: from })),
  };
}
