import { expect, it } from 'vitest';
import { withoutSecrets } from './without-secrets.ts';

it.each([
  ['password: hunter2', 'password: (left out)'],
  ['  dbPassword: "hunter two" # old', '  dbPassword: (left out) # old'],
  ['{"token":"abc.def","a":1}', '{"token":(left out),"a":1}'],
  ['command: PGPASSWORD=hunter2 psql', 'command: PGPASSWORD=(left out) psql'],
  ['url: https://me:hunter2@host/x', 'url: https://me:(left out)@host/x'],
  ['a: 1\n  - password: two #words\nb: 2', 'a: 1\n  - password: (left out)\nb: 2'],
  ['mysql (process 7): mysql --password hunter2 -u root', 'mysql (process 7): mysql --password (left out) -u root'],
  ['command: [ mail, "--auth-token", "a b", send ]', 'command: [ mail, "--auth-token", (left out), send ]'],
  ['a\n-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\nb', 'a\n(left out)\nb'],
  ['-----BEGIN PRIVATE KEY-----\nMIIB', '(left out)'],
])('leaves out what is secret: %s', (text, expected) => {
  expect(withoutSecrets(text)).toBe(expected);
});

it.each([
  'include: [ "/srv/shop/**" ]',
  'pair: shop',
  'mysql --no-password --user root',
  '{"code":"N29","item":"/srv/key"}',
  'peers: [ "10.0.0.2:57348" ]',
])('and nothing else: %s', (text) => {
  expect(withoutSecrets(text)).toBe(text);
});
