import { starterPort, threadData } from '../../system/processes/threads.ts';
import { openIdentityStore } from './pair-facts.ts';

/** A thread that changes one of the facts so often, by one each time. */
const { folder, what, times } = threadData<{ folder: string; what: 'epoch' | 'version'; times: number }>();
const store = openIdentityStore(folder);
for (let time = 0; time < times; time++) {
  store.change((facts) => {
    if (facts === null) throw new Error('there are no facts');
    const { epoch, settings } = facts;
    if (what === 'epoch') return { ...facts, epoch: epoch + 1 };
    return { ...facts, settings: { ...settings, version: settings.version + 1 } };
  });
}
starterPort().close();
