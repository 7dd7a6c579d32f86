/** `/metrics` for Prometheus: few names, few labels, none of them a stranger's word. */

import type { FastifyInstance } from 'fastify';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { openStreams } from './event-stream.ts';
import type { WebHouse } from './house.ts';
import { monitorMetrics } from './monitor-metrics.ts';

export function metricsRoutes(server: FastifyInstance, house: WebHouse): void {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: 'tlsreach_http_requests_total',
    help: 'Requests answered, by route and class of status',
    labelNames: ['route', 'status'],
    registers,
  });
  const probes = new Counter({
    name: 'tlsreach_probes_total',
    help: 'Tests ended, by outcome',
    labelNames: ['outcome'],
    registers,
  });
  const seconds = new Histogram({
    name: 'tlsreach_probe_seconds',
    help: 'Time of a test from being asked for to its end',
    buckets: [0.1, 0.3, 1, 3, 10, 30, 100, 300],
    registers,
  });
  const gauge = (name: string, help: string, read: () => number): Gauge =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge('tlsreach_probes_running', 'Tests running now', () => house.jobs.counts().running);
  gauge('tlsreach_probes_waiting', 'Tests waiting now', () => house.jobs.counts().waiting);
  gauge('tlsreach_event_streams', 'Event streams open now', openStreams);
  if (house.appliance != null) monitorMetrics(registry, house.appliance.monitors, house.clock);
  house.jobs.onEnd((job) => {
    const value = job.result?.confidence;
    const outcome =
      value === undefined ? 'failed' : value.value === null ? 'untested' : value.secure ? 'secure' : 'not-secure';
    probes.inc({ outcome });
    seconds.observe(((job.finishedAt ?? job.createdAt) - job.createdAt) / 1000);
  });
  server.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    requests.inc({ route, status: `${Math.floor(reply.statusCode / 100)}xx` });
  });
  server.get('/metrics', { schema: { hide: true } }, async (_request, reply) =>
    reply
      .type(registry.contentType)
      .serializer(String)
      .send(await registry.metrics()),
  );
}
