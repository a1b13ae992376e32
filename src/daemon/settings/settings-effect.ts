import { areFoldersNested } from '../../changes/border.ts';
import { patternsOf } from '../../changes/changing-set.ts';
import { protectedSet } from '../../changes/protected-set.ts';
import type { PairSettings } from '../../settings/settings.ts';
import { foldersIn } from './protected-folders.ts';

/** What other settings mean for the stream worker: nothing; another set of files; a start with a check of everything. */
export type SettingsEffect = 'none' | 'filters' | 'restart';

/**
 * Decides what has to be done for the stream when the pair settings in force are others than before. Pure.
 * @param canMount - this server could mount over folders.
 */
export function settingsEffect(before: PairSettings, now: PairSettings, canMount: boolean): SettingsEffect {
  const [others, otherNow] = [before, now].map((settings) => JSON.stringify(besidesFilters(settings, canMount)));
  if (others !== otherNow) return 'restart';
  const [was, is] = [patternsOf(before.protect.files), patternsOf(now.protect.files)];
  if (JSON.stringify(was) === JSON.stringify(is)) return 'none';
  // What is mounted over is decided at a start.
  if (mayIntercept(now, canMount) && !areSameFolders(before, now)) return 'restart';
  // What is known of a protected folder can't become part of another one.
  return areFoldersNested(protectedSet(was), protectedSet(is)) ? 'restart' : 'filters';
}

function areSameFolders(before: PairSettings, now: PairSettings): boolean {
  const [was, is] = [before, now].map(({ protect }) => foldersIn('/', protect.files).map(({ path }) => path));
  return JSON.stringify(was) === JSON.stringify(is);
}

function mayIntercept({ capture }: PairSettings, canMount: boolean): boolean {
  return capture === 'intercept' || (capture === 'auto' && canMount);
}

/** What else the stream worker is started with. */
function besidesFilters(settings: PairSettings, canMount: boolean): unknown {
  const { capture, check, apply, orphans, quarantine, massLoss } = settings;
  return [mayIntercept(settings, canMount) ? capture : 'watch', check.onStart, apply, orphans, quarantine, massLoss];
}
