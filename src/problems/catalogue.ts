import { APPLY_PROBLEMS } from './apply.ts';
import { CAPTURE_PROBLEMS } from './capture.ts';
import { CHANNEL_PROBLEMS } from './channel.ts';
import { CHECK_PROBLEMS } from './check.ts';
import { DAEMON_PROBLEMS } from './daemon.ts';
import { DIAGNOSIS_PROBLEMS } from './diagnosis.ts';
import { IDENTITY_PROBLEMS } from './identity.ts';
import { INTERFACE_PROBLEMS } from './interface.ts';
import { JOURNAL_PROBLEMS } from './journal.ts';
import { REGISTRY_PROBLEMS } from './registry.ts';
import { REPLICATION_PROBLEMS } from './replication.ts';
import { SERVICE_PROBLEMS } from './services.ts';
import { SETTINGS_PROBLEMS } from './settings.ts';
import { SYSTEM_PROBLEMS } from './system.ts';
import { WAY_PROBLEMS } from './way.ts';

/**
 * Everything that can go wrong, one file an area: `CFG` settings, `SYS` machine, `IDN` identity and
 * pairing, `JRN` queues, `CHN` channel, `CAP` capture, `APL` Apply, `CHK` check, `RPL`
 * synchronous replication, `REG` registry, `SVC` services, `DMN` daemon, `DIA` diagnosis,
 * `CLI` commands. `docs/problems.md` is made from it.
 */
export const CATALOGUE = {
  ...SETTINGS_PROBLEMS,
  ...SYSTEM_PROBLEMS,
  ...IDENTITY_PROBLEMS,
  ...JOURNAL_PROBLEMS,
  ...CHANNEL_PROBLEMS,
  ...WAY_PROBLEMS,
  ...CAPTURE_PROBLEMS,
  ...APPLY_PROBLEMS,
  ...CHECK_PROBLEMS,
  ...REPLICATION_PROBLEMS,
  ...REGISTRY_PROBLEMS,
  ...SERVICE_PROBLEMS,
  ...DAEMON_PROBLEMS,
  ...DIAGNOSIS_PROBLEMS,
  ...INTERFACE_PROBLEMS,
} as const;
