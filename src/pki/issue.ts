/**
 * Minting certificates (RFC 5280 section 4): for the lab, for tests, and for the self-signed certificates of an
 * administrator. The structure is written with asn1js, the encoded TBSCertificate is signed by node:crypto, so that every
 * key sort and hash that OpenSSL knows works, synchronously. Nothing on a probe's way imports this file.
 */
import { createHash, createPublicKey, KeyObject, X509Certificate } from 'node:crypto';
import {
  Set as Asn1Set,
  type BaseBlock,
  BitString,
  Constructed,
  fromBER,
  GeneralizedTime,
  IA5String,
  Integer,
  ObjectIdentifier,
  PrintableString,
  Sequence,
  UTCTime,
  Utf8String,
} from 'asn1js';
import {
  authorityKeyIdentifier,
  basicConstraints,
  type ExtensionToWrite,
  encode,
  exactBuffer,
  extendedKeyUsage,
  extensionBlock,
  type KeyUsageName,
  keyUsage,
  nameConstraints,
  type SubtreesToWrite,
  subjectAltName,
  subjectKeyIdentifier,
} from './issue-extensions.ts';
import { generateKey, type KeySpec, type SignatureHash, signerFor } from './issue-key.ts';

/** Attributes in the order they are to be written; `{ CN: 'mx.example.com', O: 'Example' }`, or an OID as the name. */
export type SubjectName = Readonly<Record<string, string>>;

export interface IssuedCertificate {
  /** PEM. */
  readonly certificate: string;
  readonly der: Buffer;
  readonly privateKey: KeyObject;
  /** PEM, PKCS#8. */
  readonly keyPem: string;
}

export interface CertificateRequest {
  readonly subject: SubjectName;
  /** Who signs; absent: self-signed. */
  readonly issuer?: { readonly certificate: string | Buffer; readonly key: KeyObject };
  /** A sort of key to generate (default `p256`), or a private key to use. */
  readonly key?: KeySpec | KeyObject;
  /** Positive; by default derived from the contents. */
  readonly serial?: bigint;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  /** Default false. */
  readonly ca?: boolean;
  readonly pathLength?: number;
  /** Default: keyCertSign and cRLSign for a CA, digitalSignature (and keyEncipherment for RSA) otherwise; null leaves it out. */
  readonly keyUsage?: readonly KeyUsageName[] | null;
  /** Default: serverAuth for a leaf, none for a CA; null leaves it out. */
  readonly extendedKeyUsage?: readonly string[] | null;
  readonly nameConstraints?: { readonly permitted?: SubtreesToWrite; readonly excluded?: SubtreesToWrite };
  /** `absent` leaves basicConstraints out (default: written, critical). */
  readonly basicConstraints?: 'absent';
  /** Default true: subject and authority key identifiers are written. */
  readonly keyIdentifiers?: boolean;
  readonly extraExtensions?: readonly ExtensionToWrite[];
  readonly signatureHash?: SignatureHash;
  /** RSASSA-PSS instead of PKCS#1 v1.5 from an ordinary RSA key. */
  readonly pss?: boolean;
  /** Version 1 carries no extensions at all. */
  readonly version?: 1 | 3;
}

/** Mints one certificate. Throws for a request that cannot be written: a fault of the caller. */
export function issueCertificate(request: CertificateRequest): IssuedCertificate {
  const privateKey = request.key instanceof KeyObject ? request.key : generateKey(request.key ?? 'p256');
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const issuer = request.issuer === undefined ? null : new X509Certificate(request.issuer.certificate);
  const signer = signerFor(request.issuer?.key ?? privateKey, request.signatureHash, request.pss);
  const subject = encode(nameBlock(request.subject));
  const version = request.version ?? 3;
  const contents: BaseBlock[] = [];
  if (version === 3) contents.push(explicitly(0, new Integer({ value: 2 })));
  contents.push(
    serialBlock(request.serial ?? derivedSerial(request, spki)),
    signer.algorithm(),
    embed(issuer === null ? subject : subjectOf(issuer.raw)),
    new Sequence({ value: [timeBlock(request.notBefore), timeBlock(request.notAfter)] }),
    embed(subject),
    embed(spki),
  );
  if (version === 3) {
    const extensions = extensionsOf(request, privateKey, keyIdentifierOf(spki), issuer);
    if (extensions.length > 0) {
      contents.push(explicitly(3, new Sequence({ value: extensions.map((extension) => extensionBlock(extension)) })));
    }
  }
  const tbs = encode(new Sequence({ value: contents }));
  const signature = new BitString({ valueHex: exactBuffer(signer.sign(tbs)) });
  const der = encode(new Sequence({ value: [embed(tbs), signer.algorithm(), signature] }));
  return {
    certificate: pem('CERTIFICATE', der),
    der,
    privateKey,
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** DER of a Name, for name constraints and odd requests. */
export function encodeName(name: SubjectName): Buffer {
  return encode(nameBlock(name));
}

export function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

function extensionsOf(
  request: CertificateRequest,
  key: KeyObject,
  keyIdentifier: Buffer,
  issuer: X509Certificate | null,
): ExtensionToWrite[] {
  const ca = request.ca ?? false;
  const usages = request.keyUsage === undefined ? defaultKeyUsage(ca, key) : request.keyUsage;
  const purposes = request.extendedKeyUsage === undefined ? (ca ? null : ['serverAuth']) : request.extendedKeyUsage;
  const dnsNames = request.dnsNames ?? [];
  const ipAddresses = request.ipAddresses ?? [];
  const extensions: ExtensionToWrite[] = [];
  if (request.basicConstraints !== 'absent') extensions.push(basicConstraints(ca, request.pathLength));
  if (usages !== null) extensions.push(keyUsage(usages));
  if (purposes !== null) extensions.push(extendedKeyUsage(purposes));
  if (dnsNames.length + ipAddresses.length > 0) {
    // RFC 5280 4.2.1.6: with an empty subject the alternative name carries the identity and is critical.
    const critical = Object.keys(request.subject).length === 0;
    extensions.push(subjectAltName({ dnsNames, ipAddresses }, critical));
  }
  if (request.nameConstraints !== undefined) {
    extensions.push(nameConstraints(request.nameConstraints.permitted, request.nameConstraints.excluded));
  }
  if (request.keyIdentifiers !== false) {
    extensions.push(subjectKeyIdentifier(keyIdentifier));
    const issuerKey =
      issuer === null ? keyIdentifier : keyIdentifierOf(issuer.publicKey.export({ type: 'spki', format: 'der' }));
    extensions.push(authorityKeyIdentifier(issuerKey));
  }
  return [...extensions, ...(request.extraExtensions ?? [])];
}

function defaultKeyUsage(ca: boolean, key: KeyObject): readonly KeyUsageName[] {
  if (ca) return ['keyCertSign', 'cRLSign'];
  return key.asymmetricKeyType === 'rsa' ? ['digitalSignature', 'keyEncipherment'] : ['digitalSignature'];
}

const ATTRIBUTE_OIDS: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  SERIALNUMBER: '2.5.4.5',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  STREET: '2.5.4.9',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  DC: '0.9.2342.19200300.100.1.25',
  emailAddress: '1.2.840.113549.1.9.1',
};

function nameBlock(name: SubjectName): Sequence {
  const sets = Object.entries(name).map(([attribute, text]) => {
    const type = new ObjectIdentifier({ value: ATTRIBUTE_OIDS[attribute] ?? attribute });
    return new Asn1Set({ value: [new Sequence({ value: [type, attributeText(attribute, text)] })] });
  });
  return new Sequence({ value: sets });
}

/** RFC 5280 4.1.2.4: UTF8String, but the types the standard attributes prescribe. */
function attributeText(attribute: string, value: string): BaseBlock {
  if (attribute === 'C' || attribute === 'SERIALNUMBER') return new PrintableString({ value });
  if (attribute === 'DC' || attribute === 'emailAddress') return new IA5String({ value });
  return new Utf8String({ value });
}

/** RFC 5280 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050. */
function timeBlock(date: Date): BaseBlock {
  const year = date.getUTCFullYear();
  return year >= 1950 && year < 2050 ? new UTCTime({ valueDate: date }) : new GeneralizedTime({ valueDate: date });
}

function serialBlock(serial: bigint): Integer {
  const hex = serial.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  const signed = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
  return new Integer({ valueHex: exactBuffer(signed) });
}

/** The same request with the same key always gets the same serial, and any other gets another. */
function derivedSerial(request: CertificateRequest, spki: Uint8Array): bigint {
  const hash = createHash('sha256').update(spki).update(JSON.stringify(request.subject));
  hash.update(`${request.notBefore.getTime()} ${request.notAfter.getTime()} ${request.ca ?? false}`);
  hash.update(JSON.stringify([request.dnsNames ?? [], request.ipAddresses ?? []]));
  if (request.issuer !== undefined) hash.update(request.issuer.certificate);
  const bytes = hash.digest().subarray(0, 16);
  return BigInt(`0x${bytes.toString('hex')}`) | (1n << 126n);
}

/** RFC 5280 4.2.1.2 method (1): SHA-1 over the key bits, as an identifier, not for security. */
function keyIdentifierOf(spki: Uint8Array): Buffer {
  const block = fromBER(exactBuffer(spki)).result;
  const bits = block instanceof Sequence ? block.valueBlock.value[1] : undefined;
  if (!(bits instanceof BitString)) throw new Error('a public key without key bits');
  return createHash('sha1').update(bits.valueBlock.valueHexView).digest();
}

export function subjectOf(certificate: Uint8Array): Buffer {
  const outer = fromBER(exactBuffer(certificate)).result;
  const tbs = outer instanceof Sequence ? outer.valueBlock.value[0] : undefined;
  if (!(tbs instanceof Sequence)) throw new Error('the issuer is not a certificate');
  const fields = tbs.valueBlock.value;
  const subject = fields[fields[0] instanceof Integer ? 4 : 5];
  if (subject === undefined) throw new Error('the issuer has no subject');
  return Buffer.from(subject.valueBeforeDecodeView);
}

function embed(der: Uint8Array): BaseBlock {
  const block = fromBER(exactBuffer(der));
  if (block.offset === -1) throw new Error('bytes to embed are not DER');
  return block.result;
}

function explicitly(tagNumber: number, value: BaseBlock): Constructed {
  return new Constructed({ idBlock: { tagClass: 3, tagNumber }, value: [value] });
}
