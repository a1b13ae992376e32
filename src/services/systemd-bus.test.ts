import { expect, it } from 'vitest';
import { BusError, type MessageBus } from '../kernel/message-bus.ts';
import { ManagerError } from './service.ts';
import { SystemdBus } from './systemd-bus.ts';

/** Counts its connections; systemd answers where the test has it. */
class Trial {
  open = 0;
  answers = false;
  readonly rules: string[] = [];
  readonly units = new SystemdBus(
    async () => this.#connection(),
    () => {},
  );

  #connection(): MessageBus {
    this.open += 1;
    return {
      isOpen: true,
      call: async () => {
        if (!this.answers) throw new BusError('Timeout', 'it was not answered');
        return [[]];
      },
      addMatch: async (rule) => {
        if (!this.answers) throw new BusError('Timeout', 'it was not answered');
        this.rules.push(rule);
      },
      close: () => void (this.open -= 1),
    };
  }
}

it('leaves no connection behind where systemd does not answer', async () => {
  const trial = new Trial();
  for (let look = 0; look < 3; look++) await expect(trial.units.states(['a.service'])).rejects.toThrow(ManagerError);
  expect(trial.open).toBe(0);
  trial.answers = true;
  await trial.units.states(['a.service']);
  await trial.units.states(['a.service']);
  expect(trial.open).toBe(1);
});

it('asks again to be told of a unit where that was not answered', async () => {
  const trial = new Trial();
  trial.answers = true;
  await trial.units.states([]);
  trial.answers = false;
  await expect(trial.units.watch(['a.service'])).rejects.toThrow(ManagerError);
  trial.answers = true;
  await trial.units.watch(['a.service']);
  expect(trial.rules).toHaveLength(1);
});
