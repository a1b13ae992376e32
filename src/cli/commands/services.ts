import type { ApiClient } from '../../api/client.ts';
import type { AnswerOf } from '../../api/requests.ts';
import type { ServiceStatus } from '../../api/services.ts';
import { isProblem } from '../../problems/problem.ts';
import { type Command, type Invocation, printJson, UsageError } from '../command.ts';
import { daemonOf, readServerSettings } from '../configuration.ts';
import { isRight } from '../status-screen.ts';
import { safe, table } from '../shown-text.ts';

export const SERVICES_COMMAND: Command = {
  name: 'services',
  summary: 'Shows protected services, takes them into the pair’s hands, or lets go of them',
  operands: '[list | adopt | release]',
  operandsMin: 0,
  operandsMax: 1,
  flags: {
    yes: { summary: 'adopt without asking; release never asks' },
  },
  description:
    'adopt shows what it would change on both servers and asks: afterwards nobody but the pair starts the services, neither at boot nor otherwise. release undoes all of that; where no daemon runs, on this server alone.',
  async run(invocation) {
    const action = invocation.operands[0] ?? 'list';
    // Who gives it may have meant to adopt.
    if (action === 'list' && invocation.flags.isSet('yes'))
      throw new UsageError('--yes says nothing to list: name adopt or release.', 'services');
    if (action === 'list') return await list(invocation, await daemonOf(invocation));
    if (action === 'adopt') return await adopt(invocation, await daemonOf(invocation));
    if (action === 'release') return await release(invocation);
    throw new UsageError(`Possible is: understudy services ${SERVICES_COMMAND.operands}`, 'services');
  },
};

async function list(invocation: Invocation, daemon: ApiClient): Promise<number> {
  const { services = [] } = await daemon.call('status', {});
  if (invocation.json) printJson(invocation, { services });
  else if (services.length === 0) invocation.doors.terminal.out('No service is listed in protect.services.\n');
  else invocation.doors.terminal.out(`${table(services.map(serviceCells)).join('\n')}\n`);
  return 0;
}

/** A service as a line of a table. */
function serviceCells(service: ServiceStatus): string[] {
  const { name, server, adopted, target, actual, start, recovery, failures } = service;
  return [
    safe(name),
    server,
    `${actual}${isRight(service) ? '' : `, to be ${target}`}`,
    adopted ? '' : 'not adopted',
    start === null ? '' : `start: ${start}`,
    recovery === null ? '' : `recovery: ${safe(recovery)}`,
    failures === 0 ? '' : `failures: ${String(failures)}`,
  ];
}

async function adopt(invocation: Invocation, daemon: ApiClient): Promise<number> {
  const { terminal } = invocation.doors;
  const plan = await daemon.call('servicesPlan', {});
  const isNothing = plan.servers.every(({ services }) => services.length === 0);
  if (isNothing) {
    if (invocation.json) printJson(invocation, plan);
    else terminal.out('Nothing is to be changed: every service of protect.services is adopted, or none is listed.\n');
    return 0;
  }
  if (!invocation.json) terminal.out(planText(plan));
  if (!(await isConfirmed(invocation))) return 1;
  const done = await daemon.call('servicesAdopt', { digest: plan.digest });
  if (invocation.json) printJson(invocation, done);
  else terminal.out('Done. `understudy services release` undoes it.\n');
  return 0;
}

function planText({ servers }: AnswerOf<'servicesPlan'>): string {
  const lines = servers.flatMap(({ server, services, changes }) => [
    `On the ${server} server, for ${services.length === 0 ? 'no service' : services.map(safe).join(', ')}:`,
    ...changes.map((change) => `  ${safe(change)}`),
    ...(changes.length === 0 ? ['  nothing is changed'] : []),
  ]);
  return `${lines.join('\n')}\n`;
}

/** @throws UsageError where nobody can be asked. */
async function isConfirmed(invocation: Invocation): Promise<boolean> {
  if (invocation.flags.isSet('yes')) return true;
  const { terminal } = invocation.doors;
  if (!terminal.canAsk || invocation.json) throw new UsageError('Nobody can be asked: give --yes.', 'services');
  const answer = await terminal.ask('Do this? (yes/no) ');
  if (answer?.trim().toLowerCase() === 'yes') return true;
  terminal.out('Nothing was changed.\n');
  return false;
}

async function release(invocation: Invocation): Promise<number> {
  const released = await releaseSomehow(invocation);
  if (invocation.json) printJson(invocation, released);
  else invocation.doors.terminal.out(`${released.servers.map(releasedText).join('\n')}\n`);
  return released.servers.every(({ failure }) => failure === null) ? 0 : 1;
}

/** By the daemon; where none runs, this server's changes are undone all the same. */
async function releaseSomehow(invocation: Invocation): Promise<AnswerOf<'servicesRelease'>> {
  try {
    return await (await daemonOf(invocation)).call('servicesRelease', {});
  } catch (error) {
    if (!isProblem(error, 'CLI-001')) throw error;
  }
  const { identity } = await readServerSettings(invocation);
  const services = await invocation.doors.releaseServices({ configFile: invocation.configFile });
  invocation.doors.terminal.error('No daemon runs here: run this command on the other server, too.\n');
  return { servers: [{ server: identity, services: [...services], failure: null }] };
}

function releasedText({ server, services, failure }: AnswerOf<'servicesRelease'>['servers'][number]): string {
  if (failure !== null) return `On the ${server} server nothing was undone. ${safe(failure)}`;
  if (services.length === 0) return `On the ${server} server nothing was to be undone.`;
  return `On the ${server} server everything is as it was before: ${services.map(safe).join(', ')}`;
}
