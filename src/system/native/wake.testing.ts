import { threadData } from '../processes/threads.ts';
import { wake } from './wake.ts';

/** A thread that wakes another one and ends. */
wake(threadData<number>());
