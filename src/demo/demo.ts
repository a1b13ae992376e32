import { UsageError } from '../cli/command.ts';
import { reportFailure } from '../cli/failure-report.ts';
import type { Terminal } from '../kernel/terminal.ts';
import { onEndSignals } from '../system/processes/signals.ts';
import { Ended } from './deadline.ts';
import { DemoPair } from './demo-pair.ts';
import { plantFirstGoods } from './first-goods.ts';
import { Live } from './live.ts';
import { Shop } from './shop.ts';
import { Tour } from './tour.ts';

/** As a shell says of a program that Ctrl-C ended. */
const INTERRUPTED_STATUS = 130;

/**
 * Two servers of a pair on this machine, in a temporary folder, to see them at work. With `--once`, or
 * where there is no terminal to draw on, by itself; otherwise with keys until Ctrl-C. Leaves nothing behind.
 * @returns the exit status.
 * @throws UsageError
 */
export async function runDemo(options: {
  readonly args: readonly string[];
  readonly terminal: Terminal;
}): Promise<number> {
  const { args, terminal } = options;
  const unknown = args.find((argument) => argument !== '--once');
  if (unknown !== undefined) throw new UsageError(`demo takes only --once, not ${unknown}.`, 'demo');
  const isLive = args.length === 0 && terminal.outIsScreen && terminal.canAsk;
  const ended = new AbortController();
  const cancel = onEndSignals(() => ended.abort());
  try {
    terminal.out('Two servers start on this machine; nothing else of it is touched.\n');
    await using pair = await DemoPair.make();
    const status = await shown({ pair, terminal, ended, isLive });
    if (isLive || status !== 0) terminal.out(`Both servers stop, and ${pair.top} is removed.\n`);
    return status;
  } finally {
    cancel();
  }
}

async function shown(options: {
  readonly pair: DemoPair;
  readonly terminal: Terminal;
  readonly ended: AbortController;
  readonly isLive: boolean;
}): Promise<number> {
  const { pair, terminal, ended, isLive } = options;
  try {
    const tour = new Tour({ pair, terminal, signal: ended.signal });
    const goods = plantFirstGoods(pair.active.shop());
    tour.say('Two servers are paired: invite on the primary, join on the secondary.');
    await pair.join(ended.signal);
    tour.say('Both daemons start.');
    await pair.start(ended.signal);
    if (isLive) await live({ pair, terminal, ended });
    else await tour.run(goods);
    return 0;
  } catch (error) {
    if (error instanceof Ended) return INTERRUPTED_STATUS;
    terminal.error(`${pair.logs()}\n`);
    return reportFailure(error, terminal, false);
  }
}

async function live(options: {
  readonly pair: DemoPair;
  readonly terminal: Terminal;
  readonly ended: AbortController;
}): Promise<void> {
  const shop = new Shop(options.pair.active.shop());
  try {
    await new Live(options).run(shop);
  } finally {
    shop.close();
  }
}
