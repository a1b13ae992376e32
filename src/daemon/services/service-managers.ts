import { CommandManager, seenByStatus, type ServiceCommands } from '../../services/commands.ts';
import type { ServiceManager } from '../../services/service.ts';
import { SUPERVISORS } from '../../services/supervisors.ts';
import type { Programs } from '../../kernel/programs.ts';
import type { ServiceSettings } from '../../settings/settings.ts';

type CommandKind = Exclude<ServiceSettings['manager'], 'systemd'>;

const TITLES: Readonly<Record<CommandKind, string>> = {
  command: 'the commands',
  runit: 'runit',
  s6: 's6',
  supervisord: 'supervisord',
};

/** The managers that are commands, for the services that the settings give to each. */
export function commandManagers(options: {
  readonly settings: () => readonly ServiceSettings[];
  readonly programs: Programs;
  readonly changed: (service: string) => void;
}): Readonly<Record<CommandKind, ServiceManager>> {
  const { settings, programs, changed } = options;
  const managerOf = (kind: CommandKind): ServiceManager =>
    new CommandManager({
      title: TITLES[kind],
      programs,
      changed,
      commandsOf: (name) => {
        const service = settings().find((one) => one.name === name && one.manager === kind);
        return service === undefined ? null : commandsOf(kind, service);
      },
    });
  return {
    command: managerOf('command'),
    runit: managerOf('runit'),
    s6: managerOf('s6'),
    supervisord: managerOf('supervisord'),
  };
}

function commandsOf(kind: CommandKind, service: ServiceSettings): ServiceCommands | null {
  if (kind !== 'command') return SUPERVISORS[kind].commandsOf(service.name, service);
  if (service.commands === null) return null;
  const timeoutMs = Math.max(service.startTimeoutMs, service.stopTimeoutMs);
  return { ...service.commands, kill: null, timeoutMs, seen: seenByStatus };
}
