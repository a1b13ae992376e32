import { expect, it } from 'vitest';
import { ManagerError } from './service.ts';

it('several lines of a manager are told as one', () => {
  expect(new ManagerError('systemctl show: not booted.\n  Host is down\n').message).toBe(
    'systemctl show: not booted.; Host is down',
  );
});
