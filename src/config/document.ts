/**
 * The one document that says how an installation behaves. Its schemas are JSON Schema, so that the HTTP API shows the
 * same ones. A section or a field that is left out has its default; one that is not known here is refused; a document
 * of another version is refused as a whole.
 */
import Type, { type Static } from 'typebox';
import { ALERT_CLASSES, ALERT_SEVERITIES, type AlertSettings, DEFAULT_ALERT_SETTINGS } from '../delivery/alerts.ts';
import {
  type BounceProfile,
  type BounceVerificationSettings,
  DEFAULT_BOUNCE_SETTINGS,
  DEFAULT_DELIVERY_SETTINGS,
  type DeliverySettings,
  type DkimKey,
  type SmtpRoute,
} from '../delivery/settings.ts';
import type { Monitor } from '../monitor/monitor.ts';
import { DEFAULT_DESTINATION, type DestinationTable } from '../policy/destination.ts';
import {
  BounceProfilesSchema,
  BounceVerificationSchema,
  DeliverySettingsSchema,
  DkimKeysSchema,
  MAX_PEM_LENGTH,
  SmtpRoutesSchema,
} from './delivery-schema.ts';
import { byDefault, DestinationTableSchema, name, whole } from './destination-schema.ts';
import {
  INITIAL_GROUPS,
  INITIAL_LISTENERS,
  INITIAL_POLICIES,
  type Listener,
  ListenersSchema,
  MailFlowPoliciesSchema,
  type MailFlowPolicy,
  type SenderGroup,
  SenderGroupsSchema,
} from './listener-schema.ts';
import { MonitorsSchema } from './monitor-schema.ts';

/** The version of the document's form. A program reads its own alone. */
export const DOCUMENT_VERSION = 1;

/** What stands for the certificate of a new installation: it encrypts, and nobody can verify it. */
export const DEMO_CERTIFICATE = 'Demo';

/** Settings that hold for all destinations at once (specification 2.a.4, R73). */
export interface GlobalSettings {
  /** Name of the certificate for all outgoing TLS; null: Demo. */
  readonly certificate: string | null;
  /** An alert is sent when TLS was required and failed. */
  readonly requiredTlsAlert: boolean;
}

/** What the web of this installation shows to browsers. */
export interface WebSettings {
  /** Name of the certificate for HTTPS; null: Demo. */
  readonly certificate: string | null;
}

/** A root, or another authority, that somebody trusts on purpose. */
export interface CustomAuthority {
  readonly name: string;
  /** PEM. */
  readonly certificate: string;
}

/** Whose signatures count when certificates of others are verified (R87). */
export interface AuthoritySettings {
  /** The roots of the system and of Node. */
  readonly system: boolean;
  /** Those of `list`. */
  readonly custom: boolean;
  readonly list: readonly CustomAuthority[];
}

/** A certificate with its key under a name. All three are PEM. */
export interface NamedCertificate {
  readonly name: string;
  readonly certificate: string;
  /** Intermediates, the issuer of the certificate first; may be empty. */
  readonly chain: string;
  readonly key: string;
}

export interface ConfigurationDocument {
  readonly version: typeof DOCUMENT_VERSION;
  readonly global: GlobalSettings;
  readonly destinations: DestinationTable;
  readonly bounceProfiles: readonly BounceProfile[];
  readonly smtpRoutes: readonly SmtpRoute[];
  readonly delivery: DeliverySettings;
  readonly bounceVerification: BounceVerificationSettings;
  readonly dkim: readonly DkimKey[];
  readonly certificates: readonly NamedCertificate[];
  readonly certificateAuthorities: AuthoritySettings;
  readonly web: WebSettings;
  readonly alerts: AlertSettings;
  readonly listeners: readonly Listener[];
  /** In order: the first that fits counts. */
  readonly senderGroups: readonly SenderGroup[];
  readonly mailFlowPolicies: readonly MailFlowPolicy[];
  readonly monitors: readonly Monitor[];
}

const MAX_CERTIFICATES = 1_000;
/** Twice as many as the system's own list has. */
export const MAX_AUTHORITIES = 500;
const MAX_ALERT_RECIPIENTS = 1_000;

export const GlobalSettingsSchema = Type.Object(
  {
    certificate: Type.Union([name(''), Type.Null()], {
      default: null,
      description: 'Name of the certificate for all outgoing TLS; null: the demonstration certificate.',
    }),
    requiredTlsAlert: Type.Boolean({
      default: false,
      description: 'An alert is sent when a TLS connection that is required fails.',
    }),
  },
  { additionalProperties: false, description: 'Settings for all destinations.' },
);

export const NamedCertificateSchema = Type.Object(
  {
    name: name('What settings call it.'),
    certificate: Type.String({ minLength: 1, maxLength: MAX_PEM_LENGTH, description: 'PEM.' }),
    chain: Type.String({ maxLength: MAX_PEM_LENGTH, default: '', description: 'PEM of the intermediates.' }),
    key: Type.String({ minLength: 1, maxLength: MAX_PEM_LENGTH, description: 'PEM of the private key. Never shown.' }),
  },
  { additionalProperties: false, description: 'A certificate with its private key.' },
);

export const CustomAuthoritySchema = Type.Object(
  {
    name: name('What people call it.'),
    certificate: Type.String({ minLength: 1, maxLength: MAX_PEM_LENGTH, description: 'PEM of one certificate.' }),
  },
  { additionalProperties: false, description: 'An authority that is trusted on purpose.' },
);

export const AuthoritySettingsSchema = Type.Object(
  {
    system: Type.Boolean({ default: true, description: 'The roots of the system and of Node are trusted.' }),
    custom: Type.Boolean({ default: true, description: 'Those of the list are trusted.' }),
    list: Type.Array(CustomAuthoritySchema, { default: [], maxItems: MAX_AUTHORITIES }),
  },
  { additionalProperties: false, description: 'Who is trusted when certificates of others are verified.' },
);

export const WebSettingsSchema = Type.Object(
  {
    certificate: Type.Union([name(''), Type.Null()], {
      default: null,
      description: 'Name of the certificate for HTTPS; null: the demonstration certificate.',
    }),
  },
  { additionalProperties: false, description: 'The web of this installation.' },
);

export const AlertRecipientSchema = Type.Object(
  {
    address: Type.String({ minLength: 3, maxLength: 320, description: 'A mailbox.' }),
    classes: Type.Array(Type.Enum([...ALERT_CLASSES]), {
      default: [...ALERT_CLASSES],
      maxItems: ALERT_CLASSES.length,
      uniqueItems: true,
    }),
    severities: Type.Array(Type.Enum([...ALERT_SEVERITIES]), {
      default: [...ALERT_SEVERITIES],
      maxItems: ALERT_SEVERITIES.length,
      uniqueItems: true,
    }),
  },
  { additionalProperties: false, description: 'Somebody who is told of what went wrong.' },
);

export const AlertSettingsSchema = Type.Object(
  {
    from: Type.Union([Type.String({ minLength: 3, maxLength: 320 }), Type.Null()], {
      default: null,
      description: 'Sender of alerts; null: made of the name of this machine.',
    }),
    initialIntervalSeconds: byDefault(whole(0, 86_400, 'Wait before an alert is repeated, s.'), 300),
    maxIntervalSeconds: byDefault(whole(0, 86_400, 'The wait doubles up to this, s.'), 3_600),
    recipients: Type.Array(AlertRecipientSchema, { default: [], maxItems: MAX_ALERT_RECIPIENTS }),
  },
  { additionalProperties: false, description: 'Alerts, and who gets them.' },
);

export const ConfigurationSchema = Type.Object(
  {
    version: Type.Literal(DOCUMENT_VERSION, { description: 'The form of this document.' }),
    global: byDefault(GlobalSettingsSchema, {}),
    destinations: byDefault(DestinationTableSchema, {}),
    bounceProfiles: BounceProfilesSchema,
    smtpRoutes: SmtpRoutesSchema,
    delivery: byDefault(DeliverySettingsSchema, {}),
    bounceVerification: byDefault(BounceVerificationSchema, {}),
    dkim: DkimKeysSchema,
    certificates: Type.Array(NamedCertificateSchema, { default: [], maxItems: MAX_CERTIFICATES }),
    certificateAuthorities: byDefault(AuthoritySettingsSchema, {}),
    web: byDefault(WebSettingsSchema, {}),
    alerts: byDefault(AlertSettingsSchema, {}),
    listeners: ListenersSchema,
    senderGroups: SenderGroupsSchema,
    mailFlowPolicies: MailFlowPoliciesSchema,
    monitors: MonitorsSchema,
  },
  { additionalProperties: false, description: 'The configuration of an installation.' },
);

export type ConfigurationShape = Static<typeof ConfigurationSchema>;

/** What a new installation does before anybody committed anything. */
export const INITIAL_DOCUMENT: ConfigurationDocument = {
  version: DOCUMENT_VERSION,
  global: { certificate: null, requiredTlsAlert: false },
  destinations: { default: DEFAULT_DESTINATION, entries: [] },
  bounceProfiles: [DEFAULT_BOUNCE_SETTINGS],
  smtpRoutes: [],
  delivery: DEFAULT_DELIVERY_SETTINGS,
  bounceVerification: { keys: [], untaggedBounces: 'reject' },
  dkim: [],
  certificates: [],
  certificateAuthorities: { system: true, custom: true, list: [] },
  web: { certificate: null },
  alerts: DEFAULT_ALERT_SETTINGS,
  listeners: INITIAL_LISTENERS,
  senderGroups: INITIAL_GROUPS,
  mailFlowPolicies: INITIAL_POLICIES,
  monitors: [],
};
