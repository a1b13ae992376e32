import { area } from './entry.ts';

/** Problems of the area `CAP`. Codes are never used again and never renumbered. */
export const CAPTURE_PROBLEMS = area({
  'CAP-001': {
    severity: 'error',
    message: 'The protected folder {path} cannot be read: {reason}.',
    cause: 'It is missing or this user may not read it.',
    remedy: 'operator',
    resolution: 'Create it or give the right to read it. Understudy looks again by itself.',
  },
  'CAP-002': {
    severity: 'warning',
    message: '{path} cannot be read: {reason}. It is not protected.',
    cause: 'This user may not read it, or the disk fails to (EIO).',
    remedy: 'operator',
    resolution:
      'Give the right to read it, or exclude it; for EIO look at the health of the disk. Understudy tries again by itself.',
  },
  'CAP-003': {
    severity: 'error',
    message: 'No more folders can be watched: {reason}.',
    cause: 'The limit fs.inotify.max_user_watches ({limit}) is used up.',
    remedy: 'operator',
    resolution: 'Raise it with sysctl, or run Understudy as root so that it watches whole file systems.',
  },
  'CAP-004': {
    severity: 'warning',
    message: 'The kernel dropped change notices; everything protected is checked again.',
    cause: "More changes came at once than the kernel's queue holds.",
    remedy: 'retry',
    resolution: 'Nothing is needed. Run Understudy as root for a queue without a bound.',
  },
  'CAP-005': {
    severity: 'warning',
    message: 'Changes are watched folder by folder ({kind}): {reason}.',
    cause: 'The right or the file system does not allow watching the whole file system.',
    remedy: 'operator',
    resolution:
      "Run Understudy as root on a file system that allows it. Until then the process that changes a file can't be named.",
  },
  'CAP-006': {
    severity: 'warning',
    message: '{path} is on another file system than the protected folder around it. It is not protected.',
    cause: 'A file system is mounted there, or it is a subvolume of its own.',
    remedy: 'operator',
    resolution: 'Include it as a protected folder of its own, or exclude it.',
  },
  'CAP-007': {
    severity: 'information',
    message: '{path} is {type}, and is not carried.',
    cause:
      'Files, folders, symbolic links, named pipes and devices are protected. A socket means nothing without the process that made it.',
    remedy: 'operator',
    resolution: 'Nothing is needed where the application makes it anew by itself. Exclude it to be told no more.',
  },
  'CAP-008': {
    severity: 'warning',
    message: 'What capture knew of {path} could not be settled; everything protected is checked again.',
    cause: 'It was moved or replaced again and again while it was looked at.',
    remedy: 'retry',
    resolution: 'Nothing is needed: the check repairs what may have been missed.',
  },
  'CAP-009': {
    severity: 'warning',
    message: '{path} can change without notice: {writer} {way}.',
    cause: 'The kernel tells a watcher of no store into a memory mapping and of no asynchronous write (libaio).',
    remedy: 'retry',
    resolution:
      'Nothing is lost: Understudy compares it every few seconds, and once more when the program has closed it. Until then it counts as unchecked.',
  },
  'CAP-010': {
    severity: 'information',
    message: '{path} is not compared while {writer} {way}.',
    cause: "It is the index of an SQLite database's write-ahead log, which changes without notice.",
    remedy: 'retry',
    resolution: 'Nothing is needed: SQLite makes it anew from the log when the database is opened.',
  },
  'CAP-011': {
    severity: 'information',
    message: 'A protected folder is there again, or is another one than before; everything protected is checked again.',
    cause: 'It was missing, moved away or replaced (such as by a mount), and was not watched meanwhile.',
    remedy: 'retry',
    resolution: 'Nothing is needed: the check finds what was changed meanwhile.',
  },
  'CAP-012': {
    severity: 'error',
    message:
      '{path} lies on a file system of kind {kind}, which holds no files. It is not protected; the other folders are.',
    cause: 'What lies there is a view of the running kernel, and another machine has its own.',
    remedy: 'operator',
    resolution: 'Take it out of protect.files.include.',
  },
  'CAP-020': {
    severity: 'warning',
    message: 'The file system that holds {path} is read-only on the active server.',
    cause: 'It was mounted so, or the kernel made it so because the disk failed.',
    remedy: 'operator',
    resolution:
      "Applications can't write there. Look at the kernel's log; repair the file system where it is damaged, then mount it for writing. Its copy stays as it is.",
  },
  'CAP-013': {
    severity: 'warning',
    message: '{path} has extended attributes that are not carried: {names}.',
    cause: 'They are of a namespace that belongs to one kind of file system only.',
    remedy: 'operator',
    resolution: 'See that the application does without them on the other server, or take them away.',
  },
  'CAP-030': {
    severity: 'error',
    message: '{path} cannot be intercepted: {reason}.',
    cause: 'Interception mounts over the folder and needs root, /dev/fuse, and a folder on ext4.',
    remedy: 'operator',
    resolution: 'Run Understudy as root, load the module fuse, and keep the folder on ext4; otherwise have it watched.',
  },
  'CAP-031': {
    severity: 'error',
    message: '{path} cannot be intercepted: a file system is mounted inside it, at {mount}.',
    cause: 'A mount over the folder would hide it.',
    remedy: 'operator',
    resolution: 'Protect {mount} as a folder of its own and not within {path}, or unmount it.',
  },
  'CAP-032': {
    severity: 'error',
    message: '{path} cannot be intercepted: the kernel ({version}) lacks something that is needed.',
    cause: 'What keeps applications from noticing the mount came with Linux 5.12 (7.33).',
    remedy: 'operator',
    resolution: 'Use a newer kernel, or have the folder watched.',
  },
  'CAP-033': {
    severity: 'warning',
    message: 'The interception of {path} cannot end yet: {holders}.',
    cause: 'Programs still use files or folders in it.',
    remedy: 'operator',
    resolution: 'Stop them. Until then everything goes on as it was.',
  },
  'CAP-034': {
    severity: 'error',
    message:
      'The interception of {path} broke down: {reason}. What was open there gives errors until it is opened again.',
    cause: 'A thread that serves it failed.',
    remedy: 'bug',
    resolution: 'Start the applications again. Nothing that was written is lost: it lies in the folder itself.',
  },
  'CAP-035': {
    severity: 'error',
    message:
      'The interception of {path} was ended by somebody else: {reason}. Changes there are not recorded any more.',
    cause: 'A command such as umount(8) took the mount away, or an abort in /sys/fs/fuse/connections cut it off.',
    remedy: 'operator',
    resolution:
      'Nothing that was written is lost: it lies in the folder itself. Programs that get errors have to open their files again.',
  },
  'CAP-036': {
    severity: 'error',
    message: '{path} cannot be intercepted: this process lacks the rights {rights}.',
    cause: 'Mounting over a folder, and opening files by their numbers, is for root.',
    remedy: 'operator',
    resolution: 'Run Understudy as root, or have the folder watched.',
  },
  'CAP-037': {
    severity: 'warning',
    message:
      '{path} was in use before it was intercepted: {openers}. What is changed so is watched, and has no place in the order.',
    cause: 'What was opened before leads past the mount, until it is closed.',
    remedy: 'operator',
    resolution: 'Start these programs again.',
  },
  'CAP-038': {
    severity: 'warning',
    message:
      '{count} files in {path} have names outside of it, too ({example}). Changes by those are watched, and have no place in the order.',
    cause: 'A hard link is the file itself, wherever it lies.',
    remedy: 'operator',
    resolution: 'Protect the folders that hold the other names together with it, or give the files names of their own.',
  },
  'CAP-039': {
    severity: 'warning',
    message:
      '{path} can be reached past its interception: {ways}. Changes there are watched, and have no place in the order.',
    cause:
      'The same files are mounted elsewhere (mount --bind), or a container or service sees them by a mount of its own.',
    remedy: 'operator',
    resolution: 'Mount or start these again, once the folder is intercepted, from its own path.',
  },
  'CAP-040': {
    severity: 'warning',
    message:
      'What was changed in intercepted folders could not all be recorded; everything protected is checked again.',
    cause:
      'Understudy took nothing out of its record of changes for ten seconds, because it hung or waited for a disk.',
    remedy: 'retry',
    resolution: 'Nothing is needed: the check finds what was not recorded.',
  },
  'CAP-041': {
    severity: 'error',
    message: '{path} cannot be intercepted: another process intercepts it.',
    cause: 'A second Understudy protects the same folder, or one before it has not ended yet.',
    remedy: 'operator',
    resolution: 'End the other one, then start this one again. Until then the folder is watched.',
  },
  'CAP-042': {
    severity: 'warning',
    message: 'The interception of {path} ends although {holders}. What is open there gives errors.',
    cause: 'Understudy was told to stop, and waited {waitedS} seconds for these programs.',
    remedy: 'operator',
    resolution: 'Start them again. Nothing that was written is lost: it lies in the folder itself.',
  },
  'CAP-045': {
    severity: 'warning',
    message: 'Nobody keeps the interception of folders while Understudy is away: {reason}.',
    cause:
      'A process of its own, the keeper, holds the mounts, so that programs wait and get no errors where Understudy is killed or replaced. It could not be started or reached.',
    remedy: 'operator',
    resolution:
      'Start the unit understudy-keeper, then this one again. Until then everything is captured as ever, and only a crash of Understudy gives errors in what is open.',
  },
  'CAP-046': {
    severity: 'error',
    message:
      'What the Understudy before this one left in intercepted folders is of version {theirs}, and this one knows {ours}.',
    cause: 'It was killed, or replaced while folders were intercepted, and this is another release.',
    remedy: 'operator',
    resolution:
      'Start the release that was there before and stop it, which ends the interception; then start this one. Or stop the keeper: what is open in the folders then gives errors.',
  },
  'CAP-047': {
    severity: 'information',
    message: 'The interception of {path} goes on after the process that served it had ended.',
    cause: 'It was killed, failed, or was replaced. What programs had asked for meanwhile was carried out.',
    remedy: 'retry',
    resolution: 'Nothing is needed.',
  },
  'CAP-048': {
    severity: 'warning',
    message:
      'The interception of {path} could not be gone on with after the process that served it had ended: {reason}.',
    cause: 'Its mount was taken away meanwhile, or who was to serve it failed.',
    remedy: 'operator',
    resolution: 'Start the programs again that had something open there. The folder is intercepted anew.',
  },
  'CAP-050': {
    severity: 'error',
    message: '{path} cannot become read-only while it is intercepted: the kernel ({version}) lacks something for it.',
    cause: 'What makes the kernel look up every name anew came with Linux 6.16 (FUSE 7.44).',
    remedy: 'operator',
    resolution: 'End the interception of the folder and begin it anew, or use a newer kernel.',
  },
  'CAP-060': {
    severity: 'warning',
    message: 'The interception of {path} ends, for nobody serves it any more. It is used by {holders}.',
    cause: 'Understudy was killed or failed, and none was started that goes on with it.',
    remedy: 'operator',
    resolution:
      'Start Understudy, then the programs that are named: what they have open gives errors. Everybody else works in the folder itself. Nothing that was written is lost; what is written meanwhile is found by the check.',
  },
  'CAP-061': {
    severity: 'error',
    message:
      'Something was mounted over {path}, or in it, since it is intercepted: {mounts}. What is written there is not protected.',
    cause:
      'Another file system took the place of the folder, or of one in it, for everybody. What is protected lies beneath it.',
    remedy: 'operator',
    resolution: 'Unmount it, or protect it as a folder of its own and start Understudy again.',
  },
  'CAP-062': {
    severity: 'information',
    message: '{path} is watched, not intercepted: {reason}.',
    cause:
      'Were Understudy away for longer, a folder that is intercepted would hang, and with it whoever is to mend that.',
    remedy: 'operator',
    resolution:
      'Nothing is needed. Name a folder below it that nothing of the kind is in, where it is to be intercepted.',
  },
  'CAP-063': {
    severity: 'information',
    message: '{path} is watched, not intercepted: {because}',
    cause:
      'With `capture: auto` a folder is intercepted only where nobody would notice: where it can be, nobody has files of it open for writing or works in it, and nothing else shows its files.',
    remedy: 'operator',
    resolution:
      'Nothing is needed. To have it intercepted, mend what is named, or end who is named while Understudy starts, and start Understudy again; or set `capture: intercept`.',
  },
  'CAP-064': {
    severity: 'warning',
    message: '{path} is a folder that is protected alone: nothing that is in it is protected.',
    cause: 'The setting names the folder itself. What is in a folder is named by a pattern that ends with `/**`.',
    remedy: 'operator',
    resolution: 'Write it with `/**` at its end in `protect.files.include`: that is the folder and all that is in it.',
  },
});
