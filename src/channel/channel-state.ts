import type { ChannelState, RouteStatus } from './channel-event.ts';
import type { DataFlow } from './flow-meter.ts';
import type { Meetings } from './meetings.ts';
import type { Route } from './routes.ts';

/** The channel's status as users see it: one line for each address of the other server. */
export function stateOf(now: {
  readonly routes: readonly Route[];
  readonly meetings: Meetings;
  /** True for a short while after a drop. */
  readonly isWaiting: boolean;
  readonly data: DataFlow;
}): ChannelState {
  const { routes, meetings, isWaiting, data } = now;
  const withoutSession = isWaiting ? 'Waiting' : 'Not connected';
  return {
    status: meetings.peer === null ? withoutSession : 'Connected',
    routes: routes.map((route) => routeStatus(route, meetings)),
    clockDifferenceMs: meetings.current?.clockDifferenceMs ?? null,
    data,
  };
}

function routeStatus(route: Route, meetings: Meetings): RouteStatus {
  const connection = meetings.connectionOf(route.address);
  const address = route.text;
  if (connection === null) {
    const reason = route.lastEnd?.reason ?? null;
    const failure = route.lastEnd?.kind === 'refused' ? 'met' : (route.lastEnd?.failure ?? null);
    return { address, status: 'Not connected', roundTripMs: null, isCurrent: false, reason, failure };
  }
  const isCurrent = connection === meetings.current;
  const { roundTripMs } = connection;
  return { address, status: 'Connected', roundTripMs, isCurrent, reason: null, failure: null };
}
