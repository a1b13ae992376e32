import type { RegistryLook, StandingProblem, ToRegistry } from './registry-messages.ts';
import type { RegistryReport } from './registry-report.ts';

/** What one server's registries are asked to do. */
export type RegistryOrder = Extract<ToRegistry, { kind: 'state' | 'check' | 'batch' | 'confirm' }>;

/** One server's registries at work in their thread. Calls must not overlap. */
export interface RegistryWork {
  /** @returns false for what the other role does. */
  take(order: RegistryOrder): Promise<boolean>;
  /** @param due - the stores whose time it is to be looked at. */
  look(due: ReadonlySet<string>): Promise<void>;
  /** @throws Problem REG-013 and those of its store. */
  lookAt(path: string): Promise<RegistryLook>;
  /** What an operator should know. */
  problems(): readonly StandingProblem[];
  report(): Omit<RegistryReport, 'isBusy'>;
}
