import type { Interval } from './statistics.ts';

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

export function paragraphs(...parts: readonly string[]): string {
  return parts.join('\n\n');
}

export function number(value: number, digits: number): string {
  return Number.isNaN(value) ? '–' : value.toFixed(digits);
}

export function seconds(ms: number): string {
  return `${number(ms / 1000, 2)} s`;
}

/** Smallest to largest. */
export function span(values: readonly number[], show: (value: number) => string): string {
  return `${show(Math.min(...values))} – ${show(Math.max(...values))}`;
}

export function between(interval: Interval | null, show: (value: number) => string): string {
  return interval === null ? 'too few rounds' : `${show(interval.low)} – ${show(interval.high)}`;
}
