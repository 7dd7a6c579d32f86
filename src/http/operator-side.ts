/** The operator's side: its API and its pages, over an installation. */
import type { FastifyInstance } from 'fastify';
import type { Appliance } from '../app/appliance.ts';
import { changesPages } from './changes-pages.ts';
import { configurationApi } from './configuration-api.ts';
import { createDesk } from './desk.ts';
import { destinationsPages } from './destinations-pages.ts';
import type { WebHouse } from './house.ts';
import { monitorApi } from './monitor-api.ts';
import { monitorsPages } from './monitors-pages.ts';
import { overviewPage } from './overview-page.ts';
import { queueApi } from './queue-api.ts';
import { queuePages } from './queue-pages.ts';
import { settingsPages } from './settings-pages.ts';
import type { Views } from './views.ts';

export function operatorSide(server: FastifyInstance, house: WebHouse, appliance: Appliance, views: Views): void {
  configurationApi(server, house, appliance);
  queueApi(server, house, appliance);
  monitorApi(server, house, appliance);
  const desk = createDesk(server, house, appliance, views);
  overviewPage(desk);
  destinationsPages(desk);
  changesPages(desk);
  queuePages(desk);
  monitorsPages(desk);
  settingsPages(desk);
}
