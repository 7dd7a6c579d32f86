/** Signing in, a password of one's own, users and tokens, and who did what. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { MAX_PASSWORD, MIN_PASSWORD, SESSION_MS } from '../app/accounts.ts';
import { ROLES, type Role, SCOPES, type UserAccount } from '../config/account-store.ts';
import { SESSION_COOKIE } from './caller.ts';
import { fromOurPage, withToken } from './form-guard.ts';
import type { WebHouse } from './house.ts';
import { problemOf } from './problem.ts';
import { fieldsOf } from './tester-pages.ts';
import type { Views } from './views.ts';

const HIDDEN = { schema: { hide: true } } as const;
/** Octets of a form here. */
const MAX_FORM = 16 * 1024;
const FORM = { ...HIDDEN, bodyLimit: MAX_FORM } as const;
const SHOWN_ENTRIES = 100;

type Guarded = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined>;

export function accountPages(server: FastifyInstance, house: WebHouse, views: Views): void {
  const { accounts } = house;
  const own = fromOurPage(views);
  const token = withToken(views);
  /** For people who signed in; who has still to choose a password is led there. */
  const signedIn =
    (least: Role, alsoFirst = false): Guarded =>
    async (request, reply) => {
      const user = request.caller.session?.user;
      if (user === undefined) return reply.redirect('/sign-in', 303);
      if (user.mustChange && !alsoFirst) return reply.redirect('/account', 303);
      if (ROLES.indexOf(user.role) >= ROLES.indexOf(least)) return undefined;
      return views.problem(request, reply, problemOf('not-permitted', `This is for people with the role "${least}".`));
    };

  const signInPage = (request: FastifyRequest, reply: FastifyReply, fault: string | null, status = 200) =>
    views.page(
      request,
      reply,
      'sign-in',
      { fault, name: fieldsOf(request.body)['name'] ?? '' },
      { title: views.frame(request).say('signIn'), status },
    );

  server.get('/sign-in', HIDDEN, async (request, reply) => signInPage(request, reply, null));

  server.post('/sign-in', { ...FORM, onRequest: own }, async (request, reply) => {
    const { say } = views.frame(request);
    const { name = '', password = '' } = fieldsOf(request.body);
    const opened = await accounts.signIn(name, password, request.ip);
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
    return reply.redirect('/account', 303);
  });

  server.post('/sign-out', { ...FORM, onRequest: own, preHandler: token }, async (request, reply) => {
    const secret = request.cookies[SESSION_COOKIE];
    if (secret !== undefined) await accounts.signOut(secret);
    void reply.clearCookie(SESSION_COOKIE, { path: '/' });
    return reply.redirect('/', 303);
  });

  const accountPage = async (
    request: FastifyRequest,
    reply: FastifyReply,
    told: { readonly fault?: string; readonly note?: string; readonly secret?: string },
    status = 200,
  ) => {
    const user = userOf(request);
    const admin = user.role === 'admin' && !user.mustChange;
    const tokens = await accounts.tokens();
    const values = {
      user,
      told,
      least: MIN_PASSWORD,
      most: MAX_PASSWORD,
      roles: ROLES,
      scopes: SCOPES,
      users: admin ? await accounts.users() : null,
      tokens: user.mustChange ? null : tokens.filter(({ owner }) => admin || owner === user.name),
      audit: admin
        ? (await accounts.audit(SHOWN_ENTRIES)).map((entry) => ({
            ...entry,
            at: new Date(entry.at).toISOString().slice(0, 19).replace('T', ' '),
          }))
        : null,
    };
    return views.page(request, reply, 'account', values, { title: views.frame(request).say('account'), status });
  };

  server.get('/account', { ...HIDDEN, preHandler: signedIn('viewer', true) }, async (request, reply) =>
    accountPage(request, reply, {}),
  );

  server.post(
    '/account/password',
    { ...FORM, onRequest: [own, signedIn('viewer', true)], preHandler: token },
    async (request, reply) => {
      const { say } = views.frame(request);
      const { old = '', chosen = '' } = fieldsOf(request.body);
      const changed = await accounts.changePassword(
        userOf(request),
        old.slice(0, MAX_PASSWORD),
        chosen.slice(0, MAX_PASSWORD),
        request.cookies[SESSION_COOKIE],
      );
      if (changed.ok) return reply.redirect('/account', 303);
      const words = { wrong: 'wrongOld', 'too-short': 'tooShort', same: 'samePassword' } as const;
      return accountPage(request, reply, { fault: say(words[changed.failure.kind]) }, 400);
    },
  );

  server.post(
    '/account/tokens',
    { ...FORM, onRequest: [own, signedIn('operator')], preHandler: token },
    async (request, reply) => {
      const fields = fieldsOf(request.body);
      const scopes = SCOPES.filter((scope) => fields[`scope-${scope}`] === 'on');
      if (scopes.length === 0 || (fields['title'] ?? '') === '')
        return accountPage(request, reply, { fault: `${SCOPES.join(', ')}?` }, 400);
      const secret = await accounts.createToken(userOf(request).name, fields['title'] ?? '', scopes);
      return accountPage(request, reply, { secret });
    },
  );

  server.post(
    '/account/tokens/remove',
    { ...FORM, onRequest: [own, signedIn('operator')], preHandler: token },
    async (request, reply) => {
      const { id = '' } = fieldsOf(request.body);
      const user = userOf(request);
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
      const { name = '', role = '' } = fieldsOf(request.body);
      const wanted = ROLES.find((each) => each === role);
      const granted = wanted === undefined ? null : await accounts.grant(userOf(request).name, name, wanted);
      if (granted?.ok !== true) return accountPage(request, reply, { fault: 'a-z, 0-9, ".", "-", "_"' }, 400);
      return accountPage(request, reply, { secret: granted.value });
    },
  );

  server.post(
    '/account/users/remove',
    { ...FORM, onRequest: [own, signedIn('admin')], preHandler: token },
    async (request, reply) => {
      const { name = '' } = fieldsOf(request.body);
      const user = userOf(request);
      // Nobody locks himself out.
      if (name !== user.name) await accounts.removeUser(user.name, name);
      return reply.redirect('/account', 303);
    },
  );
}

/** Behind `signedIn` there is somebody. */
function userOf(request: FastifyRequest): UserAccount {
  const user = request.caller.session?.user;
  if (user === undefined) throw new Error('a page for people who signed in was reached without a session');
  return user;
}
