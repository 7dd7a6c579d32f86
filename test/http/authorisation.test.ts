import assert from 'node:assert/strict';
import test from 'node:test';
import { type ApplianceStage, openAppliance } from './appliance-stage.ts';

interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';
  readonly path: string;
}

/** Every route of the server, as it prints them itself: one that is added stands here without anybody thinking of it. */
function routesOf({ server }: ApplianceStage): readonly Route[] {
  const above: string[] = [];
  return server
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const [, indent, part, methods] = /^([│ ]*)[├└]── (.*?)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? [];
      if (indent === undefined || part === undefined) return [];
      above.splice(indent.length / 4, above.length, part);
      const path = above.join('').replace(/:[a-z]+/gi, 'x');
      return (methods?.split(', ') ?? []).map((method) => ({ method, path }) as Route);
    });
}

/** What is there for anybody. Whatever is not in this list asks who comes. */
const OPEN = [
  /^\/$/,
  /^\/(probes|domains|compare|badge|problems|explain|schemas)(\/|$)/,
  /^\/(healthz|readyz|metrics|openapi\.json|style\.css|page\.js|icon\.svg|sign-in)$/,
  /^\/api\/v1\/(probes|batches)(\/|$)/,
];
const isOpen = ({ path }: Route): boolean => OPEN.some((pattern) => pattern.test(path));
const FORM = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' };

test('of all routes nobody reaches one that is not for them, whatever they come with', async () => {
  const stage = await openAppliance();
  try {
    const routes = routesOf(stage);
    assert.ok(routes.length > 250, `${routes.length} routes`);
    const guarded = routes.filter((route) => !isOpen(route));
    const viewer = await stage.person('viewer');
    const admin = await stage.person('admin');
    const probing = await stage.token('probe');
    await stage.house.accounts.grant('system', 'newcomer', 'admin');
    const given = await stage.house.accounts.grant('system', 'newcomer', 'admin');
    assert.ok(given.ok);
    const first = await stage.house.accounts.signIn('newcomer', given.value, '192.0.2.200');
    assert.ok(first.ok);
    const newcomer = `tlsreach_session=${first.value}`;
    const ask = async ({ method, path }: Route, headers: Readonly<Record<string, string>>) =>
      stage.server.inject({
        method,
        url: path,
        headers: method === 'POST' && !path.startsWith('/api/') ? { ...FORM, ...headers } : headers,
        ...(method === 'POST' || method === 'PUT' ? { payload: path.startsWith('/api/') ? {} : 'a=b' } : {}),
      });
    for (const route of guarded) {
      const { method, path } = route;
      const name = `${method} ${path}`;
      const api = path.startsWith('/api/');
      const [nobody, token, guest, newly] = await Promise.all([
        ask(route, {}),
        ask(route, { authorization: `Bearer ${probing}` }),
        ask(route, { cookie: viewer.cookie }),
        ask(route, { cookie: newcomer }),
      ]);
      assert.equal(nobody.headers['cache-control'], 'no-store', name);
      if (api) {
        assert.deepEqual([nobody.statusCode, token.statusCode], [401, 403], name);
        assert.deepEqual([guest.statusCode, newly.statusCode], [401, 401], `${name}: a session is nothing to the API`);
        continue;
      }
      const away = path === '/sign-out' ? [403, 403] : [303, 303];
      assert.deepEqual([nobody.statusCode, token.statusCode], away, name);
      if (path !== '/sign-out') assert.match(String(nobody.headers.location), /^\/sign-in(\?|$)/, name);
      if (
        !/^\/(account|sign-out)/.test(path) ||
        path.startsWith('/account/tokens') ||
        path.startsWith('/account/users')
      )
        assert.match(String(newly.headers.location), /^\/account(\?|$)/, `${name} before a password is chosen`);
      if (method !== 'POST') continue;
      assert.equal(guest.statusCode, 403, `${name} by a viewer, and without the session's token`);
      // Somebody who may do everything, whose browser another site told to send the form.
      const lured = await ask(route, { cookie: admin.cookie, 'sec-fetch-site': 'cross-site' });
      const blind = await ask(route, { cookie: admin.cookie, 'sec-fetch-site': 'same-origin' });
      const parts = await ask(route, {
        cookie: admin.cookie,
        'content-type': 'multipart/form-data; boundary=x',
        'sec-fetch-site': 'cross-site',
      });
      assert.deepEqual([lured.statusCode, blind.statusCode], [403, 403], name);
      assert.ok(parts.statusCode === 403 || parts.statusCode === 415, `${name} in parts: ${parts.statusCode}`);
    }
    for (const key of ['__proto__', 'constructor']) {
      for (const { path } of routes.filter(({ method }) => method === 'GET')) {
        const url = `${path.replaceAll('/x', `/${key}`)}?name=${key}&sort=${key}&lang=${key}&tls=${key}`;
        const { statusCode } = await stage.server.inject({ url, headers: { cookie: admin.cookie } });
        assert.ok(statusCode < 500, `${url}: ${statusCode}`);
      }
    }
  } finally {
    await stage.close();
  }
});
