import { beforeEach, describe, expect, it } from 'vitest';
import type { Descriptors, MachineHealth, MemoryPressure, PendingCall } from '../kernel/machine-health.ts';
import type { MonotonicMs, WallMs } from '../kernel/units.ts';
import type { ProblemData } from '../problems/problem.ts';
import { MachineWatch } from './machine-watch.ts';

const STEP_MS = 500;

class Machine implements MachineHealth {
  monotonic = 1_000_000;
  wall = 1_700_000_000_000;
  boot: number | null = 5_000_000;
  processor = 0;
  pending: PendingCall[] = [];
  files: Descriptors | null = { used: 10, limit: 1000 };
  allFiles: Descriptors | null = { used: 1000, limit: 100_000 };
  pressure: MemoryPressure | null = { waitedMs: 0, source: '/proc/pressure/memory' };
  /** Part of the time that passes in which somebody waits for memory. */
  waits = 0;
  heardAt: MonotonicMs | null = null;
  timesSet = 0;
  readonly told: string[] = [];
  readonly #watch = new MachineWatch({
    health: this,
    clock: { monotonicMs: () => this.monotonic as MonotonicMs, wallMs: () => this.wall as WallMs },
    findings: {
      raise: ({ code, parameters }: ProblemData) => void this.told.push(`+${code} ${JSON.stringify(parameters)}`),
      clear: (code) => void this.told.push(`-${code}`),
      clearAll: () => undefined,
    },
    checks: { clockWasSet: () => void (this.timesSet += 1) },
    stream: this,
  });

  pendingCalls(): readonly PendingCall[] {
    return this.pending;
  }
  descriptors(): Descriptors | null {
    return this.files;
  }
  machineDescriptors(): Descriptors | null {
    return this.allFiles;
  }
  memoryPressure(): MemoryPressure | null {
    return this.pressure;
  }
  sinceBootMs(): number | null {
    return this.boot;
  }
  processorMs(): number {
    return this.processor;
  }

  get isHung(): boolean {
    return this.#watch.isHung;
  }

  look(): void {
    this.#watch.look();
  }

  /** All clocks go on. */
  passes(ms: number): void {
    for (let left = ms; left > 0; left -= STEP_MS) {
      this.jumps(Math.min(left, STEP_MS));
      this.look();
    }
  }

  jumps(ms: number): void {
    this.monotonic += ms;
    if (this.pressure !== null)
      this.pressure = { ...this.pressure, waitedMs: this.pressure.waitedMs + ms * this.waits };
    this.wall += ms;
    if (this.boot !== null) this.boot += ms;
  }
}

describe('what the machine does to a daemon', () => {
  let machine: Machine;
  beforeEach(() => {
    machine = new Machine();
    machine.look();
  });

  it('is nothing to tell while all goes well', () => {
    machine.passes(120_000);
    expect(machine.told).toEqual([]);
  });

  it.each([60_000, -60_000])('a clock that is set by %s ms is told, and nothing else', (ms) => {
    machine.wall += ms;
    machine.passes(STEP_MS);
    expect(machine.told).toEqual([`+DMN-011 {"seconds":60,"direction":"${ms > 0 ? 'forward' : 'back'}"}`]);
    machine.passes(61_000);
    expect(machine.told.slice(1)).toEqual(['-DMN-011']);
  });

  it('a process that was stopped says so, and that its clock went on is no step', () => {
    machine.jumps(60_000);
    machine.look();
    expect(machine.told).toEqual(['+DMN-010 {"seconds":60}']);
    machine.passes(61_000);
    expect(machine.told.slice(1)).toEqual(['-DMN-010']);
  });

  it('a machine that was suspended is the same: its monotonic clock stood still meanwhile', () => {
    machine.wall += 60_000;
    if (machine.boot !== null) machine.boot += 60_000;
    machine.passes(STEP_MS);
    expect(machine.told).toEqual(['+DMN-010 {"seconds":60.5}']);
    expect(machine.timesSet).toBe(1);
  });

  it('a call that does not return is told with its path, and is over when it does', () => {
    machine.heardAt = machine.monotonic as MonotonicMs;
    machine.pending = [{ call: 'fsync', path: '/data/a', since: machine.monotonic as MonotonicMs }];
    machine.passes(3000);
    expect(machine.told).toEqual([]);
    machine.passes(1000);
    expect(machine.told).toEqual(['+SYS-012 {"call":"fsync","path":"/data/a"}']);
    expect(machine.isHung).toBe(true);
    machine.pending = [];
    machine.passes(STEP_MS);
    expect(machine.told.slice(1)).toEqual(['-SYS-012']);
    expect(machine.isHung).toBe(false);
  });

  it('a call of another thread does not mean that replication stands still', () => {
    machine.pending = [{ call: 'openat', path: '/etc/x', since: machine.monotonic as MonotonicMs }];
    for (let second = 0; second < 10; second++) {
      machine.heardAt = machine.monotonic as MonotonicMs;
      machine.passes(1000);
    }
    expect(machine.told.length).toBe(1);
    expect(machine.isHung).toBe(false);
  });

  it('but where it is the sync of a checkpoint, nothing that is applied becomes durable', () => {
    machine.pending = [{ call: 'syncfs', path: '/data', since: machine.monotonic as MonotonicMs }];
    for (let second = 0; second < 10; second++) {
      machine.heardAt = machine.monotonic as MonotonicMs;
      machine.passes(1000);
    }
    expect(machine.isHung).toBe(true);
    machine.pending = [];
    machine.passes(STEP_MS);
    expect(machine.isHung).toBe(false);
  });

  it('descriptors and memory that run out are told once, until there is enough to speak of', () => {
    machine.files = { used: 900, limit: 1000 };
    machine.waits = 0.3;
    machine.passes(4000);
    machine.files = { used: 850, limit: 1000 };
    machine.waits = 0.1;
    machine.passes(4000);
    expect(machine.told).toEqual(['+SYS-013 {"used":900,"limit":1000}', '+SYS-014 {"percent":30}']);
    machine.files = { used: 10, limit: 1000 };
    machine.waits = 0;
    machine.passes(4000);
    expect(machine.told.slice(2)).toEqual(['-SYS-013', '-SYS-014']);
  });

  it('that somebody waited for memory a moment only is not told', () => {
    machine.waits = 1;
    machine.passes(STEP_MS);
    machine.waits = 0;
    machine.passes(10_000);
    expect(machine.told).toEqual([]);
  });

  it('a table of open files that fills on the whole machine is told apart from the limit of this process', () => {
    machine.allFiles = { used: 95_000, limit: 100_000 };
    machine.passes(1000);
    machine.allFiles = { used: 85_000, limit: 100_000 };
    machine.passes(1000);
    expect(machine.told).toEqual(['+SYS-015 {"used":95000,"limit":100000}']);
    machine.allFiles = { used: 10, limit: 100_000 };
    machine.passes(1000);
    expect(machine.told.slice(1)).toEqual(['-SYS-015']);
  });
});
