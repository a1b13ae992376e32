import { expect, it } from 'vitest';
import { withoutSecrets } from './without-secrets.ts';

it.each([
  ['password: hunter2', 'password: (left out)'],
  ['  dbPassword: "hunter two" # old', '  dbPassword: (left out) # old'],
  ['{"token":"abc.def","a":1}', '{"token":(left out),"a":1}'],
  ['command: PGPASSWORD=hunter2 psql', 'command: PGPASSWORD=(left out) psql'],
  ['url: https://me:hunter2@host/x', 'url: https://me:(left out)@host/x'],
  ['a\n-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\nb', 'a\n(left out)\nb'],
  ['-----BEGIN PRIVATE KEY-----\nMIIB', '(left out)'],
])('leaves out what is secret: %s', (text, expected) => {
  expect(withoutSecrets(text)).toBe(expected);
});

it.each([
  'include: [ "/srv/shop/**" ]',
  'pair: shop',
  '{"code":"N29","item":"/srv/key"}',
  'peers: [ "10.0.0.2:57348" ]',
])('and nothing else: %s', (text) => {
  expect(withoutSecrets(text)).toBe(text);
});
