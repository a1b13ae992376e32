import { expect, it } from 'vitest';
import { parseYaml } from '../settings/yaml-text.ts';
import { startDaemon } from './start-daemon.ts';

it('a daemon starts by what it was begun by, whatever the file says meanwhile', async () => {
  const beginning = {
    stopAsked: new Promise<never>(() => {}),
    serverFile: Promise.resolve(parseYaml('identity: third')),
    goneOn: Promise.resolve(null),
  };
  const end = await startDaemon('/nowhere/server.yaml', beginning);
  expect(end).toMatchObject([{ code: 'CFG-002', parameters: { key: 'identity' } }]);
});
