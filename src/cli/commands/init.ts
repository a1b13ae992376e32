import { FileError } from '../../kernel/files.ts';
import { Problem } from '../../problems/problem.ts';
import { examplePairFile, exampleServerFile } from '../../settings/example-file.ts';
import { parsePairSettings } from '../../settings/pair-settings.ts';
import { parseServerSettings } from '../../settings/server-settings.ts';
import { type Command, DEFAULT_CONFIG_FILE, type Flags, type Invocation, printJson, UsageError } from '../command.ts';
import { pairFileBeside } from '../configuration.ts';
import { safe } from '../shown-text.ts';
import { PRESET_NAMES, presetOfFlags } from './application-preset.ts';
import { type InitValues, initValues, nameOf } from './init-values.ts';
import { flagOfKey } from './setting-flags.ts';

/** Settings hold no secrets. */
const FILE_MODE = 0o644;

export const INIT_COMMAND: Command = {
  name: 'init',
  summary: 'Writes the two settings files, by questions or flags',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  flags: {
    pair: { value: 'NAME', summary: 'name of the pair' },
    identity: { value: 'WORD', summary: 'primary or secondary: which server this is' },
    listen: { value: 'ADDRESS', repeatable: true, summary: 'address of this server for the channel' },
    peer: { value: 'ADDRESS', repeatable: true, summary: 'address of the other server' },
    base: { value: 'FOLDER', summary: 'folder that protected paths are relative to (default /)' },
    include: { value: 'PATTERN', repeatable: true, summary: 'what to protect, such as /srv/shop/**' },
    exclude: { value: 'PATTERN', repeatable: true, summary: 'what of it to leave out' },
    'state-directory': { value: 'FOLDER', summary: 'where Understudy keeps what it remembers' },
    'api-listen': { value: 'ADDRESS', summary: 'address of the console and API (no effect yet)' },
    force: { summary: 'replace files that exist' },
    service: { value: 'NAME', repeatable: true, summary: 'service to protect, such as shop.service' },
    for: { value: 'NAME', summary: `what is known of an application: ${PRESET_NAMES}` },
    folder: { value: 'FOLDER', summary: 'where it lies, with --for docker-compose' },
  },
  async run(invocation) {
    const { flags, doors } = invocation;
    const serverFile = invocation.configFile;
    const pairFile = pairFileBeside(serverFile);
    if (!flags.isSet('force')) {
      for (const file of [serverFile, pairFile]) {
        if (await doors.files.exists(file)) throw new Problem('CLI-008', { file });
      }
    }
    const preset = await presetOfFlags(flags, doors.files);
    const warnings = preset?.warnings ?? [];
    const values = await initValues(flags, doors.terminal, doors.workingDirectory, preset);
    const texts = checkedTexts(values, flags, warnings);
    await write(invocation, serverFile, texts.server);
    await write(invocation, pairFile, texts.pair);
    if (invocation.json) printJson(invocation, { files: [serverFile, pairFile], warnings });
    else
      doors.terminal.out(
        `${nextSteps({ serverFile, pairFile, config: configFlag(invocation), peer: values.server.channel?.peers?.[0] })}${warningText(warnings)}`,
      );
    return 0;
  },
};

/**
 * The texts, once they were read back without a fault: a file that can't be used is never written.
 * @throws UsageError that names the flag or the question; a line of a file that is not there would help nobody.
 */
function checkedTexts(
  values: InitValues,
  flags: Flags,
  warnings: readonly string[],
): { readonly server: string; readonly pair: string } {
  const server = exampleServerFile(values.server);
  const pair = examplePairFile(values.pair, warnings);
  const parsedServer = parseServerSettings(server, 'server.yaml');
  const parsedPair =
    parsedServer.kind === 'settings'
      ? parsePairSettings(pair, 'pair.yaml', parsedServer.settings)
      : parsePairSettings(pair, 'pair.yaml');
  const problems = [parsedServer, parsedPair].flatMap((one) =>
    one.kind === 'problems' ? one.problems : one.warnings.filter(({ code }) => code === 'CFG-006'),
  );
  if (problems.length > 0) {
    throw new UsageError(problems.map((problem) => wordsOf(problem, flags)).join(' '), 'init');
  }
  return { server, pair };
}

function wordsOf(problem: Problem, flags: Flags): string {
  const { key, reason, what, hint } = problem.parameters;
  const flag = flagOfKey(String(key));
  const name = flag === null ? String(key) : nameOf(flag, flags);
  return `${name}: ${reason ?? `${what} is not yet supported`}. ${hint ?? ''}`.trimEnd();
}

async function write(invocation: Invocation, file: string, text: string): Promise<void> {
  try {
    await invocation.doors.files.write(file, text, { mode: FILE_MODE });
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new Problem('CLI-011', { file, reason: error.code }, { cause: error });
  }
}

/** What must follow a command so that it finds this file; nothing for the usual one. */
function configFlag(invocation: Invocation): string {
  return invocation.configFile === DEFAULT_CONFIG_FILE ? '' : ` --config ${safe(invocation.configFile)}`;
}

function warningText(warnings: readonly string[]): string {
  if (warnings.length === 0) return '';
  const lines = warnings.map((one) => `  - ${safe(one)}`);
  return `Known of this application (also in pair.yaml):\n${lines.join('\n')}\n`;
}

function nextSteps(step: {
  readonly serverFile: string;
  readonly pairFile: string;
  readonly config: string;
  readonly peer: string | undefined;
}): string {
  const { serverFile, pairFile, config, peer } = step;
  // A service of its own for other places is no unit that is installed.
  const service = config === '' ? ', or systemctl enable --now understudy-keeper understudy' : '';
  return [
    `Written: ${safe(serverFile)} (this server) and ${safe(pairFile)} (the pair).`,
    'Look at them; every setting is explained there. Next:',
    `  1. On this server:   understudy invite${config}`,
    '                       prints a token and waits',
    `  2. On the other one: understudy join TOKEN --listen ${safe(peer ?? 'ADDRESS')}`,
    `  3. On both:          understudy run${config === '' ? '' : ' --config FILE'}${service}`,
    `  4. On either:        understudy status --wait synchronized${config}`,
    '',
  ].join('\n');
}
