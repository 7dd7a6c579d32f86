/**
 * Forms with a file in them. They are read part by part within bounds, and the session's own token has to stand first
 * (CSRF): before it is there nothing behind it is looked at, let alone kept.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isOwnToken, outOfDate, withToken } from './form-guard.ts';
import { problemOf } from './problem.ts';
import type { Views } from './views.ts';

/** Parts of one form. */
const MAX_PARTS = 12;
/** Octets around the parts, and of the short fields between them. */
const AROUND = 64 * 1024;
/** Name of the field with the file. */
export const UPLOAD = 'upload';
/** Under this name the body has the same file octet for octet. */
const OCTETS = 'upload-octets';

/** What the reader of parts lets through; more of it ends in "too large". */
export function uploadLimits(bytes: number) {
  return { fieldNameSize: 100, fieldSize: bytes, fileSize: bytes, files: 1, fields: MAX_PARTS, parts: MAX_PARTS };
}

/** Refused by what it says of itself, before anything is read. */
export function withinSize(views: Views, bytes: number) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const stated = Number(request.headers['content-length'] ?? 0);
    return stated > bytes + AROUND ? tooLarge(views, request, reply) : undefined;
  };
}

/** The fields become the body; the file is the text in the field `upload`, and null where it is no text. */
export function readingUpload(views: Views) {
  const plain = withToken(views);
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    if (!request.isMultipart()) return plain(request, reply);
    try {
      const read = await fieldsOf(request);
      if (typeof read !== 'string') {
        request.body = read;
        return undefined;
      }
      void reply.header('Connection', 'close');
      return read === 'no-token' ? outOfDate(views, request, reply) : tooLarge(views, request, reply);
    } catch (error) {
      // What a stranger's form did wrong: too many parts, too long ones, or no parts at all.
      void reply.header('Connection', 'close');
      if ((error as { readonly statusCode?: unknown }).statusCode === 413) return tooLarge(views, request, reply);
      return views.problem(request, reply, problemOf('bad-request', 'The form could not be read.'));
    }
  };
}

async function fieldsOf(
  request: FastifyRequest,
): Promise<Readonly<Record<string, string | null | Buffer>> | 'no-token' | 'too-large'> {
  const fields: Record<string, string | null | Buffer> = {};
  let trusted = false;
  for await (const part of request.parts()) {
    if (!trusted) {
      trusted = part.type === 'field' && part.fieldname === 'csrf' && isOwnToken(request, part.value);
      if (!trusted) return 'no-token';
    } else if (part.type === 'file') {
      const octets = part.fieldname === UPLOAD ? await part.toBuffer() : Buffer.alloc(0);
      fields[UPLOAD] = textOf(octets);
      fields[OCTETS] = octets;
    } else if (part.valueTruncated) return 'too-large';
    else if (typeof part.value === 'string') fields[part.fieldname] = part.value;
  }
  return trusted ? fields : 'no-token';
}

/**
 * What was handed in: the chosen file before the pasted text. Null: the file is no text. Line ends and tabs are made
 * plain ones, so that a text which a page shows again comes back as it was.
 */
export function textGiven(body: unknown, pasted: string): string | null {
  const { [UPLOAD]: file = '' } = (body ?? {}) as { readonly [UPLOAD]?: string | null };
  if (file === null) return null;
  return (file === '' ? pasted : file).replace(/\r\n?/g, '\n').replaceAll('\t', ' ');
}

/** The same for files that are no text: the chosen file, else the pasted text as it stands. */
export function octetsGiven(body: unknown, pasted: string): Buffer {
  const { [OCTETS]: octets } = (body ?? {}) as { readonly [OCTETS]?: unknown };
  return Buffer.isBuffer(octets) && octets.length > 0 ? octets : Buffer.from(pasted);
}

/** UTF-8, or UTF-16 where its mark says so, as some editors write. */
function textOf(bytes: Buffer): string | null {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8';
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}

function tooLarge(views: Views, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  void reply.header('Connection', 'close');
  return views.problem(request, reply, problemOf('too-large', 'The file is larger than what is read here.'));
}
