import { it } from 'vitest';
import { story, run } from './crash.test.ts';
it('dbg', () => {
  const seed = Number(process.env['SEED']);
  const steps = Number(process.env['STEPS']);
  const told = story(seed, steps);
  told.changes.forEach((c, i) =>
    console.log(
      i,
      JSON.stringify({ ...c, content: 'content' in c ? c.content.length : undefined, attributes: undefined }),
    ),
  );
  const plan = JSON.parse(process.env['PLAN']!);
  process.env['DBG'] = '1';
  const { trial, found } = run(told, plan);
  console.log(found.join('\n'));
  console.log('EXPECTED');
  console.log(told.expected.join('\n'));
  console.log(
    JSON.stringify(trial.apply.quarantine.list()),
    trial.apply.counts,
    JSON.stringify([...trial.apply.items('Out of sync')].map((i) => [i.path, i.problem])),
    JSON.stringify([...trial.apply.items('Unchecked')].map((i) => [i.path, i.problem])),
    [...trial.rechecks],
  );
  trial.end();
});
