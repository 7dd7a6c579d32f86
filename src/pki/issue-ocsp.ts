/** Minting OCSP responses (RFC 6960 section 4.2.1), for the lab and for tests. */
import { createHash, type KeyObject } from 'node:crypto';
import {
  type BaseBlock,
  BitString,
  Constructed,
  Enumerated,
  fromBER,
  GeneralizedTime,
  Integer,
  Null,
  ObjectIdentifier,
  OctetString,
  Primitive,
  Sequence,
} from 'asn1js';
import { encode, exactBuffer } from './issue-extensions.ts';
import { type SignatureHash, signerFor } from './issue-key.ts';

export interface OcspRequest {
  /** DER of the certificate asked about. */
  readonly certificate: Buffer;
  /** DER of the authority that issued it. */
  readonly issuer: Buffer;
  /** Who signs: the issuer's key, or that of a responder whose certificate comes along. */
  readonly signer: { readonly key: KeyObject; readonly certificate?: Buffer };
  readonly status: 'good' | 'revoked' | 'unknown';
  readonly revokedAt?: Date;
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date;
  readonly signatureHash?: SignatureHash;
}

/** DER of a signed response about one certificate. */
export function issueOcspResponse(request: OcspRequest): Buffer {
  const leaf = tbsFields(request.certificate);
  const issuer = tbsFields(request.issuer);
  const [serial, issuerName, issuerSpki] = [leaf[1], issuer[5], issuer[6]];
  const keyBits = issuerSpki instanceof Sequence ? issuerSpki.valueBlock.value[1] : undefined;
  if (!(serial instanceof Integer) || issuerName === undefined || !(keyBits instanceof BitString)) {
    throw new Error('OCSP responses are minted for version 3 certificates');
  }
  const nameDer = Buffer.from(issuerName.valueBeforeDecodeView);
  const certId = new Sequence({
    value: [
      new Sequence({ value: [new ObjectIdentifier({ value: '1.3.14.3.2.26' }), new Null()] }),
      sha1(nameDer),
      sha1(keyBits.valueBlock.valueHexView),
      serial,
    ],
  });
  const answer: BaseBlock[] = [certId, status(request), new GeneralizedTime({ valueDate: request.thisUpdate })];
  if (request.nextUpdate !== undefined) answer.push(tagged(0, new GeneralizedTime({ valueDate: request.nextUpdate })));
  const data = encode(
    new Sequence({
      value: [
        tagged(1, issuerName),
        new GeneralizedTime({ valueDate: request.thisUpdate }),
        new Sequence({ value: [new Sequence({ value: answer })] }),
      ],
    }),
  );
  const signer = signerFor(request.signer.key, request.signatureHash);
  const signature = new BitString({ valueHex: exactBuffer(signer.sign(data)) });
  const basic: BaseBlock[] = [embed(data), signer.algorithm(), signature];
  const responder = request.signer.certificate;
  if (responder !== undefined) basic.push(tagged(0, new Sequence({ value: [embed(responder)] })));
  const body = new OctetString({ valueHex: exactBuffer(encode(new Sequence({ value: basic }))) });
  const typed = new Sequence({ value: [new ObjectIdentifier({ value: '1.3.6.1.5.5.7.48.1.1' }), body] });
  return encode(new Sequence({ value: [new Enumerated({ value: 0 }), tagged(0, typed)] }));
}

function status({ status: state, revokedAt, thisUpdate }: OcspRequest): BaseBlock {
  if (state === 'revoked') return tagged(1, new GeneralizedTime({ valueDate: revokedAt ?? thisUpdate }));
  const tagNumber = state === 'good' ? 0 : 2;
  return new Primitive({ idBlock: { tagClass: 3, tagNumber }, valueHex: new ArrayBuffer(0) });
}

function sha1(bytes: Uint8Array): OctetString {
  return new OctetString({ valueHex: exactBuffer(createHash('sha1').update(bytes).digest()) });
}

function tbsFields(der: Buffer): BaseBlock[] {
  const outer = embed(der);
  const tbs = outer instanceof Sequence ? outer.valueBlock.value[0] : undefined;
  return tbs instanceof Sequence ? tbs.valueBlock.value : [];
}

function embed(der: Uint8Array): BaseBlock {
  return fromBER(exactBuffer(der)).result;
}

function tagged(tagNumber: number, value: BaseBlock): Constructed {
  return new Constructed({ idBlock: { tagClass: 3, tagNumber }, value: [value] });
}
