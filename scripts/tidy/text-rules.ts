import { FOLDERS } from './import-table.ts';
import { lineAt, type SourceText } from './source-text.ts';
import { isTest, moduleOf, type Violation } from './violation.ts';

export const FILE_LINES_MAX = 400;
const VAGUE_NAMES = /(^|\/)(index|utils?|helpers?|common|manager|misc)(\.test)?(\.ts|\/)/;

interface Ban {
  readonly pattern: RegExp;
  readonly instead: string;
  /** Folders of `src` where it is allowed. */
  readonly except: readonly string[];
}

/** Calls that reach the machine behind its doors, each with what to use. For `src`; tests are free. */
const BANS: readonly Ban[] = [
  { pattern: /\bDate\.now\b/g, instead: 'Clock of kernel/clock.ts', except: ['system'] },
  { pattern: /\bnew Date\(\s*\)/g, instead: 'Clock of kernel/clock.ts', except: ['system'] },
  { pattern: /\bperformance\.now\b/g, instead: 'Clock of kernel/clock.ts', except: ['system'] },
  { pattern: /\bprocess\.hrtime\b/g, instead: 'Clock of kernel/clock.ts', except: ['system'] },
  { pattern: /(?<![.\w])set(Timeout|Interval)\s*\(/g, instead: 'Timers of kernel/clock.ts', except: ['system'] },
  { pattern: /\bMath\.random\b/g, instead: 'Random of kernel/random.ts', except: ['system'] },
  {
    pattern: /\bimport\s*\{[^}]*\b(random(Bytes|UUID|Int|FillSync)|webcrypto)\b|\bcrypto\.(random|getRandom)\w+/g,
    instead: 'Random of kernel/random.ts, or a secret handed in',
    except: ['system'],
  },
  { pattern: /\bprocess\.env\b/g, instead: 'settings', except: ['system', 'main'] },
  { pattern: /\bprocess\.exit\b/g, instead: 'an exit status returned to main', except: ['system', 'main'] },
  { pattern: /(?<![.\w])console\.\w+/g, instead: 'Log of kernel/log.ts', except: [] },
];

// Written in two halves so that this file does not hold what it looks for.
const LEFTOVERS = new RegExp(`\\b(${['FIX' + 'ME', 'TO' + 'DO', 'X' + 'XX'].join('|')})\\b`, 'g');
const WEAK_TESTS = /\b(it|test|describe|suite)(\.\w+)*\.(only|skip|todo|fails)\b/g;
const RETRIED_TESTS = /\bretry:\s*[1-9]/g;

export function checkText(file: SourceText): Violation[] {
  const found: Violation[] = [];
  const say = (offset: number, text: string): void => {
    found.push({ path: file.path, line: offset < 0 ? 0 : lineAt(file.text, offset), text });
  };
  const lines = file.text.split('\n').length - 1;
  if (lines > FILE_LINES_MAX) say(-1, `${lines} lines (at most ${FILE_LINES_MAX}): one idea a file`);
  if (VAGUE_NAMES.test(file.path)) say(-1, 'the name says nothing: name the idea');
  for (const match of file.text.matchAll(LEFTOVERS)) say(match.index, `leftover: ${match[0]}`);
  for (const pattern of isTest(file.path) || file.path.endsWith('.config.ts') ? [WEAK_TESTS, RETRIED_TESTS] : []) {
    for (const match of file.code.matchAll(pattern)) say(match.index, `weakens a test: ${match[0]}`);
  }
  for (const match of file.code.matchAll(/\bexport\s+default\b/g)) {
    if (!file.path.endsWith('.config.ts')) say(match.index, 'no default export: give it a name');
  }
  const own = moduleOf(file.path);
  if (own === null) return found;
  if (!Object.hasOwn(FOLDERS, own)) say(-1, `the folder src/${own} is not in the import table`);
  if (isTest(file.path)) return found;
  for (const ban of BANS) {
    if (ban.except.includes(own)) continue;
    for (const match of file.code.matchAll(ban.pattern)) {
      say(match.index, `${nameOf(match)} is for ${doors(ban)} only: use ${ban.instead}`);
    }
  }
  return found;
}

function doors(ban: Ban): string {
  return ban.except.length === 0 ? 'nobody' : ban.except.map((folder) => `src/${folder}`).join(' and ');
}

/** What was called: the whole match without its parenthesis, or the imported name that a group caught. */
function nameOf(match: RegExpExecArray): string {
  return match[0].startsWith('import') ? (match[1] ?? '') : match[0].replace(/\s*\($/, '');
}
