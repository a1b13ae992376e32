import type { Finding } from '../api/status.ts';
import { formatMoment } from '../kernel/moment-text.ts';
import { formatDuration } from '../kernel/duration-text.ts';
import { type Paint, type Style, safe, wrap } from './shown-text.ts';

const STYLES: Readonly<Record<Finding['severity'], Style>> = { error: 'red', warning: 'yellow', information: 'dim' };

const ORDER: Readonly<Record<Finding['severity'], number>> = { error: 0, warning: 1, information: 2 };

/**
 * Findings as lines, each with code, what, since when, what to do: worst first, those that follow from
 * another indented under it.
 */
export function findingsLines(
  findings: readonly Finding[],
  options: { readonly columns: number; readonly paint: Paint; readonly nowMs: number },
): string[] {
  const depths = new Map<string, number>();
  return worstFirst(findings).flatMap((finding, index) => {
    const depth = finding.parent === null ? 0 : (depths.get(finding.parent) ?? -1) + 1;
    depths.set(finding.id, depth);
    const lines = oneFinding(finding, '  '.repeat(depth + 1), options);
    return index === 0 ? lines : ['', ...lines];
  });
}

/** A line for each: worst first, with what happened. */
export function findingHeads(findings: readonly Finding[], paint: Paint): string[] {
  return worstFirst(findings).map(
    ({ code, severity, server, cause }) => `  ${paint(`[${code}]`, STYLES[severity])} ${server}  ${safe(cause)}`,
  );
}

/** Each server lists its own findings worst first; here the two lists become one. */
function worstFirst(findings: readonly Finding[]): Finding[] {
  const trees: [Finding, ...Finding[]][] = [];
  for (const finding of findings) {
    const last = trees.at(-1);
    if (finding.parent === null || last === undefined) trees.push([finding]);
    else last.push(finding);
  }
  return trees.sort(([a], [b]) => ORDER[a.severity] - ORDER[b.severity]).flat();
}

function oneFinding(
  finding: Finding,
  indent: string,
  options: { readonly columns: number; readonly paint: Paint; readonly nowMs: number },
): string[] {
  const { columns, paint, nowMs } = options;
  const age = nowMs - Date.parse(finding.since);
  const since = `since ${formatMoment(finding.since)}${age >= 0 ? ` (${formatDuration(age)})` : ''}`;
  const head = [
    paint(`[${finding.code}]`, STYLES[finding.severity]),
    paint(finding.severity, STYLES[finding.severity]),
    finding.server,
    ...(finding.item === null ? [] : [safe(finding.item)]),
    paint(since, 'dim'),
  ];
  const inner = `${indent}  `;
  return [
    indent + head.join('  '),
    ...wrap(finding.cause, { columns, indent: inner }),
    ...finding.evidence.flatMap((evidence) => wrap(`Seen: ${evidence}`, { columns, indent: inner })),
    ...wrap(`What to do: ${finding.resolution}`, { columns, indent: inner }),
    ...(finding.action === null
      ? []
      : wrap(`understudy fix ${finding.id} would: ${finding.action}`, { columns, indent: inner })),
  ];
}
