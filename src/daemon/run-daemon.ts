import { dirname, join } from 'node:path';
import { SOCKET_NAME } from '../api/client.ts';
import { CHANNEL_DEFAULTS } from '../channel/channel-settings.ts';
import { serveApi } from '../console/api-server.ts';
import type { Log } from '../kernel/log.ts';
import { formatAddress } from '../kernel/sockets.ts';
import type { Problem } from '../problems/problem.ts';
import type { PairSettings, ServerSettings } from '../settings/settings.ts';
import { packageVersion } from '../system/machine/package-facts.ts';
import { systemClock } from '../system/machine/clock.ts';
import { durableFiles } from '../system/files/durable-files.ts';
import { localHttp } from '../system/network/local-http.ts';
import { tellKernelAside } from '../system/mounts/fuse-mount.ts';
import { machineHealth } from '../system/machine/machine-health.ts';
import { syncFileSystems } from '../system/files/file-system-sync.ts';
import { keepCompiled } from '../system/native/memory.ts';
import { missingForMounts, missingRights } from '../system/processes/rights.ts';
import { tellReady } from '../system/processes/readiness.ts';
import type { StopSignal } from '../system/processes/signals.ts';
import { portPair, startThread } from '../system/processes/threads.ts';
import { systemTimers } from '../system/machine/timers.ts';
import { closeWake, openWake } from '../system/native/wake.ts';
import type { ChannelStart, FromChannel, ToChannel } from './channel/channel-messages.ts';
import { startChannelThread, type StreamLine } from './channel/channel-thread.ts';
import { collectHere, EVENTS_COLLECTED } from './status/collect.ts';
import { Daemon } from './daemon.ts';
import { EventThread, type FromEvents, type ToEvents } from './status/event-thread.ts';
import { FileHoldersSearch } from './stream/file-holders-search.ts';
import { followMounts } from './interception/follow-mounts.ts';
import type { HeldReplies } from './interception/held-replies.ts';
import type { Interception } from './interception/interception.ts';
import type { FolderLook } from './interception/look-at-folder.ts';
import { PairFacts } from './settings/pair-facts.ts';
import { PairSettingsFile } from './settings/pair-settings-file.ts';
import { PastChanges } from './interception/past-changes.ts';
import { preflightAside } from './preflight.ts';
import { ProtectedMounts } from './interception/protected-mounts.ts';
import { queueBytesMax } from './stream/queue-bound.ts';
import { serviceDoors } from './services/service-doors.ts';
import { makeOwnFolder, readSettingsFile } from './start-files.ts';
import type { FromRegistry, ToRegistry } from './registry/registry-messages.ts';
import { startStreamThread, type StreamThread, type StreamThreadData } from './stream/stream-thread.ts';
import type { FromStream, HoldersFound, StreamNews, StreamStart } from './stream/thread-messages.ts';
import { STREAM_WORKER } from './worker-modules.ts';
import { UnseenWritersSearch } from './passive/unseen-writers-search.ts';

/** Whatever keeps the first stream worker from its start: so long the start of other services waits for that at most. */
const READY_MS = 30_000;

/**
 * The daemon, once its own settings are read and it goes on with what one before it left.
 * @throws Problem, as startDaemon.
 * @returns the exit status, or the faults of a settings file.
 */
export async function runDaemon(own: {
  readonly configFile: string;
  readonly server: ServerSettings;
  readonly log: Log;
  /** Stays its owner's: what is not released here is left to the next daemon. */
  readonly interception: Interception;
  /** To flushes that wait for the passive server. */
  readonly replies: HeldReplies;
  readonly look: FolderLook;
  readonly stopAsked: Promise<StopSignal>;
}): Promise<number | readonly Problem[]> {
  const { configFile, server, log, interception, replies, look, stopAsked } = own;
  const pairFileName = join(dirname(configFile), 'pair.yaml');
  const pairText = readSettingsFile(pairFileName);
  const facts = await PairFacts.open({ server, pairText, pairFile: pairFileName, timers: systemTimers });
  const pairFile = PairSettingsFile.open(
    { files: durableFiles, timers: systemTimers, file: pairFileName, server, role: facts.role },
    pairText,
  );
  if (!(pairFile instanceof PairSettingsFile)) return pairFile;
  const keeper = new EventThread({
    file: join(server.stateDirectory, 'events.sqlite'),
    startThread: (start) =>
      startThread<ToEvents, FromEvents>(new URL('./status/event-worker.ts', import.meta.url), start),
    after: (delayMs, action) => systemTimers.after(delayMs, action),
    onProblem: (problem) => log.warn(problem.message, { code: problem.code }),
  });
  try {
    await serveUntilStopped({
      configFile,
      server,
      facts,
      pairFile,
      log,
      keeper,
      interception,
      replies,
      look,
      stopAsked,
    });
  } finally {
    // Its thread would keep the process alive.
    await keeper.close();
  }
  log.info('Understudy stopped');
  return 0;
}

async function serveUntilStopped(parts: {
  configFile: string;
  server: ServerSettings;
  facts: PairFacts;
  pairFile: PairSettingsFile;
  log: Log;
  keeper: EventThread;
  interception: Interception;
  replies: HeldReplies;
  look: FolderLook;
  stopAsked: Promise<StopSignal>;
}): Promise<void> {
  const { server, facts, pairFile, log, interception } = parts;
  let isReplaced = false;
  const replicationPath = join(server.stateDirectory, 'replication.json');
  const mounts = new ProtectedMounts({
    interception,
    role: facts.role,
    server,
    settings: () => pairFile.settings,
    isReplaced: () => isReplaced,
    choose: (folder) => parts.look.choose(folder),
    canMount: missingForMounts().length === 0,
  });
  const daemon = new Daemon({
    ...parts,
    clock: systemClock,
    timers: systemTimers,
    health: machineHealth(),
    missingRights: missingRights(),
    replicationFile: {
      read: () => durableFiles.read(replicationPath),
      write: (text) => durableFiles.write(replicationPath, text),
    },
    mounts,
    services: serviceDoors(server.stateDirectory),
    startStream: (stream, onMessage) => startStream({ server, facts, log, mounts, ...stream, onMessage }),
    aside: {
      preflight: (bytesPerSecond) => preflightAside({ configFile: parts.configFile, isRunning: true, bytesPerSecond }),
      collect: async (status) =>
        collectHere(parts.configFile, { status, events: await parts.keeper.find({ limit: EVENTS_COLLECTED }) }),
    },
    startScannerSearch: (folders) => startThread(new URL('./services/antivirus-worker.ts', import.meta.url), folders),
    startWay: () => startThread(new URL('./channel/way-worker.ts', import.meta.url), null),
    startRegistry: (start) =>
      startThread<ToRegistry, FromRegistry>(new URL('./registry/registry-worker.ts', import.meta.url), start),
    startChannel: (onMessage) => startChannel({ server, facts, pairFile, onMessage }),
  });
  const api = await serveApi({
    http: localHttp,
    socket: join(server.stateDirectory, SOCKET_NAME),
    handlers: daemon.handlers,
    log,
  });
  const endReady = systemTimers.after(READY_MS, tellReady);
  try {
    await daemon.start();
    keepCompiled();
    const { role } = facts;
    const listen = server.channel.listen.map(formatAddress);
    log.info('Understudy runs', { version: packageVersion(), role, pair: pairFile.settings.pair, listen });
    isReplaced = (await parts.stopAsked) === 'SIGUSR2';
  } finally {
    // Nothing may keep a process that has stopped.
    endReady();
    await daemon.stop();
    await api.close();
  }
}

interface StreamParts {
  readonly server: ServerSettings;
  readonly facts: PairFacts;
  readonly log: Log;
  readonly mounts: ProtectedMounts;
  readonly pair: PairSettings;
  readonly role: 'active' | 'passive';
  readonly epoch: number;
  readonly onMessage: (message: StreamNews) => void;
}

function streamStart({ server, facts, mounts, pair, role, epoch }: StreamParts): StreamStart {
  return {
    role,
    identity: server.identity,
    serverId: facts.serverId,
    base: server.base,
    stateDirectory: server.stateDirectory,
    queueDirectory: server.queues.directory,
    queueBytesMax: queueBytesMax(server.queues),
    queueFreeBytesMin: server.queues.freeBytesMin,
    include: pair.protect.files.include,
    exclude: pair.protect.files.exclude,
    epoch,
    onStart: pair.check.onStart,
    readers: pair.apply.readers,
    orphans: pair.orphans,
    quarantineBytesMax: pair.quarantine.sizeBytesMax,
    checkBytesPerSecondMax: pair.check.bytesPerSecondMax,
    lossItemsMin: pair.massLoss.itemsMin,
    interception: mounts.interception.forStream,
    watchedBecause: mounts.watchedBecause,
  };
}

function startStream(options: StreamParts): ReturnType<typeof startStreamThread> {
  makeOwnFolder(options.server.queues.directory, 'queues.directory');
  // Folders are mounted over by now, as far as they are: who works there may start.
  tellReady();
  const start = streamStart(options);
  const past = new PastChanges(() => options.mounts.interception.passed, tellKernelAside);
  let unseen: UnseenWritersSearch | null = null;
  const search = searchForHolders((found) => stream.post({ kind: 'holders', found }), options.log);
  const stream = startStreamThread({
    start,
    onMessage: (message) => {
      if (message.kind === 'holdersWanted') return search.start(message.files);
      if (message.kind === 'syncWanted') return syncFor(stream, message);
      if (message.kind === 'changedPast') return past.take(message.changes);
      if (message.kind === 'failed') unseen?.stop();
      if (message.kind === 'report') options.mounts.reported(message.report);
      options.onMessage(message);
    },
    startThread: (data: StreamThreadData, transfer) => startThread<never, FromStream>(STREAM_WORKER, data, transfer),
    portPair,
    openWake,
    closeWake,
    after: (delayMs, action) => systemTimers.after(delayMs, action),
  });
  let unfollow = (): void => {};
  const stop = (): Promise<void> => {
    unfollow();
    unseen?.stop();
    search.stop();
    return stream.stop();
  };
  for (const [path, because] of Object.entries(start.watchedBecause)) {
    const text = `${path} is watched, not intercepted: ${because}`;
    const event = { code: null, level: 'information', text, item: null } as const;
    options.onMessage({ kind: 'event', event });
  }
  unfollow = followMounts(options.mounts.interception, stop, options.onMessage);
  if (options.role === 'active') unseen = new UnseenWritersSearch(start, stream, options.log);
  unseen?.lookAt(start);
  return {
    ...stream,
    post: (message) => {
      if (message.kind === 'filters') unseen?.lookAt(message);
      return stream.post(message);
    },
    stop,
  };
}

/** On a thread of Node's pool: it takes as long as the disk does. */
function syncFor(stream: StreamThread, { number, descriptors }: Extract<FromStream, { kind: 'syncWanted' }>): void {
  void syncFileSystems(descriptors).then((failure) => stream.post({ kind: 'synced', number, failure }));
}

/** For the passive server's stream worker, which does not wait for it. */
function searchForHolders(onFound: (found: HoldersFound) => void, log: Log): FileHoldersSearch {
  return new FileHoldersSearch({
    onFound,
    onFailure: (reason) => log.error('the search for who uses files failed', { reason }),
    startThread: (files) =>
      startThread<never, HoldersFound>(new URL('./stream/file-holders-worker.ts', import.meta.url), files),
  });
}

function startChannel(options: {
  server: ServerSettings;
  facts: PairFacts;
  pairFile: PairSettingsFile;
  onMessage: (message: FromChannel) => void;
}): ReturnType<typeof startChannelThread> {
  const { server, facts, pairFile } = options;
  const { channel } = pairFile.settings;
  const start: ChannelStart = {
    settings: {
      ...CHANNEL_DEFAULTS,
      listen: server.channel.listen,
      peers: server.channel.peers,
      heartbeatMs: channel.heartbeatMs,
      lostAfterMs: channel.lostAfterMs,
      waitMs: channel.waitMs,
      timeDifferenceMaxMs: channel.timeDifferenceMaxMs,
      bytesPerSecondMax: channel.bytesPerSecondMax,
      connectMs: channel.connectTimeoutMs,
      retryMs: channel.reconnectDelayMsMin,
      retryMsMax: channel.reconnectDelayMsMax,
      stateDirectory: server.stateDirectory,
    },
    credentials: facts.credentials(),
    facts: facts.forHandshake(pairFile.mark),
    stateDirectory: server.stateDirectory,
    pairFile: pairFile.shown().file,
  };
  return startChannelThread({
    start,
    onMessage: options.onMessage,
    startThread: (data) =>
      startThread<ToChannel | StreamLine, FromChannel>(new URL('./channel/channel-worker.ts', import.meta.url), data),
    after: (delayMs, action) => systemTimers.after(delayMs, action),
  });
}
