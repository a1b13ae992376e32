import { expect, it } from 'vitest';
import type { RegistryReport } from './registry-report.ts';
import { registryStatus, type RegistryView } from './registry-status.ts';

const STORE = { name: 'file', keys: 7, stated: 3, outOfSync: 0, failed: false, isSettled: true };
const ACTIVE: RegistryReport = { role: 'active', run: 5, batch: 9, isBusy: false, check: null, stores: [STORE] };
const PASSIVE: RegistryReport = { ...ACTIVE, role: 'passive', stores: [{ ...STORE, keys: 6, stated: 4 }] };

function status(
  changes: Partial<RegistryView> & { active?: Partial<RegistryReport>; passive?: Partial<RegistryReport> },
) {
  return registryStatus({
    lifecycle: 'running',
    isConfigured: true,
    channel: 'Connected',
    isPeerSilent: false,
    failed: false,
    ...changes,
    reports: changes.reports ?? [
      { ...ACTIVE, ...changes.active },
      { ...PASSIVE, ...changes.passive },
    ],
  });
}

const store = (change: Partial<typeof STORE>): Partial<RegistryReport> => ({ stores: [{ ...STORE, ...change }] });

it.each<[string, Parameters<typeof status>[0]]>([
  ['Synchronized', {}],
  ['Uninitialized', { lifecycle: 'starting' }],
  ['Not protected', { isConfigured: false }],
  ['Out of sync', { channel: 'Not connected' }],
  ['Error', { failed: true }],
  ['Error', { active: store({ failed: true }) }],
  ['Error', { passive: store({ failed: true }) }],
  ['Out of sync', { passive: store({ outOfSync: 1 }) }],
  ['Unchecked', { reports: [null, undefined] }],
  ['Unchecked', { active: store({ stated: 0 }) }],
  ['Unchecked', { isPeerSilent: true }],
  ['Checking', { passive: store({ stated: 2 }) }],
  ['Checking', { passive: { run: 4 } }],
  ['Checking', { passive: { stores: [] } }],
  ['Synchronized and busy processing', { channel: 'Waiting' }],
  ['Synchronized and busy processing', { active: { batch: 10 } }],
  ['Synchronized and busy processing', { passive: { isBusy: true } }],
  ['Synchronized and busy processing', { active: store({ isSettled: false }) }],
])('is %s: %j', (expected, changes) => {
  expect(status(changes).status).toBe(expected);
});

it('counts keys: those of the active server, and all of them as unchecked until they are verified', () => {
  expect(status({})).toMatchObject({ itemsTotal: 7, itemsOutOfSync: 0, itemsUnchecked: 0, check: null });
  expect(status({ passive: { run: 4 } })).toMatchObject({ itemsUnchecked: 7 });
  expect(status({ isConfigured: false })).toMatchObject({ itemsTotal: 0, itemsUnchecked: 0 });
});
