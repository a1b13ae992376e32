import { expect, it } from 'vitest';
import { FindingBoard } from '../status/finding-board.ts';
import { LOOK_MS, OneServer, protecting } from './pair-settings.testing.ts';
import type { PeerMessage } from '../channel/peer-message.ts';
import { SettingsKeeper } from './settings-keeper.ts';

const A = protecting('/srv/a');
const B = protecting('/srv/b');
const C = protecting('/srv/c');

/** One server with its keeper; what it says to the other goes through `send`. */
class Side extends OneServer {
  readonly findings: FindingBoard;
  readonly changes: number[] = [];
  factsTold = 0;
  keeper: SettingsKeeper;
  send: (message: PeerMessage) => void = () => undefined;
  tellFacts: () => void = () => undefined;

  constructor(role: 'active' | 'passive', text: string) {
    super(role, text);
    this.findings = new FindingBoard({ clock: this.time, server: 'primary', record: () => undefined });
    this.keeper = this.#makeKeeper();
  }

  /** Its daemon is started again; findings that lasted are found anew. */
  again(): void {
    this.restart();
    this.changes.length = 0;
    this.keeper = this.#makeKeeper();
  }

  edited(text: string | null): void {
    this.edit(text);
    this.time.advance(LOOK_MS);
  }

  get codes(): string[] {
    return this.findings.own().map((finding) => finding.code);
  }

  #makeKeeper(): SettingsKeeper {
    const keeper = new SettingsKeeper({
      pairFile: this.file,
      role: this.role,
      findings: this.findings,
      mounts: { canMount: true },
      tell: (message) => this.send(message),
      tellFacts: () => {
        this.factsTold++;
        this.tellFacts();
      },
      changed: (version) => void this.changes.push(version),
    });
    keeper.watch();
    return keeper;
  }
}

/** Two servers with a channel between them that can be cut. */
class Two {
  readonly active: Side;
  readonly passive: Side;
  #isUp = false;
  #waiting: (() => void)[] = [];

  constructor(active: string, passive: string) {
    this.active = new Side('active', active);
    this.passive = new Side('passive', passive);
    this.#wire(this.active, this.passive);
    this.#wire(this.passive, this.active);
  }

  connect(): void {
    this.#isUp = true;
    const [toPassive, toActive] = [this.active.file.mark, this.passive.file.mark];
    this.#waiting.push(
      () => this.active.keeper.met(toActive),
      () => this.passive.keeper.met(toPassive),
    );
    this.deliver();
  }

  cut(): void {
    this.#isUp = false;
    this.#waiting = [];
  }

  /** Everything that is said until both are silent. @throws where they never are */
  deliver(): void {
    for (let messages = 0; this.#waiting.length > 0; messages++) {
      if (messages === 100) throw new Error('the two never come to rest');
      this.#waiting.shift()?.();
    }
  }

  #wire(from: Side, to: Side): void {
    const post = (action: () => void): void => {
      if (this.#isUp) this.#waiting.push(action);
    };
    from.send = (message) => {
      if (message.kind === 'settings') post(() => to.keeper.received(message));
      if (message.kind === 'settingsTaken') post(() => to.keeper.taken(message.version));
    };
    from.tellFacts = () => {
      const { mark } = from.file;
      post(() => to.keeper.met(mark));
    };
  }
}

/** Two servers that agreed on a text, and are connected. */
function agreed(text: string): Two {
  const two = new Two(text, text);
  two.connect();
  return two;
}

it('two servers with the same text agree without a word to anybody', () => {
  const two = agreed(A);
  expect(two.active.file.mark.agreedDigest).toBe(two.active.file.mark.digest);
  expect(two.passive.file.mark.agreedDigest).toBe(two.passive.file.mark.digest);
  expect([two.active.codes, two.passive.codes, two.active.changes, two.passive.changes]).toEqual([[], [], [], []]);
});

it('the text of the active server comes to a passive one that never had it', () => {
  const two = new Two(A, B);
  two.connect();
  expect(two.passive.inPairFile).toBe(A);
  expect(two.passive.changes).toEqual([1]);
  expect(two.active.file.mark.agreedDigest).toBe(two.passive.file.mark.agreedDigest);
});

it('an edit on the active server is in force on both within seconds', () => {
  const two = agreed(A);
  two.active.edited(B);
  two.deliver();
  expect([two.active.included, two.passive.included]).toEqual([['/srv/b/**'], ['/srv/b/**']]);
  expect([two.active.changes, two.passive.changes]).toEqual([[2], [2]]);
  expect(two.passive.inPairFile).toBe(B);
});

it('an edit that says the same in other words restarts nothing', () => {
  const two = agreed(A);
  two.active.edited(`# The shop.\n${A}`);
  two.deliver();
  expect([two.active.changes, two.passive.changes]).toEqual([[], []]);
  expect(two.passive.inPairFile).toBe(`# The shop.\n${A}`);
});

it('an edit made while the passive server was away comes to it when it is back', () => {
  const two = agreed(A);
  two.cut();
  two.active.edited(B);
  two.connect();
  expect(two.passive.inPairFile).toBe(B);
  expect(two.passive.included).toEqual(['/srv/b/**']);
});

it('an edit on the passive server counts for nothing and is told there, until it is undone', () => {
  const two = agreed(A);
  two.passive.edited(B);
  two.deliver();
  expect(two.passive.codes).toEqual(['DMN-005']);
  expect([two.active.codes, two.active.included, two.passive.included]).toEqual([[], ['/srv/a/**'], ['/srv/a/**']]);
  two.passive.edited(A);
  two.deliver();
  expect(two.passive.codes).toEqual([]);
});

it('an edit on the passive server stays told while the active one is edited too', () => {
  const two = agreed(A);
  two.passive.edited(B);
  two.deliver();
  two.active.edited(C);
  two.deliver();
  expect(two.passive.included).toEqual(['/srv/c/**']);
  expect(two.passive.inPairFile).toBe(B);
  expect(two.passive.codes).toEqual(['DMN-005']);
});

it('an edited pair.yaml that is deleted on the passive server is written anew, and nothing is told any more', () => {
  const two = agreed(A);
  two.passive.edited(B);
  two.deliver();
  two.passive.edited(null);
  two.deliver();
  expect(two.passive.inPairFile).toBe(A);
  expect(two.passive.codes).toEqual([]);
});

/** Both edited, differently, while they did not see each other. */
function inConflict(): Two {
  const two = agreed(A);
  two.cut();
  two.active.edited(B);
  two.passive.edited(C);
  two.connect();
  expect(two.active.codes).toContain('DMN-007');
  expect(two.passive.codes).toContain('DMN-007');
  return two;
}

it('where both were edited nothing is taken over, and both servers say so', () => {
  const two = inConflict();
  expect([two.active.inPairFile, two.passive.inPairFile]).toEqual([B, C]);
  expect([two.active.included, two.passive.included]).toEqual([['/srv/b/**'], ['/srv/a/**']]);
});

it('where both were edited, deleting the file of the passive server lets the active one win', () => {
  const two = inConflict();
  two.passive.edited(null);
  two.deliver();
  expect([two.passive.inPairFile, two.passive.included]).toEqual([B, ['/srv/b/**']]);
  expect([two.active.codes, two.passive.codes]).toEqual([[], []]);
});

it('where both were edited, making the files equal ends it', () => {
  const two = inConflict();
  two.passive.edited(B);
  two.deliver();
  expect(two.passive.included).toEqual(['/srv/b/**']);
  expect([two.active.codes, two.passive.codes]).toEqual([[], []]);
});

it('where both were edited alike while nobody ran, both go by it', () => {
  const two = agreed(A);
  two.cut();
  for (const side of [two.active, two.passive]) {
    side.edit(B);
    side.again();
  }
  two.connect();
  expect([two.active.included, two.passive.included]).toEqual([['/srv/b/**'], ['/srv/b/**']]);
  expect(two.passive.changes).toEqual([2]);
  expect([two.active.codes, two.passive.codes]).toEqual([[], []]);
});

it('a text with faults is told with each fault until it is mended, and goes nowhere', () => {
  const two = agreed(A);
  two.active.edited('pair: shop\nfoo: 1\nbar: 2\n');
  two.deliver();
  expect(two.active.codes).toEqual(['CFG-002', 'CFG-002']);
  expect(two.active.findings.own()[0]?.evidence).toEqual(['the settings read before stay in force']);
  expect(two.passive.inPairFile).toBe(A);
  two.active.edited('pair: shop\nwitness: { etcd: ["https://10.0.0.3:2379"] }\n');
  expect(two.active.codes).toEqual(['CFG-004']);
  two.active.edited(B);
  two.deliver();
  expect([two.active.codes, two.passive.inPairFile]).toEqual([[], B]);
});

it('the active server never takes settings from the passive one', () => {
  const two = agreed(A);
  two.active.keeper.received({ version: 9, text: B });
  expect(two.active.included).toEqual(['/srv/a/**']);
});
