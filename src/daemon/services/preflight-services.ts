import type { ActiveProblem } from '../../diagnosis/findings.ts';
import { ManagerError, type ServiceManager } from '../../services/service.ts';
import { SystemdManager } from '../../services/systemd.ts';
import { SystemdUnits } from '../../services/systemd-units.ts';
import type { PairSettings, ServerSettings } from '../../settings/settings.ts';
import { serviceDoors } from './service-doors.ts';
import { commandManagers } from './service-managers.ts';

type Found = Pick<ActiveProblem, 'code' | 'parameters' | 'item' | 'evidence'>;

/** Listed services that this machine does not have, and managers that can't be asked; while no daemon knows that. */
export async function servicesMissing(server: ServerSettings, pair: PairSettings): Promise<Found[]> {
  const doors = serviceDoors(server.stateDirectory);
  const { services } = pair.protect;
  const control = new SystemdUnits({ ...doors, changed: () => {} });
  const systemd = new SystemdManager({ ...doors, control, unitsOf: () => [] });
  const managers = { systemd, ...commandManagers({ ...doors, settings: () => services, changed: () => {} }) };
  try {
    const found = Object.entries(managers).map(async ([kind, manager]) => {
      const names = services.filter((one) => one.manager === kind).map(({ name }) => name);
      // Commands of the settings tell of no service that it is missing.
      return names.length === 0 || kind === 'command' ? [] : await missingOf(kind, manager, names);
    });
    return (await Promise.all(found)).flat();
  } finally {
    control.close();
  }
}

async function missingOf(kind: string, manager: ServiceManager, names: readonly string[]): Promise<Found[]> {
  const { title } = manager;
  const missing = (name: string): Found => ({
    code: 'SVC-002',
    parameters: { name, manager: title },
    item: name,
    evidence: [],
  });
  try {
    const facts = await manager.look(names);
    return names.filter((name) => facts.get(name)?.state === 'Missing').map(missing);
  } catch (error) {
    if (!(error instanceof ManagerError)) throw error;
    const known = names.filter((name) => error.found.get(name)?.state === 'Missing').map(missing);
    const parameters = { manager: title, reason: error.message };
    return [...known, { code: 'SVC-003', parameters, item: kind, evidence: [] }];
  }
}
