import type { Identity } from '../../api/status.ts';
import { formatAddress } from '../../kernel/sockets.ts';
import { type Command, type Invocation, printJson, UsageError } from '../command.ts';
import { readServerSettings } from '../configuration.ts';
import { safe } from '../shown-text.ts';
import { checkFlags, folderFlag, withPort } from './setting-flags.ts';

export const JOIN_COMMAND: Command = {
  name: 'join',
  summary: 'Pairs this server with the one that printed the token',
  operands: 'TOKEN',
  operandsMin: 1,
  operandsMax: 1,
  flags: {
    identity: { value: 'WORD', summary: 'primary or secondary (default: what the other is not)' },
    listen: { value: 'ADDRESS', repeatable: true, summary: 'address for the channel on this server' },
    base: { value: 'FOLDER', summary: 'folder that protected paths are relative to' },
    'state-directory': { value: 'FOLDER', summary: 'where Understudy keeps what it remembers' },
    'api-listen': { value: 'ADDRESS', summary: 'address of the console and API (no effect yet)' },
    replace: { summary: 'leave the pair this server belongs to' },
  },
  description: 'Writes the server file from the token and the flags where there is none.',
  async run(invocation) {
    const { flags, doors } = invocation;
    checkFlags(flags, 'join');
    if (await doors.files.exists(invocation.configFile)) await expectAsWritten(invocation);
    const result = await doors.pairing.join({
      configFile: invocation.configFile,
      token: invocation.operands[0] ?? '',
      identity: identityFlag(flags.text('identity')),
      listen: flags.all('listen').map(withPort),
      base: folderFlag(flags, 'base', doors.workingDirectory),
      stateDirectory: folderFlag(flags, 'state-directory', doors.workingDirectory),
      apiListen: flags.text('api-listen'),
      replace: flags.isSet('replace'),
    });
    if (invocation.json) {
      printJson(invocation, result);
      return 0;
    }
    doors.terminal.out(
      [
        `This server is now the ${result.identity} one of the pair ${safe(result.pair)}, with ${safe(result.peerAddress)}.`,
        ...result.filesWritten.map((file) => `Written: ${safe(file)}`),
        'Next: start the daemon on both servers (understudy run, or its service), then understudy status --wait synchronized.',
        '',
      ].join('\n'),
    );
    return 0;
  },
};

function identityFlag(text: string | null): Identity | null {
  return text === 'primary' || text === 'secondary' ? text : null;
}

/** What stands in the server file holds. @throws UsageError where a flag says otherwise: it would have no effect. */
async function expectAsWritten(invocation: Invocation): Promise<void> {
  const { flags, configFile, doors } = invocation;
  const given = (['identity', 'listen', 'base', 'state-directory', 'api-listen'] as const).filter((one) =>
    flags.isSet(one),
  );
  if (given.length === 0) return;
  const { identity, channel, base, stateDirectory, api } = await readServerSettings(invocation);
  const written: Readonly<Record<(typeof given)[number], readonly string[]>> = {
    identity: [identity],
    listen: channel.listen.map(formatAddress),
    base: [base],
    'state-directory': [stateDirectory],
    'api-listen': api.listen === null ? [] : [formatAddress(api.listen)],
  };
  for (const flag of given) {
    const wanted =
      flag === 'base' || flag === 'state-directory'
        ? [folderFlag(flags, flag, doors.workingDirectory) ?? '']
        : flags.all(flag).map((text) => (flag === 'listen' ? withPort(text) : text));
    if (String([...wanted].sort()) === String([...written[flag]].sort())) continue;
    const found = written[flag].length === 0 ? 'none' : written[flag].join(', ');
    throw new UsageError(
      `--${flag} ${wanted.join(', ')} has no effect: ${configFile} is there, and says ${found}. Change it there, or leave out the flag.`,
      'join',
    );
  }
}
