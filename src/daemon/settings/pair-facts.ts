import { dirname, join } from 'node:path';
import type { Role } from '../../api/status.ts';
import { ORIGIN } from '../../changes/change.ts';
import { type OwnFacts, PROTOCOL } from '../../channel/hello.ts';
import { newIdentity, type IdentityFacts } from '../../identity/identity.ts';
import { IdentityStore } from '../../identity/identity-store.ts';
import type { Cancel, Timers } from '../../kernel/clock.ts';
import { FileError } from '../../kernel/files.ts';
import type { TlsCredentials } from '../../kernel/sockets.ts';
import { isProblem, type ProblemData, toData } from '../../problems/problem.ts';
import { parsePairSettings } from '../../settings/pair-settings.ts';
import type { ServerSettings } from '../../settings/settings.ts';
import { createCertificate } from '../../system/network/certificates.ts';
import { durableFiles } from '../../system/files/durable-files.ts';
import { withLock } from '../../system/files/file-lock.ts';
import { packageVersion } from '../../system/machine/package-facts.ts';
import { systemSecrets } from '../../system/machine/secrets.ts';
import type { SettingsMark } from './pair-settings-sync.ts';
import type { FindingBoard } from '../status/finding-board.ts';
import type { ActiveReport, PassiveReport } from '../status/side-report.ts';

const LOOK_EVERY_MS = 1000;
/** As long as there is no pair: until this server knows of one it turns the other away, and both tell that. */
const LOOK_UNPAIRED_EVERY_MS = 100;
const SERVER_ID_BYTES = 16;

/** The file of the pair's lasting facts, in the state folder. */
export function identityFile(stateDirectory: string): string {
  return join(stateDirectory, 'identity.json');
}

export function openIdentityStore(stateDirectory: string): IdentityStore {
  const file = {
    read: (path: string) => durableFiles.read(path),
    stamp: (path: string) => durableFiles.stamp(path),
    writeDurably: (path: string, text: string) => durableFiles.write(path, text),
    // The file itself is another one after each change.
    alone: <Result>(path: string, action: () => Result) => withLock(dirname(path), action),
  };
  return new IdentityStore({ file, path: identityFile(stateDirectory) });
}

/** This server's facts, made where there are none yet. */
export async function loadOrCreateFacts(
  store: IdentityStore,
  own: { identity: 'primary' | 'secondary'; pair: string },
): Promise<IdentityFacts> {
  const known = store.load();
  if (known !== null) return known;
  const serverId = Buffer.from(systemSecrets.randomBytes(SERVER_ID_BYTES)).toString('hex');
  const made = await createCertificate(`${own.pair} ${own.identity}`);
  const facts = newIdentity({ serverId, identity: own.identity, pairName: own.pair, ...made });
  // Somebody else may have made them meanwhile.
  return store.change((current) => current ?? facts);
}

/** What this server must remember for good, as the daemon uses it. Every change is durable on return. */
export class PairFacts {
  readonly role: Role;
  readonly #server: ServerSettings;
  readonly #store: IdentityStore;
  readonly #timers: Timers;
  /** Of this run of the daemon. */
  readonly #instance = Buffer.from(systemSecrets.randomBytes(SERVER_ID_BYTES)).toString('hex');
  readonly #release = packageVersion();
  #facts: IdentityFacts;
  /** IDN-004 where the file could not be read the last time: what is known here holds, and can't be changed. */
  #problem: ProblemData | null = null;

  private constructor(options: {
    server: ServerSettings;
    store: IdentityStore;
    timers: Timers;
    facts: IdentityFacts;
    role: Role;
  }) {
    this.#server = options.server;
    this.#store = options.store;
    this.#timers = options.timers;
    this.#facts = options.facts;
    this.role = options.role;
  }

  /** @throws Problem IDN-004 where the facts can't be read. */
  static async open(options: {
    server: ServerSettings;
    pairText: string;
    pairFile: string;
    timers: Timers;
  }): Promise<PairFacts> {
    const { server } = options;
    const store = openIdentityStore(server.stateDirectory);
    const parsed = parsePairSettings(options.pairText, options.pairFile);
    const pair = parsed.kind === 'settings' ? parsed.settings : { pair: 'pair', active: 'primary' };
    const facts = await loadOrCreateFacts(store, { identity: server.identity, pair: pair.pair });
    // `active:` counts at the very first start only; from then on the role is a fact of the pair.
    const role: Role = facts.lastRole ?? (pair.active === server.identity ? 'active' : 'passive');
    const opened = new PairFacts({ server, store, timers: options.timers, facts, role });
    if (facts.lastRole === null && facts.pairId !== null) opened.#save({ lastRole: role });
    return opened;
  }

  get serverId(): string {
    return this.#facts.serverId;
  }

  get epoch(): number {
    return this.#facts.epoch;
  }

  get isPaired(): boolean {
    return this.#facts.pairId !== null && this.#facts.peer !== null;
  }

  /** At which the other server said at pairing that it listens. */
  get peerPorts(): readonly number[] {
    const ports = (this.#facts.peer?.addresses ?? []).map((address) => Number(/:(\d{1,5})$/.exec(address)?.[1]));
    return ports.filter((port) => port >= 1 && port <= 65_535);
  }

  /** @throws Problem IDN-004 where the file was spoilt meanwhile, FileError where it can't be written: it is as before. */
  setEpoch(epoch: number): void {
    this.#save({ epoch });
  }

  credentials(): TlsCredentials {
    const { key, certificate, peer } = this.#facts;
    return { key, certificate, trusted: peer === null ? [] : [peer.certificate] };
  }

  /** What is told of this server when a connection begins. */
  forHandshake(settings: SettingsMark, report: ActiveReport | PassiveReport | null = null): OwnFacts {
    const { serverId, pairId, pairName, epoch } = this.#facts;
    return {
      protocol: PROTOCOL,
      release: this.#release,
      pairId: pairId ?? '',
      pairName,
      serverId,
      instance: this.#instance,
      identity: this.#server.identity,
      role: this.role,
      epoch,
      settings,
      positions: {
        durable: report?.role === 'passive' ? report.received : ORIGIN,
        applied: report?.role === 'passive' ? report.applied : ORIGIN,
        captured: report?.role === 'active' ? report.captured : ORIGIN,
      },
    };
  }

  /** Looks at the file, which commands change, too. Calls when this server was paired, and tells while it can't be read. */
  watch(findings: Pick<FindingBoard, 'raise' | 'clear'>, onPaired: () => void): Cancel {
    let cancel: Cancel;
    let told: ProblemData | null = null;
    const wait = (): void => {
      cancel = this.#timers.after(this.isPaired ? LOOK_EVERY_MS : LOOK_UNPAIRED_EVERY_MS, () => {
        const isOther = this.reload();
        if (this.#problem !== null) findings.raise(this.#problem);
        else if (told !== null) findings.clear('IDN-004');
        told = this.#problem;
        wait();
        if (isOther) onPaired();
      });
    };
    wait();
    return () => cancel();
  }

  /** @returns true where another pairing stands in the file. One that can't be read just now says nothing new. */
  reload(): boolean {
    const before = this.#facts;
    try {
      const found = this.#store.loadChanged();
      if (found === 'same') return false;
      // Who was told that it is spoilt took it away.
      if (found === null && this.#problem !== null) this.#save({});
      if (found === null) return false;
      this.#facts = found;
      this.#problem = null;
    } catch (error) {
      if (isProblem(error, 'IDN-004')) this.#problem = toData(error);
      else if (!(error instanceof FileError)) throw error;
      return false;
    }
    return this.#facts.pairId !== before.pairId || this.#facts.peer?.fingerprint !== before.peer?.fingerprint;
  }

  #save(change: Partial<IdentityFacts>): void {
    try {
      this.#facts = this.#store.change((current) => ({ ...(current ?? this.#facts), ...change }));
      this.#problem = null;
    } catch (error) {
      if (isProblem(error, 'IDN-004')) this.#problem = toData(error);
      throw error;
    }
  }
}
