import { FILE_STORE } from './file-registry.ts';
import { SAMBA_STORE } from './samba-registry.ts';
import type { TrialStore } from './trial-registry.ts';
import { WINE_STORE } from './wine-registry.ts';

/** Every kind of registry that this machine can have. */
export const TRIAL_STORES: readonly TrialStore[] = [FILE_STORE, SAMBA_STORE, WINE_STORE];
