import type { ChannelData, QueueStatus, Status, SynchronizationStatus } from '../api/status.ts';
import { isSynchronized } from '../diagnosis/synchronization-status.ts';
import type { HealthStatus, ServiceStatus } from '../api/services.ts';
import { findingHeads, findingsLines } from './findings-text.ts';
import { progressBar, progressFigures } from './progress-text.ts';
import { formatMoment } from '../kernel/moment-text.ts';
import { formatCount, formatNumberOf } from '../kernel/count-text.ts';
import { formatDuration } from '../kernel/duration-text.ts';
import { formatBytes } from '../kernel/size-text.ts';
import { type Paint, paintWith, type Style, safe } from './shown-text.ts';

const LABEL_WIDTH = 16;

const STATUS_STYLES: Readonly<Record<SynchronizationStatus, Style>> = {
  Uninitialized: 'yellow',
  'Not protected': 'dim',
  'Out of sync': 'red',
  Error: 'red',
  Checking: 'yellow',
  Unchecked: 'yellow',
  'Synchronized and busy processing': 'green',
  Synchronized: 'green',
};

export interface ScreenOptions {
  readonly columns: number;
  readonly colour: boolean;
  /** Of a screen that can't be scrolled: what would not fit is said in fewer words. */
  readonly rows?: number;
}

/** The status as a screen of lines. Ages are reckoned from the status's own `asOf`. */
export function statusScreen(status: Status, options: ScreenOptions): string[] {
  const paint = paintWith(options.colour);
  const facts = [
    ...headLines(status, paint),
    '',
    ...fileSystemLines(status, paint),
    ...registryLines(status, paint),
    '',
    ...channelLines(status, paint),
    ...queueLines(status),
    ...status.capture.map((one, index) => labelled(index === 0 ? 'Capture' : '', captureText(one))),
    ...filterLines(status, paint),
    ...serviceLines(status, paint),
    ...healthLines(status, paint),
    ...pauseLines(status, paint),
  ];
  const whole = [...facts, '', ...findingLines(status, options.columns, paint)];
  if (options.rows === undefined || whole.length < options.rows) return whole;
  // What is wrong is what people watch for: it must not be what falls off the screen.
  return [...facts.filter((line) => line !== ''), ...shortFindingLines(status, paint)];
}

function captureText({ folder, kind, because }: Status['capture'][number]): string {
  return `${safe(folder)}  (${kind}${because === undefined ? '' : `: ${safe(because.replace(/\.$/, ''))}`})`;
}

function headLines(status: Status, paint: Paint): string[] {
  const { peer } = status;
  return [
    `${paint(safe(status.pair), 'bold')}: this server is ${paint(status.identity, 'bold')}, ${paint(status.role, 'bold')} (epoch ${status.epoch})`,
    '',
    labelled('This server', paint(status.systemStatus, status.systemStatus === 'Replicating' ? 'green' : 'yellow')),
    labelled(
      'Other server',
      peer === null
        ? paint('not heard from yet', 'yellow')
        : `${paint(peer.systemStatus, peer.systemStatus === 'Replicating' ? 'green' : 'yellow')} (${peer.role}, as of ${formatMoment(peer.asOf)})`,
    ),
  ];
}

function fileSystemLines(status: Status, paint: Paint): string[] {
  const { fileSystem } = status;
  const lines = [
    labelled('File system', paint(fileSystem.status, STATUS_STYLES[fileSystem.status])),
    labelled(
      '',
      [
        formatNumberOf(fileSystem.itemsTotal, 'item'),
        `${formatCount(fileSystem.itemsOutOfSync)} out of sync`,
        `${formatCount(fileSystem.itemsUnchecked)} unchecked`,
        `applied up to ${fileSystem.position.epoch}:${fileSystem.position.sequence}`,
      ].join(', '),
    ),
  ];
  if (fileSystem.check === null) return lines;
  return [
    ...lines,
    labelled(`${fileSystem.check.kind === 'full' ? 'Full' : 'Fast'} check`, progressBar(fileSystem.check)),
    labelled('', progressFigures(fileSystem.check)),
  ];
}

function registryLines({ registry }: Status, paint: Paint): string[] {
  const lines = [labelled('Registry', paint(registry.status, STATUS_STYLES[registry.status]))];
  if (registry.status === 'Not protected') return lines;
  const counts = [
    formatNumberOf(registry.itemsTotal, 'key'),
    `${formatCount(registry.itemsOutOfSync)} out of sync`,
    `${formatCount(registry.itemsUnchecked)} unchecked`,
  ];
  lines.push(labelled('', counts.join(', ')));
  if (registry.check !== null) lines.push(labelled('Registry check', progressBar(registry.check)));
  return lines;
}

function channelLines(status: Status, paint: Paint): string[] {
  const style = (word: string): Style => (word === 'Connected' ? 'green' : word === 'Waiting' ? 'yellow' : 'red');
  const { channel } = status;
  return [
    labelled('Channel', paint(channel.status, style(channel.status))),
    ...channel.routes.map((route) => {
      const trip = route.roundTripMs === null ? '' : `, round trip ${formatDuration(route.roundTripMs)}`;
      return labelled('', `${safe(route.address)}  ${paint(route.status, style(route.status))}${trip}`);
    }),
    ...dataLines(channel.data),
  ];
}

/** What goes over it; nothing where nothing does. */
function dataLines(data: ChannelData | undefined): string[] {
  if (data === undefined || data.sentBytesPerSecond + data.receivedBytesPerSecond === 0) return [];
  const parts = [
    `sends ${formatBytes(data.sentBytesPerSecond)} a second`,
    `receives ${formatBytes(data.receivedBytesPerSecond)} a second`,
  ];
  if (data.compressing && data.compressionRatio !== null) {
    parts.push(`compressed to 1/${data.compressionRatio.toFixed(1)}`);
  }
  return [labelled('', parts.join(', '))];
}

function queueLines(status: Status): string[] {
  return [
    labelled('Send queue', queueText(status.queues.send)),
    labelled('Receive queue', queueText(status.queues.receive)),
    labelled('Recovery point', recoveryPointText(status)),
    ...replicationLines(status),
  ];
}

function replicationLines({ replication, channel }: Status): string[] {
  const { inForce, since, synchronous } = replication;
  const first = labelled('Replication', `${inForce}, since ${formatMoment(since)}`);
  if (synchronous === undefined) return [first];
  const { state, reason, addedMs, waiting } = synchronous;
  const parts: string[] = [];
  if (state !== 'in force') parts.push(`synchronous is ${state}${reason === null ? '' : `: ${safe(reason)}`}`);
  if (addedMs !== null) parts.push(`a flush takes ${addedMs.p50} ms longer (p50), ${addedMs.p99} ms (p99)`);
  if (waiting > 0) parts.push(`${formatCount(waiting)} waiting`);
  if (channel.status === 'Not connected') parts.push(`as of ${formatMoment(synchronous.asOf)}`);
  return [first, ...parts.map((part) => labelled('', part))];
}

function recoveryPointText({ recoveryPoint, fileSystem, asOf }: Status): string {
  if (recoveryPoint === null) return 'not known until every item is verified';
  const { ms, bytes, items } = recoveryPoint;
  if (recoveryPoint.asOf !== asOf) {
    const moment = `as of ${formatMoment(recoveryPoint.asOf)}, ${formatDuration(ms)} ago`;
    return items === 0
      ? `${moment}: everything; what was changed after that is not here`
      : `${moment}: all but ${formatNumberOf(items, 'item')} (${formatBytes(bytes)}); what was changed after that is not here either`;
  }
  const known = isSynchronized(fileSystem.status);
  if (items === 0) return 'nothing would be lost now';
  const behind = `${formatDuration(ms)}, ${formatBytes(bytes)}, ${formatNumberOf(items, 'item')} behind`;
  return known ? behind : `at least ${behind}`;
}

/** Those that don't do what they seem to; the others would only fill the screen. */
function filterLines({ filters }: Status, paint: Paint): string[] {
  const odd = filters.filter(({ state }) => state !== 'Effective');
  return odd.map(({ kind, pattern, state, detail }, index) => {
    const word = paint(state, state === 'Subset' ? 'dim' : 'yellow');
    return labelled(index === 0 ? 'Filters' : '', `${kind} ${safe(pattern)}  ${word}: ${safe(detail)}`);
  });
}

/** What has failed does not run either. */
export function isRight({ actual, target }: ServiceStatus): boolean {
  return actual === target || (actual === 'Failed' && target === 'Stopped');
}

function pauseLines({ pause }: Status, paint: Paint): string[] {
  if (pause === null || pause === undefined) return [];
  return [labelled('', paint(`paused until ${formatMoment(pause.until)}: ${safe(pause.reason)}`, 'yellow'))];
}

/** Each service on each server; what is not as it is to be stands out. */
function serviceLines({ services = [] }: Status, paint: Paint): string[] {
  return services.map((service, index) => {
    const { name, server, actual, target, adopted } = service;
    const word = paint(actual, isRight(service) ? 'green' : adopted ? 'red' : 'yellow');
    const rest = adopted ? (isRight(service) ? '' : `, to be ${target}`) : ', not adopted';
    return labelled(index === 0 ? 'Services' : '', `${safe(name)} on ${server}  ${word}${rest}`);
  });
}

const HEALTH_STYLES: Readonly<Record<HealthStatus['state'], Style>> = {
  Good: 'green',
  Failing: 'yellow',
  Bad: 'red',
  Suspended: 'dim',
};

/** What is asked of the application on the passive server is suspended there: that is no news. */
function healthLines({ health = [] }: Status, paint: Paint): string[] {
  const shown = health.filter(({ state }) => state !== 'Suspended');
  return shown.map(({ name, server, state, detail }, index) => {
    const found = detail === null ? '' : `: ${safe(detail)}`;
    return labelled(
      index === 0 ? 'Health' : '',
      `${safe(name)} on ${server}  ${paint(state, HEALTH_STYLES[state])}${found}`,
    );
  });
}

function queueText(queue: QueueStatus): string {
  if (queue.records === 0) return 'empty';
  return `${formatNumberOf(queue.records, 'record')}, ${formatBytes(queue.bytes)}, oldest ${formatDuration(queue.oldestMs)}`;
}

function shortFindingLines({ findings }: Status, paint: Paint): string[] {
  if (findings.length === 0) return [];
  return [`Findings (${findings.length}), in full: understudy findings`, ...findingHeads(findings, paint)];
}

function findingLines(status: Status, columns: number, paint: Paint): string[] {
  if (status.findings.length === 0) return ['No findings.'];
  return [
    `Findings (${status.findings.length})`,
    ...findingsLines(status.findings, { columns, paint, nowMs: Date.parse(status.asOf) }),
  ];
}

function labelled(label: string, value: string): string {
  return `  ${label.padEnd(LABEL_WIDTH)}${value}`.trimEnd();
}
