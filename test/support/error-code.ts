/** The code of the system's error that an action gives, `none` where it gives none. */
export function codeOf(action: () => unknown): string {
  try {
    action();
    return 'none';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
