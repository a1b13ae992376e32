import { BusError, type BusSignal, type BusValue, type MessageBus, type OpenBus } from '../kernel/message-bus.ts';
import { ManagerError } from './service.ts';
import { propertiesOf } from './systemctl.ts';
import type { UnitControl, UnitProperties, UnitStates } from './unit.ts';

const SYSTEMD = 'org.freedesktop.systemd1';
const ROOT = '/org/freedesktop/systemd1';
const PROPERTIES = 'org.freedesktop.DBus.Properties';
const SIGKILL = 9;

/** systemd, asked over the message bus. What happens to the units that are watched is told at once. */
export class SystemdBus implements UnitControl {
  readonly #open: OpenBus;
  readonly #changed: (unit: string) => void;
  #bus: Promise<MessageBus> | null = null;
  #watched = new Map<string, string>();

  /** @param changed - told of each unit that is watched and changed; also of all of them once what was told is lost. */
  constructor(open: OpenBus, changed: (unit: string) => void) {
    this.#open = open;
    this.#changed = changed;
  }

  async states(units: readonly string[]): Promise<ReadonlyMap<string, UnitStates>> {
    const [rows] = await this.#manager('ListUnitsByNames', 'as', [units]);
    const found = new Map<string, UnitStates>();
    for (const row of (rows ?? []) as readonly (readonly string[])[]) {
      const [name = '', , loadState = '', activeState = '', subState = ''] = row;
      found.set(name, { loadState, activeState, subState });
    }
    return found;
  }

  async properties(unit: string): Promise<UnitProperties> {
    const values = new Map<string, BusValue>();
    const faces = ['Unit', ...(unit.endsWith('.service') ? ['Service'] : [])];
    for (const face of faces) {
      const [all] = await this.#get(unit, 'GetAll', [`${SYSTEMD}.${face}`]);
      for (const [name, value] of (all ?? []) as readonly [string, BusValue][]) values.set(name, value);
    }
    return propertiesOf((name) => textOf(name, values.get(name)));
  }

  async start(unit: string): Promise<void> {
    await this.#manager('StartUnit', 'ss', [unit, 'replace']);
  }

  async stop(unit: string): Promise<void> {
    await this.#manager('StopUnit', 'ss', [unit, 'replace']);
  }

  async kill(unit: string): Promise<void> {
    await this.#manager('KillUnit', 'ssi', [unit, 'all', SIGKILL]);
  }

  async restart(unit: string): Promise<void> {
    await this.#manager('RestartUnit', 'ss', [unit, 'replace']);
  }

  async resetFailed(unit: string): Promise<void> {
    await this.#manager('ResetFailedUnit', 's', [unit]);
  }

  async reload(): Promise<void> {
    await this.#manager('Reload', '', []);
  }

  async watch(units: readonly string[]): Promise<void> {
    const bus = await this.#connected();
    for (const unit of units) {
      const path = pathOf(unit);
      if (this.#watched.has(path)) continue;
      await told(bus.addMatch(ruleOf(path)));
      this.#watched.set(path, unit);
    }
  }

  close(): void {
    const bus = this.#bus;
    this.#bus = null;
    void bus?.then(
      (open) => open.close(),
      () => {},
    );
  }

  async #manager(member: string, signature: string, body: readonly BusValue[]): Promise<readonly BusValue[]> {
    const bus = await this.#connected();
    return await told(
      bus.call({ destination: SYSTEMD, path: ROOT, interface: `${SYSTEMD}.Manager`, member, signature, body }),
    );
  }

  async #get(unit: string, member: string, body: readonly BusValue[]): Promise<readonly BusValue[]> {
    const bus = await this.#connected();
    const call = { destination: SYSTEMD, path: pathOf(unit), interface: PROPERTIES, member, signature: 's', body };
    return await told(bus.call(call));
  }

  #connected(): Promise<MessageBus> {
    this.#bus ??= this.#connect().catch((error: unknown) => {
      this.#bus = null;
      throw error;
    });
    return this.#bus;
  }

  async #connect(): Promise<MessageBus> {
    let isInUse = false;
    const bus = await told(
      this.#open({
        signal: (signal) => this.#heard(signal),
        ended: () => {
          // One that was not in use yet fails below.
          if (isInUse) this.#bus = null;
          for (const unit of this.#watched.values()) this.#changed(unit);
        },
      }),
    );
    const subscribe = { destination: SYSTEMD, path: ROOT, interface: `${SYSTEMD}.Manager`, member: 'Subscribe' };
    try {
      await told(bus.call(subscribe));
      for (const path of this.#watched.keys()) await told(bus.addMatch(ruleOf(path)));
    } catch (error) {
      // The next look connects anew: one that stayed open would be one more each time.
      bus.close();
      throw error;
    }
    isInUse = true;
    return bus;
  }

  #heard({ path, member }: BusSignal): void {
    const unit = this.#watched.get(path);
    if (unit !== undefined && member === 'PropertiesChanged') this.#changed(unit);
  }
}

function ruleOf(path: string): string {
  return `type='signal',sender='${SYSTEMD}',path='${path}',interface='${PROPERTIES}',member='PropertiesChanged'`;
}

/** The object of a unit: every byte that is no letter or digit as `_` and two hexadecimal digits. */
export function pathOf(unit: string): string {
  const escaped = [...Buffer.from(unit, 'utf8')].map((byte, index) => {
    const letter = String.fromCharCode(byte);
    const isPlain = index === 0 ? /[A-Za-z]/.test(letter) : /[A-Za-z0-9]/.test(letter);
    return isPlain ? letter : `_${byte.toString(16).padStart(2, '0')}`;
  });
  return `${ROOT}/unit/${escaped.join('')}`;
}

/** As systemctl would print it. */
function textOf(name: string, value: BusValue | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (!Array.isArray(value)) return String(value);
  if (name === 'InvocationID') return value.map((byte) => Number(byte).toString(16).padStart(2, '0')).join('');
  return value.map(String).join(' ');
}

async function told<Result>(answer: Promise<Result>): Promise<Result> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof BusError) throw new ManagerError(error.message, { cause: error });
    throw error;
  }
}
