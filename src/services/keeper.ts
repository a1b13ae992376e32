import type { Cancel, Clock, Timers } from '../kernel/clock.ts';
import { FileError } from '../kernel/files.ts';
import type { Programs } from '../kernel/programs.ts';
import type { ProblemCode, ProblemData } from '../problems/problem.ts';
import type { Adopter } from './adopter.ts';
import { ManagerAnswers } from './manager-answers.ts';
import { NOTHING_KNOWN, type ServiceAction, type ServiceMemory, type ServiceNews } from './machine.ts';
import { NO_MEMORY, plan, type ServicesMemory } from './plan.ts';
import { SERVICE_CODES, serviceFindings, type ServiceView } from './service-findings.ts';
import {
  ManagerError,
  type ServiceFacts,
  type ServiceManager,
  type ServiceRule,
  type ServiceState,
  type TargetState,
} from './service.ts';

/** While something was begun and is not done, it is looked at more often. */
const BUSY_LOOK_MS = 200;
/** What ran on the passive server is shown for so long after the last time. */
const STRAY_SHOWN_MS = 60_000;
const COMMAND_MS = 60_000;

/** A service of the settings, with who manages it. */
export interface KeptService {
  readonly rule: ServiceRule;
  readonly manager: string;
}

/** One service as it is shown. */
export interface ServiceRow {
  readonly name: string;
  readonly manager: string;
  readonly isAdopted: boolean;
  readonly target: TargetState;
  readonly actual: ServiceState | 'Unknown';
  readonly start: ServiceFacts['start'];
  readonly recovery: string | null;
  readonly failures: number;
}

export interface ServiceKeeperOptions {
  readonly role: 'active' | 'passive';
  /** In the order of the settings in force. */
  readonly services: () => readonly KeptService[];
  readonly checkIntervalMs: () => number;
  /** Is nothing to be started or stopped? */
  readonly isPaused: () => boolean;
  readonly managers: Readonly<Record<string, ServiceManager>>;
  readonly adopter: Adopter;
  readonly programs: Programs;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly findings: {
    raise(problem: ProblemData, about: { item: string; evidence?: readonly string[] }): void;
    clear(code: ProblemCode, item: string): void;
    clearAll(code: ProblemCode, but: readonly string[]): void;
  };
  readonly tell: (event: { level: 'information' | 'warning' | 'error'; text: string; item: string }) => void;
}

/**
 * Holds the protected services of this server as they are to be: looks at them at intervals and whenever their manager
 * says that something changed, and does what the plan says. Nothing is done about a service that was not adopted.
 */
export class ServiceKeeper {
  readonly #options: ServiceKeeperOptions;
  readonly #answers: ManagerAnswers;
  readonly #strayUntil = new Map<string, number>();
  /** About to be adopted: what of them runs here until then does so by right. */
  readonly #takenOver = new Set<string>();
  /** Services whose command of `onFailure` runs. */
  readonly #commanded = new Set<string>();
  #memory: ServicesMemory = NO_MEMORY;
  #next: Cancel = () => {};
  #looking: Promise<void> | null = null;
  #again = false;
  /** What was found about services that run, since the last look. */
  #illnesses = new Map<string, string>();
  #isStopped = false;

  constructor(options: ServiceKeeperOptions) {
    this.#options = options;
    this.#answers = new ManagerAnswers({
      ...options,
      version: () => options.adopter.version,
      answeredLate: () => this.look(),
    });
  }

  get target(): TargetState {
    return this.#options.role === 'active' ? 'Running' : 'Stopped';
  }

  start(): void {
    this.look();
  }

  /** Nothing is begun any more. Services go on as they are. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#next();
    await this.#looking;
    for (const manager of Object.values(this.#options.managers)) manager.close();
  }

  /** Looks at once, or again where a look is under way. */
  look(): void {
    if (this.#isStopped) return;
    if (this.#looking !== null) {
      this.#again = true;
      return;
    }
    this.#next();
    this.#looking = this.#lookAndAct().finally(() => {
      this.#looking = null;
      const again = this.#again;
      this.#again = false;
      if (again) this.look();
      else this.#lookLater();
    });
  }

  /** These are adopted now: on the passive server what of them runs is stopped, and nobody is to blame for it. */
  takeOver(services: readonly string[]): void {
    if (this.target === 'Stopped') for (const name of services) this.#takenOver.add(name);
  }

  /** It runs and does not work: that counts as a failure of it. */
  fail(service: string, reason: string): void {
    this.#illnesses.set(service, reason);
    this.look();
  }

  /** Another one for each run of a service; null where it does not run. */
  runOf(service: string): string | null {
    const facts = this.#answers.facts.get(service);
    return facts?.state === 'Running' ? (facts.run ?? 'a run') : null;
  }

  rows(): ServiceRow[] {
    return this.#options.services().map(({ rule, manager }) => {
      const facts = this.#answers.facts.get(rule.name);
      return {
        name: rule.name,
        manager,
        isAdopted: this.#options.adopter.isAdopted(rule.name),
        target: this.target,
        actual: this.#isBeingEnded(facts) ? 'Stopping' : (facts?.state ?? 'Unknown'),
        start: facts?.start ?? null,
        recovery: facts?.recovery ?? null,
        failures: this.#memoryOf(rule.name).failures,
      };
    });
  }

  #lookLater(): void {
    if (this.#isStopped) return;
    const isBusy = [...this.#memory.services.values()].some(({ phase, owes }) => phase !== 'settled' || owes);
    const intervalMs = this.#options.checkIntervalMs();
    this.#next = this.#options.timers.after(isBusy ? Math.min(BUSY_LOOK_MS, intervalMs) : intervalMs, () =>
      this.look(),
    );
  }

  async #lookAndAct(): Promise<void> {
    const { clock, adopter } = this.#options;
    const services = this.#options.services();
    const { version } = adopter;
    await this.#answers.ask(services.map(({ rule, manager }) => ({ name: rule.name, manager })));
    // Asked before services were adopted or let go of: by what was said then they would seem to be unguarded.
    if (version !== adopter.version) return this.look();
    // What happens meanwhile is no failure, and what runs afterwards was started by whoever maintains it.
    const illnesses = this.#illnesses;
    this.#illnesses = new Map();
    const kept = services.filter(({ rule }) => rule.isManaged && adopter.isAdopted(rule.name));
    const isPaused = this.#options.isPaused();
    // After a start of the machine nothing is permitted: who maintains it on the active server could not start it either.
    if (!isPaused || this.target === 'Running') this.#permit(kept);
    if (isPaused) {
      this.#memory = NO_MEMORY;
      return this.#showFindings(services);
    }
    const seen = kept.flatMap(({ rule, manager }) => {
      const facts = this.#answers.facts.get(rule.name);
      if (facts === undefined) return [];
      const isBusy = this.#answers.isWaitedFor(manager) || this.#commanded.has(rule.name);
      const illness = illnesses.get(rule.name) ?? null;
      return [{ rule, state: this.#stateOf(facts), run: facts.run, illness, isBusy }];
    });
    // What can't be heard now is heard at the next look.
    for (const { rule, illness, isBusy } of seen)
      if (isBusy && illness !== null) this.#illnesses.set(rule.name, illness);
    this.#memory = this.#withTakenOver(kept);
    const decided = plan(this.#memory, seen, this.target, clock.monotonicMs());
    this.#memory = { ...decided.memory, services: new Map([...this.#unseen(kept), ...decided.memory.services]) };
    for (const { name, news } of decided.news) await this.#tell(name, news);
    for (const { name, action } of decided.actions) await this.#act(name, action);
    this.#showFindings(services);
  }

  #withTakenOver(kept: readonly KeptService[]): ServicesMemory {
    const services = new Map(this.#memory.services);
    for (const { rule } of kept) {
      // Its manager has to have said whether it runs.
      if (!this.#answers.facts.has(rule.name) || !this.#takenOver.delete(rule.name)) continue;
      services.set(rule.name, { ...this.#memoryOf(rule.name), isOurs: true });
    }
    return { ...this.#memory, services };
  }

  /** What is known of services that can't be asked about now: that they were given up, and how often they failed. */
  #unseen(kept: readonly KeptService[]): [string, ServiceMemory][] {
    const unseen = kept.filter(({ rule }) => !this.#answers.facts.has(rule.name));
    return unseen.map(({ rule: { name } }) => [name, this.#memoryOf(name)]);
  }

  /** What starts or needs a service that must not run, must not run either; nor must what is left of it. */
  #stateOf(facts: ServiceFacts): ServiceState {
    const isUp = ({ state }: { state: ServiceState }): boolean => state === 'Running' || state === 'Starting';
    const isDown = facts.state === 'Stopped' || facts.state === 'Failed';
    if (this.target === 'Running' || !isDown) return facts.state;
    return facts.attached.some(isUp) || this.#isBeingEnded(facts) ? 'Running' : facts.state;
  }

  /** Is there nothing that its manager could refuse? */
  #isAsMeant({ rule: { name, isManaged } }: KeptService): boolean {
    const { adopter } = this.#options;
    if (!isManaged || !adopter.isAdopted(name)) return true;
    const { phase, owes, isRestarting } = this.#memoryOf(name);
    const facts = this.#answers.facts.get(name);
    if (facts === undefined || phase !== 'settled' || owes || isRestarting) return false;
    const state = this.#stateOf(facts);
    if (this.target === 'Stopped') return state === 'Stopped' || state === 'Failed' || state === 'Missing';
    const wanted = new Set(adopter.unitsOf(name).flatMap((unit) => (unit.isWanted ? [unit.name] : [])));
    return state === 'Running' && facts.attached.every((one) => one.state === 'Running' || !wanted.has(one.name));
  }

  /** Its manager has let go of processes that must not run here. */
  #isBeingEnded(facts: ServiceFacts | undefined): boolean {
    return this.target === 'Stopped' && facts?.remains?.meant === null;
  }

  /** What was adopted and is not listed any more stays where it is, and may run where the others run. */
  #permit(kept: readonly KeptService[]): void {
    const { adopter, managers, findings } = this.#options;
    const others = adopter.services.filter(({ name }) => !kept.some(({ rule }) => rule.name === name));
    try {
      for (const { rule, manager } of kept) managers[manager]?.permit(rule.name, this.target === 'Running');
      for (const { name, units } of others)
        if (units.length > 0) managers['systemd']?.permit(name, this.target === 'Running');
      findings.clear('SVC-014', 'permits');
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      findings.raise({ code: 'SVC-014', parameters: { reason: error.message } }, { item: 'permits' });
    }
  }

  #managerOf(name: string): ServiceManager | null {
    const kept = this.#options.services().find(({ rule }) => rule.name === name);
    return kept === undefined ? null : (this.#options.managers[kept.manager] ?? null);
  }

  async #act(name: string, action: ServiceAction): Promise<void> {
    const manager = this.#managerOf(name);
    const { findings, adopter, isPaused } = this.#options;
    // While others were dealt with somebody may have paused services, or let go of this one.
    if (manager === null || this.#isStopped || isPaused() || !adopter.isAdopted(name)) return;
    if (action.kind === 'command') return this.#command(name, action.command);
    try {
      if (action.kind === 'start') await manager.start(name);
      else if (action.kind === 'stop') await manager.stop(name);
      else if (action.kind === 'kill') await manager.kill(name);
      findings.clear('SVC-008', name);
    } catch (error) {
      if (!(error instanceof ManagerError)) throw error;
      const parameters = { manager: manager.title, action: action.kind, name, reason: error.message };
      findings.raise({ code: 'SVC-008', parameters }, { item: name });
    }
  }

  /** Nobody else waits for it; the service itself is dealt with again once it has ended. */
  #command(name: string, command: readonly string[]): void {
    const environment = { UNDERSTUDY_SERVICE: name, UNDERSTUDY_ROLE: this.#options.role };
    this.#commanded.add(name);
    void this.#options.programs.run(command, { timeoutMs: COMMAND_MS, environment }).then(({ status, error }) => {
      this.#commanded.delete(name);
      if (status !== 0) this.#say('warning', `The command for ${name} failed: ${error.trim() || String(status)}`, name);
      this.look();
    });
  }

  async #tell(name: string, news: ServiceNews): Promise<void> {
    switch (news.kind) {
      case 'stray':
        return await this.#tellStray(name);
      case 'started':
        return this.#say('information', `The service ${name} was started`, name);
      case 'stopped':
        return this.#say('information', `The service ${name} was stopped`, name);
      case 'healed':
        return this.#say('information', `The service ${name} has been well for long: its failures are forgotten`, name);
      case 'failed': {
        const action = news.action === 'none' ? 'somebody else has started it again' : `action: ${news.action}`;
        const detail = this.#memoryOf(name).illness ?? this.#answers.facts.get(name)?.detail ?? 'it ended';
        return this.#say('warning', `The service ${name} failed (${detail}), failure ${news.count}: ${action}`, name);
      }
      case 'startLate':
      case 'stopLate':
        // The finding says so.
        return;
    }
  }

  async #tellStray(name: string): Promise<void> {
    const { findings, clock } = this.#options;
    const evidence = await this.#originOf(name);
    const beside = (this.#answers.facts.get(name)?.attached ?? []).filter(({ state }) => state === 'Running');
    for (const unit of beside) evidence.push(`${unit.name}, its ${unit.kind}, runs.`);
    this.#strayUntil.set(name, clock.monotonicMs() + STRAY_SHOWN_MS);
    findings.raise({ code: 'SVC-010', parameters: { name } }, { item: name, evidence });
    this.#say('warning', `The service ${name} runs on the passive server and is stopped. ${evidence.join(' ')}`, name);
  }

  async #originOf(name: string): Promise<string[]> {
    try {
      return [...((await this.#managerOf(name)?.origin(name)) ?? [])];
    } catch (error) {
      if (!(error instanceof ManagerError)) throw error;
      return [`Who started it can't be told: ${error.message}.`];
    }
  }

  #say(level: 'information' | 'warning', text: string, item: string): void {
    this.#options.tell({ level, text, item });
  }

  #memoryOf(name: string): ServiceMemory {
    return this.#memory.services.get(name) ?? NOTHING_KNOWN;
  }

  #showFindings(services: readonly KeptService[]): void {
    const { findings, adopter, managers, clock } = this.#options;
    const found = services.flatMap(({ rule, manager }) => {
      const facts = this.#answers.facts.get(rule.name);
      if (facts === undefined) return [];
      const memory = this.#memoryOf(rule.name);
      const managerTitle = managers[manager]?.title ?? manager;
      const isAdopted = adopter.isAdopted(rule.name);
      const view: ServiceView = { rule, facts, memory, managerTitle, isAdopted, target: this.target };
      return serviceFindings(view);
    });
    for (const { problem, item, evidence = [] } of found) findings.raise(problem, { item, evidence });
    for (const code of SERVICE_CODES)
      findings.clearAll(
        code,
        found.filter(({ problem }) => problem.code === code).map(({ item }) => item),
      );
    const refused = services.filter((service) => !this.#isAsMeant(service)).map(({ rule }) => rule.name);
    findings.clearAll('SVC-008', refused);
    const listed = new Set(services.map(({ rule }) => rule.name));
    const unlisted = adopter.services.map(({ name }) => name).filter((name) => !listed.has(name));
    for (const name of unlisted) findings.raise({ code: 'SVC-016', parameters: { name } }, { item: name });
    findings.clearAll('SVC-016', unlisted);
    for (const [name, until] of this.#strayUntil) {
      if (clock.monotonicMs() < until) continue;
      this.#strayUntil.delete(name);
      findings.clear('SVC-010', name);
    }
  }
}
