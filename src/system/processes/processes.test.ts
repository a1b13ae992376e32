import { expect, it } from 'vitest';

import { describeProcess, unitOf } from './processes.ts';

it('describes a process, and none where there is none', () => {
  const facts = describeProcess(process.pid);
  expect(facts?.commandLine).toContain('node');
  expect(facts?.name.length).toBeGreaterThan(0);
  expect(describeProcess(2 ** 30)).toBeNull();
});

it('finds the innermost unit in a control group', () => {
  expect(unitOf('0::/system.slice/mysql.service\n')).toBe('mysql.service');
  expect(unitOf('0::/user.slice/user@1000.service/app.slice/shop.service/worker\n')).toBe('shop.service');
  expect(unitOf('3:cpu:/\n1:name=systemd:/system.slice/a.service\n0::/\n')).toBe('a.service');
  expect(unitOf('0::/\n')).toBeNull();
});
