import type { Address } from '../kernel/sockets.ts';

/** What `server.yaml` says, complete and checked. Frozen. Each key is explained in `docs/settings.md`. */
export interface ServerSettings {
  readonly identity: 'primary' | 'secondary';
  readonly stateDirectory: string;
  readonly base: string;
  readonly channel: {
    readonly listen: readonly Address[];
    readonly peers: readonly Address[];
  };
  /** Null where the console and API are off; the command line's socket is always there. */
  readonly api: { readonly listen: Address | null };
  readonly queues: {
    readonly directory: string;
    /** Null: the smaller of 10 GiB and a quarter of the free space, found when the daemon starts. */
    readonly sizeBytesMax: number | null;
    readonly freeBytesMin: number;
  };
  readonly interception: { readonly releaseMsMax: number };
  /** Those of pair.yaml that this server has elsewhere, or in another kind of registry. */
  readonly registry: readonly RegistryPlace[];
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' };
}

/** What `pair.yaml` says, complete and checked. Frozen. The same on both servers. */
export interface PairSettings {
  readonly pair: string;
  readonly active: 'primary' | 'secondary';
  readonly protect: {
    readonly files: {
      /** Without those that are refused. */
      readonly include: readonly string[];
      readonly exclude: readonly string[];
      /** Includes of the text that can't be protected, each with the reason: to follow after the pattern. */
      readonly refused: readonly { readonly pattern: string; readonly reason: string }[];
    };
    readonly registry: readonly RegistrySettings[];
    /** In the order in which they are started. */
    readonly services: readonly ServiceSettings[];
    /** That have no business on the passive server. */
    readonly programs: readonly { readonly name: string; readonly onPassive: 'report' | 'end' }[];
  };
  readonly capture: 'auto' | 'intercept' | 'watch';
  readonly replication: {
    readonly mode: 'asynchronous' | 'synchronous';
    readonly onPeerLoss: 'degrade' | 'hold';
    /** Null: for ever. */
    readonly holdMsMax: number | null;
    readonly answerMsMax: number;
  };
  readonly check: {
    readonly onStart: 'full' | 'fast';
    /** `HH:MM` in local time. */
    readonly schedule: string | null;
    /** 0: no bound. */
    readonly bytesPerSecondMax: number;
  };
  readonly apply: { readonly readers: 'ignore' | 'wait' };
  readonly orphans: 'quarantine' | 'log' | 'delete';
  readonly quarantine: { readonly sizeBytesMax: number };
  /** Null where no loss waits for a confirmation. */
  readonly massLoss: { readonly itemsMin: number | null };
  readonly services: { readonly checkIntervalMs: number };
  readonly health: { readonly probes: readonly ProbeSettings[]; readonly rules: readonly ResourceRuleSettings[] };
  readonly hooks: readonly HookSettings[];
  readonly snapshots: {
    /** Each `HH:MM` in local time. */
    readonly schedule: readonly string[];
    /** Null where none are taken. */
    readonly command: readonly string[] | null;
    readonly timeoutMs: number;
  };
  readonly preset: Preset;
  readonly channel: {
    readonly waitMs: number;
    readonly heartbeatMs: number;
    readonly lostAfterMs: number;
    readonly connectTimeoutMs: number;
    readonly reconnectDelayMsMin: number;
    readonly reconnectDelayMsMax: number;
    readonly timeDifferenceMaxMs: number;
    /** 0: no bound. */
    readonly bytesPerSecondMax: number;
  };
  readonly queues: { readonly ageMsMax: number };
}

/** Where one server keeps a protected registry. */
export interface RegistryPlace {
  /** Unique among them; by default as the provider. */
  readonly name: string;
  readonly provider: 'file' | 'samba' | 'wine';
  /** Below `base`. Null: the provider's own place. */
  readonly path: string | null;
  readonly pollMs: number;
}

/** A protected registry. Both servers have one of this name, each its own: here unless `server.yaml` says otherwise. */
export interface RegistrySettings extends RegistryPlace {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

export type Preset = 'lan' | 'default' | 'cloud';

/** One protected service. */
export interface ServiceSettings {
  readonly name: string;
  readonly manager: 'systemd' | 'runit' | 's6' | 'supervisord' | 'command';
  /** Of the manager `command` alone. */
  readonly commands: {
    readonly start: readonly string[];
    readonly stop: readonly string[];
    readonly status: readonly string[];
  } | null;
  readonly manage: boolean;
  readonly monitor: boolean;
  readonly startTimeoutMs: number;
  readonly stopTimeoutMs: number;
  readonly onFailure: readonly ('recover' | 'restart' | 'warn' | { readonly command: readonly string[] })[];
}

/** Something that the protected application is asked: exactly one of `http`, `tcp` and `command` is there. */
export interface ProbeSettings {
  readonly name: string;
  readonly http?: string | undefined;
  readonly tcp?: Address | undefined;
  readonly command?: readonly string[] | undefined;
  /** A protected service. */
  readonly service?: string | undefined;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly failures: number;
  readonly latched: boolean;
}

/** A bound of the machine. */
export interface ResourceRuleSettings {
  readonly name: string;
  readonly of: 'disk' | 'memory' | 'load';
  /** Of a disk alone. */
  readonly path?: string | undefined;
  /** Percent; of load the tasks for each processor. */
  readonly max: number;
  readonly forMs: number;
  readonly intervalMs: number;
  readonly service?: string | undefined;
  readonly latched: boolean;
}

/** A command that is run at a certain moment. */
export interface HookSettings {
  readonly name: string;
  readonly when: 'beforeStart' | 'afterStart' | 'beforeStop' | 'afterStop' | 'periodic';
  /** A protected service; of periodic ones there is none. */
  readonly service?: string | undefined;
  /** Of periodic ones alone. */
  readonly everyMs?: number | undefined;
  readonly on: 'active' | 'passive' | 'both';
  readonly command: readonly string[];
  readonly user?: string | undefined;
  readonly timeoutMs: number;
}
