import type { ProcessSeen } from './process-seen.ts';

/** How a scanner that reads a settings file is kept from folders. */
export interface ExclusionWay {
  /** Where its settings usually are, unless its command line says it. */
  readonly usualFiles: readonly string[];
  /** The keyword that excludes a folder. */
  readonly keyword: string;
  /** With this keyword in its settings it does not heed exclusions. */
  readonly overruledBy: string;
}

/** What is to be done so that a scanner leaves folders alone. */
export interface Exclusion {
  /** Its settings, … */
  readonly file: string;
  /** … and the lines that have to be put in front of them, each with its end; empty where they say so already. */
  readonly lines: string;
  /** Has to be restarted then, for it reads them when it starts. */
  readonly unit: string;
}

/** The settings files of this machine. */
export interface SettingsFiles {
  /** Null where there is no such file. */
  read(path: string): string | null;
  /** Null where there is no such link. */
  linkTarget(path: string): string | null;
}

const COMMENT = '# Written by Understudy (fix): `understudy services release` takes it away.';
const NAMED_FILE = /\s(?:-c\s*|--config-file[= ])(\/\S+)/;

/**
 * What excludes folders from what a process of a scanner looks at; null where that can't be had, or not safely: its
 * settings are not where they usually are, or are a link to what others may use, or nobody is known who restarts it.
 */
export function exclusionOf(
  process: ProcessSeen,
  { way, folders }: { readonly way: ExclusionWay; readonly folders: readonly string[] },
  files: SettingsFiles,
): Exclusion | null {
  const unit = process.unit ?? '';
  const named = NAMED_FILE.exec(process.commandLine)?.[1];
  const file = (named === undefined ? way.usualFiles : [named]).find((path) => files.read(path) !== null);
  const text = file === undefined ? null : files.read(file);
  if (file === undefined || text === null || files.linkTarget(file) !== null) return null;
  if (!unit.endsWith('.service') || folders.some((folder) => !isPlain(folder))) return null;
  const lines = text.split('\n').map((line) => line.trim());
  if (lines.some((line) => line.startsWith(`${way.overruledBy} `))) return null;
  const missing = folders.map((folder) => `${way.keyword} ${folder}`).filter((line) => !lines.includes(line));
  return { file, lines: missing.length === 0 ? '' : `${[COMMENT, ...missing].join('\n')}\n`, unit };
}

/** For people: what is done, or was. */
export function exclusionWords({ file, lines, unit }: Exclusion): { readonly plan: string; readonly done: string } {
  const added = lines.split('\n').filter((line) => line !== '' && line !== COMMENT);
  if (added.length === 0) return { plan: `restart ${unit}`, done: `${unit} is restarted.` };
  const quoted = added.map((line) => `\`${line}\``).join(' and ');
  return {
    plan: `put ${quoted} into ${file} and restart ${unit}`,
    done: `${quoted} was put into ${file}, and ${unit} is restarted. \`understudy services release\` takes it out again.`,
  };
}

/** Can the path stand in a line of such a file as it is? */
function isPlain(path: string): boolean {
  return /^[^\p{Cc}"']*[^\p{Cc}"'\s]$/u.test(path);
}
