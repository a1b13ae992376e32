import { explainSetting, listSettings, type SettingExplanation } from '../../settings/explanation.ts';
import { formatNumberOf } from '../../kernel/count-text.ts';
import { describe, entryOf, Problem } from '../../problems/problem.ts';
import { type Command, type Invocation, printJson, UsageError } from '../command.ts';
import { problemText } from '../failure-report.ts';
import { daemonOf, pairFileBeside, readPairSettings, readServerSettings } from '../configuration.ts';
import { safe, table, wrap } from '../shown-text.ts';
import { withPlaces } from './filter-places.ts';
import { settingsGiven } from './settings-given.ts';

export const SETTINGS_COMMAND: Command = {
  name: 'settings',
  summary: 'Lists, explains and checks the settings, and says what each filter does',
  operands: 'list | explain KEY | check | filters',
  operandsMin: 0,
  operandsMax: 2,
  flags: {},
  description:
    'list shows what the settings files of this server come to, beside the defaults. check reads both files; exit 1 where they can not be used, or where a folder that is named would not be protected. Works without a daemon, but for filters: the include and exclude patterns in force.',
  async run(invocation) {
    const [action = 'list', key] = invocation.operands;
    if (action === 'list' && key === undefined) return await list(invocation);
    if (action === 'explain' && key !== undefined) return explainOne(invocation, key);
    if (action === 'check' && key === undefined) return await check(invocation);
    if (action === 'filters' && key === undefined) return await filters(invocation);
    throw new UsageError(`Possible is: understudy settings ${SETTINGS_COMMAND.operands}`, 'settings');
  },
};

async function list(invocation: Invocation): Promise<number> {
  const given = await settingsGiven(invocation);
  const all = listSettings().map((one) => ({ ...one, value: given(one.file, one.key) }));
  if (invocation.json) {
    printJson(invocation, { settings: all });
    return 0;
  }
  const { terminal } = invocation.doors;
  const rows = all.map((one) => [one.file, one.key, safe(one.value ?? '-'), one.defaultText ?? '(must be given)']);
  terminal.out(`${table([['file', 'setting', 'value', 'default'], ...rows]).join('\n')}\n`);
  for (const [which, file] of [
    ['server.yaml', invocation.configFile],
    ['pair.yaml', pairFileBeside(invocation.configFile)],
  ] as const) {
    if (all.some((one) => one.file === which && one.value !== null)) continue;
    terminal.error(`No values of ${safe(file)}: \`understudy settings check\` says why.\n`);
  }
  return 0;
}

function explainOne(invocation: Invocation, key: string): number {
  // Of a group all that is in it.
  const same = listSettings().filter((one) => one.key === key || one.key.startsWith(`${key}.`));
  const first = explainSetting(key);
  if (same.length === 0 && first instanceof Problem) throw first;
  const found = same.length > 0 || first instanceof Problem ? same : [first];
  if (invocation.json) printJson(invocation, found.length === 1 ? found[0] : found);
  else {
    const columns = invocation.doors.terminal.size().columns;
    invocation.doors.terminal.out(`${found.flatMap((one) => explanationLines(one, columns)).join('\n')}\n`);
  }
  return 0;
}

function explanationLines(one: SettingExplanation, columns: number): string[] {
  const unit = one.unit === null ? '' : ` (${one.unit})`;
  const lines = (text: string) => wrap(text, { columns, indent: '  ' });
  return [
    `${one.key}  (${one.file})`,
    ...lines(one.text),
    ...lines(`Possible: ${one.type}${unit}.`),
    ...lines(one.defaultText === null ? 'It must be given.' : `Default: ${one.defaultText}`),
  ];
}

async function filters(invocation: Invocation): Promise<number> {
  const status = await (await daemonOf(invocation)).call('status', {});
  const { base } = await readServerSettings(invocation);
  const { files } = invocation.doors;
  const shown = status.role === 'active' ? await withPlaces(status.filters, { files, base }) : status.filters;
  if (invocation.json) {
    printJson(invocation, { filters: shown });
    return 0;
  }
  const rows = shown.map(({ kind, pattern, state, detail }) => [kind, safe(pattern), state, safe(detail)]);
  invocation.doors.terminal.out(`${table([['kind', 'pattern', 'state', 'why'], ...rows]).join('\n')}\n`);
  return 0;
}

async function check(invocation: Invocation): Promise<number> {
  const server = await readServerSettings(invocation);
  const { warnings } = await readPairSettings(invocation, server);
  const { terminal } = invocation.doors;
  const pairFile = pairFileBeside(invocation.configFile);
  const files = [invocation.configFile, pairFile];
  // A folder that is named and not protected is no matter of taste.
  const status = warnings.some(({ code }) => entryOf(code).severity === 'error') ? 1 : 0;
  if (invocation.json) {
    const told = warnings.map((warning) => ({
      code: warning.code,
      severity: entryOf(warning.code).severity,
      ...describe(warning),
    }));
    printJson(invocation, { files, warnings: told });
    return status;
  }
  for (const warning of warnings) terminal.error(problemText(warning, false));
  const ofPair = warnings.length === 0 ? 'in order' : `can be used, with ${formatNumberOf(warnings.length, 'warning')}`;
  terminal.out(`${safe(invocation.configFile)}: in order\n${safe(pairFile)}: ${ofPair}\n`);
  return status;
}
