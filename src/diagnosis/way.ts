import { formatAddress } from '../kernel/sockets.ts';
import type { ConnectFailureKind } from '../kernel/sockets.ts';
import type { Route, WayFacts } from '../kernel/way.ts';
import { Problem, toData } from '../problems/problem.ts';
import type { ProblemCode, ProblemData, ProblemParameters } from '../problems/problem.ts';

/** What is known of a route besides what was found out about the way just now. */
export interface RouteKnowledge {
  /** How the last try to connect ended; `met`: by the servers' own word. Null where none has. */
  readonly failure: ConnectFailureKind | 'met' | null;
  /** The reason in words; ends the sentence "the server at … ". */
  readonly reason: string;
  /** Hardware address that the other server had there when the two were last connected; null where not known. */
  readonly hardware: string | null;
  /** Is it connected, and data does not pass? */
  readonly isStalled: boolean;
  /** Addresses at which this server listens; no wildcards. */
  readonly listen: readonly string[];
}

/** Why a route does not work. */
export interface WayCause {
  readonly problem: ProblemData;
  readonly evidence: readonly string[];
}

/**
 * The cause, from evidence alone. Null where nothing is wrong with the way, or where the channel itself tells what is:
 * another certificate, another pair, a loop to itself.
 */
export function causeOf(facts: WayFacts, known: RouteKnowledge): WayCause | null {
  const problem = causeHere(facts, known) ?? causeThere(facts, known);
  return problem === null ? null : { problem, evidence: evidenceOf(facts, known) };
}

/** What is wrong with this server's own network. */
function causeHere(facts: WayFacts, { listen }: RouteKnowledge): ProblemData | null {
  const { target, resolved, route, own } = facts;
  const address = formatAddress(target);
  if ('failure' in resolved) return made('CHN-030', { host: target.host, reason: resolverWords(resolved.failure) });
  const gone = listen.find((one) => !isLoopback(one) && own.every((mine) => mine.address !== one));
  if (gone !== undefined) return made('CHN-041', { address: gone });
  const double = facts.doubles?.[0];
  if (double !== undefined && route.kind === 'leaves' && route.source !== null) {
    return made('CHN-038', { address: route.source, hardware: double });
  }
  const down = own.find((mine) => !mine.isUp && (isBy(mine.interface, route) || isIn(resolved.addresses[0], mine)));
  if (down !== undefined) return made('CHN-043', { interface: down.interface, address });
  if (route.kind === 'none') return made('CHN-031', { address, code: route.code });
  return null;
}

/** What the packets met. */
function causeThere(facts: WayFacts, known: RouteKnowledge): ProblemData | null {
  const { port, target } = facts;
  const address = formatAddress(target);
  const another = known.failure === null || port.kind === 'accepted' ? null : anotherMachine(facts, known);
  if (another !== null) return made('CHN-037', { address, reason: another });
  switch (port.kind) {
    case 'accepted':
      return causeOfAccepted(facts, known, port.said);
    case 'refused': {
      const other = facts.otherPorts[0];
      return other === undefined ? made('CHN-033', { address }) : made('CHN-046', { address, port: other });
    }
    case 'turnedBack':
      if (port.meaning === 'host' || port.meaning === 'network') {
        const reason = `it says that the ${port.meaning} cannot be reached`;
        return made('CHN-044', { gateway: port.by, address, reason });
      }
      return made('CHN-035', { address, by: port.by });
    case 'failed':
      return port.code === 'EPERM' || port.code === 'EACCES'
        ? made('CHN-042', { address, reason: `the kernel says ${port.code}` })
        : made('CHN-031', { address, code: port.code });
    case 'silent':
      return causeOfSilence(facts, known);
  }
}

function causeOfAccepted(facts: WayFacts, known: RouteKnowledge, said: string): ProblemData | null {
  const address = formatAddress(facts.target);
  if (said !== '') return made('CHN-036', { address, reason: `it says "${said}"` });
  if (known.failure === 'otherProgram') return made('CHN-036', { address, reason: `it ${known.reason}` });
  const { sizes } = facts;
  if (sizes !== null && sizes.passes !== null && sizes.passes < sizes.largest) {
    return made('CHN-039', { address, passes: sizes.passes, largest: sizes.largest });
  }
  // Where the servers met, or a certificate was shown, the channel says what there is to say.
  const isHeard =
    known.isStalled || known.failure === 'met' || known.failure === 'untrusted' || known.failure === 'expired';
  return isHeard ? null : made('CHN-045', { address });
}

function causeOfSilence(facts: WayFacts, known: RouteKnowledge): ProblemData | null {
  const { route, link, echo, rules } = facts;
  const address = formatAddress(facts.target);
  const [rule] = rules;
  if (rule !== undefined) return made('CHN-042', { address, reason: `${rule.place}: ${rule.rule}` });
  if (echo === 'blocked') return made('CHN-042', { address, reason: 'the kernel refuses to send to it' });
  if (route.kind !== 'leaves') return null;
  const { gateway, source } = route;
  if (gateway === null) {
    if (link !== null && link.length === 0) return made('CHN-032', { interface: route.interface, address });
    // Somebody turned a try back, and says so but now and then: it is known who once it comes again.
    if (known.failure === 'unreachable') return null;
    return link === null && echo !== 'answered' ? null : made('CHN-034', { address });
  }
  if (link !== null && link.length === 0) {
    return made('CHN-044', { gateway, address, reason: 'it does not answer on the link' });
  }
  // It says so now and then only, and then perhaps to another packet than ours.
  if (isTurnedBack(known)) {
    return made('CHN-044', {
      gateway,
      address,
      reason: 'it, or one behind it, says that the network cannot be reached',
    });
  }
  if (echo === 'answered') return made('CHN-034', { address });
  // While nothing is known of the last try, it may be slow only.
  return known.failure === null ? null : made('CHN-048', { gateway, address, source: source ?? 'of its address' });
}

/** By a machine that knows no way to the network; a server's firewall says so of hosts. */
function isTurnedBack({ failure, reason }: RouteKnowledge): boolean {
  return failure === 'unreachable' && reason.includes('ENETUNREACH');
}

/** Where there is a gateway, the hardware address is the gateway's. */
function anotherMachine({ route, link }: WayFacts, { hardware }: RouteKnowledge): string | null {
  if (route.kind !== 'leaves' || route.gateway !== null || link === null) return null;
  const [one, other] = link;
  if (one !== undefined && other !== undefined) return `both ${one} and ${other} answer for it on the link`;
  if (one === undefined || hardware === null || one === hardware) return null;
  return `its hardware address is ${one}, and was ${hardware} when the servers were last connected`;
}

function evidenceOf(facts: WayFacts, known: RouteKnowledge): string[] {
  const { resolved, route, own, port, target } = facts;
  const evidence: string[] = [];
  if ('addresses' in resolved && resolved.addresses[0] !== target.host.replace(/^\[|\]$/g, '')) {
    evidence.push(`${target.host} is ${resolved.addresses.join(', ')}`);
  }
  const networks = own.filter((mine) => mine.interface !== 'lo' && !mine.address.startsWith('fe80'));
  const shown = networks.map(
    (mine) => `${mine.address}/${mine.prefixLength} on ${mine.interface}${mine.isUp ? '' : ' (down)'}`,
  );
  evidence.push(`addresses of this server: ${shown.length === 0 ? 'none' : shown.join(', ')}`);
  if ('failure' in resolved) return evidence;
  evidence.push(routeWords(route));
  if (route.kind === 'leaves' && facts.link !== null) {
    const who = route.gateway === null ? 'that address' : `the router ${route.gateway}`;
    evidence.push(
      facts.link.length === 0
        ? `nobody on the link answers for ${who}`
        : `${facts.link.join(' and ')} answers for ${who} on the link`,
    );
  }
  if (facts.echo === 'answered' || facts.echo === 'silent') {
    evidence.push(`a ping was ${facts.echo === 'answered' ? '' : 'not '}answered`);
  }
  evidence.push(`TCP port ${target.port}: ${portWords(port)}`);
  if (known.failure !== null && port.kind === 'accepted')
    evidence.push(`at the last try the server there ${known.reason}`);
  if (facts.sizes !== null) evidence.push(sizesWords(facts.sizes));
  if (isTurnedBack(known) && port.kind === 'silent')
    evidence.push('a machine on the way turned a try to connect back (ENETUNREACH)');
  for (const { place, rule } of facts.rules) evidence.push(`a rule of this server's firewall, ${place}: ${rule}`);
  return evidence;
}

function routeWords(route: Route): string {
  switch (route.kind) {
    case 'own':
      return 'that address is this machine itself';
    case 'none':
      return `there is no route to it (${route.code})`;
    case 'leaves': {
      const from = route.source === null ? '' : ` from ${route.source}`;
      const by = route.gateway === null ? 'directly' : `by way of ${route.gateway}`;
      return `packets to it leave ${by} on ${route.interface}${from}`;
    }
  }
}

function portWords(port: WayFacts['port']): string {
  switch (port.kind) {
    case 'accepted':
      return port.said === '' ? 'accepted' : `accepted, and it said "${port.said}"`;
    case 'refused':
      return 'refused by the machine itself';
    case 'turnedBack':
      return `turned back by ${port.by} (ICMP, ${port.meaning})`;
    case 'silent':
      return 'no answer';
    case 'failed':
      return `could not be asked (${port.code})`;
  }
}

function sizesWords({ largest, passes }: NonNullable<WayFacts['sizes']>): string {
  return passes === null
    ? `no ping of any size was answered a second time`
    : `pings of up to ${passes} bytes were answered; the interface sends up to ${largest}`;
}

function resolverWords(failure: string): string {
  if (failure === 'ENOTFOUND') return 'there is no such name';
  if (failure === 'EAI_AGAIN') return 'the name server cannot be reached';
  return failure;
}

function isBy(name: string, route: Route): boolean {
  return route.kind === 'leaves' && route.interface === name;
}

/** Is the address in this network? IPv4 only: an IPv6 network that is down has no addresses either. */
function isIn(
  address: string | undefined,
  network: { readonly address: string; readonly prefixLength: number },
): boolean {
  if (address === undefined || !isFour(address) || !isFour(network.address)) return false;
  const width = 32 - network.prefixLength;
  return width < 32 && numberOf(address) >>> width === numberOf(network.address) >>> width;
}

/** All of that network are this machine's, though it names but one of them. */
function isLoopback(address: string): boolean {
  return address.startsWith('127.');
}

function isFour(address: string): boolean {
  return /^\d+(\.\d+){3}$/.test(address);
}

function numberOf(address: string): number {
  return address.split('.').reduce((all, part) => ((all << 8) | Number(part)) >>> 0, 0);
}

function made<Code extends ProblemCode>(code: Code, parameters: ProblemParameters<Code>): ProblemData {
  return toData(new Problem(code, parameters));
}
