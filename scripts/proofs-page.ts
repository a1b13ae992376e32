/** The last result of one long proof. */
export interface ProofResult {
  readonly name: string;
  /** What it does, and how often. */
  readonly what: string;
  /** Day of the run, as in 2026-01-31. */
  readonly date: string;
  /** Short hash of what was proven; with a `+` where the work tree held changes beyond it. */
  readonly commit: string;
  readonly result: string;
  readonly minutes: number;
}

const INTRODUCTION = `# Proofs

The long proofs, each with the last run of its full count. \`npm run proof NAME\` makes the run and its line here; \`npm test\` runs the same tests with small counts.

| proof | what | last run | commit | result | time |
|---|---|---|---|---|---|
`;

/** The page with the result in the place of the same proof's former one. @param page - the page so far; empty for none. */
export function withResult(page: string, result: ProofResult): string {
  const { name, what, date, commit, minutes } = result;
  const line = `| \`${name}\` | ${what} | ${date} | ${commit} | ${result.result} | ${minutes.toFixed(1)} min |`;
  const others = page.split('\n').filter((row) => row.startsWith('| `') && !row.startsWith(`| \`${name}\` |`));
  return `${INTRODUCTION}${[...others, line].sort().join('\n')}\n`;
}
