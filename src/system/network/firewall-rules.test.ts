import { expect, it } from 'vitest';
import { blockingRules } from './firewall-rules.ts';

const PASSING = { hosts: ['10.0.0.2', '10.0.0.1'], ports: [57_348] };

function ruleset(...rules: readonly string[]): string[] {
  const chain = ['\tchain in {', '\t\ttype filter hook input priority filter; policy accept;'];
  return ['table inet own {', ...chain, ...rules.map((rule) => `\t\t${rule}`), '\t}', '}'];
}

it.each([
  'ip saddr 10.0.0.2 tcp dport 57348 drop',
  'ip saddr 10.0.0.0/24 drop',
  'ip saddr 10.0.0.2 meta l4proto tcp reject with icmp admin-prohibited',
  'tcp dport 57348 counter packets 3 bytes 180 reject with tcp reset',
  'tcp dport { 22, 57000-58000 } drop',
  'ip saddr != 10.9.0.0/16 tcp dport 57348 drop',
  'iifname "eth0" ip saddr { 10.0.0.2, 10.0.0.3 } reject',
])('a rule that keeps the two apart: %s', (rule) => {
  expect(blockingRules(ruleset(rule), PASSING)).toEqual([{ place: 'table inet own, chain in (input)', rule }]);
});

it.each([
  'ip saddr 10.0.0.2 tcp dport 57348 accept',
  'ip saddr 10.0.0.2 tcp dport 22 drop',
  'ip saddr 10.5.0.0/16 drop',
  'ip saddr != 10.0.0.2 tcp dport 57348 drop',
  'ip saddr 10.0.0.2 udp dport 57348 drop',
  'ip saddr 10.0.0.2 icmp type echo-request drop',
  'ct state invalid drop',
  'counter packets 0 bytes 0 drop',
  'ip saddr 10.0.0.2 meta length > 1000 drop',
])('one that does not, or says nothing of the two: %s', (rule) => {
  expect(blockingRules(ruleset(rule), PASSING)).toEqual([]);
});
