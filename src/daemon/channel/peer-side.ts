import type { Status } from '../../api/status.ts';
import type { DiskWait } from '../../diagnosis/bottleneck.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { SessionPeer } from './channel-messages.ts';
import type { FindingBoard } from '../status/finding-board.ts';
import type { ActiveReport, SideReport } from '../status/side-report.ts';

/** A daemon whose main thread works tells how it stands every second. */
const SILENT_MS = 5000;

/** The other server, as far as the channel and its own reports tell. */
export class PeerSide {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #findings: Pick<FindingBoard, 'raise' | 'clear' | 'setPeer'>;
  #session: SessionPeer | null = null;
  #report: SideReport | null = null;
  #heardAt = 0;
  #upAt = 0;
  /** Of the channel: it changes with every heartbeat that the other server answers. */
  #beat: number | null = null;
  #livedAt = 0;
  #isConnected = false;
  #isSilent = false;

  constructor(options: {
    clock: Pick<Clock, 'monotonicMs'>;
    findings: Pick<FindingBoard, 'raise' | 'clear' | 'setPeer'>;
  }) {
    this.#clock = options.clock;
    this.#findings = options.findings;
  }

  /** Who it is; null while the two are apart. */
  get session(): SessionPeer | null {
    return this.#session;
  }

  /** What it told last, also while the two are apart. */
  get report(): SideReport | null {
    return this.#report;
  }

  /** Is it connected and yet tells nothing, so that what it told last says nothing of now? */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** For how long the two have been connected; 0 where they are not. */
  get connectedMs(): number {
    return this.#session === null ? 0 : this.#clock.monotonicMs() - this.#upAt;
  }

  /** How folders are captured, where it is the active server. */
  get captures(): ActiveReport['capture'] {
    const stream = this.#report?.stream;
    return stream?.role === 'active' ? stream.capture : [];
  }

  /** The disk that it waits for, where it is the passive server; null where it tells none, and while the two are apart. */
  get diskWait(): DiskWait | null {
    const stream = this.#session === null ? null : this.#report?.stream;
    return stream?.role === 'passive' ? (stream.diskWait ?? null) : null;
  }

  up(session: SessionPeer): void {
    // What an earlier run of the other daemon told is no news of this one.
    if (this.#session?.instance !== session.instance) this.#report = null;
    this.#session = session;
    this.#upAt = this.#clock.monotonicMs();
    this.#heardAt = this.#upAt;
  }

  met(session: SessionPeer): void {
    this.#session = session;
  }

  /** How the channel is. @param beat - another number with every heartbeat that was answered; null where none was. */
  channelIs(status: Status['channel']['status'], beat: number | null): void {
    this.#isConnected = status === 'Connected';
    if (beat !== this.#beat) this.#livedAt = this.#clock.monotonicMs();
    this.#beat = beat;
    if (status === 'Not connected') this.#session = null;
    this.look();
  }

  reported(report: SideReport): void {
    this.#report = report;
    this.#heardAt = this.#clock.monotonicMs();
    this.#findings.setPeer(report.findings);
    this.look();
  }

  /** To be called every second. */
  look(): void {
    // Where its heartbeats stop as well it is the link that is gone, or the whole machine: the channel tells that.
    this.#isSilent = this.#isConnected && this.#session !== null && this.#livedAt - this.#heardAt >= SILENT_MS;
    if (!this.#isSilent) return this.#findings.clear('DMN-012');
    this.#findings.raise({ code: 'DMN-012', parameters: { seconds: SILENT_MS / 1000 } });
  }
}
