import { execFileSync } from 'node:child_process';
import fs from 'node:fs';

/** A machine of its own on a network of ours: a network namespace with one interface, `eth0`. */
export class Host {
  readonly namespace: string;
  readonly address: string;

  constructor(namespace: string, address: string) {
    this.namespace = namespace;
    this.address = address;
  }

  /** Runs a program there. @returns what it printed. */
  run(...command: readonly string[]): string {
    return run('ip', 'netns', 'exec', this.namespace, ...command);
  }

  ip(...words: readonly string[]): void {
    run('ip', '-n', this.namespace, ...words);
  }

  /** Makes a table of nftables whole, or replaces it. */
  nft(table: string): void {
    run('ip', 'netns', 'exec', this.namespace, 'nft', table);
  }

  /** Lines of /etc/hosts that only this machine sees; none where empty. Programs must have been started after the first time. */
  hosts(text: string): void {
    fs.mkdirSync(this.#folder, { recursive: true });
    // In place: it is bound over the file in the namespace of whoever runs there.
    fs.writeFileSync(`${this.#folder}/hosts`, `127.0.0.1 localhost\n${text}\n`);
    fs.writeFileSync(`${this.#folder}/resolv.conf`, 'nameserver 127.0.0.1\n');
  }

  remove(): void {
    fs.rmSync(this.#folder, { recursive: true, force: true });
    run('ip', 'netns', 'del', this.namespace);
  }

  get #folder(): string {
    return `/etc/netns/${this.namespace}`;
  }
}

let networks = 0;

/** Hosts that are all on one link: a bridge in a namespace of its own. */
export class Network implements Disposable {
  readonly #name = `us${process.pid}n${networks++}`;
  readonly #hosts: Host[] = [];

  constructor() {
    run('ip', 'netns', 'add', this.#switch);
    run('ip', '-n', this.#switch, 'link', 'add', 'br0', 'type', 'bridge');
    run('ip', '-n', this.#switch, 'link', 'set', 'br0', 'up');
  }

  /** @param cidr - its address and prefix length; none where empty. */
  add(cidr: string): Host {
    const number = this.#hosts.length;
    const host = new Host(`${this.#name}h${number}`, cidr.replace(/\/.*/, ''));
    run('ip', 'netns', 'add', host.namespace);
    this.#hosts.push(host);
    const port = `port${number}`;
    run('ip', '-n', this.#switch, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', host.namespace);
    run('ip', '-n', this.#switch, 'link', 'set', port, 'master', 'br0', 'up');
    host.ip('link', 'set', 'lo', 'up');
    host.ip('link', 'set', 'eth0', 'up');
    if (cidr !== '') host.ip('addr', 'add', cidr, 'dev', 'eth0');
    return host;
  }

  /** Pulls a host's cable out, or puts it in again. */
  cable(host: Host, state: 'up' | 'down'): void {
    run('ip', '-n', this.#switch, 'link', 'set', `port${this.#hosts.indexOf(host)}`, state);
  }

  [Symbol.dispose](): void {
    for (const host of this.#hosts) host.remove();
    run('ip', 'netns', 'del', this.#switch);
  }

  get #switch(): string {
    return `${this.#name}s`;
  }
}

function run(program: string, ...words: readonly string[]): string {
  return execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
