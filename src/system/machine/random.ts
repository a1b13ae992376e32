import type { Random } from '../../kernel/random.ts';

/** Different at every call and in every run. For jitter; never for secrets. */
export const systemRandom: Random = () => Math.random();
