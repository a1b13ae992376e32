import { gzipSync } from 'node:zlib';
import { resolve } from 'node:path';
import type { AnswerOf } from '../../api/requests.ts';
import { isProblem, Problem } from '../../problems/problem.ts';
import { type Command, type Invocation, printJson } from '../command.ts';
import { daemonOf } from '../configuration.ts';
import { tarOf } from '../tar.ts';

/** Only for who asked for it: paths and addresses are in it. */
const MODE = 0o600;

export const COLLECT_COMMAND: Command = {
  name: 'collect',
  summary: 'Writes one archive of both servers for whoever helps: status, findings, events, settings, versions',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  flags: {
    output: { value: 'FILE', summary: 'the archive (default understudy-DATE.tar.gz here)' },
    force: { summary: 'replace a file that exists' },
  },
  description: 'No key and no secret is in it. Works without a daemon too, with less in it.',
  async run(invocation) {
    const { doors, flags } = invocation;
    const wallMs = doors.clock.wallMs();
    const date = new Date(wallMs).toISOString().slice(0, 19).replace(/[-:]/g, '');
    const file = resolve(doors.workingDirectory, flags.text('output') ?? `understudy-${date}.tar.gz`);
    // Before anything is collected, which takes seconds.
    if (!flags.isSet('force') && (await doors.files.exists(file))) throw new Problem('CLI-019', { file });
    const { servers } = await collected(invocation);
    const files = servers.flatMap(({ server, files: own }) =>
      own.map(({ name, text }) => ({ name: `understudy-${date}/${server}/${name}`, text })),
    );
    await doors.files.write(file, gzipSync(tarOf(files, wallMs)), { mode: MODE });
    if (invocation.json) printJson(invocation, { file, servers: servers.map(({ server }) => server) });
    else doors.terminal.out(`Written: ${file} (${servers.map(({ server }) => server).join(' and ')})\n`);
    return 0;
  },
};

async function collected(invocation: Invocation): Promise<AnswerOf<'collect'>> {
  try {
    return await (await daemonOf(invocation)).call('collect', {});
  } catch (error) {
    if (!isProblem(error, 'CLI-001')) throw error;
    return await invocation.doors.collect({ configFile: invocation.configFile });
  }
}
