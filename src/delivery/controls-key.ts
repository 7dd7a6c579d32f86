/** What a connection was opened under, as one word: a message for which another word holds needs another connection. */
import type { DestinationControls } from '../policy/destination.ts';
import type { Gateway } from './settings.ts';

export function controlsKey(controls: DestinationControls, gateway: Gateway | null): string {
  const { tls, dane, mtaSts, minTlsVersion, strictCn, ipPreference } = controls;
  return JSON.stringify([tls, dane, mtaSts, minTlsVersion, strictCn, ipPreference, gateway]);
}
