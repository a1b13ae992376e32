import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Antivirus, VIRUS } from '../support/antivirus.ts';
import { changeSettings } from '../support/pair.ts';
import { runningPair } from '../support/pair-in-test.ts';
import { proofRuns } from '../support/proof-runs.ts';
import { until } from '../support/until.ts';

/** In the proof, on a machine that does nothing else, as soon as was promised. */
const NAMED_MS = proofRuns({ short: 120_000, full: 5_000 });
const CLEARED_MS = NAMED_MS;

/** Debian's ClamAV, with permission to refuse. */
it('knows on-access antivirus by its name, and goes on once it is out of the way', async () => {
  await using pair = await runningPair({
    plant: (data) => {
      fs.writeFileSync(join(data, 'infected'), VIRUS);
      fs.writeFileSync(join(data, 'clean'), 'clean');
    },
  });
  await pair.synchronized();
  {
    await using antivirus = await Antivirus.start(pair.passive.data, join(pair.passive.data, 'infected'));
    fs.writeFileSync(join(pair.active.data, 'infected'), 'healed');
    fs.writeFileSync(join(pair.active.data, 'clean'), 'clean still');
    // Told of before it did any harm, had it been there when the settings were loaded.
    changeSettings(pair.active.pairFile, { protect: { files: { exclude: ['/data/none/**'] } } });
    const warning = await pair.passive.finding('DIA-021');
    expect(warning).toMatchObject({ item: '/data', server: 'secondary', severity: 'warning' });
    expect(warning.resolution).toContain('`OnAccessExcludePath /data`');
    const finding = await pair.passive.finding('N29', NAMED_MS);
    expect(finding).toMatchObject({ item: '/data/infected', server: 'secondary' });
    expect(finding.cause).toContain(`the antivirus program clamonacc of ClamAV (process ${antivirus.pid}`);
    expect(finding.cause).toContain('decides who may open files there (fanotify)');
    expect(finding.resolution).toContain('Exclude the protected folders from the scans of ClamAV.');
    await until('others to go on', NAMED_MS, () =>
      fs.readFileSync(join(pair.passive.data, 'clean'), 'utf8') === 'clean still' ? true : null,
    );
  }
  await until('the finding to clear', CLEARED_MS, async () =>
    (await pair.passive.findings('N29')).length === 0 ? true : null,
  );
  await pair.settled();
  expect(pair.differences()).toEqual([]);
});
