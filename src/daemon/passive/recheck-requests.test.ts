import { expect, it } from 'vitest';
import { FRAME_BYTES_MAX, FRAME_ITEMS_MAX } from '../../changes/data-frame-codec.ts';
import { fromText } from '../../kernel/byte-string.ts';
import { RecheckRequests } from './recheck-requests.ts';

const A = fromText('/srv/a');

/** Everything that is asked for, frame by frame. */
function drain(requests: RecheckRequests): { nodes: number[]; paths: string[]; everything: boolean } {
  const all = { nodes: [] as number[], paths: [] as string[], everything: false };
  for (let lot = requests.take(); lot !== null; lot = requests.take()) {
    expect(lot.nodes.length + lot.paths.length).toBeLessThanOrEqual(FRAME_ITEMS_MAX);
    expect(lot.paths.join('').length + 20 * FRAME_ITEMS_MAX).toBeLessThan(FRAME_BYTES_MAX);
    all.nodes.push(...lot.nodes);
    all.paths.push(...lot.paths);
    all.everything ||= lot.everything;
  }
  return all;
}

it('an item is asked for once, however often it is wanted', () => {
  const requests = new RecheckRequests();
  expect(requests.take()).toBeNull();
  for (let i = 0; i < 3; i++) {
    requests.node(5);
    requests.path(A);
  }
  expect(requests.take()).toEqual({ nodes: [5], paths: [A], everything: false });
  expect(requests.take()).toBeNull();
});

it('an item that is wanted again after it was asked for is asked for again', () => {
  const requests = new RecheckRequests();
  requests.node(5);
  requests.take();
  requests.node(5);
  expect(requests.take()?.nodes).toEqual([5]);
});

it('no frame asks for more than it may hold, and nothing is forgotten', () => {
  const requests = new RecheckRequests();
  const paths = Array.from({ length: 300 }, (_, i) => fromText(`/srv/${'x'.repeat(4000)}/${String(i)}`));
  for (let i = 0; i < 5000; i++) requests.node(i);
  for (const path of paths) requests.path(path);
  expect(drain(requests)).toEqual({ nodes: Array.from({ length: 5000 }, (_, i) => i), paths, everything: false });
});

it('what was asked for over a connection that broke is asked for again', () => {
  const requests = new RecheckRequests();
  requests.node(5);
  requests.path(A);
  drain(requests);
  requests.node(6);
  requests.lost();
  expect(drain(requests)).toEqual({ nodes: [6, 5], paths: [A], everything: false });
});

it('what a check of everything has settled meanwhile is not asked for again', () => {
  const requests = new RecheckRequests();
  requests.node(5);
  drain(requests);
  requests.forget();
  requests.lost();
  expect(requests.take()).toBeNull();
});

it('a check of everything is asked for once', () => {
  const requests = new RecheckRequests();
  requests.everything();
  expect(requests.take()).toEqual({ nodes: [], paths: [], everything: true });
  expect(requests.take()).toBeNull();
});

it('where too much was asked for to be remembered, everything is', () => {
  const requests = new RecheckRequests();
  for (let i = 0; i < 80_000; i++) requests.node(i);
  drain(requests);
  requests.lost();
  expect(drain(requests).everything).toBe(true);
});

it('asks for everything where a path is longer than a frame can say', () => {
  const requests = new RecheckRequests();
  requests.path(fromText(`/${'x'.repeat(0xfffe)}`));
  expect(requests.take()).toMatchObject({ everything: false, paths: [expect.any(String)] });
  requests.path(fromText(`/${'x'.repeat(0xffff)}`));
  expect(requests.take()).toMatchObject({ everything: true, paths: [] });
});
