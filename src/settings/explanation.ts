import { z } from 'zod';
import { Problem } from '../problems/problem.ts';
import type { FieldMeta } from './field.ts';
import { nearestKey } from './nearest-key.ts';
import { PAIR_SCHEMA } from './pair-schema.ts';
import { scalarText } from './scalar-text.ts';
import { SERVER_SCHEMA } from './server-schema.ts';

/** One setting, for people: `docs/settings.md`, `settings explain KEY` and the comments of a new file. */
export interface SettingExplanation {
  readonly file: SettingsFile;
  /** As in `channel.waitMs`. */
  readonly key: string;
  /** One sentence or more. */
  readonly text: string;
  /** With its bounds or its allowed values: `a whole number from 50 to 60000`. */
  readonly type: string;
  readonly unit: NonNullable<FieldMeta['unit']> | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly allowed: readonly string[];
  /** As it would stand in the file, or in words; null where the setting must be given. */
  readonly defaultText: string | null;
  /** The default by preset, where it depends on it. */
  readonly presets: Readonly<Record<string, number>> | null;
}

export type SettingsFile = 'server.yaml' | 'pair.yaml';

/** The part of JSON Schema that the schemas make use of. */
interface Shape extends FieldMeta {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
}

/** A group of settings and what is said about it; the top of a file has the empty key. */
interface GroupExplanation {
  readonly key: string;
  readonly text: string;
}

function shapeOf(schema: z.ZodType): Shape {
  return z.toJSONSchema(schema, { io: 'input' }) as Shape;
}

const SHAPES: Readonly<Record<SettingsFile, Shape>> = {
  'server.yaml': shapeOf(SERVER_SCHEMA),
  'pair.yaml': shapeOf(PAIR_SCHEMA),
};

const SETTINGS: readonly SettingExplanation[] = Object.freeze(
  Object.entries(SHAPES).flatMap(([file, shape]) => explainAll(file as SettingsFile, shape, '')),
);

/** Every setting of both files (or of one), in the order of the schema. */
export function listSettings(file?: SettingsFile): readonly SettingExplanation[] {
  return file === undefined ? SETTINGS : SETTINGS.filter((one) => one.file === file);
}

/** What stands between the settings of a file: `channel`, `protect.files`. */
export function listGroups(file: SettingsFile): readonly GroupExplanation[] {
  return groupsOf(SHAPES[file], '');
}

/** The explanation, whichever file the key is in; or CFG-005, which names the nearest key. */
export function explainSetting(key: string): SettingExplanation | Problem<'CFG-005'> {
  const found = SETTINGS.find((one) => one.key === key);
  if (found !== undefined) return found;
  const keys = SETTINGS.map((one) => one.key);
  const inside = keys.filter((one) => one.startsWith(`${key}.`));
  if (inside.length > 0) return new Problem('CFG-005', { key, hint: `It is a group of ${inside.join(', ')}.` });
  const near = nearestKey(key, keys);
  const hint = near === null ? 'No setting is named like that.' : `Did you mean ${near}?`;
  return new Problem('CFG-005', { key, hint });
}

/** What may stand at a path of a file, list items included; null where nothing is known about it. */
export function typeAt(file: SettingsFile, path: readonly (string | number)[]): string | null {
  let shape: Shape | undefined = SHAPES[file];
  for (const part of path) shape = typeof part === 'number' ? shape?.items : shape?.properties?.[part];
  return shape === undefined ? null : typeText(shape);
}

/** Groups left empty in the text (every key commented out) are null there: they count as absent. */
export function withoutEmptyGroups(file: SettingsFile, value: unknown): unknown {
  return fillGroups(SHAPES[file], value ?? {});
}

function fillGroups(shape: Shape, value: unknown): unknown {
  if (shape.properties === undefined || typeof value !== 'object' || value === null || Array.isArray(value))
    return value;
  const entries = Object.entries(value).map(([key, child]): [string, unknown] => {
    const inner = Object.hasOwn(shape.properties ?? {}, key) ? shape.properties?.[key] : undefined;
    if (inner?.properties === undefined) return [key, child];
    return [key, fillGroups(inner, child ?? {})];
  });
  return Object.fromEntries(entries);
}

function explainAll(file: SettingsFile, shape: Shape, group: string): SettingExplanation[] {
  return Object.entries(shape.properties ?? {}).flatMap(([name, child]) => {
    const key = group === '' ? name : `${group}.${name}`;
    if (child.properties !== undefined) return explainAll(file, child, key);
    return [explain(file, key, child, shape.required?.includes(name) === true)];
  });
}

function groupsOf(shape: Shape, group: string): GroupExplanation[] {
  return Object.entries(shape.properties ?? {}).flatMap(([name, child]) => {
    if (child.properties === undefined) return [];
    const key = group === '' ? name : `${group}.${name}`;
    return [{ key, text: child.description ?? '' }, ...groupsOf(child, key)];
  });
}

function explain(file: SettingsFile, key: string, shape: Shape, required: boolean): SettingExplanation {
  const inner = shape.anyOf?.find((one) => one.type !== 'null') ?? shape;
  return {
    file,
    key,
    text: shape.description ?? '',
    type: typeText(shape),
    unit: inner.unit ?? null,
    min: inner.minimum ?? null,
    max: inner.maximum ?? null,
    allowed: inner.enum ?? [],
    defaultText: required ? null : defaultText(shape),
    presets: shape.presets ?? null,
  };
}

function defaultText(shape: Shape): string {
  if (shape.presets !== undefined) {
    const all = Object.entries(shape.presets).map(([preset, value]) => `${preset} ${value}`);
    return `by preset: ${all.join(', ')}`;
  }
  return shape.defaultText ?? scalarText(shape.default ?? null);
}

function typeText(shape: Shape): string {
  if (shape.anyOf !== undefined) return shape.anyOf.map(typeText).join(', or ');
  if (shape.enum !== undefined) return choice(shape.enum);
  if (shape.properties !== undefined) return `a group of ${Object.keys(shape.properties).join(', ')}`;
  if (shape.type === 'array') return listText(shape);
  if (shape.type === 'integer') {
    const max = shape.maximum ?? Number.MAX_SAFE_INTEGER;
    if (max === Number.MAX_SAFE_INTEGER) return `a whole number, at least ${shape.minimum ?? 0}`;
    return `a whole number from ${shape.minimum ?? 0} to ${max}`;
  }
  return shape.form ?? (shape.type === 'string' ? 'a text' : (shape.type ?? 'anything'));
}

function listText(shape: Shape): string {
  if (shape.maxItems === 0) return 'an empty list';
  const count = `${shape.minItems ?? 0} to ${shape.maxItems ?? 'any number'}`;
  return `a list of ${count}, each ${typeText(shape.items ?? {})}`;
}

function choice(words: readonly string[]): string {
  return words.length === 1 ? `only ${words[0]}` : `one of ${words.join(', ')}`;
}
