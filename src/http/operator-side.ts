/** The operator's side: its API and its pages, over an installation. */
import type { FastifyInstance } from 'fastify';
import type { Appliance } from '../app/appliance.ts';
import { authoritiesApi } from './authorities-api.ts';
import { certificatePages } from './certificate-pages.ts';
import { certificatesApi } from './certificates-api.ts';
import { changesPages } from './changes-pages.ts';
import { configurationApi } from './configuration-api.ts';
import { createDesk } from './desk.ts';
import { destinationPages } from './destination-page.ts';
import { destinationsPages } from './destinations-pages.ts';
import { filePages } from './file-pages.ts';
import type { WebHouse } from './house.ts';
import { keyPages } from './key-pages.ts';
import { keysApi } from './keys-api.ts';
import { logPages } from './log-pages.ts';
import { monitorApi } from './monitor-api.ts';
import { monitorsPages } from './monitors-pages.ts';
import { overviewPage } from './overview-page.ts';
import { queueApi } from './queue-api.ts';
import { queuePages } from './queue-pages.ts';
import { sendPage } from './send-page.ts';
import { settingsPages } from './settings-pages.ts';
import type { Views } from './views.ts';

export function operatorSide(server: FastifyInstance, house: WebHouse, appliance: Appliance, views: Views): void {
  configurationApi(server, house, appliance);
  certificatesApi(server, house, appliance);
  authoritiesApi(server, house, appliance);
  keysApi(server, house, appliance);
  queueApi(server, house, appliance);
  monitorApi(server, house, appliance);
  const desk = createDesk(server, house, appliance, views);
  overviewPage(desk);
  destinationsPages(desk);
  destinationPages(desk);
  changesPages(desk);
  queuePages(desk);
  sendPage(desk);
  logPages(desk);
  certificatePages(desk);
  keyPages(desk);
  monitorsPages(desk);
  settingsPages(desk);
  filePages(desk);
}
