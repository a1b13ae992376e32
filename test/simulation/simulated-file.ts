import type { Random } from '../../src/kernel/random.ts';

const PAGE_BYTES = 4096;
const SECTOR_BYTES = 512;
const SECTORS = PAGE_BYTES / SECTOR_BYTES;

/** A file's content as the kernel shows it, and as the disk holds it. See simulated-disk.ts. */
export class SimulatedFile {
  readonly kind = 'file';
  sizeBytes = 0;
  #shown = Buffer.alloc(0);
  #durable = Buffer.alloc(0);
  #durableSizeBytes = 0;
  #dirtyPages = new Set<number>();
  #isSizeDirty = false;

  read(into: Uint8Array, position: number): number {
    const end = Math.min(this.sizeBytes, position + into.length);
    if (end <= position) return 0;
    into.set(this.#shown.subarray(position, end));
    return end - position;
  }

  write(data: Uint8Array, position: number): void {
    const end = position + data.length;
    this.#shown = grown(this.#shown, end);
    this.#shown.set(data, position);
    this.#touch(position, end);
    if (end > this.sizeBytes) {
      this.sizeBytes = end;
      this.#isSizeDirty = true;
    }
  }

  setSize(sizeBytes: number): void {
    if (sizeBytes < this.sizeBytes) {
      this.#shown.fill(0, sizeBytes, this.sizeBytes);
      this.#touch(sizeBytes, this.sizeBytes);
    }
    this.#shown = grown(this.#shown, sizeBytes);
    this.sizeBytes = sizeBytes;
    this.#isSizeDirty = true;
  }

  sync(): void {
    this.#durable = grown(this.#durable, this.#shown.length);
    for (const page of this.#dirtyPages) this.#keep(page, 0, SECTORS);
    this.#dirtyPages.clear();
    if (this.#isSizeDirty) this.#durableSizeBytes = this.sizeBytes;
    this.#isSizeDirty = false;
  }

  /** A sync failed: the pages did not become durable and will not by themselves; the size still may. */
  loseUnsynced(): void {
    this.#dirtyPages.clear();
  }

  corrupt(offset: number): void {
    for (const bytes of [this.#shown, this.#durable]) {
      if (offset < bytes.length) bytes[offset] = (bytes[offset] as number) ^ 0x55;
    }
  }

  crash(random: Random): void {
    this.#durable = grown(this.#durable, this.#shown.length);
    for (const page of this.#dirtyPages) {
      const chance = random();
      if (chance < 0.4) this.#keep(page, 0, SECTORS);
      else if (chance < 0.6) this.#keep(page, 0, Math.floor(random() * SECTORS));
    }
    if (this.#isSizeDirty) this.#durableSizeBytes = this.#survivingSize(random);
    this.#dirtyPages.clear();
    this.#isSizeDirty = false;
    this.sizeBytes = this.#durableSizeBytes;
    this.#durable.fill(0, this.sizeBytes);
    this.#shown = Buffer.from(this.#durable);
  }

  #survivingSize(random: Random): number {
    const chance = random();
    if (chance < 0.3) return this.#durableSizeBytes;
    if (chance < 0.7) return this.sizeBytes;
    return this.#durableSizeBytes + Math.floor(random() * (this.sizeBytes - this.#durableSizeBytes));
  }

  #keep(page: number, fromSector: number, toSector: number): void {
    const start = page * PAGE_BYTES + fromSector * SECTOR_BYTES;
    const end = page * PAGE_BYTES + toSector * SECTOR_BYTES;
    this.#shown.copy(this.#durable, start, start, Math.min(end, this.#shown.length));
  }

  #touch(start: number, end: number): void {
    if (end <= start) return;
    for (let page = Math.floor(start / PAGE_BYTES); page * PAGE_BYTES < end; page += 1) this.#dirtyPages.add(page);
  }
}

/** Whole pages, so that each can be copied without a look at the end. */
function grown(bytes: Buffer<ArrayBuffer>, length: number): Buffer<ArrayBuffer> {
  const needed = Math.ceil(length / PAGE_BYTES) * PAGE_BYTES;
  if (needed <= bytes.length) return bytes;
  const larger = Buffer.alloc(needed);
  larger.set(bytes);
  return larger;
}
