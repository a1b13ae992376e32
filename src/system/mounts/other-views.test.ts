import { expect, it } from 'vitest';
import { otherViews } from './other-views.ts';

it('leaves out who sees what we see, who is gone, and threads of the kernel, which use no file', () => {
  const views: Record<string, string> = { self: 'mnt:[1]', 5: 'mnt:[2]', 10: 'mnt:[3]', 12: 'mnt:[1]', 20: 'mnt:[2]' };
  const found = otherViews([5, 10, 12, 15, 20], {
    viewOf: (processId) => views[processId] ?? null,
    isKernelThread: (processId) => processId === 10,
  });
  expect([...found]).toEqual([['mnt:[2]', [5, 20]]]);
});
