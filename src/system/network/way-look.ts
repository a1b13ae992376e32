import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type {
  FirewallRule,
  LinkAnswers,
  OwnAddress,
  PacketSizes,
  PortAnswer,
  Route,
  WayFacts,
  WayQuestion,
} from '../../kernel/way.ts';
import { systemClock } from '../machine/clock.ts';
import { EchoProbe } from './echo-probe.ts';
import { rulesInTheWay } from './firewall-rules.ts';
import { LinkProbe } from './link-probe.ts';
import { addresses, type Link, links, routeTo } from './netlink.ts';
import { PortProbe } from './port-probe.ts';
import { awaitAnswers } from './probe.ts';
import { systemTimers } from '../machine/timers.ts';
import { TurnedBackProbe } from './turned-back-probe.ts';

const RESOLVE_MS = 1500;
const ANSWER_MS = 700;
/** Who is on the link itself answers within a millisecond, unless it has much to do. */
const LINK_MS = 500;
const OTHER_PORTS_MS = 250;
const SIZES_MS = 350;
const SMALL_BYTES = 64;
/** Sizes of packets that networks are made for, and what is often left of them. */
const SIZES = [9000, 1500, 1492, 1480, 1472, 1450, 1420, 1400, 1380, 1350, 1300, 1280, 1200, 1100, 1000, 900, 800, 700];
const SIZE_MIN = 576;

/** Finds out about the way to an address; in a thread that has nothing else to do, for up to four seconds. */
export async function lookAtWay(question: WayQuestion): Promise<WayFacts> {
  const { target } = question;
  const resolved = await resolve(bare(target.host));
  const known = links();
  const own = addresses(known);
  const nothing: Omit<WayFacts, 'target' | 'resolved' | 'own'> = {
    route: { kind: 'none', code: '' },
    link: null,
    doubles: null,
    port: { kind: 'silent' },
    otherPorts: [],
    echo: 'unknown',
    sizes: null,
    rules: [],
  };
  const address = 'addresses' in resolved ? resolved.addresses[0] : undefined;
  if (address === undefined) return { target, resolved, own, ...nothing };
  const route = routeTo(address, known);
  const asked = ask({ address, question, route, known });
  const answers = { ...asked, port: byOthers(asked.port, own) };
  const rules =
    answers.port.kind === 'accepted'
      ? []
      : await firewall(
          address,
          question,
          own.map((one) => one.address),
        );
  return { target, resolved, own, route, ...answers, rules };
}

/** This machine's own kernel says so too, of an address that nobody on the link answers for: that is silence. */
function byOthers(port: PortAnswer, own: readonly OwnAddress[]): PortAnswer {
  const isOwn = port.kind === 'turnedBack' && own.some(({ address }) => address === port.by);
  return isOwn ? { kind: 'silent' } : port;
}

type Answers = Pick<WayFacts, 'link' | 'doubles' | 'port' | 'otherPorts' | 'echo' | 'sizes'>;

interface Asked {
  readonly address: string;
  readonly question: WayQuestion;
  readonly route: Route;
  readonly known: readonly Link[];
}

function ask({ address, question, route, known }: Asked): Answers {
  const link = route.kind === 'leaves' ? known.find(({ name }) => name === route.interface) : undefined;
  const port = new PortProbe(address, question.target.port, { waitMs: ANSWER_MS, hears: true });
  const packets = { address, to: question.target.port, from: question.ownPorts };
  const isWanted = (): boolean => port.answer.kind === 'silent';
  const turnedBack = new TurnedBackProbe(packets, { waitMs: ANSWER_MS, isWanted });
  const echo = new EchoProbe(address, [SMALL_BYTES], ANSWER_MS);
  const [there, doubles] = onLink(route, address, link);
  awaitAnswers([port, turnedBack, echo, ...[there, doubles].filter((probe) => probe !== null)], now);
  const canGrow = port.answer.kind === 'accepted' && echo.answer === 'answered' && link !== undefined;
  return {
    link: answerOf(there),
    doubles: answerOf(doubles),
    port: (port.answer.kind === 'silent' ? turnedBack.answer : null) ?? port.answer,
    otherPorts: port.answer.kind === 'refused' ? openPorts(address, question.otherPorts) : [],
    echo: echo.answer,
    sizes: canGrow ? sizesTo(address, link.mtu) : null,
  };
}

function onLink(route: Route, address: string, link: Link | undefined): readonly [LinkProbe | null, LinkProbe | null] {
  if (route.kind !== 'leaves' || link === undefined || isIP(address) !== 4) return [null, null];
  const { gateway, source } = route;
  const there = new LinkProbe(link, gateway ?? address, source, LINK_MS);
  return [there, source === null ? null : new LinkProbe(link, source, null, LINK_MS)];
}

function answerOf(probe: LinkProbe | null): LinkAnswers {
  return probe?.answer ?? null;
}

function openPorts(address: string, ports: readonly number[]): readonly number[] {
  const wait = { waitMs: OTHER_PORTS_MS, hears: false };
  const probes = ports.map((port) => ({ port, probe: new PortProbe(address, port, wait) }));
  awaitAnswers(
    probes.map(({ probe }) => probe),
    now,
  );
  return probes.filter(({ probe }) => probe.answer.kind === 'accepted').map(({ port }) => port);
}

/** Each size is tried twice: that one packet is lost says nothing. */
function sizesTo(address: string, largest: number): PacketSizes {
  const sizes = [largest, ...SIZES.filter((size) => size < largest), SIZE_MIN];
  const [first, second] = [new EchoProbe(address, sizes, SIZES_MS), new EchoProbe(address, sizes, SIZES_MS)];
  awaitAnswers([first, second], now);
  const passes = Math.max(first.largest ?? 0, second.largest ?? 0);
  return { largest, passes: passes === 0 ? null : passes };
}

async function firewall(
  address: string,
  question: WayQuestion,
  own: readonly string[],
): Promise<readonly FirewallRule[]> {
  const passing = { hosts: [address, ...own], ports: [question.target.port, ...question.ownPorts] };
  return await rulesInTheWay(passing, (ms, action) => systemTimers.after(ms, action));
}

async function resolve(host: string): Promise<WayFacts['resolved']> {
  if (isIP(host.replace(/%.*$/, '')) !== 0) return { addresses: [host.replace(/%.*$/, '')] };
  let cancel = (): void => {};
  const late = new Promise<WayFacts['resolved']>((done) => {
    cancel = systemTimers.after(RESOLVE_MS, () => done({ failure: 'no answer' }));
  });
  const asked = lookup(host, { all: true }).then(
    (found): WayFacts['resolved'] => ({ addresses: found.map((one) => one.address) }),
    (error: NodeJS.ErrnoException): WayFacts['resolved'] => ({ failure: error.code ?? error.message }),
  );
  const resolved = await Promise.race([asked, late]);
  cancel();
  return resolved;
}

function bare(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

function now(): number {
  return systemClock.monotonicMs();
}
