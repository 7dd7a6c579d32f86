/** What the API of certificates and keys takes and gives. No private key and no secret is in any answer (R106). */
import Type from 'typebox';
import { CERTIFICATE_USES } from '../config/certificate-edits.ts';
import { MAX_PEM_LENGTH } from '../config/delivery-schema.ts';
import { ENTRY_KEYS, MAX_DAYS, MAX_NAMES } from '../pki/self-signed.ts';
import { tableOf } from './configuration-schemas.ts';

const CLOSED = { additionalProperties: false } as const;
const text = (description: string, maxLength = 128) => Type.Optional(Type.String({ maxLength, description }));
const Null = Type.Null();
/** Octets of an upload as base64. */
const MAX_BASE64 = 1_400_000;

export const SelfSignedSchema = Type.Object(
  {
    commonName: Type.String({ maxLength: 64, description: 'host name of the interface' }),
    organization: text('organization'),
    organizationalUnit: text('organizational unit'),
    locality: text('city'),
    state: text('state or province'),
    country: text('two letters'),
    names: Type.Optional(
      Type.Array(Type.String({ maxLength: 255 }), {
        maxItems: MAX_NAMES,
        description: 'host names and addresses; left out: the common name',
      }),
    ),
    days: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_DAYS, default: 3650 })),
    key: Type.Optional(Type.Enum([...ENTRY_KEYS], { default: 'rsa2048' })),
  },
  { ...CLOSED, description: 'A new key with a certificate that it signed itself.' },
);

const name = Type.String({ minLength: 1, maxLength: 200, description: 'what settings call it' });
const password = Type.Optional(Type.String({ maxLength: 1_000, description: 'of the file' }));

export const NewCertificateBody = Type.Object(
  {
    name,
    selfSigned: Type.Optional(SelfSignedSchema),
    pem: Type.Optional(
      Type.String({ maxLength: MAX_PEM_LENGTH * 2, description: 'certificate, private key and intermediates' }),
    ),
    pkcs12: Type.Optional(Type.String({ maxLength: MAX_BASE64, description: 'base64' })),
    password,
  },
  {
    ...CLOSED,
    description: 'One of `selfSigned`, `pem` and `pkcs12`.',
    examples: [{ name: 'mx', selfSigned: { commonName: 'mx.example.com', organization: 'Example', key: 'p256' } }],
  },
);

export const SignedBody = Type.Object(
  {
    pem: Type.Optional(Type.String({ maxLength: MAX_PEM_LENGTH * 2, description: 'PEM, intermediates included' })),
    der: Type.Optional(Type.String({ maxLength: MAX_BASE64, description: 'base64 of DER or PKCS#7' })),
  },
  { ...CLOSED, description: 'One of the two.' },
);

export const ExportBody = Type.Object(
  { password: Type.String({ minLength: 1, maxLength: 1_000, description: 'of the file' }) },
  CLOSED,
);

const FactsSchema = Type.Object({
  subject: Type.String(),
  issuer: Type.String(),
  commonName: Type.Union([Type.String(), Null]),
  serial: Type.String(),
  notBefore: Type.String({ format: 'date-time' }),
  notAfter: Type.String({ format: 'date-time' }),
  key: Type.String({ description: '`RSA 2048`' }),
  keyType: Type.String(),
  keyBits: Type.Integer(),
  signature: Type.String(),
  names: Type.Array(Type.String()),
  addresses: Type.Array(Type.String()),
  selfIssued: Type.Boolean(),
  ca: Type.Boolean(),
  fingerprint: Type.String({ description: 'SHA-256' }),
});

export const CertificateSchema = Type.Object({
  name: Type.String(),
  demo: Type.Boolean({ description: 'stands for a certificate nobody chose; nobody can verify it' }),
  committed: Type.Boolean({ description: 'its key is one of the revision in force: a request can be made of it' }),
  selfSigned: Type.Boolean(),
  daysLeft: Type.Integer({ description: 'negative when it has expired' }),
  standing: Type.String({ description: 'good, soon, expired or not-yet-valid' }),
  uses: Type.Array(Type.Enum([...CERTIFICATE_USES])),
  facts: FactsSchema,
  chain: Type.Array(FactsSchema, { description: 'its intermediates, as they are sent' }),
  verifiable: Type.Object({
    trusted: Type.Boolean({ description: 'with the trust anchors of this installation' }),
    problem: Type.Union([Type.String(), Null]),
    detail: Type.Union([Type.String(), Null]),
    anchor: Type.Union([Type.String(), Null]),
  }),
  unfit: Type.Array(Type.Object({ name: Type.String(), interface: Type.Union([Type.String(), Null]) }), {
    description: 'host names of interfaces that are not in it',
  }),
  notes: Type.Optional(
    Type.Array(Type.String(), { description: 'what was noticed in the file: duplicates, wrong order, strangers' }),
  ),
});

export const CertificateListSchema = tableOf(CertificateSchema);

const CheckedName = Type.Object({ name: Type.String(), from: Type.Union([Type.String(), Null]), fits: Type.Boolean() });

export const NameCheckSchema = Type.Object({
  interfaces: Type.Array(CheckedName),
  mx: Type.Array(CheckedName),
  notAmongMx: Type.Array(Type.String()),
  unanswered: Type.Array(Type.Object({ domain: Type.String(), why: Type.String() })),
  agrees: Type.Union([Type.Boolean(), Null]),
});

export const CheckQuery = Type.Object(
  {
    domain: Type.Optional(
      Type.String({
        maxLength: 2_000,
        description: 'mail domains of your own, with commas between; those with DKIM keys',
      }),
    ),
  },
  CLOSED,
);

export const AuthorityBody = Type.Object(
  {
    pem: Type.String({ minLength: 1, maxLength: 1_000_000, description: 'certificates of authorities' }),
  },
  CLOSED,
);

export const AuthoritySchema = Type.Object({
  name: Type.String(),
  facts: FactsSchema,
  daysLeft: Type.Integer(),
});

export const AuthorityImportSchema = Type.Object({
  added: Type.Array(Type.String()),
  refused: Type.Array(Type.String({ description: 'one sentence for each that was not taken' })),
});

export const DkimBody = Type.Object(
  {
    domain: Type.String({ minLength: 1, maxLength: 255 }),
    selector: Type.String({ minLength: 1, maxLength: 255 }),
    key: Type.Optional(Type.Enum(['rsa2048', 'rsa3072', 'rsa4096', 'ed25519'], { default: 'rsa2048' })),
    privateKey: Type.Optional(
      Type.String({ maxLength: MAX_PEM_LENGTH, description: 'a key of your own, PEM; left out: one is made' }),
    ),
  },
  { ...CLOSED, examples: [{ domain: 'example.com', selector: 'mail', key: 'ed25519' }] },
);

export const DkimSchema = Type.Object({
  name: Type.String({ description: '`mail._domainkey.example.com`: where the record has to stand' }),
  domain: Type.String(),
  selector: Type.String(),
  algorithm: Type.String({ description: 'rsa or ed25519' }),
  bits: Type.Integer(),
  record: Type.String({ description: 'the text of the TXT record' }),
  zoneLine: Type.String({ description: 'the same for a zone file' }),
});

export const PublicationSchema = Type.Object({
  kind: Type.String({ description: 'published, absent, revoked, another-key, several or malformed' }),
  detail: Type.String(),
});

export const BounceKeyBody = Type.Object(
  {
    secret: Type.Optional(Type.String({ minLength: 1, maxLength: 1_024, description: 'left out: one is made' })),
    roll: Type.Optional(
      Type.Boolean({ default: false, description: 'only if the key that signs is older than 7 days; purges, too' }),
    ),
  },
  { ...CLOSED, examples: [{}] },
);

export const BounceKeySchema = Type.Object({
  id: Type.Integer({ description: 'the digit in the tag' }),
  addedAt: Type.String({ format: 'date-time' }),
  signs: Type.Boolean(),
  validUntil: Type.Union([Type.String({ format: 'date-time' }), Null], {
    description: 'when its last tag runs out; null: it still signs',
  }),
  over: Type.Boolean({ description: 'no tag of it can come back: it can be purged' }),
});

export const PurgeBody = Type.Object(
  {
    all: Type.Optional(
      Type.Boolean({ default: false, description: 'every key: bounces of mail that is out are refused from then on' }),
    ),
  },
  { ...CLOSED, examples: [{}] },
);

export const DigitParams = Type.Object({ id: Type.Integer({ minimum: 0, maximum: 9 }) });
