import type { FilledPreset } from '../../settings/filled-preset.ts';
import type { PairFileValues } from '../../settings/pair-schema.ts';
import type { ServerFileValues } from '../../settings/server-schema.ts';
import type { Terminal } from '../../kernel/terminal.ts';
import { type Flags, UsageError } from '../command.ts';
import { safe } from '../shown-text.ts';
import { checkFlags, folderFlag, type SettingFlag, valueFault, withPort } from './setting-flags.ts';

/** What the two settings files are made from. */
export interface InitValues {
  readonly server: ServerFileValues;
  readonly pair: PairFileValues;
}

/** What is asked where no flag says it. */
interface Question {
  readonly text: string;
  /** What an empty answer means; null where there must be one. */
  readonly usual: string | null;
  /** The answer may hold several, with spaces or commas between them. */
  readonly several: boolean;
}

const QUESTIONS = {
  pair: { text: 'Name of the pair', usual: 'pair', several: false },
  identity: { text: 'This server is primary or secondary', usual: 'primary', several: false },
  listen: {
    text: 'Address of this server for the channel (host or host:port)',
    usual: '0.0.0.0:57348',
    several: true,
  },
  peer: { text: 'Address of the other server', usual: null, several: true },
  include: { text: 'What to protect, such as /srv/shop/** (several with spaces)', usual: null, several: true },
  exclude: { text: 'What to leave out (may be empty)', usual: '', several: true },
} as const satisfies Partial<Record<SettingFlag, Question>>;

type Asked = keyof typeof QUESTIONS;

/**
 * From flags, and from questions where there is somebody to ask. Each value is checked by itself;
 * whether they go together is for the settings module afterwards. What to protect is not asked where a preset says it;
 * flags then add to it.
 * @throws UsageError where a flag's value can't be used, or something is missing and nobody can be asked.
 */
export async function initValues(
  flags: Flags,
  terminal: Terminal,
  workingDirectory: string,
  preset: FilledPreset | null = null,
): Promise<InitValues> {
  // Before anything is asked: nobody shall answer for nothing.
  checkFlags(flags, 'init');
  const valuesOf = async (flag: Asked): Promise<readonly string[]> =>
    flags.isSet(flag) ? flags.all(flag) : await answers(terminal, flag);
  const pair = (await valuesOf('pair')).at(-1) ?? '';
  const identity = (await valuesOf('identity')).at(-1) === 'secondary' ? 'secondary' : 'primary';
  const listen = await valuesOf('listen');
  const peers = await valuesOf('peer');
  const own = peers.find((peer) => listen.some((address) => withPort(address) === withPort(peer)));
  if (own !== undefined)
    throw new UsageError(`--peer ${own} must be an address of the other server, not the one of --listen.`, 'init');
  const isKnown = preset !== null;
  const include = isKnown ? flags.all('include') : await valuesOf('include');
  const exclude = isKnown || !terminal.canAsk ? flags.all('exclude') : await valuesOf('exclude');
  const services = flags.all('service').map((name) => ({ name }));
  const base = folderFlag(flags, 'base', workingDirectory);
  const state = folderFlag(flags, 'state-directory', workingDirectory);
  const api = flags.text('api-listen');
  return {
    server: {
      identity,
      channel: { listen: listen.map(withPort), peers: peers.map(withPort) },
      ...(state === null ? {} : { stateDirectory: state }),
      ...(base === null ? {} : { base }),
      ...(api === null ? {} : { api: { listen: api } }),
    },
    pair: { ...preset?.values, pair, protect: protectOf(preset, { include, exclude, services }) },
  };
}

/** What the preset says first. */
function protectOf(
  preset: FilledPreset | null,
  more: {
    readonly include: readonly string[];
    readonly exclude: readonly string[];
    readonly services: readonly { readonly name: string }[];
  },
): NonNullable<PairFileValues['protect']> {
  const { files, services: own = [] } = preset?.values.protect ?? {};
  const services = [...own, ...more.services];
  return {
    files: {
      include: [...(files?.include ?? []), ...more.include],
      exclude: [...(files?.exclude ?? []), ...more.exclude],
    },
    ...(services.length === 0 ? {} : { services }),
  };
}

/** What a value is called by who gave it: the flag, or the question that was answered. */
export function nameOf(flag: SettingFlag, flags: Flags): string {
  return flags.isSet(flag) || !Object.hasOwn(QUESTIONS, flag) ? `--${flag}` : QUESTIONS[flag as Asked].text;
}

/** Asks until there is an answer that can be used: a typing error costs one answer, not all of them. */
async function answers(terminal: Terminal, flag: Asked): Promise<string[]> {
  const { text: question, usual, several } = QUESTIONS[flag];
  if (!terminal.canAsk) throw new UsageError(`--${flag} is missing, and nobody can be asked.`, 'init');
  for (;;) {
    const hint = usual === null || usual === '' ? '' : ` [${usual}]`;
    const answer = await terminal.ask(`${question}${hint}: `);
    if (answer === null) throw new UsageError(`The input ended before an answer to: ${question}`, 'init');
    const text = answer.trim() === '' ? usual : answer.trim();
    if (text === null) continue;
    const given = several ? text.split(/[\s,]+/).filter((one) => one !== '') : [text];
    const faults = given.flatMap((one) => {
      const fault = valueFault(flag, one);
      return fault === null ? [] : [`"${safe(one)}" ${fault}.\n`];
    });
    if (faults.length === 0) return given;
    terminal.error(faults.join(''));
  }
}
