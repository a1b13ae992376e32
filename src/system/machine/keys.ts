import type { Cancel } from '../../kernel/clock.ts';

/**
 * Every key pressed on the terminal, one by one and not shown. Ctrl-C comes as the key `\x03`, not as
 * a signal. Until cancelled; the terminal is then as before. One listener at a time.
 */
export function onKeys(action: (key: string) => void): Cancel {
  const { stdin } = process;
  const listener = (data: Buffer): void => {
    for (const key of data.toString('latin1')) action(key);
  };
  stdin.setRawMode(true);
  stdin.on('data', listener).resume();
  return () => {
    stdin.off('data', listener).pause();
    stdin.setRawMode(false);
  };
}
