import type { WayFacts, WayQuestion } from '../../kernel/way.ts';
import { FileError } from '../../kernel/files.ts';
import { starterPort } from '../../system/processes/threads.ts';
import { lookAtWay } from '../../system/network/way-look.ts';

/** What the worker answers; `facts` is null where the kernel could not be asked. */
export interface WayLook {
  readonly question: WayQuestion;
  readonly facts: WayFacts | null;
}

/** Entry of the worker that looks at the way to the other server, one question after the other, until it is ended. */
function main(): void {
  const port = starterPort();
  let before: Promise<void> = Promise.resolve();
  port.on('message', (question: WayQuestion) => {
    before = before.then(async () => {
      const facts = await looked(question);
      const answer: WayLook = { question, facts };
      port.postMessage(answer);
    });
  });
}

async function looked(question: WayQuestion): Promise<WayFacts | null> {
  try {
    return await lookAtWay(question);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return null;
  }
}

main();
