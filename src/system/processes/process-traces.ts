import { readFileSync } from 'node:fs';
import type { ProcessTraces } from '../../kernel/process-traces.ts';
import { endGroup, inGroup } from './control-groups.ts';
import { describeProcess } from './processes.ts';
import { attempt, otherProcesses } from './process-table.ts';

const ANCESTORS_MAX = 8;
const COMMANDS_MAX = 4;
const MANAGING = new Set(['systemctl', 'service', 'invoke-rc.d', 'busctl', 'sv', 's6-svc', 'supervisorctl']);
const TICKS_PER_SECOND = 100;

export const processTraces: ProcessTraces = {
  lineage,
  inGroup,
  endGroup,
  commandsAbout(service) {
    const plain = service.replace(/\.service$/, '');
    const found: string[] = [];
    for (const processId of otherProcesses()) {
      if (!MANAGING.has(nameOf(processId))) continue;
      const words = describeProcess(processId)?.commandLine.split(' ') ?? [];
      const line = words.includes(service) || words.includes(plain) ? lineage(processId) : null;
      if (line !== null) found.push(line);
      if (found.length >= COMMANDS_MAX) break;
    }
    return found;
  },
  startedAtUs() {
    // The first process of this machine, or of the container that is one.
    const started = Number(fieldsOf(1)?.[19] ?? 0);
    return (started / TICKS_PER_SECOND) * 1_000_000;
  },
};

function lineage(processId: number): string | null {
  const steps: string[] = [];
  for (let at = processId; at > 0 && steps.length <= ANCESTORS_MAX; at = Number(fieldsOf(at)?.[1] ?? 0)) {
    const process = describeProcess(at);
    if (process === null) break;
    const { commandLine, name } = process;
    steps.push(`${at} ${commandLine === '' ? name : commandLine} (${userOf(at)})`);
  }
  return steps.length === 0 ? null : steps.join(', started by ');
}

/** From the state of the process on; the second is its parent. */
function fieldsOf(processId: number): string[] | null {
  const stat = attempt(() => readFileSync(`/proc/${processId}/stat`, 'latin1'));
  return stat === null ? null : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function nameOf(processId: number): string {
  return attempt(() => readFileSync(`/proc/${processId}/comm`, 'utf8').trimEnd()) ?? '';
}

/** Who it acts as, and who logged in where that is somebody else. */
function userOf(processId: number): string {
  const status = attempt(() => readFileSync(`/proc/${processId}/status`, 'latin1')) ?? '';
  const user = /^Uid:\s*(\d+)/m.exec(status)?.[1] ?? '?';
  const login = attempt(() => readFileSync(`/proc/${processId}/loginuid`, 'latin1').trim());
  const isOther = login !== null && login !== user && Number(login) !== 0xffffffff;
  return isOther ? `user ${user}, logged in as ${login}` : `user ${user}`;
}
