import { expect, it } from 'vitest';
import { LinkLine } from './link-line.ts';
import type { DataMessage, SentData } from './thread-messages.ts';

function trial(...messages: DataMessage[]): { line: LinkLine; posted: SentData[] } {
  const posted: SentData[] = [];
  const line = new LinkLine({ take: () => messages.shift() }, (message) => void posted.push(message));
  return { line, posted };
}

const FRAME = [new Uint8Array([1]), new Uint8Array([2, 3])];

it('a frame goes over the connection that the engine knows of, though another one may be up by then', () => {
  const { line, posted } = trial(
    { kind: 'up', peerServerId: 'p', version: 3, connection: 1 },
    { kind: 'down' },
    { kind: 'up', peerServerId: 'p', version: 3, connection: 2 },
  );
  line.take();
  line.send(FRAME);
  expect(posted).toEqual([{ kind: 'frame', connection: 1, frame: Buffer.from([1, 2, 3]) }]);
});

it('nothing is sent where the engine knows of no connection', () => {
  const { line, posted } = trial({ kind: 'up', peerServerId: 'p', version: 3, connection: 1 }, { kind: 'down' });
  line.send(FRAME);
  line.take();
  line.take();
  line.send(FRAME);
  expect(posted).toEqual([]);
});

it('gives up the connection that the engine knows of, once', () => {
  const { line, posted } = trial({ kind: 'up', peerServerId: 'p', version: 3, connection: 1 }, { kind: 'down' });
  line.take();
  line.renew();
  line.take();
  line.renew();
  expect(posted).toEqual([{ kind: 'renew', connection: 1 }]);
});
