import type { ProgramEnd, Programs } from '../kernel/programs.ts';

/** An answer takes far less. */
const TIMEOUT_MS = 120_000;

/**
 * Where Samba's registry lies, as Samba itself says (testparm).
 * @param configuration - null for the system's.
 * @returns the file, whether it is there or not; how the tool ended where that says nothing.
 */
export async function sambaDatabase(programs: Programs, configuration: string | null): Promise<string | ProgramEnd> {
  const question = ['--suppress-prompt', '--parameter-name', 'state directory'];
  const command = ['testparm', ...question, ...(configuration === null ? [] : [configuration])];
  const end = await programs.run(command, { timeoutMs: TIMEOUT_MS });
  const folder = end.output.trim();
  return end.status === 0 && folder.startsWith('/') ? `${folder}/registry.tdb` : end;
}
