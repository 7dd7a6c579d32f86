/** Monitors as a table of the configuration: shown without the secrets of their webhooks, written with those that stay. */
import { failed, succeeded } from '../base/outcome.ts';
import type { ConfigurationDocument } from '../config/document.ts';
import { withKeptSecrets } from '../config/monitor-edits.ts';
import { MonitorSchema } from '../config/monitor-schema.ts';
import { maskMonitor } from '../config/secrets.ts';
import { MAX_MONITOR_NAME, MONITOR_NAME, type Monitor } from '../monitor/monitor.ts';
import type { ApiTable, TableRow } from './table-api.ts';

const monitorOf = (row: TableRow): Monitor => row as unknown as Monitor;

export const MONITORS: ApiTable = {
  path: 'monitors',
  noun: 'monitor',
  id: 'Monitor',
  nameKey: 'name',
  schema: MonitorSchema,
  example: {
    name: 'partners',
    description: 'Those who send us orders',
    targets: ['partner.example', 'user@other.example'],
    schedule: 'PT15M',
    gates: { min: 90, expect: ['required'] },
    options: { timeout: 20 },
    channels: [
      { kind: 'mail', to: ['ops@example.com'] },
      { kind: 'webhook', url: 'https://hooks.example.com/mail', secret: 'a secret of sixteen or more' },
    ],
  },
  scopes: ['monitor', 'config'],
  rows: ({ monitors }) => monitors as unknown as readonly TableRow[],
  withRows: (document, rows) => ({ ...document, monitors: rows as unknown as ConfigurationDocument['monitors'] }),
  parseName: (text) => {
    if (text.length <= MAX_MONITOR_NAME && MONITOR_NAME.test(text)) return succeeded(text);
    return failed(`letters, digits, dots, hyphens and underscores are expected, ${MAX_MONITOR_NAME} at most`);
  },
  view: (row) => maskMonitor(monitorOf(row)) as unknown as TableRow,
  keep: (given, before) => {
    const channels = given['channels'];
    if (!Array.isArray(channels)) return given;
    const kept = before === undefined ? [] : monitorOf(before).channels;
    return { ...given, channels: withKeptSecrets(channels, kept) };
  },
};
