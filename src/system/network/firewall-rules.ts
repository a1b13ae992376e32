import type { FirewallRule } from '../../kernel/way.ts';
import { startProgram } from '../processes/child.ts';

/** What a rule has to be about, to be in the way. */
export interface Passing {
  /** The other end's address, and those of this machine. */
  readonly hosts: readonly string[];
  /** The other end's port, and those at which this server listens. */
  readonly ports: readonly number[];
}

const RULES_MAX = 5;
const RULE_LENGTH_MAX = 200;
const LINES_MAX = 20_000;
const WAIT_MS = 1000;
/** Of these something else than a new TCP connection is dropped. */
const OTHER_THINGS = /\b(udp|icmp|icmpv6|ip6? protocol (?!tcp)|ct state|limit|numgen|meta length|ip length|sctp)\b/;
const ADDRESS_MATCH = /\bip6? [sd]addr (!= )?(\{[^}]*\}|@?\S+)/g;
const PORT_MATCH = /\b(?:tcp|th) [sd]port (!= )?(\{[^}]*\}|@?\S+)/g;

/** Rules of this machine's firewall that keep TCP connections between the two from being made. None where there is no nft(8). */
export async function rulesInTheWay(
  passing: Passing,
  after: (ms: number, action: () => void) => () => void,
): Promise<readonly FirewallRule[]> {
  const lines: string[] = [];
  try {
    const child = await startProgram({
      command: 'nft',
      parameters: ['list', 'ruleset'],
      onLine: (line, from) => {
        if (from === 'output' && lines.length < LINES_MAX) lines.push(line);
      },
    });
    const cancel = after(WAIT_MS, () => child.signal('SIGKILL'));
    await child.ended;
    cancel();
  } catch (error) {
    // It is not installed, or may not be run.
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
  return blockingRules(lines, passing);
}

/** Pure. @param lines - as `nft list ruleset` prints them. */
export function blockingRules(lines: readonly string[], passing: Passing): FirewallRule[] {
  const found: FirewallRule[] = [];
  let table = '';
  let chain = '';
  let hook = '';
  for (const line of lines.map((one) => one.trim())) {
    const begins = /^(table|chain) (.+) \{$/.exec(line);
    if (begins?.[1] === 'table') table = begins[2] ?? '';
    else if (begins?.[1] === 'chain') [chain, hook] = [begins[2] ?? '', ''];
    else if (line.startsWith('type ')) hook = /\bhook (\w+)/.exec(line)?.[1] ?? '';
    else if (/\b(drop|reject)\b/.test(line) && isInTheWay(line, passing)) {
      const place = `table ${table}, chain ${chain}${hook === '' ? '' : ` (${hook})`}`;
      found.push({ place, rule: line.slice(0, RULE_LENGTH_MAX) });
    }
    if (found.length === RULES_MAX) break;
  }
  return found;
}

/** Does it name the two, or the ports, and nothing else? One that is about everything says nothing here. */
function isInTheWay(rule: string, { hosts, ports }: Passing): boolean {
  // What it answers with is not what it is about.
  if (OTHER_THINGS.test(rule.replace(/\breject with .*$/, ''))) return false;
  const addressMatches = [...rule.matchAll(ADDRESS_MATCH)];
  const portMatches = [...rule.matchAll(PORT_MATCH)];
  if (addressMatches.length + portMatches.length === 0) return false;
  const isAbout = (matches: RegExpExecArray[], isIn: (operand: string) => boolean): boolean =>
    matches.every(([, not, operand = '']) => isIn(operand) === (not === undefined));
  return (
    isAbout(addressMatches, (operand) => hosts.some((host) => elementsOf(operand).some((one) => hasHost(one, host)))) &&
    isAbout(portMatches, (operand) => ports.some((port) => elementsOf(operand).some((one) => hasPort(one, port))))
  );
}

function elementsOf(operand: string): string[] {
  return operand
    .replace(/[{}]/g, '')
    .split(',')
    .map((one) => one.trim());
}

function hasHost(element: string, host: string): boolean {
  const [address = '', bits] = element.split('/');
  if (bits === undefined || !/^[\d.]+$/.test(address) || !/^[\d.]+$/.test(host)) return address === host;
  const width = 32 - Number(bits);
  return width >= 32 || numberOf(address) >>> width === numberOf(host) >>> width;
}

function numberOf(address: string): number {
  return address.split('.').reduce((all, part) => ((all << 8) | Number(part)) >>> 0, 0);
}

function hasPort(element: string, port: number): boolean {
  const [from = '', to = from] = element.split('-');
  return Number(from) <= port && port <= Number(to);
}
