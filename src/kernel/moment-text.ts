/** `2026-01-01 00:00:00Z`, from ISO 8601. */
export function formatMoment(iso: string): string {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return iso;
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}
