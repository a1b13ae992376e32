import type { RegistryStatus } from '../../api/status.ts';
import { fileSystemStatus, type Lifecycle, type SynchronizationFacts } from '../../diagnosis/synchronization-status.ts';
import type { RegistryReport } from './registry-report.ts';

/** What a daemon knows of the registries of both servers. */
export interface RegistryView {
  readonly lifecycle: Lifecycle;
  readonly isConfigured: boolean;
  readonly channel: SynchronizationFacts['channel'];
  readonly isPeerSilent: boolean;
  /** A thread of either server that the registries need failed. */
  readonly failed: boolean;
  readonly reports: readonly (RegistryReport | null | undefined)[];
}

/** Registry Status, from what both servers reported; by the same rules as File System Status. Pure. */
export function registryStatus(view: RegistryView): RegistryStatus {
  const active = view.reports.find((report) => report?.role === 'active') ?? null;
  const passive = view.reports.find((report) => report?.role === 'passive') ?? null;
  const total = (report: RegistryReport | null): number => report?.stores.reduce((sum, { keys }) => sum + keys, 0) ?? 0;
  const itemsTotal = active === null ? total(passive) : total(active);
  const itemsOutOfSync = passive?.stores.reduce((sum, { outOfSync }) => sum + outOfSync, 0) ?? 0;
  const verification = verificationOf(active, passive);
  const status = fileSystemStatus({
    lifecycle: view.lifecycle,
    configured: view.isConfigured,
    channel: view.channel,
    failed: view.failed || [active, passive].some((report) => report?.stores.some(({ failed }) => failed) === true),
    itemsDifferent: itemsOutOfSync > 0,
    verification,
    gap: view.isPeerSilent,
    queued: isQueued(active, passive),
  });
  return {
    status,
    itemsTotal: view.isConfigured ? itemsTotal : 0,
    itemsOutOfSync,
    itemsUnchecked: view.isConfigured && verification !== 'done' ? Math.max(0, itemsTotal - itemsOutOfSync) : 0,
    check: passive?.check ?? null,
  };
}

/** What was verified of another run, or before the stream began anew, says nothing. */
function verificationOf(active: RegistryReport | null, passive: RegistryReport | null): 'none' | 'running' | 'done' {
  if (active === null || passive === null || active.stores.length === 0) return 'none';
  if (active.stores.some(({ stated }) => stated === 0)) return 'none';
  return isVerified(active, passive) ? 'done' : 'running';
}

/** Has the passive server compared all that was stated in this stream? */
export function isVerified(active: RegistryReport, passive: RegistryReport): boolean {
  if (active.run !== passive.run) return false;
  return active.stores.every(({ name, stated }) => {
    const copy = passive.stores.find((store) => store.name === name);
    return copy !== undefined && copy.stated >= stated;
  });
}

function isQueued(active: RegistryReport | null, passive: RegistryReport | null): boolean {
  if (active === null || passive === null) return false;
  return active.batch !== passive.batch || passive.isBusy || active.stores.some(({ isSettled }) => !isSettled);
}
