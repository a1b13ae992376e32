import { listGroups, listSettings, type SettingExplanation, type SettingsFile } from './explanation.ts';
import { NOT_YET, type PairFileValues } from './pair-schema.ts';
import { scalarText } from './scalar-text.ts';
import type { ServerFileValues } from './server-schema.ts';

const LINE_LENGTH_MAX = 100;

/** A commented `server.yaml`: the given values, every other key commented out with its default. */
export function exampleServerFile(values: ServerFileValues): string {
  const head =
    "# This server's own settings. The pair's are in pair.yaml. Every key: `understudy settings explain KEY`.";
  return [head, ...fileLines('server.yaml', values)].join('\n');
}

/**
 * A commented `pair.yaml`: the given values, every other key commented out with its default.
 * @param notes - what whoever edits it should know, at its head.
 */
export function examplePairFile(values: PairFileValues, notes: readonly string[] = []): string {
  const head =
    "# The pair's settings: the same on both servers. Edit them on the active one; the channel carries them over.";
  return [head, ...notes.flatMap((note) => comment(`- ${note}`, 0)), ...fileLines('pair.yaml', values)].join('\n');
}

function fileLines(file: SettingsFile, values: object): string[] {
  const groups = new Map(listGroups(file).map((group) => [group.key, group.text]));
  const lines: string[] = [];
  const opened = new Set<string>();
  for (const setting of listSettings(file)) {
    if (NOT_YET[setting.key] === 'all') continue;
    const parts = setting.key.split('.');
    for (let depth = 1; depth < parts.length; depth++) {
      const group = parts.slice(0, depth).join('.');
      if (opened.has(group)) continue;
      opened.add(group);
      lines.push('', ...comment(groups.get(group) ?? '', depth - 1), `${indent(depth - 1)}${parts[depth - 1]}:`);
    }
    const depth = parts.length - 1;
    if (depth === 0) lines.push('');
    lines.push(...settingLines(setting, values, depth));
  }
  lines.push('');
  return lines;
}

function settingLines(setting: SettingExplanation, values: object, depth: number): string[] {
  const value = valueAt(values, setting.key.split('.'));
  const name = setting.key.slice(setting.key.lastIndexOf('.') + 1);
  const unit = setting.unit === null ? '' : ` (${setting.unit})`;
  const about = comment(`${setting.text} ${sentence(setting.type)}${unit}.`, depth);
  if (value === undefined) return [...about, `${indent(depth)}# ${name}: ${defaultOf(setting, values)}`.trimEnd()];
  if (Array.isArray(value) && value.length > 0) {
    return [...about, `${indent(depth)}${name}:`, ...value.map((one) => `${indent(depth + 1)}- ${scalarText(one)}`)];
  }
  return [...about, `${indent(depth)}${name}: ${scalarText(value)}`];
}

/** What the key would be if it stayed commented out. */
function defaultOf(setting: SettingExplanation, values: object): string {
  if (setting.key === 'queues.directory') {
    return scalarText(`${textAt(values, 'stateDirectory') ?? '/var/lib/understudy'}/queues`);
  }
  const byPreset = setting.presets?.[textAt(values, 'preset') ?? 'default'];
  return byPreset === undefined ? (setting.defaultText ?? '') : String(byPreset);
}

function comment(text: string, depth: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > LINE_LENGTH_MAX) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  if (line !== '') lines.push(line);
  return lines.map((one) => `${indent(depth)}# ${one}`);
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function indent(depth: number): string {
  return '  '.repeat(depth);
}

function valueAt(values: object, parts: readonly string[]): unknown {
  let at: unknown = values;
  for (const part of parts) at = (at as Record<string, unknown> | undefined)?.[part];
  return at;
}

function textAt(values: object, key: string): string | null {
  const value = valueAt(values, [key]);
  return typeof value === 'string' ? value : null;
}
