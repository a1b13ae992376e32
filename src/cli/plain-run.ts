import { DEFAULT_CONFIG_FILE } from './command.ts';

const CONFIG = '--config';

/**
 * The server file of `understudy run`, where nothing else is asked for: that command begins with work before all others
 * are loaded. Pure.
 * @param args - what was typed, without the program's own name.
 * @returns null for everything else, which the command line understands.
 */
export function configFileOfRun(args: readonly string[]): string | null {
  const given = args.filter((word) => word !== 'run');
  if (given.length !== args.length - 1) return null;
  const [first = '', second] = given;
  if (given.length === 0) return DEFAULT_CONFIG_FILE;
  if (given.length === 1 && first.startsWith(`${CONFIG}=`)) return first.slice(CONFIG.length + 1) || null;
  return given.length === 2 && first === CONFIG && second !== undefined && !second.startsWith('-') ? second : null;
}
