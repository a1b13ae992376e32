import type { Row } from './scenario.ts';

const HEAD = [
  '| scenario | told by | cause | evidence | mended by | told after | over after |',
  '|---|---|---|---|---|---|---|',
];

/**
 * `docs/diagnosis.md` with these rows in it, in the place of earlier ones of the same scenarios.
 * @param page - as it stands; empty where there is none. @param names - of all scenarios, in the order of the page.
 */
export function withRows(page: string, rows: readonly Row[], names: readonly string[]): string {
  const lines = new Map(
    page
      .split('\n')
      .filter((line) => line.startsWith('| ') && line !== HEAD[0])
      .map((line) => [line.split(' | ')[0]?.slice(2) ?? '', line]),
  );
  for (const row of rows) lines.set(cell(row.scenario), lineOf(row));
  const known = names.map((name) => lines.get(cell(name))).filter((line) => line !== undefined);
  return `${[
    '# Diagnosis',
    '<!-- Made by `npm run proof diagnosis` (test/system/diagnosis.root.test.ts). -->',
    'Each of these was injected for real on a pair of daemons, each on a network and on disks of its own. The finding had to have the right code and item on the right server, the cause with its evidence, and nothing wrong beside it from the injection to the end of the repair; what mended it had to end in a pair that is Synchronized and has no finding. Times are from the injection to the finding on the slower server, which may be 5 s, or so much more as stands there before it can be seen at all; and from the repair to a pair that is well; where a daemon had to be stopped and started they count that in.',
    `${known.length} scenarios.`,
    [...HEAD, ...known].join('\n'),
  ].join('\n\n')}\n`;
}

function lineOf(row: Row): string {
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  const cells = [row.scenario, row.codes, row.cause, row.evidence, row.resolution].map(cell);
  const later = row.toldLater === '' ? '' : ` (${cell(row.toldLater)})`;
  return `| ${[...cells, `${seconds(row.toldMs)}${later}`, seconds(row.clearedMs)].join(' | ')} |`;
}

/** Paths of the machine that it was made on say nothing to others. */
function cell(text: string): string {
  return text
    .replace(/\/\S*(?:understudy-|test\/support\/)[^\s)]*/g, '…')
    .replace(/(?<!\S)\/(?!usr\/)\S*\/bin\//g, '')
    .replaceAll('|', '\\|')
    .replaceAll('\n', ' ');
}
