import type { PauseStatus, ServicePlan, ServiceStatus, SnapshotStatus } from '../../api/services.ts';
import type { Identity, Role } from '../../api/status.ts';
import type { Cancel, Clock, Timers } from '../../kernel/clock.ts';
import { type Exclusion, exclusionWords } from '../../diagnosis/exclusion.ts';
import type { ConfigFiles } from '../../kernel/config-files.ts';
import type { OpenBus } from '../../kernel/message-bus.ts';
import type { ProcessTraces } from '../../kernel/process-traces.ts';
import type { Programs } from '../../kernel/programs.ts';
import type { RunningPrograms } from '../../kernel/running-programs.ts';
import type { HealthLooks } from '../../kernel/health-looks.ts';
import { isProblem, Problem } from '../../problems/problem.ts';
import { Adopter, type AdoptionPlan } from '../../services/adopter.ts';
import type { AdoptionFile } from '../../services/adoption.ts';
import { ClientPrograms } from '../../services/client-programs.ts';
import { wordsOf } from '../../services/config-change.ts';
import { HookedManager } from '../../services/hooked-manager.ts';
import type { Hooks } from '../../services/hooks.ts';
import { type KeptService, ServiceKeeper } from '../../services/keeper.ts';
import { ManagerError, type ServiceManager } from '../../services/service.ts';
import { SystemdManager } from '../../services/systemd.ts';
import { SystemdUnits } from '../../services/systemd-units.ts';
import type { PairSettings, ServiceSettings } from '../../settings/settings.ts';
import type { EventHistory } from '../status/event-history.ts';
import { Health } from './health.ts';
import { hooksOf } from './hooks.ts';
import { foldersIn } from '../settings/protected-folders.ts';
import { Pause, type PauseFile } from './pause.ts';
import type { PeerCalls } from '../channel/peer-calls.ts';
import type { PeerSide } from '../channel/peer-side.ts';
import { commandManagers } from './service-managers.ts';
import type { SnapshotFile } from './snapshot-record.ts';
import { Snapshots } from './snapshots.ts';
import { StillCopy } from './still-copy.ts';
import type { ToStream } from '../stream/thread-messages.ts';
import type { FindingBoard } from '../status/finding-board.ts';

/** What services are reached by. */
export interface ServiceDoors {
  readonly programs: Programs;
  readonly openBus: OpenBus;
  readonly files: ConfigFiles;
  readonly traces: ProcessTraces;
  readonly running: RunningPrograms;
  readonly looks: HealthLooks;
  /** Of what was changed on this machine for services. */
  readonly adoptionFile: AdoptionFile;
  readonly pauseFile: PauseFile;
  readonly snapshotFile: SnapshotFile;
}

export interface ServicesOptions {
  readonly services: ServiceDoors;
  readonly identity: Identity;
  readonly role: Role;
  readonly pairFile: { readonly settings: PairSettings };
  readonly server: { readonly base: string };
  readonly facts: { readonly epoch: number };
  readonly clock: Clock;
  readonly timers: Timers;
  readonly findings: FindingBoard;
  readonly history: EventHistory;
  readonly peer: Pick<PeerSide, 'captures'>;
  readonly stream: { post(message: ToStream): boolean };
  /** Asks the other daemon. @throws Problem DMN-001 */
  readonly calls: Pick<PeerCalls, 'call'>;
}

interface Parts {
  readonly control: SystemdUnits;
  readonly adopter: Adopter;
  readonly keeper: ServiceKeeper;
  readonly systemd: SystemdManager;
  readonly hooks: Hooks;
}

/** The protected services of this server, and the agreement of both on what is changed for them. */
export class Services {
  readonly health: Health;
  readonly snapshots: Snapshots;
  readonly still: StillCopy;
  readonly #options: ServicesOptions;
  readonly #pause: Pause;
  /** Null where it can't be told what was changed before: then nothing more is. */
  readonly #parts: Parts | null;
  #clients: ClientPrograms | null = null;

  constructor(options: ServicesOptions) {
    this.#options = options;
    const changed = (): void => this.#parts?.keeper.look();
    this.#pause = new Pause({ ...options, file: options.services.pauseFile, changed });
    this.#parts = this.#build();
    this.still = new StillCopy({ timers: options.timers, post: (message) => options.stream.post(message) });
    const { peer } = options;
    this.snapshots = new Snapshots({
      ...options,
      ...options.services,
      still: this.still,
      isOrdered: () => peer.captures.some(({ kind }) => kind === 'intercept'),
    });
    this.health = new Health({
      ...options,
      ...options.services,
      settings: () => options.pairFile.settings.health,
      isPaused: () => this.#pause.isOn,
      runOf: (service) => this.#parts?.keeper.runOf(service) ?? null,
      failed: (service, reason) => this.#parts?.keeper.fail(service, reason),
    });
  }

  #build(): Parts | null {
    const { services: doors, findings, history, role, clock, timers } = this.#options;
    const changed = (): void => this.#parts?.keeper.look();
    const unitChanged = (unit: string): void => {
      systemd?.forget(unit);
      changed();
    };
    let systemd: SystemdManager | null = null;
    const control = new SystemdUnits({ openBus: doors.openBus, programs: doors.programs, changed: unitChanged });
    try {
      const adopter = new Adopter({ file: doors.adoptionFile, files: doors.files, control });
      const unitsOf = (service: string): ReturnType<Adopter['unitsOf']> => adopter.unitsOf(service);
      systemd = new SystemdManager({ ...doors, control, unitsOf });
      const settings = (): readonly ServiceSettings[] => this.#settings;
      const commands = commandManagers({ settings, programs: doors.programs, changed });
      const isPaused = (): boolean => this.#pause.isOn;
      const hooks = hooksOf({ ...this.#options, programs: doors.programs, isPaused });
      const hooked = (inner: ServiceManager): ServiceManager => new HookedManager({ inner, hooks, isPaused, changed });
      const keeper = new ServiceKeeper({
        role,
        clock,
        timers,
        adopter,
        programs: doors.programs,
        managers: Object.fromEntries(
          Object.entries({ systemd, ...commands }).map(([kind, manager]) => [kind, hooked(manager)]),
        ),
        services: () => this.#settings.map(keptOf),
        isPaused,
        checkIntervalMs: () => this.#options.pairFile.settings.services.checkIntervalMs,
        findings: {
          raise: (problem, about) => findings.raise(problem, about),
          clear: (code, item) => findings.clear(code, item),
          clearAll: (code, but) => findings.clearAll(code, but),
        },
        tell: (event) => history.own(event),
      });
      return { control, adopter, keeper, systemd, hooks };
    } catch (error) {
      if (!isProblem(error)) throw error;
      findings.raise(error, { item: 'adoption.json' });
      return null;
    }
  }

  /** Ends what runs of a program of `protect.programs` on the passive server. @returns false where nothing does. */
  endProgram(name: string): boolean {
    return this.#clients?.endNow(name) === true;
  }

  #clientPrograms(): ClientPrograms {
    const { services, findings, history, pairFile, server } = this.#options;
    return new ClientPrograms({
      ...this.#options,
      running: services.running,
      programs: () => pairFile.settings.protect.programs,
      folders: () => foldersIn(server.base, pairFile.settings.protect.files).map(({ realPath }) => realPath),
      findings: {
        raise: (problem, about) => findings.raise(problem, about),
        clearAll: (code, but) => findings.clearAll(code, but),
      },
      tell: (event) => history.own(event),
    });
  }

  get #settings(): readonly ServiceSettings[] {
    return this.#options.pairFile.settings.protect.services;
  }

  /** @returns what ends it; services go on as they are. */
  start(): Cancel {
    const { findings } = this.#options;
    const parts = this.#parts;
    void parts?.adopter.settle().then(
      () => parts.keeper.start(),
      (error: unknown) => {
        if (!isProblem(error)) throw error;
        findings.raise(error, { item: 'adoption.json' });
        parts.keeper.start();
      },
    );
    this.#clients = this.#options.role === 'passive' ? this.#clientPrograms() : null;
    const endLooking = this.#clients?.start() ?? (() => {});
    const ends = [this.health.start(), this.snapshots.start()];
    const endHooks = parts?.hooks.start();
    return () => {
      endLooking();
      for (const end of ends) end();
      endHooks?.();
      this.#pause.stop();
      void parts?.keeper.stop();
    };
  }

  /** Of this server, for the status. */
  status(): ServiceStatus[] {
    const rows = this.#parts?.keeper.rows() ?? [];
    return rows.map(({ isAdopted, ...row }) => ({ ...row, server: this.#options.identity, adopted: isAdopted }));
  }

  get pauseStatus(): PauseStatus | null {
    return this.#pause.status;
  }

  // What both servers agree on: asked of either.

  /** @throws Problem DMN-001 where the other server can't be asked: then nothing is paused. SVC-014 */
  async pause(request: { readonly reason: string; readonly forMs: number }): Promise<{ until: string }> {
    await this.#options.calls.call('servicesPause', request);
    return this.ownPause(request);
  }

  /** On this server in any case. @throws Problem DMN-001 where the other one can't be told; SVC-014 */
  async resume(): Promise<{ wasPaused: boolean }> {
    const was = this.ownResume();
    const there = (await this.#options.calls.call('servicesResume', {})) as { wasPaused: boolean };
    return { wasPaused: was.wasPaused || there.wasPaused };
  }

  async plan(): Promise<{ servers: ServicePlan[]; digest: string }> {
    const servers = [await this.ownPlan(), (await this.#options.calls.call('servicesPlan', {})) as ServicePlan];
    servers.sort((one, other) => (one.server < other.server ? -1 : 1));
    const { files } = this.#options.services;
    return { servers, digest: files.sha256(JSON.stringify(servers)) };
  }

  /** @throws Problem SVC-015 where the plan is another one by now; DMN-001, SVC-014 */
  async adopt(digest: string): Promise<{ servers: ServicePlan[] }> {
    const plan = await this.plan();
    if (plan.digest !== digest) throw new Problem('SVC-015', {});
    // Where that fails nothing was changed here.
    await this.#options.calls.call('servicesAdopt', {});
    await this.ownAdopt();
    return { servers: plan.servers };
  }

  /** Of the passive server, whichever is asked. @throws Problem DMN-001 */
  async snapshotsTaken(): Promise<{ snapshots: SnapshotStatus[] }> {
    const { role, calls } = this.#options;
    const found = role === 'passive' ? this.snapshots.all : await calls.call('snapshots', {});
    return { snapshots: [...(found as readonly SnapshotStatus[])] };
  }

  /** Begins one on the passive server. @throws Problem DMN-001, SVC-052 */
  async takeSnapshot(): Promise<Record<string, never>> {
    if (this.#options.role === 'passive') this.snapshots.begin();
    else await this.#options.calls.call('snapshotTake', {});
    return {};
  }

  /** Of both servers; the other one's where it can be asked. */
  async release(): Promise<{ servers: { server: Identity; services: string[]; failure: string | null }[] }> {
    const { identity, calls } = this.#options;
    const other = identity === 'primary' ? 'secondary' : 'primary';
    const own = { server: identity, services: await this.ownRelease(), failure: null };
    try {
      const services = (await calls.call('servicesRelease', {})) as string[];
      return { servers: [own, { server: other, services, failure: null }] };
    } catch (error) {
      if (!isProblem(error)) throw error;
      return { servers: [own, { server: other, services: [], failure: error.message }] };
    }
  }

  // What this server does of it.

  ownPause({ reason, forMs }: { readonly reason: string; readonly forMs: number }): { until: string } {
    this.#pause.begin(reason, forMs);
    return { until: this.#pause.status?.until ?? '' };
  }

  ownResume(): { wasPaused: boolean } {
    return { wasPaused: this.#pause.end('somebody asked for it') };
  }

  async ownPlan(): Promise<ServicePlan> {
    const { services, changes } = await this.#planned();
    const rows = new Map(this.#parts?.keeper.rows().map((row) => [row.name, row]));
    const { role, identity } = this.#options;
    const moves = services.flatMap(({ name }) => {
      const isUp = rows.get(name)?.actual === 'Running';
      if (role === 'active') return isUp ? [] : [`start ${name}`];
      return isUp ? [`stop ${name}`] : [];
    });
    const names = services.map(({ name }) => name);
    return { server: identity, services: names, changes: [...changes.map(wordsOf), ...moves] };
  }

  async ownSnapshot(): Promise<object> {
    this.snapshots.begin();
    return {};
  }

  async ownAdopt(): Promise<void> {
    const { keeper, adopter, systemd } = this.#expectParts();
    const plan = await this.#planned();
    const names = plan.services.map(({ name }) => name);
    keeper.takeOver(names.filter((name) => !adopter.isAdopted(name)));
    await adopter.adopt(plan);
    systemd.forgetAll();
    this.#tell(`Services were adopted here: ${names.join(', ')}`, names.length);
    keeper.look();
  }

  async ownRelease(): Promise<string[]> {
    const { keeper, adopter, systemd } = this.#expectParts();
    const names = await adopter.release();
    systemd.forgetAll();
    this.#tell(`Services were released here: ${names.join(', ')}`, names.length);
    keeper.look();
    return [...names];
  }

  /** Has a scanner leave folders alone, by a change that a release undoes. @throws Problem SVC-014, DIA-022 */
  async exclude(exclusion: Exclusion): Promise<void> {
    const { file, lines, unit } = exclusion;
    const { adopter, control } = this.#expectParts();
    if (lines !== '') await adopter.adopt({ services: [], changes: [{ kind: 'lines', path: file, text: lines }] });
    await control.restart(unit).catch((error: unknown) => {
      if (!(error instanceof ManagerError)) throw error;
      throw new Problem('DIA-022', { unit, file, reason: error.message }, { cause: error });
    });
    this.#tell(exclusionWords(exclusion).done, 1);
  }

  /** What it answers the other daemon; null where the question is none of its. */
  answer(name: string, body: unknown): Promise<unknown> | null {
    if (name === 'servicesPause') return Promise.resolve(this.ownPause(pauseRequest(body)));
    if (name === 'servicesResume') return Promise.resolve(this.ownResume());
    if (name === 'servicesPlan') return this.ownPlan();
    if (name === 'servicesAdopt') return this.ownAdopt();
    if (name === 'snapshots') return Promise.resolve(this.snapshots.all);
    if (name === 'snapshotTake') return this.ownSnapshot();
    return name === 'servicesRelease' ? this.ownRelease() : null;
  }

  #planned(): Promise<AdoptionPlan> {
    const { adopter } = this.#expectParts();
    // Who only looks at a service keeps nobody from starting it.
    return adopter.plan(
      this.#settings.map(({ name, manager, manage }) => ({ name, manager: manage ? manager : 'nobody' })),
    );
  }

  #expectParts(): Parts {
    if (this.#parts === null) throw new Problem('SVC-014', { reason: 'see the finding about adoption.json' });
    return this.#parts;
  }

  #tell(text: string, count: number): void {
    if (count > 0) this.#options.history.own({ level: 'information', text });
  }
}

/** The other daemon's; a newer one might say more. @throws Problem DMN-001 */
function pauseRequest(body: unknown): { reason: string; forMs: number } {
  const { reason, forMs } = (body ?? {}) as { reason?: unknown; forMs?: unknown };
  if (typeof reason === 'string' && typeof forMs === 'number' && forMs > 0) return { reason, forMs };
  throw new Problem('DMN-001', { reason: 'it asked for a pause without an end' });
}

function keptOf(service: ServiceSettings): KeptService {
  const { name, manager, manage, monitor, startTimeoutMs, stopTimeoutMs } = service;
  const onFailure = service.onFailure.map((one) =>
    typeof one === 'string' ? { kind: one } : { kind: 'command' as const, command: one.command },
  );
  const rule = { name, isManaged: manage, isMonitored: monitor, startTimeoutMs, stopTimeoutMs, onFailure };
  return { rule, manager };
}
