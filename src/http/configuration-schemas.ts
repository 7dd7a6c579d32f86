/** What the API of the configuration takes and gives; what a setting may be stands in the schemas of `config` alone. */
import Type, { type TSchema } from 'typebox';
import { MAX_COMMENT_LENGTH } from '../config/configuration.ts';
import { MAX_DESTINATION_LENGTH } from '../config/destination-schema.ts';
import { ConfigurationSchema } from '../config/document.ts';
import { MAX_PAGE } from './schemas.ts';

const CLOSED = { additionalProperties: false } as const;
const Null = Type.Null();

/** The state that the caller has read: nothing is written when somebody changed anything since. */
export const IfMatchHeaders = Type.Object({
  'if-match': Type.Optional(
    Type.String({ maxLength: 120, description: 'the ETag that was read; 412 when it is no longer the newest' }),
  ),
});

export const NameParams = Type.Object({
  name: Type.String({ minLength: 1, maxLength: MAX_DESTINATION_LENGTH, description: 'domain or name' }),
});

export const StateQuery = Type.Object(
  {
    state: Type.Optional(
      Type.Union([Type.Literal('newest'), Type.Literal('committed')], {
        default: 'newest',
        description: 'with the changes that wait for a commit, or what is in force',
      }),
    ),
  },
  CLOSED,
);

export const TableQuery = Type.Object(
  {
    ...StateQuery.properties,
    filter: Type.Optional(Type.String({ maxLength: 255, description: 'part of the name' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE, default: 50 })),
    cursor: Type.Optional(Type.String({ maxLength: 2_000 })),
  },
  CLOSED,
);

export function tableOf<Item extends TSchema>(item: Item) {
  return Type.Object({ items: Type.Array(item), next: Type.Union([Type.String(), Null]) });
}

/** Every field may be left out: it has its default then. */
export function rowBody(schema: TSchema, nameKey: string, description: string): TSchema {
  const { properties } = schema as unknown as { readonly properties: Readonly<Record<string, TSchema>> };
  const fields = Object.fromEntries(Object.entries(properties).map(([key, field]) => [key, Type.Optional(field)]));
  return Type.Object(fields, {
    ...CLOSED,
    description: `${description} Where ${nameKey} stands, it is that of the path.`,
  });
}

export const CommitBody = Type.Object(
  { comment: Type.Optional(Type.String({ maxLength: MAX_COMMENT_LENGTH, description: 'kept in the history' })) },
  { ...CLOSED, examples: [{ comment: 'partner.example wants TLS' }] },
);

export const RollbackBody = Type.Object(
  { revision: Type.Integer({ minimum: 0, description: '0: a new installation' }), ...CommitBody.properties },
  { ...CLOSED, examples: [{ revision: 0, comment: 'back to the beginning' }] },
);

export const HistoryQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE, default: 50 })),
    cursor: Type.Optional(Type.String({ maxLength: 20, pattern: '^[0-9]+$' })),
  },
  CLOSED,
);

export const RevisionParams = Type.Object({ revision: Type.Integer({ minimum: 0 }) });

export const FileQuery = Type.Object(
  {
    ...StateQuery.properties,
    secrets: Type.Optional(
      Type.Union([Type.Literal('masked'), Type.Literal('included')], {
        default: 'masked',
        description: 'a file with masked secrets is for reading alone; the others are given to admins alone',
      }),
    ),
  },
  CLOSED,
);

export const RevisionSchema = Type.Object({
  revision: Type.Integer(),
  comment: Type.String(),
  author: Type.String(),
  at: Type.String({ format: 'date-time' }),
});

export const ChangeSchema = Type.Object({
  place: Type.String({ description: '`destinations.entries[example.com].tls`' }),
  kind: Type.String({ description: 'added, removed, changed or reordered' }),
  before: Type.Optional(Type.Unknown()),
  after: Type.Optional(Type.Unknown()),
});

export const ConfigurationStateSchema = Type.Object({
  revision: Type.Integer({ description: 'in force; 0 before the first commit' }),
  pending: Type.Boolean({ description: 'changes wait for a commit' }),
  tag: Type.String({ description: 'the ETag' }),
  document: Type.Optional(ConfigurationSchema),
});
