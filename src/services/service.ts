/** What a service does at the moment. `Failed` is stopped, with a reason; `Missing`: its manager knows none of that name. */
export type ServiceState = 'Running' | 'Starting' | 'Stopping' | 'Stopped' | 'Failed' | 'Missing';

/** What it is to do on a server. */
export type TargetState = 'Running' | 'Stopped';

/** What is done about a failure of a service that is to run. */
export type FailureAction =
  /** It is started again. */
  | { readonly kind: 'recover' }
  /** All services are stopped in their order and started again. */
  | { readonly kind: 'restart' }
  /** It is told, and nothing else; the service stays as it is. */
  | { readonly kind: 'warn' }
  /** A command is run, then it is started again. */
  | { readonly kind: 'command'; readonly command: readonly string[] };

/** What the settings say about one service. */
export interface ServiceRule {
  readonly name: string;
  /** Started and stopped by us. */
  readonly isManaged: boolean;
  /** Its failures are counted and acted on. */
  readonly isMonitored: boolean;
  readonly startTimeoutMs: number;
  readonly stopTimeoutMs: number;
  /** For the first failure, the second, and so on; the last one for all that follow. Never empty. */
  readonly onFailure: readonly FailureAction[];
}

/** Something that goes along with a service: what starts it, or what needs it and so would start it. */
export interface AttachedUnit {
  readonly name: string;
  readonly kind: 'trigger' | 'dependent';
  readonly state: ServiceState;
}

/** What its manager says of a service. */
export interface ServiceFacts {
  readonly state: ServiceState;
  /** Another one each time it is started; null where the manager does not tell. */
  readonly run: string | null;
  /** Why it failed, in the manager's words. */
  readonly detail: string | null;
  /** Who starts it besides somebody who asks for it; null where the manager has no such thing. */
  readonly start: 'Manual' | 'Automatic' | null;
  /** What the manager does when it fails: `Take No Action`, or in its words; null where that can't be known. */
  readonly recovery: string | null;
  /** Is what keeps others from starting it in place? Null where there is no such thing. */
  readonly isGuarded: boolean | null;
  readonly attached: readonly AttachedUnit[];
  /** What it needs and is not running. */
  readonly idleDependencies: readonly string[];
  /** Its manager takes it for stopped, and processes of it are left; null where none are, or that can't be known. */
  readonly remains: Remains | null;
}

/** Processes of a service that counts as stopped. */
export interface Remains {
  readonly processes: readonly number[];
  /** What is known of each. Sentences. */
  readonly evidence: readonly string[];
  /** Why they are meant to outlive it, in the manager's words; null where they are not. */
  readonly meant: string | null;
}

export const UNKNOWN_SERVICE: ServiceFacts = {
  state: 'Missing',
  run: null,
  detail: null,
  start: null,
  recovery: null,
  isGuarded: null,
  attached: [],
  idleDependencies: [],
  remains: null,
};

/** A manager that can't be asked, or refused. */
export class ManagerError extends Error {
  override readonly name = 'ManagerError';
  /** What it told all the same, of other services than those it failed for. */
  readonly found: ReadonlyMap<string, ServiceFacts>;

  /** What a manager says may have several lines; it becomes part of a sentence. */
  constructor(message: string, options: ErrorOptions & { readonly found?: ReadonlyMap<string, ServiceFacts> } = {}) {
    super(message.trim().replace(/\s*\n\s*/g, '; '), options);
    this.found = options.found ?? new Map();
  }
}

/**
 * Who starts and stops services: systemd, runit, or the commands that the settings name. Each method begins what it is
 * asked for and does not wait until it is done; {@link look} tells how it went. All fail with a ManagerError.
 */
export interface ServiceManager {
  /** For people: `systemd`, `runit`, … */
  readonly title: string;
  look(services: readonly string[]): Promise<ReadonlyMap<string, ServiceFacts>>;
  start(service: string): Promise<void>;
  stop(service: string): Promise<void>;
  /** Ends its processes at once, whatever they do. */
  kill(service: string): Promise<void>;
  /** May it be started, by whoever? Where nobody can be kept from it nothing happens. */
  permit(service: string, isPermitted: boolean): void;
  /** What is known of who started a service that runs. Sentences. */
  origin(service: string): Promise<readonly string[]>;
  close(): void;
}
