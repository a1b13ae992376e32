import type { Address } from './sockets.ts';

/** An address of this machine. */
export interface OwnAddress {
  readonly interface: string;
  readonly address: string;
  /** Bits of it that name the network. */
  readonly prefixLength: number;
  /** False where the interface is down, or its cable is not connected. */
  readonly isUp: boolean;
}

/** How packets to an address leave this machine. */
export type Route =
  /** `gateway`: null where the address is on the link itself. */
  | {
      readonly kind: 'leaves';
      readonly interface: string;
      readonly gateway: string | null;
      readonly source: string | null;
    }
  /** The address is this machine's own. */
  | { readonly kind: 'own' }
  /** The kernel's word: ENETUNREACH, EHOSTUNREACH, EACCES, … */
  | { readonly kind: 'none'; readonly code: string };

/** Who answers for an address on the link: hardware addresses. Null where that can't be asked: no such link, no right. */
export type LinkAnswers = readonly string[] | null;

/** What came of a try to connect to a TCP port. */
export type PortAnswer =
  /** `said`: what it said unasked, made printable; empty where it waits to be spoken to, as Understudy does. */
  | { readonly kind: 'accepted'; readonly said: string }
  /** By the other machine itself: nothing listens, or its firewall answers in its name. */
  | { readonly kind: 'refused' }
  /** A machine on the way, or the other one, said so in a packet of its own (ICMP). */
  | { readonly kind: 'turnedBack'; readonly by: string; readonly meaning: TurnedBack }
  | { readonly kind: 'silent' }
  /** It could not be asked; the kernel's word. EPERM: this machine's own firewall. */
  | { readonly kind: 'failed'; readonly code: string };

export type TurnedBack = 'port' | 'forbidden' | 'host' | 'network' | 'other';

/** What came of an ICMP echo request. */
export type EchoAnswer = 'answered' | 'silent' | 'blocked' | 'unknown';

/** Rules of this machine's firewall that may be in the way; each as it stands there. */
export interface FirewallRule {
  /** Table, chain and hook. */
  readonly place: string;
  readonly rule: string;
}

/** How large packets may be on the way, in bytes with their IP header. */
export interface PacketSizes {
  /** Of the interface. */
  readonly largest: number;
  /** The largest that was answered; null where even small ones were not. */
  readonly passes: number | null;
}

/** All that was found out about the way to one address, at one time. */
export interface WayFacts {
  readonly target: Address;
  /** Addresses of the name, or of itself; or the resolver's word. */
  readonly resolved: { readonly addresses: readonly string[] } | { readonly failure: string };
  readonly own: readonly OwnAddress[];
  readonly route: Route;
  /** Of the address itself, or of the gateway. */
  readonly link: LinkAnswers;
  /** Who else on the link has this machine's own address there. */
  readonly doubles: LinkAnswers;
  readonly port: PortAnswer;
  /** Of other ports at which the other server may listen, those that accept connections. */
  readonly otherPorts: readonly number[];
  readonly echo: EchoAnswer;
  /** Null where not asked. */
  readonly sizes: PacketSizes | null;
  readonly rules: readonly FirewallRule[];
}

/** What to find out. */
export interface WayQuestion {
  readonly target: Address;
  readonly otherPorts: readonly number[];
  /** Where this server listens: its firewall's rules about that are looked for, too. */
  readonly ownPorts: readonly number[];
}
