import { starterPort, threadData } from './threads.ts';

/** Says what it was given, and then what it is sent. */
const port = starterPort();
port.postMessage(threadData<unknown>());
port.on('message', (message) => port.postMessage(message));
