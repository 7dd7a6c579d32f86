/** What a connection was opened under, as one word: a message for which another word holds needs another connection. */
import type { DestinationControls } from '../policy/destination.ts';
import type { DeliveryConfiguration, Gateway } from './settings.ts';

export function controlsKey(
  controls: DestinationControls,
  gateway: Gateway | null,
  destination: string,
  configuration: Pick<DeliveryConfiguration, 'routeFor' | 'clientCertificate'>,
): string {
  const { tls, dane, mtaSts, minTlsVersion, strictCn, ipPreference } = controls;
  const shown = configuration.clientCertificate?.certificate ?? null;
  const route = configuration.routeFor(destination);
  return JSON.stringify([tls, dane, mtaSts, minTlsVersion, strictCn, ipPreference, gateway, route, shown]);
}
