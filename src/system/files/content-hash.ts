import { xxh64 } from '@node-rs/xxhash';

import type { HashContent } from '../../kernel/hash.ts';

/** XXH64 with seed 0, in native code; about 8 GB/s and more. */
export const hashContent: HashContent = (content) => xxh64(content);
