import type { ConfigFiles } from '../kernel/config-files.ts';
import { FileError } from '../kernel/files.ts';
import { Problem } from '../problems/problem.ts';
import { adopt, type AdoptedService, type Adoption, type AdoptionFile, readAdoption, release } from './adoption.ts';
import type { ConfigChange } from './config-change.ts';
import { downChanges, guardChanges, type GuardedUnit } from './guard.ts';
import { ManagerError } from './service.ts';
import { unitsToGuard } from './systemd.ts';
import { isUnitName, type UnitControl } from './unit.ts';

/** What would be changed on this server. */
export interface AdoptionPlan {
  readonly services: readonly AdoptedService[];
  readonly changes: readonly ConfigChange[];
}

export interface AdopterOptions {
  readonly file: AdoptionFile;
  readonly files: ConfigFiles;
  readonly control: UnitControl;
}

/** Takes services into the pair's hands and lets go of them, one thing at a time. */
export class Adopter {
  readonly #options: AdopterOptions;
  #adoption: Adoption;
  #version = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** @throws Problem SVC-014 where what was changed before can't be told. */
  constructor(options: AdopterOptions) {
    this.#options = options;
    this.#adoption = told(() => readAdoption(options.file));
  }

  /** Another one whenever something was changed: what a manager said before that is no answer any more. */
  get version(): number {
    return this.#version;
  }

  isAdopted(service: string): boolean {
    return this.services.some(({ name }) => name === service);
  }

  /** What is being let go of is in nobody's hands, and need not be all undone yet. */
  get services(): readonly AdoptedService[] {
    return this.#adoption.state === 'releasing' ? [] : this.#adoption.services;
  }

  unitsOf(service: string): readonly GuardedUnit[] {
    return this.#adoption.services.find(({ name }) => name === service)?.units ?? [];
  }

  /** Goes on with what was begun and not ended. @throws Problem SVC-014 */
  settle(): Promise<void> {
    return this.#oneByOne(async () => {
      if (this.#adoption.state === 'adopting') await this.#adopt({ services: [], changes: [] });
      if (this.#adoption.state === 'releasing') await this.#release();
    });
  }

  /** @throws Problem SVC-014 where the manager can't be asked. */
  async plan(services: readonly { readonly name: string; readonly manager: string }[]): Promise<AdoptionPlan> {
    const { files } = this.#options;
    const planned: AdoptedService[] = [];
    const changes: ConfigChange[] = [];
    const isGuarded = ({ name, manager }: { name: string; manager: string }): boolean =>
      manager === 'systemd' && isUnitName(name);
    // One that needs another one of them is guarded as itself; what several have is guarded as the first one's.
    const ownerOf = new Map(services.filter(isGuarded).map(({ name }) => [name, name]));
    for (const { name, manager } of services) {
      const units = isGuarded({ name, manager }) ? await this.#unitsOf(name) : [];
      for (const unit of units) if (!ownerOf.has(unit.name)) ownerOf.set(unit.name, name);
      const ownUnits = units.filter((unit) => ownerOf.get(unit.name) === name);
      const own = [...guardChanges(files, name, ownUnits), ...downChanges(files, name, manager)];
      if (own.length === 0 && this.isAdopted(name)) continue;
      planned.push({ name, units });
      changes.push(...own);
    }
    return { services: planned, changes };
  }

  /** @throws Problem SVC-014 */
  adopt(plan: AdoptionPlan): Promise<void> {
    return this.#oneByOne(() => this.#adopt(plan));
  }

  /** @throws Problem SVC-014 @returns what was let go of: services, and files that lines had been put into. */
  release(): Promise<readonly string[]> {
    return this.#oneByOne(async () => {
      const { services, changes } = this.#adoption;
      const files = changes.filter(({ kind }) => kind === 'lines').map(({ path }) => path);
      await this.#release();
      return [...services.map(({ name }) => name), ...new Set(files)];
    });
  }

  /** What was wanted before stays wanted: by now our own doing may have stopped it. */
  async #unitsOf(service: string): Promise<readonly GuardedUnit[]> {
    const before = this.unitsOf(service);
    const units = await unitsToGuard(this.#options.control, service).catch((error: unknown) => {
      throw problemOf(error);
    });
    return units.map((unit) => ({
      ...unit,
      isWanted: unit.isWanted || before.some(({ name, isWanted }) => name === unit.name && isWanted),
    }));
  }

  async #adopt(more: AdoptionPlan): Promise<void> {
    try {
      // What was to be let go of, and is not all undone, is not taken up again with something else than services.
      if (this.#adoption.state === 'releasing' && more.services.length === 0) await this.#release();
      this.#adoption = await adopt(this.#parts(), this.#adoption, more);
    } catch (error) {
      // What was begun is known, and gone on with.
      this.#adoption = told(() => readAdoption(this.#options.file));
      throw problemOf(error);
    } finally {
      this.#version += 1;
    }
  }

  async #release(): Promise<void> {
    try {
      this.#adoption = { ...this.#adoption, state: 'releasing' };
      await release(this.#parts(), this.#adoption);
    } catch (error) {
      throw problemOf(error);
    } finally {
      this.#version += 1;
      this.#adoption = told(() => readAdoption(this.#options.file));
    }
  }

  #parts(): Parameters<typeof adopt>[0] {
    const { file, files, control } = this.#options;
    return { file, files, reload: () => control.reload() };
  }

  async #oneByOne<Result>(action: () => Promise<Result>): Promise<Result> {
    const before = this.#last;
    const now = before.then(action, action);
    this.#last = now.catch(() => {});
    return await now;
  }
}

function told<Result>(action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    throw problemOf(error);
  }
}

function problemOf(error: unknown): unknown {
  if (error instanceof FileError || error instanceof ManagerError || error instanceof SyntaxError)
    return new Problem('SVC-014', { reason: error.message }, { cause: error });
  return error;
}
