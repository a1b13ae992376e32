import {
  listGroups,
  listSettings,
  type SettingExplanation,
  type SettingsFile,
} from '../../src/settings/explanation.ts';

const FILES: Readonly<Record<SettingsFile, string>> = {
  'server.yaml':
    "This server's own settings; by default `/etc/understudy/server.yaml`. Read when the daemon starts. Any other place is named with `--config FILE`.",
  'pair.yaml':
    "The pair's settings, beside the server file and the same on both servers. Edit them on the active server: they are checked, applied while running and carried to the passive one.",
};

export function settingsPage(): string {
  return `${[
    '# Settings',
    '<!-- Made from src/settings by `npm run docs`. -->',
    'Two YAML files. A key that is not listed here is an error, and so is a value out of its bounds: the message names the file, the line and the nearest key. `understudy init` writes both files with comments; `understudy settings explain KEY` prints what stands here. The unit is the end of a name: `Ms` milliseconds, `Bytes` bytes.',
    ...Object.entries(FILES).flatMap(([file, text]) => section(file as SettingsFile, text)),
  ].join('\n\n')}\n`;
}

function section(file: SettingsFile, text: string): string[] {
  const rows = listSettings(file).map(row);
  const groups = listGroups(file).map((group) => `- \`${group.key}\`: ${group.text}`);
  return [
    `## ${file}`,
    text,
    groups.join('\n'),
    ['| key | what | possible | default |', '|---|---|---|---|', ...rows].join('\n'),
  ];
}

function row(setting: SettingExplanation): string {
  const fallback = setting.defaultText === null ? '(must be given)' : defaultCell(setting.defaultText);
  return `| \`${setting.key}\` | ${cell(setting.text)} | ${cell(setting.type)} | ${fallback} |`;
}

function defaultCell(text: string): string {
  return text.includes(' ') || text.includes('`') ? cell(text) : `\`${cell(text)}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
