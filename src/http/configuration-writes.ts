/** What every write to the configuration over the API has in common: the state that was read, the audit log, the answer. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Appliance } from '../app/appliance.ts';
import type { Outcome } from '../base/outcome.ts';
import type { Configuration, ConfigurationFailure, Edit, Snapshot } from '../config/configuration.ts';
import { toJson } from '../report/json.ts';
import { JSON_TYPE, sendText } from './answer.ts';
import type { WebHouse } from './house.ts';
import { actorOf, configurationProblem } from './operator.ts';
import { problemOf, sendProblem } from './problem.ts';

export const REFUSALS_OF_READS = [400, 401, 403, 404, 503] as const;
export const REFUSALS_OF_WRITES = [...REFUSALS_OF_READS, 409, 412] as const;

/** `undefined`: none was named, or any (`*`) will do. A list or a weak tag never matches here. */
export function statedTag(request: FastifyRequest): string | undefined {
  const header = request.headers['if-match'];
  if (header === undefined || header.trim() === '*') return undefined;
  return /^"([^"]*)"$/.exec(header.trim())?.[1] ?? '';
}

export function withTag(reply: FastifyReply, { tag }: Snapshot): FastifyReply {
  return reply.header('ETag', `"${tag}"`);
}

export function sendValue(reply: FastifyReply, value: unknown): FastifyReply {
  return sendText(reply, JSON_TYPE, toJson(value));
}

export function sendFailure(reply: FastifyReply, failure: ConfigurationFailure, stated = false): FastifyReply {
  return sendProblem(reply, configurationProblem(failure, stated));
}

export function readState(
  configuration: Configuration,
  state: 'newest' | 'committed' = 'newest',
): Promise<Outcome<Snapshot, ConfigurationFailure>> {
  return state === 'committed' ? configuration.committed() : configuration.newest();
}

export interface Write {
  readonly edit: Edit;
  /** For the audit log: `destination.saved`, and of what. */
  readonly what: string;
  readonly subject: string;
}

/** Makes a change pending; null where it was refused, and the reply has been sent. */
export async function writeChange(
  request: FastifyRequest,
  reply: FastifyReply,
  house: WebHouse,
  { configuration }: Appliance,
  { edit, what, subject }: Write,
): Promise<Snapshot | null> {
  const tag = statedTag(request);
  const changed = await configuration.change(edit, tag);
  if (!changed.ok) {
    void sendFailure(reply, changed.failure, tag !== undefined);
    return null;
  }
  await house.accounts.record(await actorOf(house, request), what, subject);
  void withTag(reply, changed.value);
  return changed.value;
}

export function missing(reply: FastifyReply, what: string): FastifyReply {
  return sendProblem(reply, problemOf('not-found', `There is no ${what} of this name.`));
}
