import type { z } from 'zod';
import { Problem } from '../problems/problem.ts';
import { listGroups, listSettings, type SettingsFile, typeAt, withoutEmptyGroups } from './explanation.ts';
import { nearest, nearestKey } from './nearest-key.ts';
import { NOT_YET } from './pair-schema.ts';
import type { ValuePath, YamlText } from './yaml-text.ts';

/** Values, or everything that is wrong with the text, in the order of its lines. */
export type Parsed<Values> =
  | { readonly kind: 'settings'; readonly settings: Values; readonly warnings: readonly Problem[] }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] };

/** What a text holds once its shape is right, with a way to speak about its lines. */
export interface ShapedText<Values> {
  readonly values: Values;
  /** A problem at a value, on its line. */
  problem(path: ValuePath, reason: string, hint: string): Problem<'CFG-002'>;
  warning(path: ValuePath, reason: string): Problem<'CFG-003'>;
  /** Of a value that does not count, while the others do. */
  refusal(path: ValuePath, reason: string, hint: string): Problem<'CFG-006'>;
  /** Is the value written in the text, rather than a default? */
  isGiven(path: ValuePath): boolean;
}

type Shaped<Values> = { readonly shaped: ShapedText<Values> } | { readonly problems: readonly Problem[] };

/**
 * Checks the shape of a settings file. Pure: `file` is only for the messages.
 * @param which - the file whose keys and explanations apply.
 */
export function shapeText<Schema extends z.ZodType>(
  schema: Schema,
  yaml: YamlText,
  options: { readonly which: SettingsFile; readonly file: string },
): Shaped<z.output<Schema>> {
  if (yaml.faults.length > 0) {
    const hint = 'Compare with docs/settings.md; indentation and quotes matter.';
    return {
      problems: yaml.faults.map(
        ({ line, reason }) => new Problem('CFG-002', { file: options.file, line, key: 'text', reason, hint }),
      ),
    };
  }
  const value = withoutEmptyGroups(options.which, yaml.value);
  const result = schema.safeParse(value);
  if (result.success) return { shaped: shapedText(yaml, value, result.data, options.file) };
  const found = result.error.issues.flatMap((issue) => problemsOf(issue, { ...options, yaml, value }));
  return { problems: found.sort((one, other) => lineOf(one) - lineOf(other)) };
}

/** Freezes the values and all in them. */
export function frozen<Values>(values: Values): Values {
  if (typeof values !== 'object' || values === null) return values;
  for (const child of Object.values(values)) frozen(child);
  return Object.freeze(values);
}

function shapedText<Values>(yaml: YamlText, raw: unknown, values: Values, file: string): ShapedText<Values> {
  return {
    values,
    problem: (path, reason, hint) =>
      new Problem('CFG-002', { file, line: yaml.lineOf(path), key: keyText(path), reason, hint }),
    warning: (path, reason) => new Problem('CFG-003', { file, line: yaml.lineOf(path), key: keyText(path), reason }),
    refusal: (path, reason, hint) =>
      new Problem('CFG-006', { file, line: yaml.lineOf(path), key: keyText(path), reason, hint }),
    isGiven: (path) => valueAt(raw, path) !== undefined,
  };
}

interface Context {
  readonly which: SettingsFile;
  readonly file: string;
  readonly yaml: YamlText;
  readonly value: unknown;
}

function problemsOf(issue: z.core.$ZodIssue, context: Context): Problem[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey([...path, key], context));
  }
  const line = context.yaml.lineOf(path);
  const key = keyText(path);
  const value = valueAt(context.value, path);
  const later = notYet(context.which, key, value);
  const type = typeAt(context.which, path) ?? 'something else';
  if (later !== null)
    return [new Problem('CFG-004', { file: context.file, line, key, what: later, hint: allowed(type) })];
  const reason = reasonOf(issue, value, type);
  return [
    new Problem('CFG-002', { file: context.file, line, key, reason, hint: hintOf(context.which, key, value, type) }),
  ];
}

function reasonOf(issue: z.core.$ZodIssue, value: unknown, type: string): string {
  if (value === undefined) return `is missing: must be ${type}`;
  return issue.code === 'custom' ? `${issue.message}, unlike ${shown(value)}` : `must be ${type}, not ${shown(value)}`;
}

function hintOf(which: SettingsFile, key: string, value: unknown, type: string): string {
  const setting = listSettings(which).find((one) => one.key === key);
  const near = typeof value === 'string' ? nearest(value, setting?.allowed ?? []) : null;
  return near === null ? allowed(type) : `Did you mean ${near}? ${allowed(type)}`;
}

function allowed(type: string): string {
  return `Possible is ${type}.`;
}

function unknownKey(path: ValuePath, { which, file, yaml }: Context): Problem {
  const key = keyText(path);
  const line = yaml.lineOf(path);
  const known = [...listSettings(which).map((one) => one.key), ...listGroups(which).map((one) => one.key)];
  if (notYet(which, key, undefined) !== null) {
    return new Problem('CFG-004', { file, line, key, what: 'this setting', hint: 'Later releases will know it.' });
  }
  const near = nearestKey(key, known);
  const group = path.slice(0, -1).join('.');
  const beside = known.filter((one) => one.slice(0, Math.max(0, one.lastIndexOf('.'))) === group);
  const names = `Known here: ${beside.map((one) => one.slice(one.lastIndexOf('.') + 1)).join(', ')}.`;
  const hint = near === null ? names : `Did you mean ${near}? ${names}`;
  return new Problem('CFG-002', { file, line, key, reason: 'there is no such setting', hint });
}

/** What exactly belongs to a later release; null where nothing does. */
function notYet(which: SettingsFile, key: string, value: unknown): string | null {
  const later = which === 'pair.yaml' && Object.hasOwn(NOT_YET, key) ? NOT_YET[key] : undefined;
  if (later === undefined) return null;
  if (later === 'all') return 'this setting';
  return later.includes(value) ? shown(value) : null;
}

function valueAt(value: unknown, path: ValuePath): unknown {
  let at = value;
  for (const part of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<string | number, unknown>)[part];
  }
  return at;
}

/** `protect.files.include[0]`. */
function keyText(path: ValuePath): string {
  if (path.length === 0) return 'the file';
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('');
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function lineOf(problem: Problem): number {
  return Number(problem.parameters['line']);
}
