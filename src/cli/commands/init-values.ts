import type { PairFileValues } from '../../settings/pair-schema.ts';
import type { ServerFileValues } from '../../settings/server-schema.ts';
import type { Identity } from '../../api/status.ts';
import type { Terminal } from '../../kernel/terminal.ts';
import { type Flags, UsageError } from '../command.ts';

const CHANNEL_PORT = 57348;

/** What the two settings files are made from. */
export interface InitValues {
  readonly server: ServerFileValues;
  readonly pair: PairFileValues;
}

/** An address as typed, with the channel's usual port where none stands. */
export function withPort(address: string): string {
  const hasPort = address.startsWith('[') ? /\]:\d+$/.test(address) : /:\d+$/.test(address);
  const isBareIpv6 = !address.startsWith('[') && address.split(':').length > 2;
  if (isBareIpv6) return `[${address}]:${CHANNEL_PORT}`;
  return hasPort ? address : `${address}:${CHANNEL_PORT}`;
}

/**
 * From flags, and from questions where there is somebody to ask. What the files will say is checked
 * by the settings module afterwards.
 * @throws UsageError where something is missing and nobody can be asked.
 */
export async function initValues(flags: Flags, terminal: Terminal): Promise<InitValues> {
  const ask = asker(terminal);
  const pair = flags.text('pair') ?? (await ask('--pair', 'Name of the pair', 'pair'));
  const identity = identityOf(
    flags.text('identity') ?? (await ask('--identity', 'This server is primary or secondary', 'primary')),
  );
  const listen = flags.isSet('listen')
    ? flags.all('listen')
    : list(
        await ask('--listen', 'Address of this server for the channel (host or host:port)', `0.0.0.0:${CHANNEL_PORT}`),
      );
  const peers = flags.isSet('peer')
    ? flags.all('peer')
    : list(await ask('--peer', 'Address of the other server', null));
  const include = flags.isSet('include')
    ? flags.all('include')
    : list(await ask('--include', 'What to protect, such as /srv/shop/** (several with spaces)', null));
  const exclude =
    flags.isSet('exclude') || !terminal.canAsk
      ? flags.all('exclude')
      : list(await ask('--exclude', 'What to leave out (may be empty)', ''));
  const [base, state, api] = [flags.text('base'), flags.text('state-directory'), flags.text('api-listen')];
  return {
    server: {
      identity,
      channel: { listen: listen.map(withPort), peers: peers.map(withPort) },
      ...(state === null ? {} : { stateDirectory: state }),
      ...(base === null ? {} : { base }),
      ...(api === null ? {} : { api: { listen: api } }),
    },
    pair: { pair, protect: { files: { include: [...include], exclude: [...exclude] } } },
  };
}

type Ask = (flag: string, question: string, usual: string | null) => Promise<string>;

function asker(terminal: Terminal): Ask {
  return async (flag, question, usual) => {
    if (!terminal.canAsk) throw new UsageError(`${flag} is missing, and nobody can be asked.`, 'init');
    for (;;) {
      const hint = usual === null || usual === '' ? '' : ` [${usual}]`;
      const answer = await terminal.ask(`${question}${hint}: `);
      if (answer === null) throw new UsageError(`${flag} is missing: the input ended.`, 'init');
      const text = answer.trim();
      if (text !== '') return text;
      if (usual !== null) return usual;
    }
  };
}

function identityOf(text: string): Identity {
  if (text === 'primary' || text === 'secondary') return text;
  throw new UsageError(`--identity must be primary or secondary, not ${text}.`, 'init');
}

function list(text: string): string[] {
  return text.split(/[\s,]+/).filter((one) => one !== '');
}
