/**
 * A batch as XML (R56): `<BatchTest>` with a `<Target>` for each, as the older testers take it. What such a file may say and
 * this program does for the whole run alone is refused by name, with the option that does it; nothing is passed over in
 * silence.
 */
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
  /** To be told to whoever started the run. */
  readonly notes: readonly string[];
}

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
  const notes: string[] = [];
  let average = false;
  let format: string | null = null;
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
        format = wanted.value.format;
        if (wanted.value.recipients > 0)
          notes.push('the result is not mailed from here; it goes to standard output or --output');
        break;
      }
      default:
        return fault(element, `<${element.name}> is not known in a <BatchTest>`);
    }
  }
  return succeeded({ targets, average, format, notes });
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

function deliveryOf(
  element: XmlElement,
): Outcome<{ readonly recipients: number; readonly format: string | null }, XmlFault> {
  const only = onlyAttributes(element, []);
  if (!only.ok) return only;
  let recipients = 0;
  let format: string | null = null;
  for (const child of element.children) {
    if (child.name === 'To') recipients++;
    else if (child.name === 'Format') format = child.text.trim().toLowerCase();
    else return fault(child, `<${child.name}> is not known in a <Delivery>`);
  }
  return succeeded({ recipients, format });
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
