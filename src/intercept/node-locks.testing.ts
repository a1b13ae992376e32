import { parentPort, workerData } from 'node:worker_threads';
import { NodeLocks } from './node-locks.ts';

/** A thread that takes a lock, and ends with it. */
const locks = new NodeLocks(workerData as SharedArrayBuffer);
parentPort?.postMessage('here');
locks.take(5);
