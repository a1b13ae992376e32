import { Adopter } from '../../services/adopter.ts';
import { SystemdUnits } from '../../services/systemd-units.ts';
import { Failures } from '../../problems/failures.ts';
import { parseServerSettings } from '../../settings/server-settings.ts';
import { serviceDoors } from './service-doors.ts';
import { readSettingsFile } from '../start-files.ts';

/**
 * Undoes what was changed on this server for protected services, while no daemon runs.
 * @returns their names.
 * @throws Problem SVC-014, CFG-001; Failures where the server file is faulty.
 */
export async function releaseServices(configFile: string): Promise<readonly string[]> {
  const parsed = parseServerSettings(readSettingsFile(configFile), configFile);
  if (parsed.kind === 'problems') throw new Failures(parsed.problems);
  const { programs, openBus, files, adoptionFile } = serviceDoors(parsed.settings.stateDirectory);
  const control = new SystemdUnits({ openBus, programs, changed: () => {} });
  try {
    return await new Adopter({ file: adoptionFile, files, control }).release();
  } finally {
    control.close();
  }
}
