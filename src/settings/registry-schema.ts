import { z } from 'zod';
import { absolutePath, keyPattern, matching, milliseconds } from './field.ts';

const STORES_MAX = 100;
const PATTERNS_MAX = 1000;

/** How often a registry is looked at, where nothing is said. */
export const POLL_MS = { file: 250, samba: 1000, wine: 1000 } as const;

const provider = z.enum(['file', 'samba', 'wine']);
const name = matching('a name of letters, digits, `.`, `_` and `-`, at most 63', /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/);
const pollMs = milliseconds(100, 3_600_000).optional();

/** `protect.registry` of `pair.yaml`. */
export const protectedRegistries = z
  .array(
    z.strictObject({
      provider,
      name: name.optional(),
      path: absolutePath().optional(),
      pollMs,
      include: z.array(keyPattern()).min(1).max(PATTERNS_MAX),
      exclude: z.array(keyPattern()).max(PATTERNS_MAX).prefault([]),
    }),
  )
  .max(STORES_MAX)
  .prefault([])
  .describe(
    `Protected registries. Of each: provider (file: a .reg file that is the registry itself; samba: Samba’s registry, by the tool net; wine: that of a Wine prefix), name (by default the provider’s; keys are shown with it), path (of the .reg file, of the prefix, or of Samba’s configuration file; by default the system’s), include and exclude (patterns over keys: \`*\` stands for anything within a name, \`**\` for any number of keys; HKLM\\Software\\Acme\\** is the key and all below it), pollMs (how often it is looked at; by default ${POLL_MS.file} ms for a file, ${POLL_MS.samba} ms for the others).`,
  );

/** `registry` of `server.yaml`. */
export const ownRegistries = z
  .array(z.strictObject({ name, provider, path: absolutePath().optional(), pollMs }))
  .max(STORES_MAX)
  .prefault([])
  .describe(
    'Protected registries that this server keeps elsewhere than pair.yaml says, or in another kind of registry. Of each: name (as in protect.registry), provider, path and pollMs, as there. What the other kind can’t hold is named (REG-008).',
  );
