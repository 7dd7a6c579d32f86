/**
 * Certificate extensions to be written (RFC 5280 section 4.2), each as its OID, criticality and DER value.
 */
import {
  Boolean as Asn1Boolean,
  type BaseBlock,
  BitString,
  Constructed,
  fromBER,
  Integer,
  ObjectIdentifier,
  OctetString,
  Primitive,
  Sequence,
} from 'asn1js';
import ipaddr from 'ipaddr.js';

export interface ExtensionToWrite {
  readonly oid: string;
  readonly critical?: boolean;
  /** DER of the extension's own value, what goes inside the OCTET STRING. */
  readonly value: Uint8Array;
}

/** RFC 5280 4.2.1.3, in the order of the bits. */
export const KEY_USAGE_NAMES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
] as const;
export type KeyUsageName = (typeof KEY_USAGE_NAMES)[number];

/** Purposes by name; any other string is taken as an OID. */
export const EXTENDED_KEY_USAGE_OIDS: Readonly<Record<string, string>> = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
  any: '2.5.29.37.0',
};

/** Subtrees of one side of a nameConstraints extension. */
export interface SubtreesToWrite {
  readonly dnsNames?: readonly string[];
  /** `192.0.2.0/24` or `2001:db8::/32`. */
  readonly ipRanges?: readonly string[];
  /** DER of a Name each. */
  readonly directoryNames?: readonly Uint8Array[];
  readonly emailAddresses?: readonly string[];
}

export function basicConstraints(ca: boolean, pathLength?: number): ExtensionToWrite {
  const value: BaseBlock[] = ca ? [new Asn1Boolean({ value: true })] : [];
  if (pathLength !== undefined) value.push(new Integer({ value: pathLength }));
  return { oid: '2.5.29.19', critical: true, value: encode(new Sequence({ value })) };
}

export function keyUsage(names: readonly KeyUsageName[]): ExtensionToWrite {
  let bits = 0;
  let last = 0;
  KEY_USAGE_NAMES.forEach((name, bit) => {
    if (!names.includes(name)) return;
    bits |= 0x80 >> bit;
    last = bit;
  });
  const unusedBits = 7 - last;
  const value = encode(new BitString({ valueHex: Uint8Array.of(bits).buffer, unusedBits }));
  return { oid: '2.5.29.15', critical: true, value };
}

export function extendedKeyUsage(purposes: readonly string[], critical = false): ExtensionToWrite {
  const value = purposes.map((purpose) => new ObjectIdentifier({ value: EXTENDED_KEY_USAGE_OIDS[purpose] ?? purpose }));
  return { oid: '2.5.29.37', critical, value: encode(new Sequence({ value })) };
}

/** Names are written as given, byte for byte (Latin-1), so that broken ones can be minted too. */
export function subjectAltName(
  names: { readonly dnsNames: readonly string[]; readonly ipAddresses: readonly string[] },
  critical = false,
): ExtensionToWrite {
  const value = [
    ...names.dnsNames.map((name) => primitive(2, Buffer.from(name, 'latin1'))),
    ...names.ipAddresses.map((address) => primitive(7, addressBytes(address))),
  ];
  return { oid: '2.5.29.17', critical, value: encode(new Sequence({ value })) };
}

export function nameConstraints(permitted: SubtreesToWrite = {}, excluded: SubtreesToWrite = {}): ExtensionToWrite {
  const value: BaseBlock[] = [];
  const sides = [subtrees(permitted), subtrees(excluded)];
  sides.forEach((side, tagNumber) => {
    if (side.length > 0) value.push(new Constructed({ idBlock: { tagClass: 3, tagNumber }, value: side }));
  });
  return { oid: '2.5.29.30', critical: true, value: encode(new Sequence({ value })) };
}

export function subjectKeyIdentifier(keyIdentifier: Uint8Array): ExtensionToWrite {
  return { oid: '2.5.29.14', value: encode(new OctetString({ valueHex: exactBuffer(keyIdentifier) })) };
}

export function authorityKeyIdentifier(keyIdentifier: Uint8Array): ExtensionToWrite {
  return { oid: '2.5.29.35', value: encode(new Sequence({ value: [primitive(0, keyIdentifier)] })) };
}

/** Where a certificate's status is to be asked for: OCSP responders (RFC 5280 4.2.2.1). */
export function authorityInformation(ocsp: readonly string[]): ExtensionToWrite {
  const value = ocsp.map(
    (url) => new Sequence({ value: [new ObjectIdentifier({ value: '1.3.6.1.5.5.7.48.1' }), uri(url)] }),
  );
  return { oid: '1.3.6.1.5.5.7.1.1', value: encode(new Sequence({ value })) };
}

/** Where the lists of its issuer are: one distribution point for each URL (RFC 5280 4.2.1.13). */
export function distributionPoints(urls: readonly string[]): ExtensionToWrite {
  const value = urls.map((url) => new Sequence({ value: [tagged(0, [tagged(0, [uri(url)])])] }));
  return { oid: '2.5.29.31', value: encode(new Sequence({ value })) };
}

/** The server has to staple an OCSP response (RFC 7633). */
export function mustStaple(): ExtensionToWrite {
  return { oid: '1.3.6.1.5.5.7.1.24', value: encode(new Sequence({ value: [new Integer({ value: 5 })] })) };
}

/** Whom a list is about (RFC 5280 5.2.5): where it stands, and flags by their number. */
export function issuingDistributionPoint(urls: readonly string[], flags: readonly number[] = []): ExtensionToWrite {
  const value: BaseBlock[] = urls.length === 0 ? [] : [tagged(0, [tagged(0, urls.map(uri))])];
  for (const flag of flags) value.push(primitive(flag, Uint8Array.of(0xff)));
  return { oid: '2.5.29.28', critical: true, value: encode(new Sequence({ value })) };
}

export function extensionBlock(extension: ExtensionToWrite): Sequence {
  const value: BaseBlock[] = [new ObjectIdentifier({ value: extension.oid })];
  if (extension.critical === true) value.push(new Asn1Boolean({ value: true }));
  value.push(new OctetString({ valueHex: exactBuffer(extension.value) }));
  return new Sequence({ value });
}

export function encode(block: BaseBlock): Buffer {
  return Buffer.from(block.toBER(false));
}

/** asn1js takes whole ArrayBuffers, and a Buffer is often a window on a larger one. */
export function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

function subtrees(side: SubtreesToWrite): Sequence[] {
  const bases: BaseBlock[] = [
    ...(side.dnsNames ?? []).map((name) => primitive(2, Buffer.from(name, 'latin1'))),
    ...(side.emailAddresses ?? []).map((name) => primitive(1, Buffer.from(name, 'latin1'))),
    ...(side.ipRanges ?? []).map((range) => primitive(7, rangeBytes(range))),
    ...(side.directoryNames ?? []).map(
      (name) => new Constructed({ idBlock: { tagClass: 3, tagNumber: 4 }, value: [embedded(name)] }),
    ),
  ];
  return bases.map((base) => new Sequence({ value: [base] }));
}

function uri(url: string): Primitive {
  return primitive(6, Buffer.from(url, 'latin1'));
}

function tagged(tagNumber: number, value: BaseBlock[]): Constructed {
  return new Constructed({ idBlock: { tagClass: 3, tagNumber }, value });
}

function embedded(der: Uint8Array): BaseBlock {
  const parsed = fromBER(exactBuffer(der));
  if (parsed.offset === -1) throw new Error('a directory name is not DER');
  return parsed.result;
}

function primitive(tagNumber: number, bytes: Uint8Array): Primitive {
  return new Primitive({ idBlock: { tagClass: 3, tagNumber }, valueHex: exactBuffer(bytes) });
}

function addressBytes(address: string): Uint8Array {
  return Uint8Array.from(ipaddr.parse(address).toByteArray());
}

function rangeBytes(range: string): Uint8Array {
  const [address, length] = ipaddr.parseCIDR(range);
  const bytes = address.toByteArray();
  const mask = bytes.map((_, index) => {
    const bits = Math.min(8, Math.max(0, length - index * 8));
    return (0xff << (8 - bits)) & 0xff;
  });
  return Uint8Array.from([...bytes, ...mask]);
}
