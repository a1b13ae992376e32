import { area } from './entry.ts';

/** Problems of the area `CHN`. Codes are never used again and never renumbered. */
export const CHANNEL_PROBLEMS = area({
  'CHN-001': {
    severity: 'error',
    message: 'The address {address} is in use by another program: {holder}.',
    cause: 'Something else, perhaps a second Understudy, listens there.',
    remedy: 'operator',
    resolution:
      'Stop that program, or set another port in channel.listen on this server and channel.peers on the other.',
  },
  'CHN-002': {
    severity: 'error',
    message: 'Cannot listen on {address}: {reason}.',
    cause: 'The address does not belong to this machine or may not be used.',
    remedy: 'operator',
    resolution: 'Correct channel.listen, or --listen. `ip address` shows the addresses of this server.',
  },
  'CHN-003': {
    severity: 'error',
    message: 'The other server cannot be reached on any route ({routes}).',
    cause: 'It is down, its daemon does not run, or a firewall or wrong address is in the way: {reason}.',
    remedy: 'retry',
    resolution: 'Start Understudy there, and see that its channel port is open. Understudy keeps trying.',
  },
  'CHN-004': {
    severity: 'error',
    message: "The server at {address} did not prove to be this pair's other server: {reason}.",
    cause: 'Its certificate is not the one exchanged at pairing.',
    remedy: 'operator',
    resolution:
      'See that channel.peers names the right machine. If one of the servers was set up again, pair them again with `understudy invite` and `understudy join`.',
  },
  'CHN-005': {
    severity: 'error',
    message: 'The server at {address} belongs to another pair ({peerPair}, this one is {ownPair}).',
    cause: 'It was paired with another server since, or an address is wrong.',
    remedy: 'operator',
    resolution: 'Correct channel.peers, or pair the two servers again with `understudy invite` and `understudy join`.',
  },
  'CHN-006': {
    severity: 'error',
    message: 'Both servers are set to the identity {identity}.',
    cause:
      'The server file was copied from one to the other, or one of them was set up with the identity of the other (`--identity`).',
    remedy: 'operator',
    resolution:
      'One server is the primary, the other the secondary. While they are being paired, give `understudy join` the other `--identity`, or none. Later set identity in the server file of the one that has it wrong, and restart Understudy there.',
  },
  'CHN-007': {
    severity: 'error',
    message: "The other server carries this server's own id {serverId}.",
    cause: "One machine is a clone of the other, Understudy's state folder included.",
    remedy: 'operator',
    resolution: 'On the clone, delete the state folder ({stateDirectory}) and pair it again with `understudy join`.',
  },
  'CHN-008': {
    severity: 'error',
    message: 'Both servers are active.',
    cause: 'Each was made active without the other knowing.',
    remedy: 'operator',
    resolution:
      'Decide which one holds the data to keep. There set active in pair.yaml to its identity and run `understudy invite`; on the other one stop Understudy, delete its state folder and run `understudy join TOKEN`. Nothing is replicated until then.',
  },
  'CHN-009': {
    severity: 'error',
    message: 'The two servers have no common protocol version (here {ownRange}, there {peerRange}).',
    cause: 'One of them runs a much older release.',
    remedy: 'operator',
    resolution: 'Install the same release on both.',
  },
  'CHN-010': {
    severity: 'error',
    message: 'The pair settings were changed on both servers since they last agreed.',
    cause: 'pair.yaml was edited on each before the other had taken over its edit: {difference}.',
    remedy: 'operator',
    resolution:
      'Put the text you want into pair.yaml on the active server, and copy it to the passive one. Where the two have lost each other meanwhile, nothing is replicated until then.',
  },
  'CHN-011': {
    severity: 'warning',
    message: 'The clocks of the two servers differ by {differenceMs} ms (allowed {maxMs} ms).',
    cause: 'One clock is wrong.',
    remedy: 'operator',
    resolution: 'Set the clocks, best with a time service on both. Replication goes on.',
  },
  'CHN-012': {
    severity: 'warning',
    message: 'Both servers are passive: nothing is replicated.',
    cause: 'No server was made active.',
    remedy: 'operator',
    resolution:
      'Stop Understudy on both and delete both state folders. On the server with the data to keep set active in pair.yaml to its identity and run `understudy invite`, on the other one `understudy join TOKEN`; then start both.',
  },
  'CHN-013': {
    severity: 'warning',
    message: 'Bytes that make no sense came from {address}: {reason}.',
    cause: "Something that is not this pair's other server, or a damaged link.",
    remedy: 'retry',
    resolution: 'The connection was closed and made again. If it repeats, find what connects from there.',
  },
  'CHN-014': {
    severity: 'error',
    message: 'The address {address} in channel.peers leads to this server itself.',
    cause: 'channel.peers names an address of this server.',
    remedy: 'operator',
    resolution: 'Put the addresses of the other server into channel.peers.',
  },
  'CHN-015': {
    severity: 'error',
    message:
      'Two machines present themselves as the other server {serverId}; the second one, at {address}, was turned away.',
    cause: "One is a clone of the other, Understudy's state folder included.",
    remedy: 'operator',
    resolution: 'On the clone, stop Understudy, delete its state folder and pair it again with `understudy join`.',
  },
  'CHN-016': {
    severity: 'error',
    message: 'The data connection to {address} cannot be made: {reason}.',
    cause:
      'Control messages get through on this route and data does not: something between the servers limits connections.',
    remedy: 'retry',
    resolution:
      'Understudy keeps trying. See that the way between the servers allows two connections to the channel port.',
  },
  'CHN-017': {
    severity: 'error',
    message: 'The other server refuses to work with this one ({code}).',
    cause: 'It runs a newer release, which knows a reason that this one does not.',
    remedy: 'operator',
    resolution: 'See the findings of the other server, and install the same release on both.',
  },
  'CHN-020': {
    severity: 'error',
    message: 'Data does not pass on the route {route}: {bytes} bytes have waited for {seconds} s and more.',
    cause:
      'Heartbeats are answered and large packets are not let through: often a packet size (MTU) that is too large for a part of the way, or a device between the servers that holds such traffic back.',
    remedy: 'retry',
    resolution:
      'Understudy tries another route, or the same one anew. See that packets of full size pass between the servers (`ping -M do -s 1472` to the other server), and lower the MTU of the network card where they do not. It clears when data passes.',
  },
  'CHN-021': {
    severity: 'warning',
    message: 'The route {route} let no data pass, and {other} took over.',
    cause:
      'Heartbeats are answered on it and large packets are not let through. Whether that is still so is not known.',
    remedy: 'retry',
    resolution:
      'Replication goes on, with a route less. See that packets of full size pass on that route. It is told for five minutes.',
  },
});
