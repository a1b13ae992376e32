import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { availableParallelism, loadavg } from 'node:os';
import type { Answer, HealthLooks } from '../../kernel/health-looks.ts';

/** By these the application and the machine are asked. */
export const healthLooks: HealthLooks = {
  http(url, timeoutMs) {
    const ask = url.startsWith('https:') ? httpsRequest : httpRequest;
    return answerWithin(timeoutMs, (done, signal) => {
      const options = { agent: false, signal, headers: { 'user-agent': 'understudy' }, rejectUnauthorized: false };
      const request = ask(url, options, (response) => {
        const { statusCode = 0 } = response;
        // What follows the status is not read.
        response.destroy();
        done({ isGood: statusCode >= 200 && statusCode < 400, detail: `the status ${statusCode}` });
      });
      request.on('error', (error) => done({ isGood: false, detail: reasonOf(error) }));
      request.end();
    });
  },

  tcp(host, port, timeoutMs) {
    return answerWithin(timeoutMs, (done, signal) => {
      const socket = connect({ host, port, signal });
      socket.on('error', (error) => done({ isGood: false, detail: reasonOf(error) }));
      socket.once('connect', () => {
        socket.destroy();
        done({ isGood: true, detail: 'a connection' });
      });
    });
  },

  async diskUsed(path) {
    try {
      const { blocks, bfree, bavail } = await statfs(path);
      const used = blocks - bfree;
      // As df(1): what is kept for root is neither used nor free.
      return used + bavail === 0 ? null : (used * 100) / (used + bavail);
    } catch {
      return null;
    }
  },

  memoryUsed() {
    try {
      return usedIn(readFileSync('/proc/meminfo', 'latin1'));
    } catch {
      return null;
    }
  },

  loadPerProcessor: () => (loadavg()[0] ?? 0) / availableParallelism(),
};

/** @param text - of /proc/meminfo. */
export function usedIn(text: string): number | null {
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]);
  const percent = 100 - (kib('MemAvailable') * 100) / kib('MemTotal');
  return Number.isFinite(percent) ? percent : null;
}

/** The first answer counts; none within the time is one, too, and ends what is under way. */
function answerWithin(
  timeoutMs: number,
  ask: (done: (answer: Answer) => void, signal: AbortSignal) => void,
): Promise<Answer> {
  return new Promise((answer) => {
    const ending = new AbortController();
    const done = (found: Answer): void => {
      clearTimeout(late);
      answer(found);
    };
    const late = setTimeout(() => {
      done({ isGood: false, detail: `no answer within ${timeoutMs / 1000} s` });
      ending.abort();
    }, timeoutMs);
    try {
      ask(done, ending.signal);
    } catch (error) {
      // A host or a port that can't be one.
      done({ isGood: false, detail: reasonOf(error as Error) });
    }
  });
}

function reasonOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') return 'nobody listens there';
  // The name of a host may have several addresses, and none of them answers.
  const text = error instanceof AggregateError ? error.errors.map(String).join(', ') : error.message;
  return text === '' ? (code ?? error.name) : text;
}
