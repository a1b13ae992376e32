import { join } from 'node:path';
import { KIB, MIB } from '../kernel/units.ts';
import { trialFiles } from '../system/files/trial-files.ts';

const FOLDERS = 60;
const FILES_EACH = 34;
const FILE_BYTES_STEP = 97;
const FILE_BYTES_MAX = 6 * KIB;
const LARGE_BYTES = 6 * MIB;

/** One of the first files that the shop never touches again. */
export const UNTOUCHED_FILE = 'goods/shelf-07/item-003.txt';
/** Another one. */
export const HELD_FILE = 'goods/shelf-08/item-004.txt';

/** Fills a folder with what the shop has before anything is protected. @returns what there is now. */
export function plantFirstGoods(shop: string): {
  readonly files: number;
  readonly folders: number;
  readonly bytes: number;
} {
  let bytes = 0;
  for (let folder = 0; folder < FOLDERS; folder++) {
    const shelf = join(shop, 'goods', `shelf-${two(folder)}`);
    trialFiles.makeFolder(shelf);
    for (let number = 0; number < FILES_EACH; number++) {
      const size = ((folder * FILES_EACH + number) * FILE_BYTES_STEP) % FILE_BYTES_MAX;
      const name = join(shelf, `item-${String(number).padStart(3, '0')}.txt`);
      trialFiles.write(name, text(`shelf ${folder}, item ${number}\n`, size));
      if (number % 11 === 0) trialFiles.setMode(name, 0o600);
      bytes += size;
    }
  }
  const pictures = join(shop, 'pictures');
  trialFiles.makeFolder(pictures);
  trialFiles.write(join(pictures, 'window display.raw'), noise(LARGE_BYTES));
  trialFiles.makeLink('../goods/shelf-00/item-000.txt', join(pictures, 'today’s offer'));
  return { files: FOLDERS * FILES_EACH + 1, folders: FOLDERS + 3, bytes: bytes + LARGE_BYTES };
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

function text(line: string, sizeBytes: number): string {
  return line.repeat(Math.ceil(sizeBytes / line.length)).slice(0, sizeBytes);
}

/** Content in which no two ranges are alike. */
function noise(sizeBytes: number): Uint8Array {
  const words = new Uint32Array(sizeBytes / 4);
  let state = 0x9e3779b9;
  for (let index = 0; index < words.length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    words[index] = state;
  }
  return new Uint8Array(words.buffer);
}
