/** Modules of threads that are loaded ahead of their start where applications wait for them. */
export const MOUNT_WORKER = new URL('./interception/mount-worker.ts', import.meta.url);
export const STREAM_WORKER = new URL('./stream/stream-worker.ts', import.meta.url);
