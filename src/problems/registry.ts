import { area } from './entry.ts';

/** Problems of the area `REG`. Codes are never used again and never renumbered. */
export const REGISTRY_PROBLEMS = area({
  'REG-001': {
    severity: 'error',
    message: 'The registry {store} can’t be reached: {reason}.',
    cause: 'It is not there (any more), or what gives access to it does not work.',
    remedy: 'retry',
    resolution:
      'Bring it back, or correct its place in protect.registry of pair.yaml. Nothing is taken over from a registry that is missing, and Understudy keeps trying.',
  },
  'REG-002': {
    severity: 'error',
    message: 'Understudy may not {right} {item}: access is denied ({reason}).',
    cause:
      'Call to RegOpenKeyEx failed: access is denied. The user that Understudy runs as lacks this right on the key, or on the file that holds the registry.',
    remedy: 'retry',
    resolution: 'Give the user of Understudy the right to {right} {item}. Understudy tries again by itself.',
  },
  'REG-003': {
    severity: 'error',
    message: 'The registry {store} could not be read or written: {reason}.',
    cause:
      'Call to RegOpenKeyEx failed: insufficient system resources exist to complete the requested service. Memory, descriptors, disk space or a bound on the size of a registry are used up.',
    remedy: 'retry',
    resolution: 'Free what is used up, or protect less of this registry. Understudy tries again by itself.',
  },
  'REG-004': {
    severity: 'error',
    message: 'The registry {store} is damaged: {reason}.',
    cause: 'Its content can’t be understood. Another program may have written half of it, or something else.',
    remedy: 'operator',
    resolution:
      'Mend it at this place, or put back an earlier copy. On the passive server it may be deleted: Understudy makes it anew. Until then nothing is taken from it, and nothing is written to it.',
  },
  'REG-005': {
    severity: 'error',
    message: 'The registry {store} is locked: {reason}.',
    cause:
      'Another program holds it, what reads and writes it hangs, or its file is a mount point, as in a container. Until that is over nothing is seen of it, and nothing is written to it; other registries go on.',
    remedy: 'retry',
    resolution:
      'Wait for the program that the message names, or end it where it does not end by itself; of one that nothing can end, look after the disk or the network folder that it waits for. Of a container, mount the folder around the file instead. Understudy tries again by itself.',
  },
  'REG-006': {
    severity: 'error',
    message: 'The registry {store} is not protected: its file {path} is in the set of protected files, too.',
    cause: 'Two kinds of replication would write the same file on the passive server.',
    remedy: 'operator',
    resolution: 'Exclude {path} in protect.files.exclude, or take the registry out of protect.registry.',
  },
  'REG-007': {
    severity: 'warning',
    message: '{item} was changed on the passive server: {what}.',
    cause: 'Another program changed the copy there, while only Understudy should.',
    remedy: 'retry',
    resolution: 'Find what writes to the registry of the passive server, and stop it. Understudy repairs the copy.',
  },
  'REG-008': {
    severity: 'error',
    message: '{item} is not equal on the passive server: {what}.',
    cause:
      'The registry there did not take what was written: it can’t hold this name, type or data, or keeps it from us.',
    remedy: 'retry',
    resolution:
      'Use the same kind of registry on both servers, or leave the key out (exclude). Understudy tries again by itself.',
  },
  'REG-009': {
    severity: 'warning',
    message: '{item} differed on the passive server: {what}.',
    cause: 'It was changed there while Understudy did not run, or by something that went past it.',
    remedy: 'retry',
    resolution: 'It was repaired. If it repeats, find what writes there.',
  },
  'REG-010': {
    severity: 'error',
    message:
      'The registry {store} of the passive server holds something else: {replaced} values or keys would be replaced, {orphans} are there only ({examples}).',
    cause: 'This pair has never synchronized it, so what it holds may be wanted.',
    remedy: 'operator',
    resolution:
      'Look whether anything there is still needed (`understudy diff KEY`), then confirm with `understudy fix ID`. What is replaced is kept as a .reg file in the state folder.',
  },
  'REG-011': {
    severity: 'warning',
    message: 'The registry is not replicated: the other server’s release does not know how.',
    cause: 'It speaks an earlier version of the protocol.',
    remedy: 'operator',
    resolution: 'Install the same release on both servers.',
  },
  'REG-012': {
    severity: 'error',
    message: 'The passive server has no registry named {store} in its settings, and the active one tells of it.',
    cause: 'The settings of the two servers differ, or are just being carried over.',
    remedy: 'retry',
    resolution:
      'Wait until pair.yaml is the same on both servers; `understudy findings` says what is in the way of that.',
  },
  'REG-013': {
    severity: 'error',
    message: '{path} is no protected registry key.',
    cause: 'No registry has this name, or its patterns don’t include the key.',
    remedy: 'operator',
    resolution: 'Name a key with its registry, as `understudy files` lists it: `file:HKLM\\Software\\Acme`.',
  },
  'REG-014': {
    severity: 'error',
    message: 'The registry part of the daemon failed: {reason}.',
    cause: 'A bug of Understudy, or memory that is used up.',
    remedy: 'bug',
    resolution: 'It is started again by itself. Report it with the log.',
  },
  'REG-015': {
    severity: 'warning',
    message: 'server.yaml says where a registry named {name} is, and pair.yaml protects none of this name.',
    cause: 'The name is misspelt, or the registry is not protected any more.',
    remedy: 'operator',
    resolution:
      'Use a name of protect.registry of pair.yaml (by default the provider’s), or take the entry out of server.yaml.',
  },
  'REG-016': {
    severity: 'warning',
    message: '{keys} of the registry {store} found to differ on the passive server, and left as found: {examples}.',
    cause: 'A check was asked to verify only (`understudy check --verify-only`), so it repaired nothing.',
    remedy: 'operator',
    resolution:
      '`understudy files --out-of-sync` lists all of them, `understudy diff KEY` shows how one differs. Run `understudy check --registry` to have them made equal.',
  },
  'REG-017': {
    severity: 'error',
    message: 'The registry {store} is not protected: {pattern} and {other} name the same keys of one registry.',
    cause:
      'Two entries of protect.registry lie in the same place on this server. What came for one would be undone for the other.',
    remedy: 'operator',
    resolution:
      'Leave these keys out of one of the two (exclude), make one entry of them, or keep them in two places (path).',
  },
  'REG-018': {
    severity: 'error',
    message: 'The registries of this server could not be looked at for {seconds} seconds.',
    cause:
      'What reads and writes them is in a call that does not return, such as one to a disk or a network folder that hangs, or has too little of the processor.',
    remedy: 'retry',
    resolution:
      'Look after the disks and network folders on which the registries and the state folder lie. Nothing of any registry is replicated meanwhile. Understudy goes on by itself.',
  },
  'REG-020': {
    severity: 'error',
    message: 'No registry is protected.',
    cause: 'protect.registry of pair.yaml names none.',
    remedy: 'operator',
    resolution:
      'Leave out --registry, or name a registry in protect.registry: `understudy settings explain protect.registry`.',
  },
});
