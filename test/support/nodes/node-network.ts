import { execFileSync } from 'node:child_process';

const PREFIX = '10.213.7';
const INTERFACE = 'pair0';
/** Of filters that a network has while something is cut. */
const TABLE = 'understudy_cut';

/** Namespaces at the moment; none may outlive the tests. */
const namespaces = new Set<string>();
process.on('exit', () => {
  for (const name of namespaces) remove(name);
});

/** Who does not hear the other any more: both, or one of the two. */
export type Cut = 'both' | 'first' | 'second';

/** Two network namespaces with one cable between them. */
export class NodeNetwork {
  readonly names: readonly [string, string];
  readonly addresses = [`${PREFIX}.1`, `${PREFIX}.2`] as const;

  constructor(name: string) {
    this.names = [`${name}-1`, `${name}-2`];
    for (const namespace of this.names) {
      ip('netns', 'add', namespace);
      namespaces.add(namespace);
      ip('-n', namespace, 'link', 'set', 'lo', 'up');
    }
    const [first, second] = this.names;
    ip('link', 'add', INTERFACE, 'netns', first, 'type', 'veth', 'peer', 'name', INTERFACE, 'netns', second);
    this.names.forEach((namespace, index) => {
      ip('-n', namespace, 'addr', 'add', `${this.addresses[index]}/24`, 'dev', INTERFACE);
      ip('-n', namespace, 'link', 'set', INTERFACE, 'up');
    });
  }

  /** Nothing comes through any more, and nobody is told: no connection ends by it. */
  cut(which: Cut): void {
    this.heal();
    if (which !== 'second') drop(this.names[0]);
    if (which !== 'first') drop(this.names[1]);
  }

  heal(): void {
    for (const namespace of this.names) nft(namespace, `table netdev ${TABLE}\ndelete table netdev ${TABLE}\n`);
  }

  remove(): void {
    for (const name of this.names) remove(name);
  }
}

/** What comes is dropped before anybody sees it. */
function drop(namespace: string): void {
  const chain = `chain coming { type filter hook ingress device "${INTERFACE}" priority 0; drop; }`;
  nft(namespace, `table netdev ${TABLE} {\n${chain}\n}\n`);
}

function remove(name: string): void {
  if (namespaces.delete(name)) ip('netns', 'del', name);
}

function ip(...parameters: readonly string[]): void {
  execFileSync('ip', parameters);
}

function nft(namespace: string, rules: string): void {
  execFileSync('ip', ['netns', 'exec', namespace, 'nft', '-f', '-'], { input: rules });
}
