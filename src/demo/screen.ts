import type { CheckProgress, Finding, QueueStatus, Status } from '../api/status.ts';
import { findingsLines } from '../cli/findings-text.ts';
import { progressBar, progressFigures } from '../cli/progress-text.ts';
import { formatCount, formatNumberOf } from '../kernel/count-text.ts';
import { formatDuration } from '../kernel/duration-text.ts';
import { formatBytes } from '../kernel/size-text.ts';
import { cut, type Paint, paintWith, type Style, safe, wrap } from '../cli/shown-text.ts';
import { isSynchronized } from '../diagnosis/synchronization-status.ts';
import type { BothStatuses } from './demo-pair.ts';
import type { ShopFigures } from './shop.ts';

const LABEL_WIDTH = 15;
const BESIDE_COLUMNS_MIN = 104;
const COLOUR_CODES = /\x1b\[\d+m/g;

/** Everything that the live screen shows. */
export interface Scene {
  readonly top: string;
  readonly both: BothStatuses;
  readonly figures: ShopFigures;
  readonly isCut: boolean;
  /** A file is locked on the passive server. */
  readonly isHeld: boolean;
  /** What has just been done and what to expect now. */
  readonly note: string;
}

/** The demo's screen as lines. Pure. */
export function sceneLines(scene: Scene, options: { readonly columns: number; readonly colour: boolean }): string[] {
  const { columns } = options;
  const paint = paintWith(options.colour);
  const { active, passive } = scene.both;
  return [
    `${paint('Understudy: two servers on this machine', 'bold')}, in ${safe(scene.top)}`,
    '',
    ...beside(
      serverLines('Primary (active)', active, paint),
      serverLines('Secondary (passive)', passive, paint),
      columns,
    ),
    '',
    ...checkLines(active?.fileSystem.check ?? passive?.fileSystem.check ?? null, columns),
    shopLine(scene.figures),
    '',
    keysLine(scene, paint),
    ...wrap(scene.note, { columns, indent: '  ' }),
    '',
    ...findingLines(active, passive, { columns, paint }),
  ];
}

function keysLine({ isCut, isHeld }: Scene, paint: Paint): string {
  const keys = [
    ['c', `${isCut ? 'restore' : 'cut'} the channel`],
    ['e', 'edit'],
    ['h', `${isHeld ? 'release' : 'lock'} a file on the passive`],
    ['Ctrl-C', 'end'],
  ] as const;
  return keys.map(([key, what]) => `${paint(key, 'bold')} ${what}`).join('   ');
}

function serverLines(title: string, status: Status | null, paint: Paint): string[] {
  if (status === null) return [paint(title, 'bold'), labelled('Daemon', paint('does not answer', 'yellow'))];
  const { fileSystem, registry, channel, queues, role } = status;
  const trip = channel.routes.find((route) => route.roundTripMs !== null)?.roundTripMs ?? null;
  const queue = role === 'active' ? queues.send : queues.receive;
  return [
    `${paint(title, 'bold')}  ${paint(status.systemStatus, 'dim')}`,
    labelled('File system', paint(fileSystem.status, styleOf(fileSystem.status))),
    labelled(
      'Items',
      `${formatCount(fileSystem.itemsTotal)}, ${formatCount(fileSystem.itemsOutOfSync)} out of sync, ${formatCount(fileSystem.itemsUnchecked)} unchecked`,
    ),
    ...(registry.status === 'Not protected'
      ? []
      : [labelled('Registry', paint(registry.status, styleOf(registry.status)))]),
    labelled(
      'Channel',
      paint(
        channel.status,
        channel.status === 'Connected' ? 'green' : channel.status === 'Waiting' ? 'yellow' : 'red',
      ) + (trip === null ? '' : `, round trip ${formatDuration(trip)}`),
    ),
    labelled(role === 'active' ? 'Send queue' : 'Receive queue', queueText(queue)),
  ];
}

function styleOf(word: Status['fileSystem']['status']): Style {
  if (isSynchronized(word)) return 'green';
  return word === 'Out of sync' || word === 'Error' ? 'red' : 'yellow';
}

function queueText(queue: QueueStatus): string {
  if (queue.records === 0) return 'empty';
  return `${formatNumberOf(queue.records, 'record')}, ${formatBytes(queue.bytes)}, ${formatDuration(queue.oldestMs)} old`;
}

function checkLines(check: CheckProgress | null, columns: number): string[] {
  if (check === null) return [labelled('Check', 'none runs')];
  const label = check.kind === 'full' ? 'Full check' : 'Fast check';
  const [bar, figures] = [progressBar(check), progressFigures(check)];
  if (columns >= BESIDE_COLUMNS_MIN) return [labelled(label, `${bar}  ${figures}`)];
  return [labelled(label, bar), labelled('', figures)];
}

function shopLine(figures: ShopFigures): string {
  if (figures.created === 0) return labelled('Application', 'does not write yet');
  const { created, renamed, deleted, transactions } = figures;
  return labelled(
    'Application',
    `${formatNumberOf(created, 'file')}, ${formatCount(renamed)} renamed, ${formatCount(deleted)} deleted, ${formatNumberOf(transactions, 'transaction')}`,
  );
}

/** Each finding once, whichever server told it. */
function findingLines(
  active: Status | null,
  passive: Status | null,
  options: { readonly columns: number; readonly paint: Paint },
): string[] {
  const findings = new Map<string, Finding>();
  for (const status of [passive, active]) {
    for (const finding of status?.findings ?? []) findings.set(`${finding.server} ${finding.id}`, finding);
  }
  if (findings.size === 0) return ['No findings.'];
  const nowMs = Math.max(...[active, passive].map((status) => Date.parse(status?.asOf ?? '1970-01-01T00:00:00Z')));
  return [`Findings (${findings.size})`, ...findingsLines([...findings.values()], { ...options, nowMs })];
}

/** Two blocks side by side where there is room, otherwise one above the other. */
function beside(left: readonly string[], right: readonly string[], columns: number): string[] {
  if (columns < BESIDE_COLUMNS_MIN) return [...left, '', ...right];
  const width = Math.floor(columns / 2);
  return Array.from({ length: Math.max(left.length, right.length) }, (_, index) => {
    const line = cut(left[index] ?? '', width - 2);
    return line + ' '.repeat(Math.max(2, width - line.replace(COLOUR_CODES, '').length)) + (right[index] ?? '');
  });
}

function labelled(label: string, value: string): string {
  return `  ${label.padEnd(LABEL_WIDTH)}${value}`;
}
