import { expect, it } from 'vitest';
import { set, treeOf } from '../../registry/registry.testing.ts';
import type { RegistryEdit } from '../../registry/registry-edit.ts';
import { diffOfKey } from './key-difference.ts';
import { lookAtKey } from './registry-look.ts';
import type { RegistryLook } from './registry-messages.ts';

const ACME = 'HKEY_LOCAL_MACHINE\\Software\\Acme';
const PATH = 'file:HKLM\\Software\\Acme';
const LONG = 'x'.repeat(100);

function look(...edits: readonly RegistryEdit[]): Promise<RegistryLook> {
  return lookAtKey(PATH, async () => treeOf(edits));
}

function diff(active: Promise<unknown>, passive: Promise<unknown>) {
  return diffOfKey(PATH, { role: 'passive', query: () => passive, callPeer: () => active });
}

it('long values that begin alike are told to differ', async () => {
  const [one, other] = [look(set(ACME, 'Path', `${LONG}1`)), look(set(ACME, 'PATH', `${LONG}2`))];
  const found = await diff(one, other);
  expect(found).toMatchObject({ status: 'Out of sync', differences: [{ what: 'the value "path"' }] });
  expect(found.differences[0]?.active).not.toBe(found.differences[0]?.passive);
  expect(await diff(one, look(set(ACME, 'path', `${LONG}1`)))).toMatchObject({ status: 'Synchronized' });
});

it('what a server of an earlier release says of long values is compared as far as it says it', async () => {
  const { values } = await look(set(ACME, 'a', `${LONG}1`));
  const found = await diff(Promise.resolve({ values }), look(set(ACME, 'a', `${LONG}1`), set(ACME, 'b')));
  expect(found.differences.map(({ what }) => what)).toEqual(['the value "b"']);
});

it('a key that neither server has is told as that', async () => {
  await expect(diff(look(), look())).rejects.toMatchObject({ code: 'CLI-018' });
  expect(await diff(look(set(ACME, 'a')), look())).toMatchObject({
    differences: [{ what: 'existence', active: 'present', passive: 'missing' }],
  });
});
