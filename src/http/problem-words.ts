/** A problem in the words of the reader: what happened, and how to go on. Pure. */
import type { UserAccount } from '../config/account-store.ts';
import type { MessageKey, Say } from './languages.ts';
import type { Problem } from './problem.ts';

export interface ToldProblem {
  readonly status: number;
  readonly title: string;
  /** In the words of whoever found it, in English. */
  readonly detail: string;
  readonly next: string;
  /** Where the way on leads. */
  readonly goOn: string;
}

const WORDS: Readonly<Record<number, readonly [MessageKey, MessageKey]>> = {
  400: ['pbBad', 'pbBadNext'],
  401: ['pbSignIn', 'pbSignInNext'],
  403: ['pbForbidden', 'pbForbiddenNext'],
  404: ['pbMissing', 'pbMissingNext'],
  409: ['pbConflict', 'pbConflictNext'],
  412: ['pbConflict', 'pbConflictNext'],
  413: ['pbLarge', 'pbLargeNext'],
  429: ['pbMany', 'pbManyNext'],
  500: ['pbInternal', 'pbInternalNext'],
  503: ['pbBusy', 'pbBusyNext'],
};

export function toldProblem(
  { status, detail }: Pick<Problem, 'status' | 'detail'>,
  user: Pick<UserAccount, 'name' | 'role'> | null,
  say: Say,
): Omit<ToldProblem, 'goOn'> {
  const [title, next] = WORDS[status] ?? ['problemTitle', 'pbBadNext'];
  const role = status === 403 && user !== null;
  return {
    status,
    title: say(title),
    detail,
    next: role ? say('pbRoleNext', { name: user.name, role: user.role }) : say(next),
  };
}
