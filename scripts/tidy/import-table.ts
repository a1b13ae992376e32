/**
 * Who may import whom among the folders of `src`, besides their own files; the table of
 * `docs/architecture.md`, where each line is explained.
 */
const KERNEL = ['kernel'];
const BASE = ['kernel', 'problems'];
const STREAM_FOLDERS = ['capture', 'journal', 'channel', 'apply', 'check', 'registry'];
const OUTSIDE = [...BASE, 'api', 'diagnosis'];

export const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  problems: KERNEL,
  system: BASE,
  settings: BASE,
  changes: BASE,
  api: BASE,
  identity: BASE,
  services: BASE,
  health: BASE,
  ...Object.fromEntries(STREAM_FOLDERS.map((folder) => [folder, [...BASE, 'changes']])),
  fuse: KERNEL,
  intercept: [...BASE, 'changes', 'fuse'],
  keeper: BASE,
  diagnosis: [...BASE, 'api'],
  console: OUTSIDE,
  cli: [...OUTSIDE, 'settings', 'identity'],
  daemon: [
    ...OUTSIDE,
    ...STREAM_FOLDERS,
    'fuse',
    'intercept',
    'keeper',
    'system',
    'settings',
    'services',
    'health',
    'changes',
    'identity',
    'console',
  ],
  demo: [...OUTSIDE, 'cli', 'settings', 'identity', 'system'],
  main: [...BASE, 'api', 'daemon', 'demo', 'cli', 'keeper', 'system'],
};

/** Parts of one folder that don't know each other; what both need lies beside them. */
export const APART: readonly (readonly [string, string])[] = [['src/daemon/active/', 'src/daemon/passive/']];

/** Builtins that compute and touch nothing of the machine. Every other one is for `src/system` alone. */
export const HARMLESS_BUILTINS: ReadonlySet<string> = new Set([
  'node:buffer',
  'node:crypto',
  'node:events',
  'node:path',
  'node:string_decoder',
  'node:url',
  'node:util',
  'node:zlib',
]);

/** The one file that wraps a dependency; a name that ends in `/` is a folder. See `docs/dependencies.md`. */
export const WRAPPERS: Readonly<Record<string, readonly string[]>> = {
  '@node-rs/xxhash': ['src/system/files/content-hash.ts'],
  '@peculiar/x509': ['src/system/network/certificates.ts'],
  koffi: ['src/system/native/c-library.ts', 'src/system/machine/windows-registry.ts'],
  msgpackr: ['src/channel/control-codec.ts'],
  pino: ['src/system/machine/pino-log.ts'],
  'reflect-metadata': ['src/system/network/certificates.ts'],
  yaml: ['src/settings/yaml-text.ts'],
  zod: ['src/settings/', 'src/api/', 'src/identity/'],
};
