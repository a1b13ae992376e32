import type { Command } from './command.ts';
import { CHECK_COMMAND } from './commands/check.ts';
import { COLLECT_COMMAND } from './commands/collect.ts';
import { DEMO_COMMAND } from './commands/demo.ts';
import { DIFF_COMMAND } from './commands/diff.ts';
import { EVENTS_COMMAND } from './commands/events.ts';
import { EXPLAIN_COMMAND } from './commands/explain.ts';
import { FILES_COMMAND } from './commands/files.ts';
import { FINDINGS_COMMAND } from './commands/findings.ts';
import { FIX_COMMAND } from './commands/fix.ts';
import { INIT_COMMAND } from './commands/init.ts';
import { INVITE_COMMAND } from './commands/invite.ts';
import { JOIN_COMMAND } from './commands/join.ts';
import { PAUSE_COMMAND, RESUME_COMMAND } from './commands/pause.ts';
import { PREFLIGHT_COMMAND } from './commands/preflight.ts';
import { QUARANTINE_COMMAND } from './commands/quarantine.ts';
import { RUN_COMMAND } from './commands/run.ts';
import { SERVICES_COMMAND } from './commands/services.ts';
import { SETTINGS_COMMAND } from './commands/settings.ts';
import { SNAPSHOTS_COMMAND } from './commands/snapshots.ts';
import { STATUS_COMMAND } from './commands/status.ts';

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  INIT_COMMAND,
  INVITE_COMMAND,
  JOIN_COMMAND,
  RUN_COMMAND,
  STATUS_COMMAND,
  CHECK_COMMAND,
  FILES_COMMAND,
  DIFF_COMMAND,
  FINDINGS_COMMAND,
  EXPLAIN_COMMAND,
  FIX_COMMAND,
  EVENTS_COMMAND,
  QUARANTINE_COMMAND,
  SERVICES_COMMAND,
  PAUSE_COMMAND,
  RESUME_COMMAND,
  SNAPSHOTS_COMMAND,
  PREFLIGHT_COMMAND,
  COLLECT_COMMAND,
  SETTINGS_COMMAND,
  DEMO_COMMAND,
];

/** Commands of the product that this release does not have yet. */
export const NOT_IN_THIS_RELEASE: readonly string[] = ['replication', 'switchover', 'failover', 'roles', 'why', 'is'];
