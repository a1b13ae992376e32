import { area } from './entry.ts';

/**
 * Problems of the area `CHN` that are found by looking at the way to the other server: why no connection comes
 * about. Codes are never used again and never renumbered.
 */
export const WAY_PROBLEMS = area({
  'CHN-030': {
    severity: 'error',
    message: 'The name {host} in channel.peers does not resolve: {reason}.',
    cause: 'It is misspelt, its entry in DNS or /etc/hosts is missing, or the name server does not answer.',
    remedy: 'operator',
    resolution:
      'See what `getent hosts {host}` says, and correct the entry or channel.peers. An address instead of a name needs no name server.',
  },
  'CHN-031': {
    severity: 'error',
    message: 'This server has no way to {address} ({code}).',
    cause:
      'None of its networks holds that address, and no route leads there: channel.peers is wrong, or this server has the wrong address or prefix length, or a static route is missing.',
    remedy: 'operator',
    resolution:
      'Compare `ip address` and `ip route get` here with the address of the other server. Put both into one subnet, or add a route on both servers.',
  },
  'CHN-032': {
    severity: 'error',
    message: 'Nobody on the link of {interface} has the address {address}.',
    cause:
      'channel.peers is wrong, the other server is off or its network is down, or the two are not on the same network.',
    remedy: 'operator',
    resolution:
      "See that the other server runs and has that address (`ip address` there), and that both are on the same network. Otherwise correct this server's channel.peers.",
  },
  'CHN-033': {
    severity: 'error',
    message: 'Nothing listens at {address}: the connection is refused at once.',
    cause:
      "The other server's daemon does not run or listens on another address or port, or the address is another machine's.",
    remedy: 'operator',
    resolution:
      "Start Understudy there, and compare its channel.listen with this server's channel.peers. `ss -ltn` there shows what listens.",
  },
  'CHN-034': {
    severity: 'error',
    message: 'The machine at {address} is there, and answers no connection to that port.',
    cause:
      'A firewall there or on the way drops the packets without a word, or what the machine answers finds no way back.',
    remedy: 'operator',
    resolution:
      'Open the port for this server in every firewall between the two, and see that the other server has a route back to this one (`ip route get` there).',
  },
  'CHN-035': {
    severity: 'error',
    message: 'A firewall turns away connections to {address}; {by} says so.',
    cause: 'A rule rejects the packets.',
    remedy: 'operator',
    resolution: 'Allow connections from this server to that port in the firewall of {by}.',
  },
  'CHN-036': {
    severity: 'error',
    message: 'Another program than Understudy answers at {address}.',
    cause: 'That port is in use by something else there, or the address or port is wrong: {reason}.',
    remedy: 'operator',
    resolution:
      "See there with `ss -ltnp` which program it is and stop it, or set another port in the other server's channel.listen and this server's channel.peers.",
  },
  'CHN-037': {
    severity: 'error',
    message: 'Another machine than the other server answers for {address}.',
    cause: 'The address was given to another machine, or two machines have it: {reason}.',
    remedy: 'operator',
    resolution:
      'Find the machine with that hardware address and take the address away from it, or correct channel.peers.',
  },
  'CHN-038': {
    severity: 'error',
    message: "This server's address {address} is in use by another machine as well ({hardware}).",
    cause: 'Both servers were given the same address, or a third machine has it.',
    remedy: 'operator',
    resolution:
      "Give each machine an address of its own, then correct channel.listen and the other server's channel.peers.",
  },
  'CHN-039': {
    severity: 'error',
    message:
      'On the way to {address} packets of more than {passes} bytes are lost (the interface sends up to {largest}).',
    cause:
      'A part of the way takes smaller packets only (a tunnel or VPN, a wrong MTU), and the message that says so is dropped.',
    remedy: 'operator',
    resolution:
      'Let ICMP messages pass on the way, or lower the MTU of the interface on both servers to {passes} (`ip link set dev … mtu {passes}`).',
  },
  'CHN-040': {
    severity: 'error',
    message: 'The certificate of {whose} has expired or is not valid yet ({reason}).',
    cause: "It is outside of its time, or a server's clock is wrong.",
    remedy: 'operator',
    resolution:
      'Look at the clocks of both servers first. Where they are right, pair the two again with `understudy invite` and `understudy join`.',
  },
  'CHN-041': {
    severity: 'error',
    message: 'The address {address} of channel.listen is not an address of this server.',
    cause: 'channel.listen is wrong, or the address was taken away or changed, or its interface is gone.',
    remedy: 'operator',
    resolution:
      'Give this server that address (`ip address` shows those it has), or correct channel.listen and restart Understudy.',
  },
  'CHN-042': {
    severity: 'error',
    message: "This server's own firewall keeps it from talking to {address}.",
    cause: 'A rule here drops or rejects what goes there or comes from there: {reason}.',
    remedy: 'operator',
    resolution: 'Allow TCP between the two servers for the ports of channel.listen and channel.peers in that table.',
  },
  'CHN-043': {
    severity: 'error',
    message: 'The network interface {interface}, which leads to {address}, is down.',
    cause: 'It was switched off, or its cable is not connected.',
    remedy: 'operator',
    resolution: 'Connect the cable, or switch it on: `ip link set {interface} up`.',
  },
  'CHN-044': {
    severity: 'error',
    message: 'The router {gateway} on the way to {address} does not pass the packets on: {reason}.',
    cause: 'The router is down, or it knows no way to the other server.',
    remedy: 'operator',
    resolution:
      'Look at that router. Where the other server is not meant to be behind it, an address, a prefix length or a static route is wrong here.',
  },
  'CHN-045': {
    severity: 'error',
    message: 'What listens at {address} takes the connection and then says nothing.',
    cause:
      'The daemon there stands still or is overloaded, or a device on the way takes connections in its name (a proxy, a load balancer).',
    remedy: 'retry',
    resolution: "See how the other server's daemon does, and what lies between. Understudy keeps trying.",
  },
  'CHN-046': {
    severity: 'error',
    message: 'Nothing listens at {address}, but something does at port {port} of that machine.',
    cause: "The other server listens at another port than this server's channel.peers says.",
    remedy: 'operator',
    resolution:
      "Compare the other server's channel.listen with this server's channel.peers, and make the ports the same.",
  },
  'CHN-047': {
    severity: 'warning',
    message: 'The route {address} to the other server does not work: {reason}.',
    cause: 'The servers are connected by another route or by a connection that the other one made.',
    remedy: 'operator',
    resolution:
      'Replication goes on, with a route less. Mend that route, or take its address out of channel.peers and restart Understudy.',
  },
  'CHN-048': {
    severity: 'error',
    message: 'No answer of any kind comes from {address} by way of the router {gateway}.',
    cause:
      'The other server is off, its address is wrong, a firewall on the way drops everything, or there is no way back to this server ({source}).',
    remedy: 'operator',
    resolution:
      'See whether other machines beyond that router reach the other server, and whether it has a route back (`ip route get {source}` there).',
  },
});
