/** `tlsreach smtproutes import` and `export`: the whole table of routes as a file, one route a line. */
import { readRoutes, exportRoutes as routesAsText } from '../config/route-file.ts';
import { type ConfigInvocation, fileGiven, inConfiguration } from './config-session.ts';
import { openSink } from './sink.ts';

/** Replaces all routes, or none. */
export function importRoutes(invocation: ConfigInvocation): Promise<number> {
  return inConfiguration(invocation, async (session) => {
    const text = await fileGiven(session, 'import');
    await session.change((document) => {
      const routes = readRoutes(text);
      return routes.ok ? { ok: true, value: { ...document, smtpRoutes: routes.value } } : routes;
    }, 'Imported the routes; they replace all that were there.');
  });
}

export function exportRoutes(invocation: ConfigInvocation): Promise<number> {
  return inConfiguration(invocation, async (session) => {
    const { smtpRoutes } = (await session.newest()).document;
    const sink = await openSink(session.words[0], session.world, 'export');
    await sink.write(routesAsText(smtpRoutes));
    await sink.commit();
  });
}
