import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { TcpRelay } from '../src/system/network/tcp-relay.ts';
import { freePort } from '../test/support/server.ts';
import { startChild, stopChildren } from './children.ts';
import { run } from './command.ts';
import type { Workspace } from './workspace.ts';

const FOLDER = 'tree';
const API_KEY = 'benchmark';
const LOOK_EVERY_MS = 100;
const TIMEOUT_MS = 900_000;
const STOP_TIMEOUT_MS = 10_000;
/** The least it takes: how long it gathers what it is told of before it looks. */
const GATHERS_SECONDS = 1;
const RESCAN_SECONDS = 86_400;
const DATABASE = 'index-v0.14.0.db';

interface FolderStatus {
  readonly state: string;
  readonly globalFiles: number;
  readonly localFiles: number;
  readonly needTotalItems: number;
}

interface Instance {
  readonly home: string;
  readonly folder: string;
  readonly id: string;
  readonly apiPort: number;
  readonly port: number;
}

/**
 * Two instances of syncthing on the loopback interface, one that only sends and one that only receives;
 * their own files lie in the workspace. They find nobody else and tell nobody of themselves.
 */
export class SyncthingPair implements AsyncDisposable {
  readonly #instances: readonly [Instance, Instance];
  readonly #relay: TcpRelay;
  #processes: ChildProcess[] = [];

  private constructor(instances: readonly [Instance, Instance], relay: TcpRelay) {
    this.#instances = instances;
    this.#relay = relay;
  }

  /** Neither runs yet. Both folders are there. */
  static async make(workspace: Workspace, from: string, to: string): Promise<SyncthingPair> {
    const instances = [await instanceOf(workspace, from), await instanceOf(workspace, to)] as const;
    const relay = await TcpRelay.open({ host: '127.0.0.1', port: instances[1].port });
    for (const [index, own] of instances.entries()) {
      fs.mkdirSync(join(own.folder, '.stfolder'), { recursive: true });
      // Only the one that sends dials, through the relay that counts.
      const other = index === 0 ? instances[1] : instances[0];
      const address = index === 0 ? `tcp://127.0.0.1:${String(relay.address.port)}` : 'dynamic';
      fs.writeFileSync(join(own.home, 'config.xml'), settingsOf(own, other, address, index === 0));
    }
    return new SyncthingPair(instances, relay);
  }

  /** Bytes that passed between the two so far, in both directions, encrypted as they are. */
  get bytesPassed(): number {
    return this.#relay.bytesPassed;
  }

  /** Starts both and returns once both have read all of their folders, and what receives holds so many files and needs none. */
  async complete(files: number): Promise<void> {
    this.#processes = this.#instances.map(({ home }) =>
      startChild('syncthing', ['serve', `--home=${home}`, '--no-browser', '--no-restart', '--no-upgrade']),
    );
    const deadline = performance.now() + TIMEOUT_MS;
    for (;;) {
      const [sends, receives] = await Promise.all(this.#instances.map(statusOf));
      if (isIdle(sends, files) && isIdle(receives, files) && receives.needTotalItems === 0) return;
      if (performance.now() > deadline) {
        throw new Error(`Waited in vain for syncthing: ${JSON.stringify({ sends, receives })}`);
      }
      await pause(LOOK_EVERY_MS);
    }
  }

  async stop(): Promise<void> {
    await stopChildren(this.#processes, STOP_TIMEOUT_MS);
    this.#processes = [];
  }

  /** What it knows of content is gone: at its next start it reads all of it. */
  forget(): void {
    for (const { home } of this.#instances) fs.rmSync(join(home, DATABASE), { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#relay.close();
  }
}

function isIdle(status: FolderStatus | null | undefined, files: number): status is FolderStatus {
  return status?.state === 'idle' && status.globalFiles >= files && status.localFiles >= files;
}

async function instanceOf(workspace: Workspace, folder: string): Promise<Instance> {
  const home = workspace.fresh('syncthing');
  await run('syncthing', ['generate', `--home=${home}`, '--no-default-folder', '--skip-port-probing']);
  const id = (await run('syncthing', ['--device-id', `--home=${home}`])).trim();
  return { home, folder, id, apiPort: await freePort(), port: await freePort() };
}

/** Null while it doesn't answer. */
async function statusOf({ apiPort }: Instance): Promise<FolderStatus | null> {
  try {
    const answer = await fetch(`http://127.0.0.1:${String(apiPort)}/rest/db/status?folder=${FOLDER}`, {
      headers: { 'X-API-Key': API_KEY },
    });
    return answer.ok ? ((await answer.json()) as FolderStatus) : null;
  } catch {
    return null;
  }
}

function settingsOf(own: Instance, other: Instance, address: string, sends: boolean): string {
  const type = sends ? 'sendonly' : 'receiveonly';
  return `<configuration version="36">
  <folder id="${FOLDER}" label="" path="${own.folder}" type="${type}" rescanIntervalS="${String(RESCAN_SECONDS)}" fsWatcherEnabled="true" fsWatcherDelayS="${String(GATHERS_SECONDS)}" ignorePerms="false" autoNormalize="true">
    <filesystemType>basic</filesystemType>
    <device id="${own.id}" introducedBy=""></device>
    <device id="${other.id}" introducedBy=""></device>
    <minDiskFree unit="%">0</minDiskFree>
  </folder>
  <device id="${own.id}" name="own"><address>dynamic</address></device>
  <device id="${other.id}" name="other"><address>${address}</address></device>
  <gui enabled="true" tls="false"><address>127.0.0.1:${String(own.apiPort)}</address><apikey>${API_KEY}</apikey></gui>
  <options>
    <listenAddress>tcp://127.0.0.1:${String(own.port)}</listenAddress>
    <globalAnnounceEnabled>false</globalAnnounceEnabled>
    <localAnnounceEnabled>false</localAnnounceEnabled>
    <relaysEnabled>false</relaysEnabled>
    <natEnabled>false</natEnabled>
    <startBrowser>false</startBrowser>
    <urAccepted>-1</urAccepted>
    <autoUpgradeIntervalH>0</autoUpgradeIntervalH>
    <crashReportingEnabled>false</crashReportingEnabled>
    <reconnectionIntervalS>1</reconnectionIntervalS>
    <setLowPriority>false</setLowPriority>
    <minHomeDiskFree unit="%">0</minHomeDiskFree>
  </options>
</configuration>
`;
}
