import { readFileSync } from 'node:fs';

/** As random(4) says it: another one each time that the machine starts. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}
