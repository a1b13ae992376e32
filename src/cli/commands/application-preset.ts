import { join, resolve } from 'node:path';
import type { TextFiles } from '../../kernel/terminal.ts';
import { APPLICATION_PRESETS } from '../../settings/application-presets.ts';
import { type FilledPreset, filledPreset, presetNamed } from '../../settings/filled-preset.ts';
import { pathFault } from '../../settings/path-pattern.ts';
import { type Flags, UsageError } from '../command.ts';

/** As they stand in a help text. */
export const PRESET_NAMES = APPLICATION_PRESETS.map(({ name }) => name).join(', ');

/**
 * What `--for` asks for, filled in with what this server has; null where it was not given.
 * @throws UsageError where there is no such preset, or its folder was not told.
 */
export async function presetOfFlags(flags: Flags, files: Pick<TextFiles, 'names'>): Promise<FilledPreset | null> {
  const name = flags.text('for');
  const folder = flags.text('folder');
  if (name === null) {
    if (folder !== null) throw new UsageError('--folder goes only with --for.', 'init');
    return null;
  }
  const preset = presetNamed(name);
  if (preset === null) throw new UsageError(`--for ${name} must be one of ${PRESET_NAMES}.`, 'init');
  if (preset.folder === undefined && folder !== null) throw new UsageError(`--for ${name} takes no --folder.`, 'init');
  if (preset.folder !== undefined && folder === null)
    throw new UsageError(`--for ${name} needs --folder: ${preset.folder}.`, 'init');
  const fault = folder === null ? null : pathFault(folder);
  if (fault !== null) throw new UsageError(`--folder ${folder ?? ''} ${fault}.`, 'init');
  const base = resolve('/', flags.text('base') ?? '/');
  const instances = preset.instances === undefined ? [] : await matches(files, base, preset.instances.pattern);
  return filledPreset(preset, { folder, instances });
}

/** What the `*` of the pattern are, for each path that is there. */
async function matches(files: Pick<TextFiles, 'names'>, base: string, pattern: string): Promise<string[][]> {
  let found: { readonly path: string; readonly stars: string[] }[] = [{ path: base, stars: [] }];
  for (const part of pattern.slice(1).split('/')) {
    const deeper = found.map(async ({ path, stars }) =>
      part === '*'
        ? (await files.names(path)).map((name) => ({ path: join(path, name), stars: [...stars, name] }))
        : [{ path: join(path, part), stars }],
    );
    found = (await Promise.all(deeper)).flat();
  }
  return found.map(({ stars }) => stars);
}
