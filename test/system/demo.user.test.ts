import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Command } from '../support/child.ts';
import { TypedCommand } from '../support/typed-command.ts';
import { until } from '../support/until.ts';

const DEMO_MS = 480_000;
const STEP_MS = 120_000;

/** The demo sees a temporary folder of its own, so that whatever it leaves there is its. */
class Stage implements Disposable {
  readonly folder = fs.mkdtempSync(join(tmpdir(), 'understudy-test-'));
  readonly environment = { TMPDIR: this.folder };

  /** It by itself. */
  once(): Command {
    return new Command(['demo', '--once'], { environment: this.environment });
  }

  /** Until both daemons are at work. */
  async running(demo: Command): Promise<void> {
    await until('the first copy', STEP_MS, (seen) => {
      seen(demo.stdout + demo.stderr);
      return demo.stdout.includes('The first copy') ? true : null;
    });
    // A program that one of them starts, for a registry, is another one like it for a moment.
    await until('both daemons', STEP_MS, (seen) => {
      const { daemons } = this;
      seen(daemons.join('\n'));
      return daemons.length === 2 ? true : null;
    });
  }

  /** All that worked in the folder has ended, also what goes on for a moment by itself. */
  async ended(): Promise<void> {
    await until('the last process to end', STEP_MS, (seen) => {
      const left = this.processesLeft;
      seen(left.join('\n'));
      return left.length === 0 ? true : null;
    });
  }

  /** Nothing is left of the demo, which has ended: no daemon by then, and nothing once a program of theirs is done. */
  async isBare(): Promise<void> {
    expect(this.daemons).toEqual([]);
    await this.ended();
    expect(this.filesLeft).toEqual([]);
  }

  get filesLeft(): string[] {
    return fs.readdirSync(this.folder);
  }

  get daemons(): string[] {
    return this.processesLeft.filter((line) => line.includes('/understudy.ts run '));
  }

  /** Command lines of processes that work in the folder. */
  get processesLeft(): string[] {
    return fs
      .readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((id) => {
        try {
          return fs.readFileSync(join('/proc', id, 'cmdline'), 'utf8').replaceAll('\0', ' ');
        } catch {
          // It has ended meanwhile.
          return '';
        }
      })
      .filter((line) => line.includes(this.folder));
  }

  [Symbol.dispose](): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

it.concurrent(
  'shows the whole round by itself, ends with both servers Synchronized, and leaves nothing',
  async () => {
    using stage = new Stage();
    const { status, stdout, stderr } = await stage.once().ran;
    expect({ status, stderr }, stdout).toEqual({ status: 0, stderr: '' });
    expect(stdout.trimEnd().split('\n').slice(-4)).toEqual([
      'Primary (active)     File System Status: Synchronized',
      '                     Registry Status: Synchronized',
      'Secondary (passive)  File System Status: Synchronized',
      '                     Registry Status: Synchronized',
    ]);
    expect(stdout).toMatch(/12 keys in a \.reg file and Samba’s registry; the change was there after .* the same/);
    expect(stdout).toMatch(/Out of sync after .* Synchronized .* after it was restored/);
    expect(stdout).toMatch(/\[APL-002\] \/srv\/shop\/.* was changed on the passive server by/);
    expect(stdout).toMatch(
      /\[N29\] The passive server \(secondary\) cannot update \/srv\/shop\/.* \(process \d+.* has it locked/,
    );
    expect(stdout).toMatch(/Passive in use .* the finding cleared, .* after its release/);
    expect(stdout).toMatch(/Compared .* same content/);
    await stage.isBare();
  },
  DEMO_MS,
);

it.concurrent(
  'leaves nothing when Ctrl-C ends it in the middle',
  async () => {
    using stage = new Stage();
    const demo = stage.once();
    await stage.running(demo);
    demo.signal('SIGINT');
    const { status, stderr } = await demo.ran;
    expect({ status, stderr }).toEqual({ status: 130, stderr: '' });
    await stage.isBare();
  },
  DEMO_MS,
);

it.concurrent(
  'leaves no process even when it is killed',
  async () => {
    using stage = new Stage();
    const demo = stage.once();
    await stage.running(demo);
    demo.signal('SIGKILL');
    await stage.ended();
  },
  DEMO_MS,
);

it.concurrent(
  'locks a file of the passive server at a key, and releases it at the next',
  async () => {
    using stage = new Stage();
    await using demo = new TypedCommand(['demo'], stage.environment);
    await demo.shows(/Secondary \(passive\)[^\n]*\n +File system +Synchronized/, STEP_MS);
    demo.type('h');
    await demo.shows(/Out of sync/, STEP_MS);
    await demo.shows(/\[N29\]/, STEP_MS);
    demo.type('h');
    await demo.shows(/was updated [\d.]+ s after it was released/, STEP_MS);
    demo.type('q');
    expect(await demo.ended).toBe(0);
    await stage.isBare();
  },
  DEMO_MS,
);
