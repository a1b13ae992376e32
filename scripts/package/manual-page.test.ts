import { expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/command-table.ts';
import { manualPage } from './manual-page.ts';

it('has every command, and no line that troff would take for an order', () => {
  const page = manualPage('1.2.3');
  for (const { name } of COMMANDS) expect(page).toContain(`understudy ${name.replaceAll('-', '\\-')}\\fR`);
  for (const line of page.split('\n')) if (/^[.']/.test(line)) expect(line).toMatch(/^\.(TH|SH|TP|B|I|br)\b/);
});
