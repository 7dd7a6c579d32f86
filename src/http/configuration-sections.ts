/** The parts of the configuration that stand alone: the default entry, what holds for all destinations, delivery, alerts. */
import Type, { type TSchema } from 'typebox';
import { BounceVerificationSchema, DeliverySettingsSchema } from '../config/delivery-schema.ts';
import { DestinationControlsSchema } from '../config/destination-schema.ts';
import {
  AlertSettingsSchema,
  AuthoritySettingsSchema,
  type ConfigurationDocument,
  GlobalSettingsSchema,
  WebSettingsSchema,
} from '../config/document.ts';
import type { TableRow } from './table-api.ts';

export interface ConfigurationSection {
  /** `default-destination`. */
  readonly path: string;
  /** For operation ids. */
  readonly id: string;
  readonly noun: string;
  readonly schema: TSchema;
  /** Lists in it that have an API of their own: they are shown and kept, not written here. */
  readonly tables: readonly string[];
  readonly example: TableRow;
  of(document: ConfigurationDocument): TableRow;
  with(document: ConfigurationDocument, section: TableRow): ConfigurationDocument;
}

export const DEFAULT_ENTRY: ConfigurationSection = {
  path: 'default-destination',
  id: 'DefaultDestination',
  noun: 'the default entry',
  schema: DestinationControlsSchema,
  tables: [],
  example: { tls: 'preferred' },
  of: ({ destinations }) => ({ ...destinations.default }),
  with: (document, section) => ({
    ...document,
    destinations: {
      ...document.destinations,
      default: section as unknown as ConfigurationDocument['destinations']['default'],
    },
  }),
};

export const GLOBAL: ConfigurationSection = {
  path: 'global',
  id: 'Global',
  noun: 'the global settings',
  schema: GlobalSettingsSchema,
  tables: [],
  example: { requiredTlsAlert: true },
  of: ({ global }) => ({ ...global }),
  with: (document, section) => ({ ...document, global: section as unknown as ConfigurationDocument['global'] }),
};

export const DELIVERY: ConfigurationSection = {
  path: 'delivery',
  id: 'Delivery',
  noun: 'the settings of delivery',
  schema: DeliverySettingsSchema,
  tables: ['gateways'],
  example: { maxConnections: 500, hostDownSeconds: 120 },
  of: ({ delivery }) => ({ ...delivery }),
  with: (document, section) => ({ ...document, delivery: section as unknown as ConfigurationDocument['delivery'] }),
};

export const ALERTS: ConfigurationSection = {
  path: 'alerts',
  id: 'Alerts',
  noun: 'the settings of alerts',
  schema: AlertSettingsSchema,
  tables: ['recipients'],
  example: { initialIntervalSeconds: 600 },
  of: ({ alerts }) => ({ ...alerts }),
  with: (document, section) => ({ ...document, alerts: section as unknown as ConfigurationDocument['alerts'] }),
};

export const WEB: ConfigurationSection = {
  path: 'web',
  id: 'Web',
  noun: 'the settings of the web',
  schema: WebSettingsSchema,
  tables: [],
  example: { certificate: null },
  of: ({ web }) => ({ ...web }),
  with: (document, section) => ({ ...document, web: section as unknown as ConfigurationDocument['web'] }),
};

export const AUTHORITIES: ConfigurationSection = {
  path: 'certificate-authorities',
  id: 'CertificateAuthorities',
  noun: 'which lists of authorities are trusted',
  schema: AuthoritySettingsSchema,
  tables: ['list'],
  example: { system: true, custom: true },
  of: ({ certificateAuthorities }) => ({ ...certificateAuthorities }),
  with: (document, section) => ({
    ...document,
    certificateAuthorities: section as unknown as ConfigurationDocument['certificateAuthorities'],
  }),
};

/** Its keys are secrets, and are made and purged elsewhere. */
export const BOUNCE_VERIFICATION: ConfigurationSection = {
  path: 'bounce-verification',
  id: 'BounceVerification',
  noun: 'what becomes of bounces without a tag',
  schema: Type.Object(
    { untaggedBounces: BounceVerificationSchema.properties.untaggedBounces },
    { additionalProperties: false },
  ),
  tables: [],
  example: { untaggedBounces: 'reject' },
  of: ({ bounceVerification }) => ({ untaggedBounces: bounceVerification.untaggedBounces }),
  with: (document, section) => ({
    ...document,
    bounceVerification: {
      ...(section as unknown as ConfigurationDocument['bounceVerification']),
      keys: document.bounceVerification.keys,
    },
  }),
};

export const SECTIONS: readonly ConfigurationSection[] = [
  DEFAULT_ENTRY,
  GLOBAL,
  DELIVERY,
  ALERTS,
  WEB,
  AUTHORITIES,
  BOUNCE_VERIFICATION,
];

/** The section with these fields; what is left out stays, and so do lists that are written elsewhere. */
export function withFields(
  document: ConfigurationDocument,
  section: ConfigurationSection,
  fields: TableRow,
): ConfigurationDocument {
  const kept = section.of(document);
  const lists = Object.fromEntries(section.tables.map((key) => [key, kept[key]]));
  return section.with(document, { ...kept, ...fields, ...lists });
}
