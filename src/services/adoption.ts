import type { ConfigFiles } from '../kernel/config-files.ts';
import { carryOut, type ConfigChange, keyOf, takeBack } from './config-change.ts';
import { type GuardedUnit, permitOf, UNIT_FOLDER } from './guard.ts';

/** What was changed on this machine so that a pair has its services and files to itself; enough to undo all of it. */
export interface Adoption {
  /** `adopting` and `releasing`: begun, and perhaps not all done. */
  readonly state: 'adopting' | 'adopted' | 'releasing';
  readonly services: readonly AdoptedService[];
  /** In the order in which they were made. */
  readonly changes: readonly ConfigChange[];
}

export interface AdoptedService {
  readonly name: string;
  /** Empty where its manager can't be kept from starting it. */
  readonly units: readonly GuardedUnit[];
}

export const NOTHING_ADOPTED: Adoption = { state: 'adopted', services: [], changes: [] };

/** Where it is written down. @throws FileError */
export interface AdoptionFile {
  read(): string | null;
  /** Durable on return. */
  write(text: string): void;
  remove(): void;
}

/** @throws FileError; SyntaxError where the file is none of ours. */
export function readAdoption(file: AdoptionFile): Adoption {
  const text = file.read();
  if (text === null) return NOTHING_ADOPTED;
  const value = JSON.parse(text) as Partial<Adoption> | null;
  const states: readonly unknown[] = ['adopting', 'adopted', 'releasing'];
  if (!states.includes(value?.state) || !Array.isArray(value?.services) || !Array.isArray(value.changes)) {
    throw new SyntaxError('the record of adopted services has another form');
  }
  return value as Adoption;
}

/**
 * Makes changes after they were written down, so that whatever happens in between, each that was made is known. The
 * manager reads its files anew before the last word is written.
 * @throws FileError, and what `reload` fails with. Begun again it goes on where it was.
 */
export async function adopt(
  parts: { readonly file: AdoptionFile; readonly files: ConfigFiles; readonly reload: () => Promise<void> },
  before: Adoption,
  more: Pick<Adoption, 'services' | 'changes'>,
): Promise<Adoption> {
  const known = new Set(more.services.map(({ name }) => name));
  const services = [...before.services.filter(({ name }) => !known.has(name)), ...more.services];
  const adopting: Adoption = { state: 'adopting', services, changes: merged(before.changes, more.changes) };
  save(parts.file, adopting);
  for (const change of adopting.changes) carryOut(parts.files, change);
  if (adopting.changes.some(isOfUnits)) await parts.reload();
  const adopted: Adoption = { ...adopting, state: 'adopted' };
  save(parts.file, adopted);
  return adopted;
}

/** Undoes everything, newest first, and forgets it last. @throws as {@link adopt} */
export async function release(
  parts: { readonly file: AdoptionFile; readonly files: ConfigFiles; readonly reload: () => Promise<void> },
  before: Adoption,
): Promise<void> {
  save(parts.file, { ...before, state: 'releasing' });
  for (const change of [...before.changes].reverse()) takeBack(parts.files, change);
  for (const { name } of before.services) parts.files.remove(permitOf(name));
  if (before.changes.some(isOfUnits)) await parts.reload();
  parts.file.remove();
}

/** Has systemd to read it? Other managers, and other programs, look for themselves. */
function isOfUnits({ path }: ConfigChange): boolean {
  return path.startsWith(`${UNIT_FOLDER}/`);
}

/** A file that is written again has its later text; what was undone by somebody and is done again is one change. */
function merged(before: readonly ConfigChange[], more: readonly ConfigChange[]): ConfigChange[] {
  const changes = new Map(before.map((change) => [keyOf(change), change]));
  for (const change of more) changes.set(keyOf(change), change);
  return [...changes.values()];
}

function save(file: AdoptionFile, adoption: Adoption): void {
  file.write(`${JSON.stringify(adoption, null, 2)}\n`);
}
