import { dirname } from 'node:path';
import { type ActiveProblem, FindingBook } from '../diagnosis/findings.ts';
import { type FolderState, outageCovered, type PreflightReport } from '../diagnosis/preflight.ts';
import { causeOf } from '../diagnosis/way.ts';
import { preflight } from '../intercept/preflight.ts';
import { FileError } from '../kernel/files.ts';
import { formatAddress } from '../kernel/sockets.ts';
import { Problem, type ProblemData, toData } from '../problems/problem.ts';
import { parsePairSettings } from '../settings/pair-settings.ts';
import { parseServerSettings } from '../settings/server-settings.ts';
import type { PairSettings, ServerSettings } from '../settings/settings.ts';
import { systemClock } from '../system/machine/clock.ts';
import { freeSpace } from '../system/files/disk-space.ts';
import { folderFacts } from '../system/mounts/folder-facts.ts';
import { watchesMax } from '../system/notices/inotify.ts';
import { isIn, mounts } from '../system/mounts/mounts.ts';
import { ownPlaces } from '../system/processes/own-places.ts';
import { listenerAt } from '../system/network/port-listener.ts';
import { missingRights } from '../system/processes/rights.ts';
import { FileLinks, treeSize } from '../system/files/tree-size.ts';
import { lookAtWay } from '../system/network/way-look.ts';
import { isOurs, mountAt } from './file-system-at.ts';
import type { WantedFolder } from './interception/interception-options.ts';
import { FolderLook } from './interception/look-at-folder.ts';
import { servicesMissing } from './services/preflight-services.ts';
import { openIdentityStore } from './settings/pair-facts.ts';
import { foldersIn } from './settings/protected-folders.ts';
import { queueBytesMax } from './stream/queue-bound.ts';
import { pairFileOf } from './channel/pairing-offer.ts';
import { readSettingsFile } from './start-files.ts';

/** Protected folders are walked for so long at most, all together. */
const WALK_MS = 8000;
/** From here on a daemon without the right to watch whole file systems may run out of watches. */
const WATCHES_SHARE = 0.8;

/** What a preflight is told besides the settings. */
export interface PreflightQuestion {
  readonly configFile: string;
  /** Is the daemon asking, or a command while none runs? */
  readonly isRunning: boolean;
  /** What is sent now, as far as that is known. */
  readonly bytesPerSecond: number;
}

type Found = Pick<ActiveProblem, 'code' | 'parameters' | 'item' | 'evidence'>;

/**
 * Looks at everything on this machine that the pair needs, changes nothing. Takes some seconds, in which its thread
 * does nothing else.
 * @throws Problem CFG-001, CFG-002, CFG-004 where the settings can't be read.
 */
export async function preflightHere(question: PreflightQuestion): Promise<PreflightReport> {
  const { configFile } = question;
  const server = settingsOf(parseServerSettings(readSettingsFile(configFile), configFile));
  const pairFile = pairFileOf(configFile);
  const parsed = parsePairSettings(readSettingsFile(pairFile), pairFile, server);
  const pair = settingsOf(parsed);
  const { identity } = server;
  const facts = openIdentityStore(server.stateDirectory).load();
  const role = facts?.lastRole ?? (pair.active === identity ? 'active' : 'passive');
  const wanted = foldersIn(server.base, pair.protect.files);
  const links = new LinksByDevice();
  const states = wanted.map((folder) => stateOf(folder, WALK_MS / wanted.length, links));
  const folders = states.filter((state) => 'size' in state);
  // Names that were not looked for are not missing; and what is done past the mount matters where it captures.
  const isKnown = role === 'active' && folders.length === wanted.length && folders.every(({ size }) => size.isWhole);
  const leaving = (folder: WantedFolder): Found[] => (isKnown ? links.leaving(folder) : []);
  const found: Found[] = [
    ...(parsed.kind === 'settings'
      ? parsed.warnings.map((warning) => of(toData(warning), parameterOf(warning, 'key')))
      : []),
    ...rightsAndWatches(folders),
    ...states.filter((state) => 'code' in state),
    ...wanted.flatMap((folder) => features(folder, { server, pair, question, leaving })),
    ...space(server),
    ...coverage(server, question),
    // A daemon that runs tells of both by itself.
    ...(question.isRunning ? [] : [...ports(server), ...(await servicesMissing(server, pair))]),
    ...(await ways(server)),
  ];
  if (facts === null || facts.pairId === null) found.push(of(toData(new Problem('IDN-001', {}))));
  const book = new FindingBook();
  const now = systemClock.wallMs();
  for (const one of found) book.raise({ ...one, server: identity }, now);
  return { identity, role, findings: book.findings(), folders };
}

function settingsOf<Values>(
  parsed: { kind: 'settings'; settings: Values } | { kind: 'problems'; problems: readonly Problem[] },
): Values {
  if (parsed.kind === 'settings') return parsed.settings;
  throw parsed.problems[0] ?? new Error('settings without a problem are settings');
}

function of(problem: ProblemData, item: string | null = null, evidence: readonly string[] = []): Found {
  return { ...problem, item, evidence };
}

function parameterOf(problem: Problem, name: string): string | null {
  const value = problem.parameters[name];
  return typeof value === 'string' ? value : null;
}

function rightsAndWatches(folders: readonly FolderState[]): Found[] {
  const missing = missingRights();
  if (missing === null) return [];
  // Whole file systems can't be watched then: each folder takes a watch.
  const wanted = folders.reduce((sum, { size }) => sum + size.folders, 0);
  const limit = watchesMax();
  if (wanted < limit * WATCHES_SHARE) return [of(missing)];
  const reason = `there are ${wanted} folders`;
  return [of(missing), of(toData(new Problem('CAP-003', { reason, limit })))];
}

/** Files with several names, by their file system: the same inode is another file on another one. */
class LinksByDevice {
  readonly #links = new Map<string, FileLinks>();

  of(device: string): FileLinks {
    const links = this.#links.get(device) ?? new FileLinks();
    this.#links.set(device, links);
    return links;
  }

  /** CAP-038 for files of an intercepted folder that have names in no protected one. */
  leaving({ path, realPath }: WantedFolder): Found[] {
    return [...this.#links.values()].flatMap((links) => {
      const { count, example } = links.outside(realPath);
      return count === 0 ? [] : [of(toData(new Problem('CAP-038', { path, count, example })), path)];
    });
  }
}

function stateOf({ path, realPath }: WantedFolder, limitMs: number, links: LinksByDevice): FolderState | Found {
  try {
    const { freeBytes } = freeSpace(realPath);
    const mount = mountAt(realPath, mounts());
    const size = treeSize(realPath, limitMs, links.of(mount?.device ?? ''));
    return { path, fileSystem: mount?.type ?? 'an unknown file system', freeBytes, size };
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return of(toData(new Problem('DIA-013', { path, reason: error.code })), path);
  }
}

/** Of the file system of a folder: what lies in it on another one, and what keeps it from being intercepted where that is or may be asked for. */
function features(
  folder: WantedFolder,
  { leaving, ...wishes }: Wishes & { readonly leaving: (folder: WantedFolder) => Found[] },
): Found[] {
  const { path, realPath } = folder;
  const inside = mounts().filter((mount) => mount.path !== realPath && isIn(mount.path, realPath));
  const nested = inside.map((mount) =>
    of(
      toData(new Problem('CAP-006', { path: path + mount.path.slice(realPath.length) })),
      path + mount.path.slice(realPath.length),
    ),
  );
  const { isIntercepted, obstacles } = interceptionOf(folder, wishes);
  const found = obstacles.map((obstacle) => of(toData(obstacle), path));
  return [...nested, ...found, ...(isIntercepted ? leaving(folder) : [])];
}

interface Wishes {
  readonly server: ServerSettings;
  readonly pair: PairSettings;
  readonly question: PreflightQuestion;
}

/** Whether a folder is intercepted, or is going to be, and why not. */
function interceptionOf(
  { path, realPath }: WantedFolder,
  { server, pair, question }: Wishes,
): { readonly isIntercepted: boolean; readonly obstacles: readonly Problem[] } {
  // While the daemon runs its own mount is there; it has said what it found.
  if (question.isRunning) return { isIntercepted: isOurs(realPath, mounts()), obstacles: [] };
  if (pair.capture === 'auto') {
    const choice = new FolderLook(question.configFile, server).choose({ path, realPath });
    return choice.kind === 'watch'
      ? { isIntercepted: false, obstacles: [new Problem('CAP-063', { path, because: choice.because })] }
      : { isIntercepted: true, obstacles: [] };
  }
  if (pair.capture !== 'intercept') return { isIntercepted: false, obstacles: [] };
  const own = ownPlaces([dirname(question.configFile), server.stateDirectory, server.queues.directory]);
  const { obstacles } = preflight({ ...folderFacts(realPath), ownPlaces: own, openers: [] });
  return { isIntercepted: obstacles.length === 0, obstacles };
}

function space(server: ServerSettings): Found[] {
  const { directory, freeBytesMin } = server.queues;
  const freeBytes = freeUnder(directory);
  return freeBytes < freeBytesMin ? [of(toData(new Problem('JRN-007', { directory, freeBytes, freeBytesMin })))] : [];
}

/** Where the folder will be made, while it is not there yet. */
function freeUnder(path: string): number {
  try {
    return freeSpace(path).freeBytes;
  } catch (error) {
    if (!(error instanceof FileError) || path === dirname(path)) throw error;
    return freeUnder(dirname(path));
  }
}

function coverage(server: ServerSettings, { bytesPerSecond }: PreflightQuestion): Found[] {
  // Of a daemon that does not run nothing is known.
  if (bytesPerSecond === 0) return [];
  const covered = outageCovered({ bytesMax: queueBytesMax(server.queues), bytesPerSecond });
  return covered === null ? [] : [of(covered)];
}

/** While no daemon of ours runs, nobody may listen where it is going to. */
function ports(server: ServerSettings): Found[] {
  return server.channel.listen.flatMap((address) => {
    const found = listenerAt(address.port);
    if (found === null) return [];
    const holder = `${found.name} (process ${found.processId})`;
    return [of(toData(new Problem('CHN-001', { address: formatAddress(address), holder })), formatAddress(address))];
  });
}

async function ways(server: ServerSettings): Promise<Found[]> {
  const found: Found[] = [];
  const { listen, peers } = server.channel;
  const known = { failure: 'met', reason: '', hardware: null, isStalled: false } as const;
  for (const target of peers) {
    const facts = await lookAtWay({ target, otherPorts: [], ownPorts: listen.map(({ port }) => port) });
    const hosts = listen.map(({ host }) => host).filter((host) => /^\d+(\.\d+){3}$/.test(host) && host !== '0.0.0.0');
    const cause = causeOf(facts, { ...known, listen: hosts });
    if (cause !== null) found.push(of(cause.problem, `route ${formatAddress(target)}`, cause.evidence));
  }
  return found;
}
