/** A problem in the words of the reader: what happened, and how to go on. Pure. */
import type { UserAccount } from '../config/account-store.ts';
import type { MessageKey, Say } from './languages.ts';
import { isProblemKind, type Problem } from './problem.ts';

export interface ToldProblem {
  readonly status: number;
  readonly title: string;
  /** What happened, in the language of the page; null: `detail` says it. */
  readonly words: string | null;
  /** In the words of whoever found it, in English. */
  readonly detail: string;
  readonly next: string;
  /** Where the way on leads. */
  readonly goOn: string;
}

const NEXT: Readonly<Record<number, MessageKey>> = {
  400: 'pbBadNext',
  401: 'pbSignInNext',
  403: 'pbForbiddenNext',
  404: 'pbMissingNext',
  409: 'pbConflictNext',
  412: 'pbConflictNext',
  413: 'pbLargeNext',
  429: 'pbManyNext',
  500: 'pbInternalNext',
  503: 'pbBusyNext',
};

export function toldProblem(
  { type, status, title, detail }: Pick<Problem, 'type' | 'status' | 'title' | 'detail'>,
  words: MessageKey | undefined,
  user: Pick<UserAccount, 'name' | 'role'> | null,
  say: Say,
): Omit<ToldProblem, 'goOn'> {
  const kind = type.replace('/problems/', '');
  const next = NEXT[status];
  const role = status === 403 && user !== null;
  return {
    status,
    title: isProblemKind(kind) ? say(`problem.${kind}`) : title,
    words: words === undefined ? null : say(words),
    detail,
    next: role ? say('pbRoleNext', { name: user.name, role: user.role }) : next === undefined ? '' : say(next),
  };
}
