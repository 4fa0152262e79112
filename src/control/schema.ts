/** Paths of the agent's local API: HTTP on a Unix socket. */
export const paths = Object.freeze({
  /** One JSON document: `d4c status --json`. */
  status: '/v1/status',
  /** JSON lines, oldest first: the newest alerts. `since` (RFC 3339), `limit`. */
  alerts: '/v1/alerts',
  /** JSON lines without end: each alert from now on. */
  follow: '/v1/alerts/follow',
});

/** Where an agent listens that is told nothing else. */
export const defaultSocket = '/run/d4c/d4c.sock';

export const defaultAlertsLimit = 100;
/** Alerts given at once: some 40 MB. */
export const alertsLimitMax = 10_000;

export interface AlertsQuery {
  readonly since: string | undefined;
  readonly limit: number;
}
