import { expect, it } from 'vitest';

import { describeProcess, isKernelThread, isOfKernelThread, unitOf } from './processes.ts';

it('describes a process, and none where there is none', () => {
  const facts = describeProcess(process.pid);
  expect(facts?.commandLine).toContain('node');
  expect(facts?.name.length).toBeGreaterThan(0);
  expect(describeProcess(2 ** 30)).toBeNull();
});

it('knows a thread of the kernel, whatever its name holds', () => {
  expect(isOfKernelThread('10 (kworker/0:0H-events_highpri) I 2 0 0 0 -1 69238880 0 0')).toBe(true);
  expect(isOfKernelThread('11 (a) S 2 0 0 0 -1 69238880) S 1 11 11 0 -1 4194304 0 0')).toBe(false);
  expect(isKernelThread(process.pid)).toBe(false);
  expect(isKernelThread(2 ** 30)).toBe(false);
});

it('finds the innermost unit in a control group', () => {
  expect(unitOf('0::/system.slice/mysql.service\n')).toBe('mysql.service');
  expect(unitOf('0::/user.slice/user@1000.service/app.slice/shop.service/worker\n')).toBe('shop.service');
  expect(unitOf('3:cpu:/\n1:name=systemd:/system.slice/a.service\n0::/\n')).toBe('a.service');
  expect(unitOf('0::/\n')).toBeNull();
});
