import { expect, it } from 'vitest';
import { type ByteString, fromText, toDisplay } from '../../kernel/byte-string.ts';
import { cursorAt, cursorBefore, pathOfCursor } from './item-cursor.ts';

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

it.each(['/srv/a', '/srv/b.1', '/srv/\u00fcber'])('the page after the cursor before %s begins with it', (path) => {
  const after = pathOfCursor(cursorBefore(path));
  expect(after < fromText(path)).toBe(true);
  expect(after > fromText(path).slice(0, -1)).toBe(true);
});
