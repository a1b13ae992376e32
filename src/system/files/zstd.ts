import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Compression } from '../../kernel/compression.ts';
import { KIB } from '../../kernel/units.ts';

/** 300 to 500 MB/s of text on one core, which no link that is worth compressing for carries. */
const LEVEL = 1;
/** A block names the memory that undoing it takes; more than 2 MiB (2 to this power) is refused. */
const WINDOW_LOG_MAX = 21;
const OUTPUT_CHUNK_BYTES = 128 * KIB;
const DAMAGED = /^(ZSTD_error_|Z_|ERR_BUFFER_TOO_LARGE)/;

/** Zstandard (RFC 8878). */
export const zstd: Compression = {
  compress: (content) =>
    zstdCompressSync(content, {
      params: { [constants.ZSTD_c_compressionLevel]: LEVEL, [constants.ZSTD_c_checksumFlag]: 0 },
      chunkSize: OUTPUT_CHUNK_BYTES,
    }),
  decompress: (block, lengthMax) => {
    try {
      return zstdDecompressSync(block, {
        params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX },
        maxOutputLength: lengthMax,
        chunkSize: OUTPUT_CHUNK_BYTES,
      });
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (DAMAGED.test(code)) return null;
      throw error;
    }
  },
};
