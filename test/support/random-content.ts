import type { SeededRandom } from './seeded-random.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const BLOCK_BYTES = 4 * KIB;

/** Mostly small files, some up to 300 KiB, few of 1 to 3 MiB. */
export function randomSize(random: SeededRandom): number {
  const kind = random.fraction();
  if (kind < 0.05) return 0;
  if (kind < 0.7) return random.integer(1, 4 * KIB);
  return kind < 0.97 ? random.integer(4 * KIB, 300 * KIB) : random.integer(MIB, 3 * MIB);
}

/** Bytes that differ from call to call and from block to block, made faster than true noise. */
export function randomContent(random: SeededRandom, sizeBytes: number): Buffer {
  const content = Buffer.alloc(sizeBytes, `${random.fraction()} `);
  for (let at = 0; at + 8 <= sizeBytes; at += BLOCK_BYTES) content.writeDoubleLE(random.fraction(), at);
  return content;
}

/** A name out of few, so that names are used again; one byte in each character. */
export function randomName(random: SeededRandom): string {
  const number = random.integer(0, 30);
  switch (random.integer(0, 9)) {
    case 0:
      return `with space ${number}`;
    case 1:
      return `\xff\xfe${number}\x80`;
    case 2:
      return `line\nbreak${number}`;
    case 3:
      return Buffer.from(`grüße-${number}-日本`).toString('latin1');
    case 4:
      return `-rf ${number} "'\\$(x)`;
    case 5:
      return `.hidden${number}~`;
    case 6:
      return number % 2 === 0 ? `${'long'.repeat(62)}${number}` : `${number} ${'x'.repeat(255)}`.slice(0, 255);
    case 7:
      return `Name${number}`;
    default:
      return `name${number}`;
  }
}
