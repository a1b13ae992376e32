import { expect, it } from 'vitest';
import { type ByteString, fromText, toDisplay } from '../../kernel/byte-string.ts';
import { cursorAt, pathOfCursor } from './item-cursor.ts';

it.each(['/srv/a', '/srv/\u00fcber', '/srv/\\xff'].map(fromText).concat('/srv/a\xff\x01' as ByteString))(
  'the page after %j goes on right there, whatever bytes it has',
  (path) => {
    const shown = toDisplay(path);
    expect(pathOfCursor(cursorAt({ path: shown, exact: shown === path ? null : path }))).toBe(path);
  },
);

it('what can be written as text is written so', () => {
  expect(cursorAt({ path: '/srv/\u00fcber', exact: fromText('/srv/\u00fcber') })).toBe('/srv/\u00fcber');
  expect(pathOfCursor(undefined)).toBe('');
});
