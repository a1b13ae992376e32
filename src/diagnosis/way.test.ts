import { describe, expect, it } from 'vitest';
import type { WayFacts } from '../kernel/way.ts';
import { causeOf, type RouteKnowledge } from './way.ts';

const KNOWN: RouteKnowledge = { failure: null, reason: '', hardware: null, isStalled: false, listen: ['10.0.0.1'] };
const MAC = '02:00:00:00:00:02';
const OTHER_MAC = '02:00:00:00:00:03';
const ON_LINK = { kind: 'leaves', interface: 'eth0', gateway: null, source: '10.0.0.1' } as const;
const ROUTED = { ...ON_LINK, gateway: '10.0.0.254' } as const;

/** Of a way that is well. */
const WELL: WayFacts = {
  target: { host: '10.0.0.2', port: 57_348 },
  resolved: { addresses: ['10.0.0.2'] },
  own: [
    { interface: 'lo', address: '127.0.0.1', prefixLength: 8, isUp: true },
    { interface: 'eth0', address: '10.0.0.1', prefixLength: 24, isUp: true },
  ],
  route: ON_LINK,
  link: [MAC],
  doubles: [],
  port: { kind: 'accepted', said: '' },
  otherPorts: [],
  echo: 'answered',
  sizes: { largest: 1500, passes: 1500 },
  rules: [],
};
const SILENT: WayFacts = { ...WELL, port: { kind: 'silent' }, sizes: null };
const REFUSED: WayFacts = { ...WELL, port: { kind: 'refused' }, sizes: null };

describe('the cause of a route that does not work', () => {
  const cases: readonly [string, Partial<WayFacts> & { base?: WayFacts }, Partial<RouteKnowledge>, string | null][] = [
    ['a way on which the servers met', {}, { failure: 'met' }, null],
    ['a name that does not resolve', { resolved: { failure: 'ENOTFOUND' } }, {}, 'CHN-030'],
    ['no route', { route: { kind: 'none', code: 'ENETUNREACH' }, port: { kind: 'silent' } }, {}, 'CHN-031'],
    ['nobody on the link', { base: SILENT, link: [], echo: 'silent' }, {}, 'CHN-032'],
    ['nothing listens', { base: REFUSED }, {}, 'CHN-033'],
    ['nothing listens, of two on one machine', { base: REFUSED }, { listen: ['127.0.0.2'] }, 'CHN-033'],
    ['another port is open', { base: REFUSED, otherPorts: [57_349] }, {}, 'CHN-046'],
    ['silence from a machine that is there', { base: SILENT }, {}, 'CHN-034'],
    ['silence from one that does not answer pings either', { base: SILENT, echo: 'silent' }, {}, 'CHN-034'],
    ['silence after a try that was turned back', { base: SILENT }, { failure: 'unreachable' }, null],
    ['a link that can not be asked says nothing', { base: SILENT, link: null, echo: 'unknown' }, {}, null],
    ['a packet turned back', { port: { kind: 'turnedBack', by: '10.0.0.9', meaning: 'forbidden' } }, {}, 'CHN-035'],
    ['a port turned back', { port: { kind: 'turnedBack', by: '10.0.0.2', meaning: 'port' } }, {}, 'CHN-035'],
    ['a router that knows no way', { port: { kind: 'turnedBack', by: '10.0.0.254', meaning: 'host' } }, {}, 'CHN-044'],
    ['a router that is silent', { base: SILENT, route: ROUTED, link: [], echo: 'silent' }, {}, 'CHN-044'],
    [
      'silence beyond a router that turned a try back',
      { base: SILENT, route: ROUTED, echo: 'silent' },
      { failure: 'unreachable', reason: 'is not reachable from here (ENETUNREACH)' },
      'CHN-044',
    ],
    ['silence beyond a router', { base: SILENT, route: ROUTED, echo: 'silent' }, { failure: 'timedOut' }, 'CHN-048'],
    ['a firewall beyond a router', { base: SILENT, route: ROUTED }, {}, 'CHN-034'],
    ['what speaks first', { port: { kind: 'accepted', said: 'SSH-2.0' } }, {}, 'CHN-036'],
    ['what speaks no TLS', {}, { failure: 'otherProgram', reason: 'does not speak TLS' }, 'CHN-036'],
    ['another machine', { base: REFUSED }, { failure: 'refused', hardware: OTHER_MAC }, 'CHN-037'],
    ['two machines', { base: REFUSED, link: [MAC, OTHER_MAC] }, { failure: 'refused' }, 'CHN-037'],
    ['the same machine', { base: REFUSED }, { failure: 'refused', hardware: MAC }, 'CHN-033'],
    ['a double of the own address', { base: SILENT, doubles: [OTHER_MAC], link: [] }, {}, 'CHN-038'],
    ['a certificate that has expired: the channel says so', {}, { failure: 'expired' }, null],
    ['large packets that are lost', { sizes: { largest: 1500, passes: 1000 } }, { failure: 'timedOut' }, 'CHN-039'],
    ['another certificate: the channel says so', {}, { failure: 'untrusted' }, null],
    ['an own address that is gone', { base: SILENT }, { listen: ['10.0.0.7'] }, 'CHN-041'],
    ['the own kernel refuses', { port: { kind: 'failed', code: 'EPERM' } }, {}, 'CHN-042'],
    ['an own rule', { base: SILENT, rules: [{ place: 'table t', rule: 'drop' }] }, {}, 'CHN-042'],
    ['no cable', { base: SILENT, own: [{ ...WELL.own[1]!, isUp: false }] }, {}, 'CHN-043'],
    ['what takes the connection and is silent', {}, { failure: 'timedOut', reason: 'was silent' }, 'CHN-045'],
    ['the same before the first try has ended', {}, { failure: null }, 'CHN-045'],
  ];

  it.each(cases)('%s', (_name, { base = WELL, ...changes }, known, code) => {
    expect(causeOf({ ...base, ...changes }, { ...KNOWN, ...known })?.problem.code ?? null).toBe(code);
  });

  it('has its evidence: addresses, the way, who answers, and what the port did', () => {
    expect(causeOf(SILENT, KNOWN)?.evidence).toEqual([
      'addresses of this server: 10.0.0.1/24 on eth0',
      'packets to it leave directly on eth0 from 10.0.0.1',
      `${MAC} answers for that address on the link`,
      'a ping was answered',
      'TCP port 57348: no answer',
    ]);
  });
});
