import type { Cancel, Clock, Timers } from '../kernel/clock.ts';
import type { Random } from '../kernel/random.ts';
import { formatAddress } from '../kernel/sockets.ts';
import type { Address, ConnectFailure, SecureSocket, Sockets, TlsCredentials } from '../kernel/sockets.ts';
import { Problem, toData } from '../problems/problem.ts';
import type { ProblemData } from '../problems/problem.ts';
import type { ChannelSettings } from './channel-settings.ts';
import { CONTROL_PROTOCOL } from './framing.ts';
import { IDLE, stepRoute } from './route-machine.ts';
import type { RouteEffect, RouteEnd, RouteEvent, RouteState } from './route-machine.ts';

/** One address of the other server, and how dialing it goes. */
export interface Route {
  readonly address: Address;
  /** `host:port`. */
  readonly text: string;
  readonly state: RouteState;
  /** How the last try or connection ended; null before the first end and while it is up. */
  readonly lastEnd: RouteEnd | null;
  /** True where the server there showed a certificate that is not trusted, or not now. */
  readonly isUntrusted: boolean;
}

interface Dialing extends Route {
  state: RouteState;
  lastEnd: RouteEnd | null;
  isUntrusted: boolean;
  cancel: Cancel | null;
}

interface World {
  readonly sockets: Sockets;
  readonly credentials: TlsCredentials;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly settings: ChannelSettings;
  readonly onSocket: (route: Route, socket: SecureSocket) => void;
  readonly onFailed: (route: Route, failure: ConnectFailure) => void;
}

/** Dials each address of the other server, again and again, as the route machine decides. */
export class Routes {
  readonly #world: World;
  readonly #routes: readonly Dialing[];

  constructor(world: World) {
    this.#world = world;
    this.#routes = world.settings.peers.map((address) => ({
      address,
      text: formatAddress(address),
      state: IDLE,
      lastEnd: null,
      isUntrusted: false,
      cancel: null,
    }));
  }

  get all(): readonly Route[] {
    return this.#routes;
  }

  start(): void {
    for (const route of this.#routes) this.#step(route, { kind: 'start' });
  }

  stop(): void {
    for (const route of this.#routes) this.#step(route, { kind: 'stop' });
  }

  /** The two work together: where one of them turned the other away, or was not trusted, that may be over. */
  dialRefused(): void {
    for (const route of this.#routes)
      if (route.isUntrusted || route.lastEnd?.kind === 'refused') this.#step(route, { kind: 'retryDue' });
  }

  /** The servers greeted each other on this route. */
  accepted(route: Route): void {
    const dialing = route as Dialing;
    dialing.lastEnd = null;
    this.#step(dialing, { kind: 'accepted', nowMs: this.#world.clock.monotonicMs() });
  }

  /** The connection made on this route is no more. */
  ended(route: Route, end: RouteEnd): void {
    const dialing = route as Dialing;
    dialing.lastEnd = end;
    const { clock, random } = this.#world;
    this.#step(dialing, { kind: 'ended', end, nowMs: clock.monotonicMs(), random: random() });
  }

  #step(route: Dialing, event: RouteEvent): void {
    const [state, effects] = stepRoute(route.state, event, this.#world.settings);
    route.state = state;
    for (const effect of effects) this.#perform(route, effect);
  }

  #perform(route: Dialing, effect: RouteEffect): void {
    route.cancel?.();
    route.cancel = null;
    if (effect.kind === 'dial') this.#dial(route);
    if (effect.kind === 'retryAfter') {
      route.cancel = this.#world.timers.after(effect.delayMs, () => this.#step(route, { kind: 'retryDue' }));
    }
  }

  #dial(route: Dialing): void {
    const { sockets, credentials, settings, onSocket, onFailed } = this.#world;
    const options = { credentials, protocol: CONTROL_PROTOCOL, timeoutMs: settings.connectMs };
    route.cancel = sockets.connect(route.address, options, (result) => {
      route.cancel = null;
      if ('socket' in result) {
        route.isUntrusted = false;
        this.#step(route, { kind: 'connected' });
        onSocket(route, result.socket);
        return;
      }
      const { kind, message: reason } = result.error;
      route.isUntrusted = kind === 'untrusted' || kind === 'expired';
      this.ended(route, { kind: 'failed', reason, failure: kind });
      onFailed(route, result.error);
    });
  }
}

/** Where every route failed once, with each route's reason; null otherwise, and where all is about trust. */
export function unreachable(routes: readonly Route[]): ProblemData | null {
  if (routes.some((route) => route.lastEnd?.kind !== 'failed') || routes.every((route) => route.isUntrusted))
    return null;
  const reason = routes.map((route) => `${route.text} ${route.lastEnd?.reason ?? ''}`).join('; ');
  return toData(new Problem('CHN-003', { routes: routes.map((route) => route.text).join(', '), reason }));
}
