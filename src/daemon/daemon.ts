import type { Handlers } from '../api/requests.ts';
import type { Identity, Role, Status } from '../api/status.ts';
import type { Cancel } from '../kernel/clock.ts';
import { answerPeer } from './channel/answer-peer.ts';
import { AntivirusWatch } from './services/antivirus-watch.ts';
import type { CheckOutcome } from './passive/check-follower.ts';
import { Checks } from './status/checks.ts';
import { ChannelDoctor } from './channel/channel-doctor.ts';
import { ChannelKeeper } from './channel/channel-keeper.ts';
import type { FromChannel, SessionPeer } from './channel/channel-messages.ts';
import type { DaemonOptions } from './daemon-options.ts';
import { EventHistory, tellHistory } from './status/event-history.ts';
import { FindingBoard } from './status/finding-board.ts';
import { logFinding } from './status/finding-log.ts';
import { type DaemonView, handlersOf } from './status/handlers.ts';
import { carryOut } from './status/fixes.ts';
import { Invitations } from './channel/invitations.ts';
import { expectCovered } from './settings/not-protected.ts';
import { tellMixedCopy } from './status/mixed-copy.ts';
import { watchOwners } from './status/owners.ts';
import { pairStatus } from './status/pair-status.ts';
import { MachineWatch } from './machine-watch.ts';
import { PeerCalls } from './channel/peer-calls.ts';
import { asPeerMessage, type PeerMessage } from './channel/peer-message.ts';
import { PeerSide } from './channel/peer-side.ts';
import { QueueFindings } from './status/queue-findings.ts';
import { buildRegistry } from './registry/build-registry.ts';
import type { RegistryHost } from './registry/registry-host.ts';
import { isRegistryQuery } from './registry/registry-messages.ts';
import { settingsInForce } from './settings/settings-in-force.ts';
import { Services } from './services/services.ts';
import { SettingsKeeper } from './settings/settings-keeper.ts';
import { StreamQueries } from './stream/stream-queries.ts';
import { StreamKeeper } from './stream/stream-keeper.ts';
import { meetNews } from './status/stream-news.ts';
import { SynchronousReplication } from './interception/synchronous-replication.ts';
import type { CheckRequest, StreamNews } from './stream/thread-messages.ts';
import { WorkerFindings } from './status/worker-findings.ts';

const REPORT_LATEST_MS = 1000;

/**
 * One server of the pair. Wires the stream worker, the channel worker and what users ask; decides
 * nothing about protected files itself. Runs on the main thread's event loop and never blocks it.
 */
export class Daemon implements DaemonView {
  readonly identity: Identity;
  readonly role: Role;
  readonly services: Services;
  readonly #options: DaemonOptions;
  readonly #findings: FindingBoard;
  readonly #streamFindings: WorkerFindings;
  readonly #history: EventHistory;
  readonly #calls: PeerCalls;
  readonly #checks: Checks;
  readonly #queries: StreamQueries;
  readonly #stream: StreamKeeper;
  readonly #invitations: Invitations;
  readonly #settings: SettingsKeeper;
  readonly #queues: QueueFindings;
  readonly #peer: PeerSide;
  readonly #watch: MachineWatch;
  readonly #antivirus: AntivirusWatch;
  #doctor: ChannelDoctor | null = null;
  readonly #replication: SynchronousReplication;
  readonly #registry: RegistryHost;
  readonly #channel: ChannelKeeper;
  #lifecycle: 'starting' | 'running' | 'stopping' = 'starting';
  #cancels: Cancel[] = [];

  constructor(options: DaemonOptions) {
    this.#options = options;
    const { facts, clock, timers, health } = options;
    this.identity = options.server.identity;
    this.role = facts.role;
    this.#history = new EventHistory({
      keeper: options.keeper,
      clock,
      server: this.identity,
      tellPeer: (event) => this.#tell({ kind: 'event', event }),
    });
    this.#findings = new FindingBoard({
      clock,
      server: this.identity,
      record: (event) => {
        this.#history.finding(event);
        logFinding(options.log, event);
      },
    });
    this.#streamFindings = new WorkerFindings(this.#findings);
    this.#queues = new QueueFindings({ role: this.role, findings: this.#findings });
    this.#peer = new PeerSide({ clock, findings: this.#findings });
    this.#channel = new ChannelKeeper({ ...options, findings: this.#findings, on: (heard) => this.#onChannel(heard) });
    this.#calls = new PeerCalls({
      send: (message) => this.#tell(message),
      timers,
      answer: (name, body) => answerPeer(name, body, this, options.aside),
    });
    this.#stream = new StreamKeeper({
      ...options,
      role: this.role,
      findings: this.#findings,
      begin: (epoch) => {
        this.#streamFindings.begin();
        const what = { pair: options.pairFile.settings, role: this.role, epoch };
        return options.startStream(what, (message) => this.#onStream(message));
      },
      connect: (thread) => this.#channel.connectStream(thread),
      onGone: () => this.#streamGone(),
      tellFacts: () => this.#tellFacts(),
    });
    const seen = { findings: this.#findings, history: this.#history, stream: this.#stream, peer: this.#peer };
    const ended = (outcome: CheckOutcome): void => this.#checkEnded(outcome);
    const own = { ...options, ...seen, role: this.role };
    this.#registry = buildRegistry({ ...own, ended, reported: () => this.#tellReport() });
    this.#checks = new Checks({
      ...own,
      post: (message) => this.#stream.post(message),
      registry: this.#registry,
      peerRole: () => (this.#channel.status.status === 'Connected' ? (this.#peer.session?.role ?? null) : null),
      askActive: async (request) => (await this.#calls.call('check', request)) as number,
      expectProtected: (path) => this.expectProtected(path),
      schedule: () => options.pairFile.settings.check.schedule,
    });
    this.#watch = new MachineWatch({ health, clock, ...seen, checks: this.#checks });
    this.#antivirus = new AntivirusWatch({ ...options, findings: this.#findings });
    this.#queries = new StreamQueries((message) => this.#stream.post(message));
    this.#replication = new SynchronousReplication({ ...own, channel: () => this.#channel.status });
    this.services = new Services({ ...own, identity: this.identity, calls: this.#calls });
    this.#invitations = new Invitations((message) => this.#channel.post(message));
    this.#settings = new SettingsKeeper({
      ...own,
      tell: (message) => this.#tell(message),
      tellFacts: () => this.#tellFacts(),
      changed: (version, effect) => {
        const parts = { history: this.#history, checks: this.#checks, stream: this.#stream, registry: this.#registry };
        settingsInForce({ ...options, ...parts, role: this.role, channel: this.#channel }, version, effect);
      },
    });
  }

  /** What the API serves. */
  get handlers(): Handlers {
    return handlersOf({ ...this.#options, daemon: this, findings: this.#findings, history: this.#history });
  }

  /** @throws Problem CHN-001, CHN-002 when the channel's address can't be listened on. */
  async start(): Promise<void> {
    const { facts, timers, missingRights, keeper, mounts } = this.#options;
    keeper.onTrouble((trouble) => tellHistory(trouble, this.#findings));
    if (missingRights !== null) this.#findings.raise(missingRights);
    if (!facts.isPaired) this.#findings.raise({ code: 'IDN-001', parameters: {} });
    this.#doctor = new ChannelDoctor({ ...this.#options, findings: this.#findings });
    const listening = this.#channel.start();
    // Where mounts were gone on with, applications may wait for whoever reads their records.
    if (mounts.interception.forStream === null) await listening;
    this.#stream.start();
    await listening;
    this.#registry.start();
    this.#lifecycle = 'running';
    const text = `Understudy started as the ${this.role} server (${this.identity})`;
    this.#history.own({ level: 'information', text });
    this.#replication.start();
    this.#cancels.push(
      timers.every(REPORT_LATEST_MS, () => this.#tick()),
      this.#watch.start(timers),
      this.#doctor.start(),
    );
    this.#cancels.push(this.#settings.watch(), watchOwners({ daemon: this, timers, findings: this.#findings }));
    this.#cancels.push(facts.watch(this.#findings, () => this.#onPaired()));
    this.#cancels.push(this.services.start(), this.#antivirus.start());
    this.#checks.schedule();
  }

  async stop(): Promise<void> {
    if (this.#lifecycle === 'stopping') return;
    this.#lifecycle = 'stopping';
    this.#tellReport();
    for (const cancel of this.#cancels) cancel();
    this.#checks.stop();
    await Promise.all([this.#stream.stop(), this.#registry.stop()]);
    this.#replication.stop();
    this.#findings.stop();
    this.#history.own({ level: 'information', text: 'Understudy stopped' });
    await this.#channel.stop();
  }

  // What the API asks.

  get protectsRegistry(): boolean {
    return this.#registry.isConfigured;
  }

  status(): Status {
    const { facts, pairFile } = this.#options;
    return pairStatus({
      pair: pairFile.settings.pair,
      identity: this.identity,
      role: this.role,
      epoch: facts.epoch,
      lifecycle: this.#lifecycle,
      asOf: new Date(this.#options.clock.wallMs()).toISOString(),
      replication: this.#replication.shown(),
      ...this.#registry.shown,
      protectsFiles: pairFile.settings.protect.files.include.length > 0,
      filters: pairFile.filters,
      channel: this.#channel.status,
      everConnected: this.#channel.everConnected,
      own: this.#stream.report,
      peer: this.#peer.report,
      isPeerSilent: this.#peer.isSilent,
      services: this.services.status(),
      health: this.services.health.status(),
      pause: this.services.pauseStatus,
      findings: this.#findings.all(),
      failed: this.#stream.hasFailed || this.#watch.isHung,
    });
  }

  startCheck(request: CheckRequest): Promise<number> {
    return this.#checks.start(request);
  }

  outcome(check: number, signal: AbortSignal): ReturnType<Checks['outcome']> {
    return this.#checks.outcome(check, signal);
  }

  query(query: Parameters<DaemonView['query']>[0]): Promise<unknown> {
    return isRegistryQuery(query) ? this.#registry.query(query) : this.#queries.ask(query);
  }

  callPeer(name: string, body: unknown): Promise<unknown> {
    return this.#calls.call(name, body);
  }

  fix(id: string): Promise<string> {
    const [stream, registry, antivirus, services] = [this.#stream, this.#registry, this.#antivirus, this.services];
    return carryOut(id, this.#findings, { stream, registry, antivirus, services, daemon: this });
  }

  invite(signal: AbortSignal): ReturnType<DaemonView['invite']> {
    return this.#invitations.invite(signal);
  }

  pairSettings(): ReturnType<DaemonView['pairSettings']> {
    return this.#options.pairFile.shown();
  }

  expectProtected(path: string): void {
    expectCovered(path, this.#options);
  }

  #streamGone(): void {
    this.#checks.abandon();
    this.#queries.lost();
    this.services.still.lost();
  }

  #onStream(message: StreamNews): void {
    switch (message.kind) {
      case 'report':
        this.#stream.reported(message.report);
        this.#streamFindings.working();
        this.#replication.look();
        this.#tellReport();
        return;
      case 'epochNeeded':
        this.#stream.newEpoch(message.above);
        return;
      case 'checkEnded':
        return this.#checkEnded(message.outcome);
      case 'answer':
        this.#queries.answered(message);
        return;
      case 'failed':
        this.#stream.failed(message);
        return;
      default: {
        const [history, registry, { still }] = [this.#history, this.#registry, this.services];
        meetNews(message, this.#streamFindings, { ...this.#options, history, registry, still });
      }
    }
  }

  #checkEnded(outcome: CheckOutcome): void {
    this.#checks.ended(outcome);
    this.#tell({ kind: 'checkEnded', outcome });
  }

  #onChannel(message: FromChannel): void {
    this.#doctor?.heard(message);
    switch (message.kind) {
      case 'listening':
        // What the channel worker before had in hand ended with it: invitations, the line to the stream worker.
        this.#invitations.lost();
        void this.#stream.restart();
        return;
      case 'status':
        this.#peer.channelIs(message.status, message.beat);
        this.#replication.look();
        return;
      case 'sessionUp':
        return this.#sessionUp(message.peer);
      case 'sessionDown':
        this.#calls.lost();
        // Whoever follows a check is told; what was not compared is when the servers meet again.
        this.#checks.abandon();
        this.#history.own({ level: 'warning', text: `The channel was lost: ${message.reason}` });
        return;
      case 'message':
        return this.#onPeer(asPeerMessage(message.message));
      case 'invitation':
        this.#invitations.told(message);
        if (message.what === 'done' && this.#options.facts.reload()) this.#onPaired();
        return;
      case 'peerFacts':
        this.#peer.met(message.peer);
        this.#stream.sawEpoch(message.peer.epoch);
        this.#settings.met(message.peer.settings);
        return;
      default:
    }
  }

  #sessionUp(peer: SessionPeer): void {
    this.#peer.up(peer);
    this.#stream.sawEpoch(peer.epoch);
    this.#history.own({ level: 'information', text: `Connected to the ${peer.role} server (${peer.identity})` });
    this.#settings.met(peer.settings);
    this.#tellReport();
  }

  #onPeer(message: PeerMessage | null): void {
    switch (message?.kind) {
      case 'report':
        this.#peer.reported(message.report);
        this.#replication.look();
        return;
      case 'call':
      case 'answer':
        this.#calls.receive(message);
        return;
      case 'event':
        this.#history.peer(message.event);
        return;
      case 'checkEnded':
        this.#checks.ended(message.outcome);
        return;
      case 'settings':
        this.#settings.received(message);
        return;
      case 'settingsTaken':
        this.#settings.taken(message.version);
        return;
      case undefined:
    }
  }

  #tell(message: PeerMessage): boolean {
    return this.#channel.post({ kind: 'send', message });
  }

  #tellReport(): void {
    // Before what is told of it: a status that says Synchronized has no such finding beside it.
    tellMixedCopy(this.#stream.report, this.#channel.status.status, this.#findings);
    const { clock, facts } = this.#options;
    const { identity, role } = this;
    const { systemStatus } = this.status();
    const asOf = new Date(clock.wallMs()).toISOString();
    const [stream, findings] = [this.#stream.report, this.#findings.own()];
    const [services, health] = [this.services.status(), this.services.health.status()];
    const failed = this.#stream.hasFailed || this.#watch.isHung;
    const own = { identity, role, systemStatus, asOf, epoch: facts.epoch, stream, failed, findings, services, health };
    const { registry, hasRegistryFailed: registryFailed } = this.#registry.shown;
    const report = { ...own, registry, registryFailed, replication: this.#replication.shown() };
    this.#tell({ kind: 'report', report });
  }

  #tick(): void {
    const { ageMsMax } = this.#options.pairFile.settings.queues;
    this.#peer.look();
    this.#registry.look(this.#peer.report?.registry);
    if (this.#peer.session !== null) this.#stream.sawEpoch(this.#peer.session.epoch);
    const [own, { diskWait, connectedMs }] = [this.#stream.report?.queue ?? null, this.#peer];
    this.#queues.look({ own, both: this.status().queues, diskWait, connectedMs, ageMsMax });
    this.#tellReport();
  }

  #tellFacts(): void {
    const { facts, pairFile } = this.#options;
    this.#channel.post({ kind: 'facts', facts: facts.forHandshake(pairFile.mark, this.#stream.report) });
  }

  #onPaired(): void {
    this.#findings.clear('IDN-001');
    this.#history.own({ level: 'information', text: 'This server was paired' });
    this.#channel.post({ kind: 'credentials', credentials: this.#options.facts.credentials() });
    this.#tellFacts();
  }
}
