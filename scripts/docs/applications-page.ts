import { APPLICATION_PRESETS, type ApplicationPreset } from '../../src/settings/application-presets.ts';
import { anchor, braces } from './problems-page.ts';

export function applicationsPage(): string {
  return `${[
    '# Applications',
    '<!-- Made from src/settings/application-presets.ts by `npm run docs`. -->',
    '`understudy init --for NAME` writes settings with what is known of an application: what to protect and what to leave out, its services, probes that tell when it does not answer, and notes on what settings can not say. `--include`, `--exclude` and `--service` add to it. Read the notes, and look at `pair.yaml` before you go on.',
    APPLICATION_PRESETS.map(({ name }) => `- [${name}](#${anchor(name)})`).join('\n'),
    ...APPLICATION_PRESETS.map(presetText),
  ].join('\n\n')}\n`;
}

function presetText(preset: ApplicationPreset): string {
  const { name, title, capture, include, exclude, services, probes, folder, instances, warnings } = preset;
  const rows = [
    ['protected', include],
    ['left out', exclude],
    ['services', services.map((service) => service.name)],
    ['probes', probes.map(({ name: probe, command, tcp, http }) => `${probe} (${command?.join(' ') ?? tcp ?? http})`)],
  ] as const;
  const lines = rows.flatMap(([what, texts]) =>
    texts.length === 0 ? [] : [`- ${what}: ${texts.map((text) => `\`${text}\``).join(', ')}`],
  );
  if (capture !== undefined) lines.push(`- capture: \`${capture}\``);
  if (folder !== undefined) lines.push(`- \`{folder}\` is what \`--folder\` says: ${folder}`);
  if (instances !== undefined) lines.push(`- \`{1}\` and \`{2}\` are those of each folder \`${instances.pattern}\``);
  const notes = warnings.map((warning) => `- ${braces(warning)}`);
  return [`## ${name}`, `${title}.`, lines.join('\n'), 'To be known:', notes.join('\n')].join('\n\n');
}
