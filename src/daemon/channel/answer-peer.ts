import { Problem } from '../../problems/problem.ts';
import { type Aside, bytesSent } from '../status/aside.ts';
import type { DaemonView } from '../status/handlers.ts';
import { type OwnerIds, ownerNames } from '../status/owners.ts';
import type { CheckRequest, StreamQuery } from '../stream/thread-messages.ts';

/** Answers what the other daemon asks. @throws Problem DMN-001 for what this release does not know. */
export async function answerPeer(
  name: string,
  body: unknown,
  daemon: Pick<DaemonView, 'startCheck' | 'query' | 'fix' | 'status' | 'services'>,
  aside: Aside,
): Promise<unknown> {
  switch (name) {
    case 'check':
      return daemon.startCheck(body as CheckRequest);
    case 'query':
      return daemon.query(body as StreamQuery);
    case 'fix':
      return { done: await daemon.fix((body as { id: string }).id) };
    case 'owners':
      return ownerNames((await daemon.query({ name: 'owners' })) as OwnerIds);
    case 'preflight':
      return aside.preflight(bytesSent(daemon.status()));
    case 'collect':
      return aside.collect(daemon.status());
    default: {
      const answer = daemon.services.answer(name, body);
      if (answer !== null) return answer;
      throw new Problem('DMN-001', { reason: `this release knows no ${name}` });
    }
  }
}
