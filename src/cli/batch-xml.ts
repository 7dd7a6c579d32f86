/**
 * A batch as XML (R56): `<BatchTest>` with a `<Target>` for each, as the older testers take it. What such a file may say and
 * this program does for the whole run alone is refused by name, with the option that does it; nothing is passed over in
 * silence.
 */
import { describeMailboxFault, parseMailbox } from '../base/mailbox.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';
import { readXml, type XmlElement, type XmlFault } from './xml-reader.ts';

export interface XmlBatch {
  /** As they would be typed, each with the line it stands on. */
  readonly targets: readonly { readonly text: string; readonly number: number }[];
  /** The mean of all scores is wanted. */
  readonly average: boolean;
  /** The format that `<Delivery>` names; null where none is named. */
  readonly format: string | null;
  /** Who gets the result by mail; null: nobody. */
  readonly delivery: XmlDelivery | null;
}

export interface XmlDelivery {
  readonly to: readonly string[];
  /** Only where a target came to less, or to nothing; null: always. */
  readonly onlyBelow: number | null;
}

/** Recipients of one report. */
export const MAX_REPORT_TO = 100;

/** The first fault found, or the whole batch; the targets themselves are not read here. */
export function readXmlBatch(document: string): Outcome<XmlBatch, XmlFault> {
  const root = readXml(document);
  if (!root.ok) return root;
  return batchOf(root.value);
}

type Reading = Outcome<null, XmlFault>;
const FINE: Reading = succeeded(null);

/** What holds for a whole run here, by the attribute that older files set on each target. */
const BY_OPTION: Readonly<Record<string, string>> = {
  AuthType: '--auth-type',
  AuthUser: '--auth-user',
  AuthPass: '--auth-secret-file',
  SMTPTimeOut: '--timeout',
  ReplyTimeOut: '--timeout',
  Count: '--repeat',
};

function batchOf(root: XmlElement): Outcome<XmlBatch, XmlFault> {
  if (root.name !== 'BatchTest') return fault(root, `the document is a <${root.name}>, not a <BatchTest>`);
  const known = onlyAttributes(root, ['TestType']);
  if (!known.ok) return known;
  const type = root.attributes.get('TestType') ?? 'receiver';
  if (type !== 'receiver') return fault(root, `TestType "${printable(type, 40)}" is not tested here, receiver is`);
  const targets: { text: string; number: number }[] = [];
  let average = false;
  let format: string | null = null;
  let delivery: XmlDelivery | null = null;
  if (root.text.trim() !== '') return fault(root, 'text stands outside of every <Target>');
  for (const element of root.children) {
    switch (element.name) {
      case 'Target': {
        const target = targetOf(element);
        if (!target.ok) return target;
        targets.push({ text: target.value, number: element.line });
        break;
      }
      case 'Total': {
        const only = onlyAttributes(element, ['Function']);
        if (!only.ok) return only;
        if (element.attributes.get('Function') !== 'average')
          return fault(element, 'the Function of <Total> is average');
        average = true;
        break;
      }
      case 'Delivery': {
        const wanted = deliveryOf(element);
        if (!wanted.ok) return wanted;
        if (delivery !== null) return fault(element, 'a <BatchTest> has one <Delivery>');
        format = wanted.value.format;
        delivery = wanted.value;
        break;
      }
      default:
        return fault(element, `<${element.name}> is not known in a <BatchTest>`);
    }
  }
  return succeeded({ targets, average, format, delivery: delivery?.to.length === 0 ? null : delivery });
}

function targetOf(element: XmlElement): Outcome<string, XmlFault> {
  const { attributes, text } = element;
  for (const [name, option] of Object.entries(BY_OPTION)) {
    if (attributes.has(name) && !(name === 'Count' && attributes.get(name) === '1'))
      return fault(element, `${name} cannot be set for one target; ${option} sets it for the run`);
  }
  const only = onlyAttributes(element, ['Host', 'Port', 'Count']);
  if (!only.ok) return only;
  const [child] = element.children;
  if (child !== undefined) return fault(child, `<${child.name}> is not known in a <Target>`);
  const host = attributes.get('Host')?.trim();
  const port = attributes.get('Port')?.trim();
  if (host === undefined && port !== undefined)
    return fault(element, 'Port goes with Host; --port sets it for the MX hosts of the run');
  if (host === undefined) return succeeded(text.trim());
  if (host === '') return fault(element, 'Host is empty');
  // An IPv6 address needs brackets before a port.
  const server =
    port === undefined ? host : `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`;
  return succeeded(`${text.trim()}[${server}]`);
}

function deliveryOf(element: XmlElement): Outcome<XmlDelivery & { readonly format: string | null }, XmlFault> {
  const only = onlyAttributes(element, []);
  if (!only.ok) return only;
  const to = new Set<string>();
  let format: string | null = null;
  let onlyBelow: number | null = null;
  for (const child of element.children) {
    const text = child.text.trim();
    if (child.name === 'To') {
      const mailbox = parseMailbox(text);
      if (!mailbox.ok) return fault(child, `<To> "${printable(text, 80)}": ${describeMailboxFault(mailbox.failure)}`);
      to.add(mailbox.value.text);
      if (to.size > MAX_REPORT_TO) return fault(child, `a report goes to ${MAX_REPORT_TO} addresses at most`);
    } else if (child.name === 'Format') format = text.toLowerCase();
    else if (child.name === 'OnlyBelow') {
      if (!/^\d{1,3}$/.test(text)) return fault(child, '<OnlyBelow> is a score, a whole number from 0 to 999');
      onlyBelow = Number(text);
    } else return fault(child, `<${child.name}> is not known in a <Delivery>`);
  }
  return succeeded({ to: [...to], format, onlyBelow });
}

function onlyAttributes(element: XmlElement, known: readonly string[]): Reading {
  const strange = [...element.attributes.keys()].find(
    (name) => !known.includes(name) && !/^xmlns(:|$)|^xsi:/.test(name),
  );
  return strange === undefined ? FINE : fault(element, `<${element.name}> has no attribute ${printable(strange, 40)}`);
}

function fault({ line }: XmlElement, why: string): { readonly ok: false; readonly failure: XmlFault } {
  return failed({ line, why });
}
