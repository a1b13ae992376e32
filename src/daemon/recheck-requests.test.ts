import { expect, it } from 'vitest';
import { fromText } from '../kernel/byte-string.ts';
import { RecheckRequests } from './recheck-requests.ts';

it('each item is asked for once', () => {
  const requests = new RecheckRequests();
  requests.node(5);
  requests.node(5);
  requests.path(fromText('/srv/a'));
  expect(requests.take()).toEqual({ nodes: [5], paths: ['/srv/a'], everything: false });
  expect(requests.take()).toBeNull();
});

it('what was asked for over a connection that broke is asked for again', () => {
  const requests = new RecheckRequests();
  requests.node(5);
  requests.take();
  requests.node(6);
  requests.lost();
  expect(requests.take()?.nodes.toSorted()).toEqual([5, 6]);
  requests.lost();
  requests.take();
  requests.forget();
  requests.lost();
  expect(requests.take()).toBeNull();
});

it('where too much was asked for to be remembered, everything is asked for', () => {
  const requests = new RecheckRequests();
  for (let node = 1; node <= 70_000; node++) requests.node(node);
  while (requests.take() !== null);
  requests.lost();
  expect(requests.take()?.everything).toBe(true);
});

it('long paths go in several frames', () => {
  const requests = new RecheckRequests();
  for (let index = 0; index < 1000; index++) requests.path(fromText(`/${'x'.repeat(4000)}${String(index)}`));
  expect(requests.take()?.paths.length).toBeLessThan(200);
});
