/**
 * control: the agent's local API over a Unix socket: schema, server, client. It passes on what it is given
 * and knows neither policies nor documents. Who may ask is said by the socket's mode: its owner, root.
 */
export { answers, serveControl } from './server.ts';
export type { ControlHandlers } from './server.ts';
export { fetchAlerts, fetchStatus, followAlerts } from './client.ts';
export { alertsLimitMax, defaultAlertsLimit, defaultSocket, paths } from './schema.ts';
export type { AlertsQuery } from './schema.ts';
