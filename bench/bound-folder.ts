import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';

/** A folder that bindfs shows at another place; gone with the process at the latest. */
export class BoundFolder implements Disposable {
  readonly view: string;
  readonly #unmount = (): void => {
    spawnSync('umount', ['--lazy', '--quiet', this.view]);
  };

  constructor(folder: string, view: string) {
    for (const path of [folder, view]) fs.mkdirSync(path);
    this.view = view;
    process.once('exit', this.#unmount);
    execFileSync('bindfs', [folder, view]);
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#unmount);
    this.#unmount();
  }
}
