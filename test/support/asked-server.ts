import { ApiClient, SOCKET_NAME } from '../../src/api/client.ts';
import type { EventRecord } from '../../src/api/requests.ts';
import type { Finding, Status } from '../../src/api/status.ts';
import { localHttp } from '../../src/system/network/local-http.ts';
import { until } from './until.ts';
import { join } from 'node:path';

const ANSWER_TIMEOUT_MS = 90_000;
const EVENTS_MAX = 1000;
const ITEMS_SHOWN_MAX = 20;

/** A daemon as whoever asks it sees it. */
export abstract class AskedServer {
  /** For messages. */
  abstract readonly title: string;
  /** As this machine sees it. */
  abstract readonly stateDirectory: string;

  get client(): ApiClient {
    return new ApiClient(localHttp, join(this.stateDirectory, SOCKET_NAME));
  }

  status(): Promise<Status> {
    return this.client.call('status', {});
  }

  /** Null while it can't be had: the daemon may be starting, or have been killed by the test. */
  async statusOrNull(): Promise<Status | null> {
    try {
      return await this.status();
    } catch {
      return null;
    }
  }

  async findings(code: string): Promise<readonly Finding[]> {
    return (await this.status()).findings.filter((finding) => finding.code === code);
  }

  /** Waits for a finding. */
  finding(code: string, timeoutMs = ANSWER_TIMEOUT_MS): Promise<Finding> {
    return until(`the finding ${code} on ${this.title}`, timeoutMs, async (seen) => {
      const { findings } = await this.status();
      seen(JSON.stringify(findings));
      return findings.find((finding) => finding.code === code) ?? null;
    });
  }

  /** Items that it does not say to be Synchronized, and why; for messages. */
  async inDoubt(): Promise<string> {
    try {
      const { items } = await this.client.call('files', { outOfSync: true, limit: ITEMS_SHOWN_MAX });
      return `${this.title}: ${JSON.stringify(items)}`;
    } catch (error) {
      return `${this.title} does not say: ${String(error)}`;
    }
  }

  /** The history lies on a disk, which may be slow to answer. */
  events(code: string): Promise<readonly EventRecord[]> {
    return until(`the history of ${this.title}`, ANSWER_TIMEOUT_MS, async () => {
      return (await this.client.call('events', { code, limit: EVENTS_MAX })).events;
    });
  }
}

/** Waits until all of them say Synchronized, in a status made after `after` (milliseconds since 1970). */
export async function allSynchronized(
  servers: readonly AskedServer[],
  options: { readonly timeoutMs: number; readonly after: number },
): Promise<void> {
  const { timeoutMs, after } = options;
  const look = async (seen: (text: string) => void): Promise<true | null> => {
    const statuses = await Promise.all(servers.map((server) => server.statusOrNull()));
    seen(JSON.stringify(statuses.map(brief)));
    const fit = (status: Status | null): boolean =>
      status?.fileSystem.status === 'Synchronized' && Date.parse(status.asOf) >= after;
    return statuses.every(fit) ? true : null;
  };
  try {
    await until('both servers to be Synchronized', timeoutMs, look);
  } catch (error) {
    const items = await Promise.all(servers.map((server) => server.inDoubt()));
    throw new Error(`Not all is Synchronized; not so are, on ${items.join('; on ')}`, { cause: error });
  }
}

/** What of a status is worth reading when a test has waited for another one. */
export function brief(status: Status | null): unknown {
  if (status === null) return null;
  const { identity, systemStatus, fileSystem, channel, queues, findings } = status;
  const codes = findings.map(({ code, item, cause }) => `${code} ${item ?? ''} ${cause}`);
  return { identity, systemStatus, fileSystem, channel: channel.status, queues, findings: codes };
}
