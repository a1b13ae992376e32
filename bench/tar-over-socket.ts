import { spawn } from 'node:child_process';
import { connect, createServer, type Socket } from 'node:net';

/** Copies a folder into another with one tar that writes into a TCP connection on loopback and one that reads from it. */
export async function tarCopy(from: string, to: string): Promise<void> {
  await tarPair(from, ['--extract', '--preserve-permissions', '--numeric-owner', '--directory', to]);
}

/**
 * The same, but the second tar compares what it reads with what is there.
 * @throws Error where they differ.
 */
export async function tarCompare(from: string, to: string): Promise<void> {
  await tarPair(from, ['--compare', '--directory', to]);
}

async function tarPair(from: string, reads: readonly string[]): Promise<void> {
  const [writing, reading] = await connection();
  const ended = [
    tar(['--create', '--sparse', '--numeric-owner', '--directory', from, '.'], ['ignore', writing]),
    tar(reads, [reading, 'ignore']),
  ];
  // Theirs alone from here on: the connection ends when the one that writes ends.
  writing.destroy();
  reading.destroy();
  await Promise.all(ended);
}

/** Both ends of a TCP connection, of which nothing is read here. */
function connection(): Promise<[Socket, Socket]> {
  return new Promise((resolve, reject) => {
    const server = createServer({ pauseOnConnect: true });
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') return reject(new Error('a TCP server has no port'));
      const outgoing = connect({ port: address.port, host: '127.0.0.1' });
      outgoing.pause();
      outgoing.on('error', reject);
      const connected = new Promise<void>((done) => outgoing.once('connect', () => done()));
      server.once('connection', (incoming) => {
        server.close();
        void connected.then(() => resolve([outgoing, incoming]));
      });
    });
  });
}

function tar(args: readonly string[], [input, output]: readonly [Socket | 'ignore', Socket | 'ignore']): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('tar', args, { stdio: [input, output, 'pipe'] });
    let errors = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text));
    child.on('error', reject);
    child.on('close', (status, signal) => {
      if (status === 0) resolve();
      else reject(new Error(`tar ended with ${String(status ?? signal)}: ${errors.slice(0, 2000)}`));
    });
  });
}
