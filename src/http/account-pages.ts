/** Signing in, a password of one's own, users and tokens, and who did what. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { IDLE_MS, MAX_PASSWORD, MIN_PASSWORD, SESSION_MS, type Session } from '../app/accounts.ts';
import { ROLES, type Role, SCOPES, type Scope, type UserAccount } from '../config/account-store.ts';
import { clientOf, SESSION_COOKIE } from './caller.ts';
import { fromOurPage, withToken } from './form-guard.ts';
import type { WebHouse } from './house.ts';
import type { MessageKey, Say } from './languages.ts';
import { localPage, signedInAs } from './operator.ts';
import { fieldsOf } from './tester-pages.ts';
import type { Views } from './views.ts';

const HIDDEN = { schema: { hide: true } } as const;
/** Octets of a form here. */
const MAX_FORM = 16 * 1024;
const FORM = { ...HIDDEN, bodyLimit: MAX_FORM } as const;
const SHOWN_ENTRIES = 100;
/** Entries of the audit log in which the last signing in of each user is looked for. */
const SEARCHED_ENTRIES = 2_000;

interface Told {
  readonly fault?: string;
  readonly secret?: string;
}

export function accountPages(server: FastifyInstance, house: WebHouse, views: Views): void {
  const { accounts } = house;
  const hasDesk = house.appliance != null;
  const own = fromOurPage(views);
  const token = withToken(views);
  const signedIn = (least: Role, alsoFirst = false) => signedInAs(views, least, views.problem, alsoFirst);

  const signInPage = (request: FastifyRequest, reply: FastifyReply, fault: string | null, status = 200) => {
    const { name = '', to = '' } = fieldsOf(request.body);
    const asked = to === '' ? (fieldsOf(request.query)['to'] ?? '') : to;
    const page = { fault, name, to: localPage(asked) ?? '' };
    return views.page(request, reply, 'sign-in', page, { title: views.frame(request).say('signIn'), status });
  };

  server.get('/sign-in', HIDDEN, async (request, reply) => signInPage(request, reply, null));

  server.post('/sign-in', { ...FORM, onRequest: own }, async (request, reply) => {
    const { say } = views.frame(request);
    const { name = '', password = '', to = '' } = fieldsOf(request.body);
    const opened = await accounts.signIn(name, password, request.ip, clientOf(request.ip));
    if (!opened.ok) {
      if (opened.failure.kind === 'wrong') return signInPage(request, reply, say('wrongPassword'), 403);
      const seconds = Math.ceil(opened.failure.retryAfterMs / 1000);
      void reply.header('Retry-After', String(seconds));
      return signInPage(request, reply, say('tooManyTries', { seconds }), 429);
    }
    void reply.setCookie(SESSION_COOKIE, opened.value, {
      path: '/',
      httpOnly: true,
      sameSite: 'strict',
      secure: house.tls !== null || request.protocol === 'https',
      maxAge: SESSION_MS / 1000,
    });
    const page = localPage(to);
    const mustChange = (await accounts.session(opened.value))?.user.mustChange === true;
    if (mustChange) return reply.redirect(page === null ? '/account' : `/account?to=${encodeURIComponent(page)}`, 303);
    return reply.redirect(page ?? (hasDesk ? '/overview' : '/account'), 303);
  });

  server.post('/sign-out', { ...FORM, onRequest: own, preHandler: token }, async (request, reply) => {
    await accounts.signOut(secretOf(request));
    void reply.clearCookie(SESSION_COOKIE, { path: '/' });
    return reply.redirect('/', 303);
  });

  const accountPage = async (request: FastifyRequest, reply: FastifyReply, told: Told, status = 200) => {
    const { say } = views.frame(request);
    const { user, endsAt } = sessionOf(request);
    const admin = user.role === 'admin' && !user.mustChange;
    const query = fieldsOf(request.query);
    const back = localPage(fieldsOf(request.body)['to'] ?? query['to'] ?? '');
    const values = {
      user,
      told,
      note: query['done'] === 'password' ? say('acPasswordChanged') : null,
      to: back ?? '',
      least: MIN_PASSWORD,
      most: MAX_PASSWORD,
      roles: ROLES.map((role) => ({ role, words: say(ROLE_WORDS[role]) })),
      scopes: SCOPES.map((scope) => ({ scope, words: say(SCOPE_WORDS[scope]) })),
      endsAt: time(endsAt),
      idle: IDLE_MS / 3_600_000,
      sessions: (await accounts.sessionsOf(user.name, secretOf(request))).map(({ since, used, from, current }) => ({
        since: time(since),
        used: time(used),
        from,
        current,
      })),
      users: admin ? await usersShown(say) : null,
      tokens: user.mustChange ? null : await tokensShown(user, admin, say),
      audit: admin && !hasDesk ? await auditShown() : null,
      auditLog: admin && hasDesk,
    };
    return views.page(request, reply, 'account', values, { title: say('account'), status });
  };

  async function usersShown(say: Say) {
    const entries = await accounts.audit(SEARCHED_ENTRIES);
    return (await accounts.users()).map(({ name, role, mustChange }) => {
      const last = entries.find(({ who, what }) => who === name && what === 'sign-in');
      const seen = last === undefined ? say('acNeverSeen') : say('acSeen', { time: time(last.at) });
      return { name, role, mustChange, seen };
    });
  }

  async function tokensShown(user: UserAccount, admin: boolean, say: Say) {
    const mine = (await accounts.tokens()).filter(({ owner }) => admin || owner === user.name);
    return mine.map(({ id, title, scopes, owner, createdAt }) => {
      const usedAt = accounts.tokenUsedAt(id);
      const used = usedAt === null ? say('acTokenUnused') : say('acTokenUsed', { time: time(usedAt) });
      return { id, title, scopes, owner, made: say('acTokenMade', { time: time(createdAt) }), used };
    });
  }

  async function auditShown() {
    return (await accounts.audit(SHOWN_ENTRIES)).map((entry) => ({ ...entry, at: time(entry.at) }));
  }

  server.get('/account', { ...HIDDEN, preHandler: signedIn('viewer', true) }, async (request, reply) =>
    accountPage(request, reply, {}),
  );

  server.post(
    '/account/password',
    { ...FORM, onRequest: [own, signedIn('viewer', true)], preHandler: token },
    async (request, reply) => {
      const { say } = views.frame(request);
      const { old = '', chosen = '', to = '' } = fieldsOf(request.body);
      const { user } = sessionOf(request);
      const typed = [old.slice(0, MAX_PASSWORD), chosen.slice(0, MAX_PASSWORD)] as const;
      const changed = await accounts.changePassword(user, ...typed, secretOf(request));
      if (changed.ok) {
        const first = user.mustChange && hasDesk ? '/overview' : '/account?done=password';
        const page = localPage(to);
        return reply.redirect(page === null || page === '/account' ? first : page, 303);
      }
      if (changed.failure.kind === 'too-many') {
        const seconds = Math.ceil(changed.failure.retryAfterMs / 1000);
        void reply.header('Retry-After', String(seconds));
        return accountPage(request, reply, { fault: say('tooManyTries', { seconds }) }, 429);
      }
      const words = { wrong: 'wrongOld', 'too-short': 'tooShort', same: 'samePassword' } as const;
      return accountPage(request, reply, { fault: say(words[changed.failure.kind]) }, 400);
    },
  );

  server.post(
    '/account/sessions/end',
    { ...FORM, onRequest: [own, signedIn('viewer', true)], preHandler: token },
    async (request, reply) => {
      await accounts.signOutEverywhere(sessionOf(request).user.name);
      void reply.clearCookie(SESSION_COOKIE, { path: '/' });
      return reply.redirect('/sign-in', 303);
    },
  );

  server.post(
    '/account/tokens',
    { ...FORM, onRequest: [own, signedIn('operator')], preHandler: token },
    async (request, reply) => {
      const { say } = views.frame(request);
      const fields = fieldsOf(request.body);
      const scopes = SCOPES.filter((scope) => fields[`scope-${scope}`] === 'on');
      if (scopes.length === 0 || (fields['title'] ?? '') === '')
        return accountPage(request, reply, { fault: say('acTokenFault') }, 400);
      const secret = await accounts.createToken(sessionOf(request).user.name, fields['title'] ?? '', scopes);
      return accountPage(request, reply, { secret });
    },
  );

  server.post(
    '/account/tokens/remove',
    { ...FORM, onRequest: [own, signedIn('operator')], preHandler: token },
    async (request, reply) => {
      const { id = '' } = fieldsOf(request.body);
      const { user } = sessionOf(request);
      const mine = (await accounts.tokens()).find(
        (each) => each.id === id && (user.role === 'admin' || each.owner === user.name),
      );
      if (mine !== undefined) await accounts.removeToken(user.name, id);
      return reply.redirect('/account', 303);
    },
  );

  server.post(
    '/account/users',
    { ...FORM, onRequest: [own, signedIn('admin')], preHandler: token },
    async (request, reply) => {
      const { say } = views.frame(request);
      const { name = '', role = '' } = fieldsOf(request.body);
      const wanted = ROLES.find((each) => each === role);
      const granted = wanted === undefined ? null : await accounts.grant(sessionOf(request).user.name, name, wanted);
      if (granted?.ok === true) return accountPage(request, reply, { secret: granted.value });
      const why = granted?.failure.kind === 'last-admin' ? 'acLastAdmin' : 'acNameFault';
      return accountPage(request, reply, { fault: say(why) }, 400);
    },
  );

  server.post(
    '/account/users/remove',
    { ...FORM, onRequest: [own, signedIn('admin')], preHandler: token },
    async (request, reply) => {
      const { name = '' } = fieldsOf(request.body);
      const { user } = sessionOf(request);
      // Nobody locks himself out.
      if (name !== user.name) await accounts.removeUser(user.name, name);
      return reply.redirect('/account', 303);
    },
  );
}

const ROLE_WORDS: Readonly<Record<Role, MessageKey>> = {
  viewer: 'acViewer',
  operator: 'acOperator',
  admin: 'acAdmin',
};

const SCOPE_WORDS: Readonly<Record<Scope, MessageKey>> = {
  probe: 'acProbe',
  monitor: 'acMonitor',
  config: 'acConfig',
  send: 'acSend',
};

/** Behind `signedIn` there is somebody. */
function sessionOf(request: FastifyRequest): Session {
  const { session } = request.caller;
  if (session === null) throw new Error('a page for people who signed in was reached without a session');
  return session;
}

function secretOf(request: FastifyRequest): string {
  return request.cookies[SESSION_COOKIE] ?? '';
}

function time(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
