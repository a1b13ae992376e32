import type { Handlers } from '../api/requests.ts';
import type { Identity, Role, Status } from '../api/status.ts';
import { nextDailyTime } from '../check/schedule.ts';
import type { FindingEvent } from '../diagnosis/findings.ts';
import { bottleneckOf } from '../diagnosis/bottleneck.ts';
import type { Cancel, Clock, Timers } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import { Problem, type ProblemData, toData } from '../problems/problem.ts';
import type { PairSettings, ServerSettings } from '../settings/settings.ts';
import { CheckOutcomes } from './check-outcomes.ts';
import type { FromChannel, SessionPeer } from './channel-messages.ts';
import type { ChannelThread } from './channel-thread.ts';
import { EventHistory, type EventKeeper } from './event-history.ts';
import { FindingBoard } from './finding-board.ts';
import { type DaemonView, handlersOf } from './handlers.ts';
import { Invitations } from './invitations.ts';
import type { PairFacts } from './pair-facts.ts';
import { pairStatus } from './pair-status.ts';
import type { PairSettingsFile } from './pair-settings-file.ts';
import { PeerCalls } from './peer-calls.ts';
import { asPeerMessage, type PeerMessage } from './peer-message.ts';
import type { SideReport } from './side-report.ts';
import { SettingsKeeper } from './settings-keeper.ts';
import { StreamQueries } from './stream-queries.ts';
import { StreamKeeper } from './stream-keeper.ts';
import type { StreamThread } from './stream-thread.ts';
import type { CheckRequest, FromStream } from './thread-messages.ts';

const REPORT_LATEST_MS = 1000;

export interface DaemonOptions {
  readonly server: ServerSettings;
  readonly facts: PairFacts;
  readonly pairFile: PairSettingsFile;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly keeper: EventKeeper;
  /** Rights this process lacks, and what it can't do without them (SYS-002). */
  readonly missingRights: readonly ProblemData[];
  readonly startStream: (
    options: { pair: PairSettings; role: Role; epoch: number },
    onMessage: (message: FromStream) => void,
  ) => StreamThread;
  readonly startChannel: (onMessage: (message: FromChannel) => void) => ChannelThread;
}

/**
 * One server of the pair. Wires the stream worker, the channel worker and what users ask; decides
 * nothing about protected files itself. Runs on the main thread's event loop and never blocks it.
 */
export class Daemon implements DaemonView {
  readonly identity: Identity;
  readonly role: Role;
  readonly #options: DaemonOptions;
  readonly #findings: FindingBoard;
  readonly #history: EventHistory;
  readonly #calls: PeerCalls;
  readonly #outcomes = new CheckOutcomes();
  readonly #queries: StreamQueries;
  readonly #stream: StreamKeeper;
  readonly #invitations: Invitations;
  readonly #settings: SettingsKeeper;
  #channel: ChannelThread | null = null;
  #lifecycle: 'starting' | 'running' | 'stopping' = 'starting';
  #peerReport: SideReport | null = null;
  #peer: SessionPeer | null = null;
  #everConnected = false;
  #channelStatus: Status['channel'] = { status: 'Not connected', routes: [] };
  #nextCheck: number;
  readonly #since: string;
  #cancels: Cancel[] = [];

  constructor(options: DaemonOptions) {
    this.#options = options;
    const { facts, clock, timers } = options;
    this.identity = options.server.identity;
    this.role = facts.role;
    this.#since = new Date(clock.wallMs()).toISOString();
    // Numbers of checks of earlier runs must not come again while the peer may remember them.
    this.#nextCheck = (Math.floor(clock.wallMs() / 1000) % 1_000_000) * 1000 + 1;
    this.#history = new EventHistory({
      keeper: options.keeper,
      clock,
      server: this.identity,
      tellPeer: (event) => this.#tell({ kind: 'event', event }),
    });
    this.#findings = new FindingBoard({
      clock,
      server: this.identity,
      record: (event) => this.#onFinding(event),
    });
    this.#calls = new PeerCalls({
      send: (message) => this.#tell(message),
      timers,
      answer: (name, body) => this.#answerPeer(name, body),
    });
    this.#stream = new StreamKeeper({
      role: this.role,
      facts,
      timers,
      log: options.log,
      findings: this.#findings,
      begin: (epoch) => {
        const { settings: pair } = options.pairFile;
        return options.startStream({ pair, role: this.role, epoch }, (message) => this.#onStream(message));
      },
      connect: (thread) => this.#channel?.connectStream(thread),
      tellFacts: () => this.#tellFacts(),
    });
    this.#queries = new StreamQueries((message) => this.#stream.post(message));
    this.#invitations = new Invitations((message) => this.#channel?.post(message));
    this.#settings = new SettingsKeeper({
      pairFile: options.pairFile,
      role: this.role,
      findings: this.#findings,
      tell: (message) => this.#tell(message),
      tellFacts: () => this.#tellFacts(),
      changed: (version) => this.#settingsChanged(version),
    });
  }

  /** A finding began or ended: a line of the history, and of the log. */
  #onFinding(event: FindingEvent): void {
    this.#history.finding(event);
    const levels = { error: 'error', warning: 'warn', information: 'info' } as const;
    this.#options.log[levels[event.level]](event.text, { code: event.code, item: event.item, ...event.details });
  }

  /** What the API serves. */
  get handlers(): Handlers {
    const { timers } = this.#options;
    return handlersOf({ daemon: this, findings: this.#findings, history: this.#history, timers });
  }

  /** @throws Problem CHN-001, CHN-002 when the channel's address can't be listened on. */
  async start(): Promise<void> {
    const { facts, pairFile, timers, missingRights } = this.#options;
    for (const problem of missingRights) this.#findings.raise(problem, { item: String(problem.parameters['right']) });
    for (const warning of pairFile.warnings) this.#findings.raise(toData(warning));
    if (!facts.isPaired) this.#findings.raise({ code: 'IDN-001', parameters: {} });
    this.#channel = this.#options.startChannel((message) => this.#onChannel(message));
    await this.#channel.listening;
    this.#stream.start();
    this.#lifecycle = 'running';
    this.#history.own({
      level: 'information',
      text: `Understudy started as the ${this.role} server (${this.identity})`,
    });
    this.#cancels.push(timers.every(REPORT_LATEST_MS, () => this.#tick()));
    this.#cancels.push(this.#settings.watch());
    this.#cancels.push(facts.watchPairing(() => this.#onPaired()));
    this.#scheduleCheck();
  }

  async stop(): Promise<void> {
    if (this.#lifecycle === 'stopping') return;
    this.#lifecycle = 'stopping';
    this.#tellReport();
    for (const cancel of this.#cancels) cancel();
    this.#outcomes.abandon();
    await this.#stream.stop();
    this.#history.own({ level: 'information', text: 'Understudy stopped' });
    await this.#channel?.stop();
  }

  // What the API asks.

  status(): Status {
    const { facts, pairFile } = this.#options;
    return pairStatus({
      pair: pairFile.settings.pair,
      identity: this.identity,
      role: this.role,
      epoch: facts.epoch,
      lifecycle: this.#lifecycle,
      asOf: new Date(this.#options.clock.wallMs()).toISOString(),
      replicationSince: this.#since,
      protectsFiles: pairFile.settings.protect.files.include.length > 0,
      channel: this.#channelStatus,
      everConnected: this.#everConnected,
      own: this.#stream.report,
      peer: this.#peerReport,
      findings: this.#findings.all(),
      failed: this.#stream.hasFailed,
    });
  }

  async startCheck(request: CheckRequest): Promise<number> {
    if (this.#channelStatus.status !== 'Connected' || this.#peer === null) {
      throw new Problem('DMN-002', { reason: 'the other server is not connected' });
    }
    if (this.#peer.role === this.role) throw new Problem('DMN-002', { reason: `both servers are ${this.role}` });
    for (const path of request.paths ?? []) if (!this.isProtected(path)) throw new Problem('DMN-006', { path });
    if (this.role === 'passive') return (await this.#calls.call('check', request)) as number;
    const id = this.#nextCheck++;
    if (!this.#stream.post({ kind: 'check', id, request })) {
      throw new Problem('DMN-002', { reason: 'replication is being started again' });
    }
    const what = `${request.repair ? '' : 'verifying '}${request.mode} check of ${request.paths === null ? 'everything' : request.paths.join(', ')}`;
    this.#history.own({ level: 'information', text: `Started: ${what}` });
    return id;
  }

  outcome(check: number, signal: AbortSignal): ReturnType<CheckOutcomes['wait']> {
    return this.#outcomes.wait(check, signal);
  }

  query(query: Parameters<DaemonView['query']>[0]): Promise<unknown> {
    return this.#queries.ask(query);
  }

  callPeer(name: string, body: unknown): Promise<unknown> {
    return this.#calls.call(name, body);
  }

  fix(id: string): string {
    const problem = this.#findings.find(id);
    if (problem?.code !== 'APL-003' || !this.#stream.post({ kind: 'adopt' })) throw new Problem('DMN-004', { id });
    this.#findings.clearAll('APL-003');
    return 'Replication goes on; what is replaced goes to the quarantine.';
  }

  invite(signal: AbortSignal): ReturnType<DaemonView['invite']> {
    return this.#invitations.invite(signal);
  }

  pairSettings(): ReturnType<DaemonView['pairSettings']> {
    return this.#options.pairFile.shown();
  }

  isProtected(path: string): boolean {
    return this.#options.pairFile.covers(path);
  }

  // What the workers say.

  #onStream(message: FromStream): void {
    switch (message.kind) {
      case 'report':
        this.#stream.reported(message.report);
        this.#tellReport();
        return;
      case 'problem':
        this.#findings.raise(message.problem, message);
        return;
      case 'cleared':
        this.#findings.clear(message.code, message.item);
        return;
      case 'clearedAll':
        this.#findings.clearAll(message.code);
        return;
      case 'event':
        this.#history.stream(message.event);
        return;
      case 'epochNeeded':
        this.#stream.newEpoch(message.above);
        return;
      case 'checkWanted':
        this.#history.own({ level: 'warning', text: `Everything is checked again: ${message.reason}` });
        this.#checkAll('The check');
        return;
      case 'checkEnded':
        this.#outcomes.ended(message.outcome);
        this.#tell({ kind: 'checkEnded', outcome: message.outcome });
        return;
      case 'answer':
        this.#queries.answered(message);
        return;
      case 'log':
        this.#options.log[message.level](message.text, message.fields);
        return;
      case 'failed':
        this.#outcomes.abandon();
        this.#stream.failed(message.problem === null ? message.text : `${message.text} (${message.problem.code})`);
        return;
      case 'ready':
      case 'stopped':
        return;
    }
  }

  #onChannel(message: FromChannel): void {
    switch (message.kind) {
      case 'status':
        this.#channelStatus = { status: message.status, routes: message.routes };
        if (message.status === 'Not connected') this.#peer = null;
        return;
      case 'sessionUp':
        this.#sessionUp(message.peer);
        return;
      case 'sessionDown':
        this.#calls.lost();
        this.#history.own({ level: 'warning', text: `The channel was lost: ${message.reason}` });
        return;
      case 'message':
        this.#onPeer(asPeerMessage(message.message));
        return;
      case 'problem':
        this.#findings.raise(message.problem, { item: message.item, evidence: message.evidence });
        return;
      case 'cleared':
        this.#findings.clear(message.code, message.item);
        return;
      case 'invitation':
        this.#invitations.told(message);
        if (message.what === 'done') this.#options.facts.reload();
        return;
      case 'peerFacts':
        this.#meet(message.peer);
        return;
      case 'listening':
        return;
      case 'log':
        this.#options.log[message.level](message.text, message.fields);
        return;
      case 'failed':
        this.#options.log.error('the channel worker failed', { code: 'DMN-003', reason: message.text });
        this.#findings.raise({ code: 'DMN-003', parameters: { reason: message.text } });
        return;
    }
  }

  #sessionUp(peer: SessionPeer): void {
    this.#everConnected = true;
    this.#meet(peer);
    this.#history.own({ level: 'information', text: `Connected to the ${peer.role} server (${peer.identity})` });
    this.#settings.met(peer.settings);
    this.#tellReport();
  }

  /** The highest epoch seen is kept for good, whoever was active in it. */
  #meet(peer: SessionPeer): void {
    const { facts } = this.#options;
    this.#peer = peer;
    if (peer.epoch > facts.epoch) facts.setEpoch(peer.epoch);
  }

  #onPeer(message: PeerMessage | null): void {
    switch (message?.kind) {
      case 'report':
        this.#peerReport = message.report;
        this.#findings.setPeer(message.report.findings);
        return;
      case 'call':
      case 'answer':
        this.#calls.receive(message);
        return;
      case 'event':
        this.#history.peer(message.event);
        return;
      case 'checkEnded':
        this.#outcomes.ended(message.outcome);
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

  async #answerPeer(name: string, body: unknown): Promise<unknown> {
    switch (name) {
      case 'check':
        return this.startCheck(body as CheckRequest);
      case 'query':
        return this.query(body as Parameters<DaemonView['query']>[0]);
      case 'fix':
        return { done: this.fix((body as { id: string }).id) };
      default:
        throw new Problem('DMN-001', { reason: `this release knows no ${name}` });
    }
  }

  #tell(message: PeerMessage): boolean {
    return this.#channel?.post({ kind: 'send', message }) ?? false;
  }

  #tellReport(): void {
    const { clock, facts } = this.#options;
    const { systemStatus } = this.status();
    this.#tell({
      kind: 'report',
      report: {
        identity: this.identity,
        role: this.role,
        systemStatus,
        asOf: new Date(clock.wallMs()).toISOString(),
        epoch: facts.epoch,
        stream: this.#stream.report,
        findings: this.#findings.own(),
      },
    });
  }

  #tick(): void {
    const { queues } = this.status();
    const late = bottleneckOf({
      sendOldestMs: queues.send.oldestMs,
      receiveOldestMs: queues.receive.oldestMs,
      ageMsMax: this.#options.pairFile.settings.queues.ageMsMax,
    });
    if (this.role === 'active' && late !== null) this.#findings.raise({ code: 'DIA-001', parameters: late });
    else this.#findings.clear('DIA-001');
    this.#tellReport();
  }

  #settingsChanged(version: number): void {
    this.#history.own({ level: 'information', text: `The pair settings changed (version ${String(version)})` });
    void this.#stream.restart();
  }

  #tellFacts(): void {
    const { facts, pairFile } = this.#options;
    this.#channel?.post({ kind: 'facts', facts: facts.forHandshake(pairFile.mark, this.#stream.report) });
  }

  #onPaired(): void {
    this.#findings.clear('IDN-001');
    this.#history.own({ level: 'information', text: 'This server was paired' });
    this.#channel?.post({ kind: 'credentials', credentials: this.#options.facts.credentials() });
    this.#tellFacts();
  }

  #checkAll(what: string): void {
    this.startCheck({ mode: 'full', repair: true, paths: null }).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      this.#history.own({ level: 'warning', text: `${what} could not run: ${reason}` });
    });
  }

  #scheduleCheck(): void {
    const { schedule } = this.#options.pairFile.settings.check;
    const { clock, timers } = this.#options;
    if (schedule === null || this.role !== 'active') return;
    const now = clock.wallMs();
    const at = nextDailyTime(schedule, now);
    if (at === null) return;
    const cancel = timers.after(at - now, () => {
      this.#checkAll('The daily check');
      this.#scheduleCheck();
    });
    this.#cancels.push(cancel);
  }
}
