import { causeOf, type WayCause } from '../../diagnosis/way.ts';
import type { Cancel, Clock, Timers } from '../../kernel/clock.ts';
import { formatAddress } from '../../kernel/sockets.ts';
import type { WayFacts, WayQuestion } from '../../kernel/way.ts';
import { describe, Problem, type ProblemCode, type ProblemData, toData } from '../../problems/problem.ts';
import type { ServerSettings } from '../../settings/settings.ts';
import type { Thread } from '../../system/processes/threads.ts';
import type { FromChannel, RouteFailure } from './channel-messages.ts';
import type { FindingBoard } from '../status/finding-board.ts';
import type { WayLook } from './way-worker.ts';

const STEP_MS = 100;
/** This server and the other one may just be starting: not looked at before so long, … */
const LOOK_AFTER_MS = 700;
/** … nor before that where the two were connected, … */
const LOOK_AGAIN_MS = 300;
/** … and nothing is told before that. */
const TELL_AFTER_MS = 2500;
/** Between two looks, until something is told; then while it is news; then, and of a route beside one that works. */
const PAUSE_MS = 250;
const PAUSE_TOLD_MS = 1000;
const PAUSE_LATER_MS = 3000;
const NEWS_MS = 60_000;
/** A route that does not work beside one that does. */
const DEAD_AFTER_MS = 10_000;
/** The other server's hardware address is asked for so long after the two were connected: they have enough to do. */
const LEARN_AFTER_MS = 1000;
/** What a look says counts once the next one says the same. */
const LOOKS = 2;
/** The port that Understudy listens at where nothing else is set. */
const USUAL_PORT = 57_348;
/** What was turned back once counts as that so long, where nothing comes: routers say so far less often than they are asked. */
const TURNED_BACK_MS = 30_000;
/** Ends of a try that tell of an answer. */
const HEARD: readonly RouteFailure['failure'][] = ['met', 'untrusted', 'expired'];
const STALLED: ProblemCode = 'CHN-020';
/** What the two tell one another where they meet: nothing is in the way then. */
const MET: readonly ProblemCode[] = ['CHN-005', 'CHN-006', 'CHN-007', 'CHN-008', 'CHN-009', 'CHN-010', 'CHN-012'];

export interface ChannelDoctorOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly server: Pick<ServerSettings, 'channel'>;
  readonly facts: { readonly isPaired: boolean; readonly peerPorts: readonly number[] };
  readonly findings: Pick<FindingBoard, 'raise' | 'clear'>;
  readonly startWay: () => Thread<WayQuestion, WayLook>;
}

/** What is known of one address of the other server. */
interface Patient {
  readonly question: WayQuestion;
  readonly address: string;
  isConnected: boolean;
  /** Since when it is not connected, or the daemon runs. */
  sinceMs: number;
  end: Pick<RouteFailure, 'failure' | 'reason'> & { readonly atMs: number };
  hardware: string | null;
  isStalled: boolean;
  /** Who turned packets back, and when: machines say that once a second at most, whoever asks. */
  turnedBack: { readonly port: WayFacts['port']; readonly atMs: number } | null;
  /** The last look's cause, and how many in a row said the same. */
  seen: { readonly cause: WayCause | null; readonly times: number };
  /** As told. */
  told: ProblemCode | null;
}

/**
 * Findings about why there is no channel, beside those that the channel itself tells. While the two are apart, the way
 * to each address of the other server is looked at, in a thread that lives no longer.
 */
export class ChannelDoctor {
  readonly #options: ChannelDoctorOptions;
  readonly #patients: readonly Patient[];
  #thread: Thread<WayQuestion, WayLook> | null = null;
  #waiting = 0;
  #lookAtMs = 0;
  #lookAfterMs = LOOK_AFTER_MS;
  #isApart = true;
  #apartSinceMs: number;
  #togetherSinceMs = 0;

  constructor(options: ChannelDoctorOptions) {
    this.#options = options;
    const { listen, peers } = options.server.channel;
    const now = options.clock.monotonicMs();
    this.#apartSinceMs = now;
    this.#patients = peers.map((target) => ({
      question: { target, ownPorts: listen.map(({ port }) => port), otherPorts: [] },
      address: formatAddress(target),
      isConnected: false,
      sinceMs: now,
      end: { failure: null, reason: '', atMs: now },
      hardware: null,
      isStalled: false,
      turnedBack: null,
      seen: { cause: null, times: 0 },
      told: null,
    }));
  }

  /** Looks where it is due, until cancelled. */
  start(): Cancel {
    const cancel = this.#options.timers.every(STEP_MS, () => this.#step());
    return () => {
      cancel();
      this.#endThread();
    };
  }

  /** Whatever the channel says. */
  heard(message: FromChannel): void {
    switch (message.kind) {
      case 'problem':
        if (message.problem.code === STALLED) this.#stalled(message.item, true);
        if (MET.includes(message.problem.code)) for (const patient of this.#patients) this.#healed(patient);
        return;
      case 'cleared':
        if (message.code === STALLED) this.#stalled(message.item, false);
        return;
      case 'sessionUp':
        this.#isApart = false;
        this.#togetherSinceMs = this.#now;
        for (const patient of this.#patients) this.#healed(patient);
        return;
      case 'sessionDown':
        this.#isApart = true;
        this.#apartSinceMs = this.#now;
        this.#lookAfterMs = LOOK_AGAIN_MS;
        // Whatever was looked at last: that was of a way that worked.
        this.#lookAtMs = 0;
        for (const patient of this.#patients) this.#healed(patient);
        return;
      case 'status':
        for (const end of message.ends) this.#ended(end);
        return;
      default:
    }
  }

  get #now(): number {
    return this.#options.clock.monotonicMs();
  }

  #ended({ address, isConnected, failure, reason }: RouteFailure): void {
    for (const patient of this.#patients.filter((one) => one.address === address)) {
      if (patient.isConnected !== isConnected) patient.sinceMs = this.#now;
      patient.isConnected = isConnected;
      const isHeard = HEARD.includes(failure) && patient.end.failure !== failure;
      const isTurnedBack = patient.end.failure === 'unreachable' && this.#now - patient.end.atMs < TURNED_BACK_MS;
      const isAgain = patient.end.failure === failure && patient.end.reason === reason;
      if (!isAgain && !(isTurnedBack && failure === 'timedOut')) patient.end = { failure, reason, atMs: this.#now };
      // Where the other server answers, whatever it says, nothing is in the way any more.
      if (isHeard || (isConnected && !patient.isStalled)) this.#healed(patient);
    }
  }

  #stalled(item: string | null, isStalled: boolean): void {
    // Where the other server made the connection, its host alone is known.
    const isMeant = ({ address, question }: Patient): boolean =>
      item === itemOf(address) || item === itemOf(question.target.host);
    for (const patient of this.#patients.filter(isMeant)) {
      patient.isStalled = isStalled;
      if (isStalled) this.#lookAtMs = 0;
      else this.#healed(patient);
    }
  }

  #healed(patient: Patient): void {
    patient.seen = { cause: null, times: 0 };
    patient.turnedBack = null;
    this.#tell(patient, null);
  }

  #step(): void {
    // What was seen before it could be told.
    for (const patient of this.#patients) if (patient.told === null) this.#tellSeen(patient);
    const { facts } = this.#options;
    if (!facts.isPaired || this.#waiting > 0 || this.#now < this.#lookAtMs) return;
    const due = this.#patients.filter((patient) => this.#isDue(patient));
    if (due.length === 0) {
      if (!this.#isApart) this.#endThread();
      return;
    }
    this.#thread ??= this.#startThread();
    for (const patient of due) {
      this.#waiting += 1;
      const otherPorts = [...new Set([...facts.peerPorts, USUAL_PORT])].filter(
        (port) => port !== patient.question.target.port,
      );
      this.#thread.post({ ...patient.question, otherPorts });
    }
  }

  #isDue(patient: Patient): boolean {
    if (this.#isApart) return this.#now - this.#apartSinceMs >= this.#lookAfterMs;
    if (patient.isStalled) return true;
    if (!patient.isConnected) return this.#now - this.#deadSinceMs(patient) >= DEAD_AFTER_MS;
    return patient.hardware === null && this.#now - this.#togetherSinceMs >= LEARN_AFTER_MS;
  }

  #deadSinceMs(patient: Patient): number {
    return Math.max(patient.sinceMs, this.#togetherSinceMs);
  }

  #startThread(): Thread<WayQuestion, WayLook> {
    const thread = this.#options.startWay();
    thread.onMessage((look) => {
      if (thread === this.#thread) this.#looked(look);
    });
    thread.onEnd(() => {
      if (thread === this.#thread) this.#forgetThread();
    });
    return thread;
  }

  #endThread(): void {
    const thread = this.#thread;
    this.#forgetThread();
    void thread?.terminate();
  }

  #forgetThread(): void {
    this.#thread = null;
    this.#waiting = 0;
  }

  #looked({ question, facts }: WayLook): void {
    this.#waiting -= 1;
    const patient = this.#patients.find(({ address }) => address === formatAddress(question.target));
    if (patient !== undefined) this.#met(patient, facts);
    this.#lookAtMs = this.#now + (patient === undefined ? PAUSE_LATER_MS : this.#pauseMs(patient));
  }

  /** Soon again, while nothing is told and another look may change that. */
  #pauseMs({ seen, told }: Patient): number {
    const isNews = this.#isApart && this.#now - this.#apartSinceMs < NEWS_MS;
    const isSettled = seen.times >= LOOKS && (seen.cause !== null || !isNews);
    if (told === null && !isSettled) return PAUSE_MS;
    return isNews ? PAUSE_TOLD_MS : PAUSE_LATER_MS;
  }

  #met(patient: Patient, facts: WayFacts | null): void {
    if (patient.isConnected && !patient.isStalled && !this.#isApart) {
      // Where it can't be learned it is not asked again in this session.
      patient.hardware = hardwareOf(facts) ?? '';
      return;
    }
    if (facts === null) return;
    const listen = this.#options.server.channel.listen.map(({ host }) => host).filter(isOneAddress);
    const hardware = patient.hardware === '' ? null : patient.hardware;
    const cause = causeOf(this.#remembered(patient, facts), {
      ...patient.end,
      hardware,
      isStalled: patient.isStalled,
      listen,
    });
    const { seen } = patient;
    patient.seen = { cause, times: codeOf(seen.cause) === codeOf(cause) ? seen.times + 1 : 1 };
    this.#tellSeen(patient);
  }

  /** What several looks in a row said, as the last one did. */
  #tellSeen(patient: Patient): void {
    const isEarly = this.#isApart && this.#now - this.#apartSinceMs < TELL_AFTER_MS;
    if (patient.seen.times >= LOOKS && !isEarly) this.#tell(patient, patient.seen.cause);
  }

  #remembered(patient: Patient, facts: WayFacts): WayFacts {
    const { port } = facts;
    const { turnedBack } = patient;
    if (port.kind === 'turnedBack') patient.turnedBack = { port, atMs: this.#now };
    const isFresh = turnedBack !== null && this.#now - turnedBack.atMs < TURNED_BACK_MS;
    return port.kind === 'silent' && isFresh ? { ...facts, port: turnedBack.port } : facts;
  }

  #tell(patient: Patient, cause: WayCause | null): void {
    const { findings } = this.#options;
    const item = itemOf(patient.address);
    const problem = cause === null ? null : this.#shown(patient, cause.problem);
    if (patient.told !== null && patient.told !== problem?.code) findings.clear(patient.told, item);
    patient.told = problem?.code ?? null;
    if (problem !== null) findings.raise(problem, { item, evidence: cause?.evidence ?? [] });
  }

  /** A route that does not work while another one does is but a warning. */
  #shown(patient: Patient, problem: ProblemData): ProblemData {
    if (this.#isApart || patient.isStalled) return problem;
    const reason = describe(problem).message;
    return toData(new Problem('CHN-047', { address: patient.address, reason }));
  }
}

function hardwareOf(facts: WayLook['facts']): string | null {
  if (facts === null || facts.route.kind !== 'leaves' || facts.route.gateway !== null) return null;
  return facts.link?.length === 1 ? (facts.link[0] ?? null) : null;
}

function codeOf(cause: WayCause | null): ProblemCode | null {
  return cause?.problem.code ?? null;
}

function itemOf(address: string): string {
  return `route ${address}`;
}

/** Not a name, and not every address of the machine. */
function isOneAddress(host: string): boolean {
  return /^\d+(\.\d+){3}$/.test(host) && host !== '0.0.0.0';
}
