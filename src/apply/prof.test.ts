import { it } from 'vitest';
import { story, run } from './crash.test.ts';
it('prof', () => {
  let s = 0, r = 0, e = 0;
  for (let seed = 1; seed < 30; seed++) {
    let t = performance.now(); const told = story(seed, 45); s += performance.now() - t;
    t = performance.now(); const { trial } = run(told, { checkpointAt: 10, crashAt: 20, calls: 3, forgetOwn: false }); r += performance.now() - t;
    t = performance.now(); trial.end(); e += performance.now() - t;
  }
  console.log({ s, r, e });
});
