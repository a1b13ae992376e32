"""Does in FOLDER what POSIX, Linux and ext4 have rules for, as root and as other users, and prints what came of it.

Two folders obey the same rules where it prints the same. Needs root.
"""
import ctypes
import errno
import fcntl
import os
import socket
import stat
import struct
import sys
import time

TOP = sys.argv[1]
ROOT, ANNA, BERT = (0, 0, []), (2001, 2001, [3001]), (2002, 2002, [3001])
TEAM = 3001
WAIT_SECONDS = 30
EXCHANGE, NOREPLACE = 2, 1
libc = ctypes.CDLL(None, use_errno=True)
os.chdir('/')
os.umask(0)


def code(error):
    return errno.errorcode.get(error.errno, str(error.errno))


def about(path):
    try:
        found = os.lstat(path)
    except OSError as error:
        return code(error)
    return f'{oct(found.st_mode)} {found.st_uid}:{found.st_gid} links {found.st_nlink} size {found.st_size}'


def trial(name, who, action, *paths):
    """Runs the action as somebody, in a process of its own, and tells how it ended and how the paths are then."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        uid, gid, groups = who
        os.setgroups(groups)
        os.setgid(gid)
        os.setuid(uid)
        try:
            result = str(action())
        except OSError as error:
            result = code(error)
        except Exception as error:
            result = repr(error)
        os.write(theirs, result.encode())
        os._exit(0)
    os.close(theirs)
    result = b''
    while part := os.read(ours, 65536):
        result += part
    os.close(ours)
    os.waitpid(child, 0)
    said = result.decode()
    shown = ', '.join(f'{os.path.basename(path)}: {about(path)}' for path in paths)
    print(f'{name} [{uid_name(who)}]: {said}; {shown}', flush=True)


def uid_name(who):
    return {0: 'root', 2001: 'anna', 2002: 'bert'}[who[0]]


def at(name):
    return os.path.join(TOP, name)


def make(name, mode=0o644, owner=(0, 0), content=b'content'):
    path = at(name)
    with open(path, 'wb') as file:
        file.write(content)
    os.chown(path, *owner)
    os.chmod(path, mode)
    return path


def make_folder(name, mode=0o755, owner=(0, 0)):
    path = at(name)
    os.mkdir(path)
    os.chown(path, *owner)
    os.chmod(path, mode)
    return path


def acl(*entries):
    return struct.pack('<I', 2) + b''.join(struct.pack('<HHI', tag, perm, who) for tag, perm, who in entries)


NOBODY = 0xffffffff
FOR_BERT = acl((1, 7, NOBODY), (2, 6, 2002), (4, 0, NOBODY), (0x10, 7, NOBODY), (0x20, 0, NOBODY))
DEFAULT_FOR_BERT = acl((1, 7, NOBODY), (2, 7, 2002), (4, 5, NOBODY), (0x10, 7, NOBODY), (0x20, 0, NOBODY))


def write_to(path, data=b'x', flags=os.O_WRONLY):
    file = os.open(path, flags)
    try:
        return os.write(file, data)
    finally:
        os.close(file)


def copied(source, target):
    return os.copy_file_range(os.open(source, os.O_RDONLY), os.open(target, os.O_RDWR), 100)


def read_from(path):
    with open(path, 'rb') as file:
        return file.read(100)


def renameat2(old, new, flags):
    if libc.renameat2(-100, old.encode(), -100, new.encode(), flags) < 0:
        raise OSError(ctypes.get_errno(), 'renameat2')


def created(path, mode, mask=0o022, flags=0):
    os.umask(mask)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | flags, mode))
    return 'made'


def owners():
    open_to_all = make_folder('open', 0o777)
    for who in (ROOT, ANNA):
        name = uid_name(who)
        trial('create', who, lambda: created(f'{open_to_all}/{name}-file', 0o666), f'{open_to_all}/{name}-file')
        trial('create private', who, lambda: created(f'{open_to_all}/{name}-own', 0o640, 0), f'{open_to_all}/{name}-own')
        trial('create with set-user-ID', who, lambda: created(f'{open_to_all}/{name}-suid', 0o6755, 0), f'{open_to_all}/{name}-suid')
        trial('exclusive', who, lambda: created(f'{open_to_all}/{name}-file', 0o666, 0, os.O_EXCL))
        trial('mkdir', who, lambda: os.umask(0o027) and os.mkdir(f'{open_to_all}/{name}-folder', 0o777), f'{open_to_all}/{name}-folder')
        trial('symlink', who, lambda: os.symlink('target', f'{open_to_all}/{name}-link'), f'{open_to_all}/{name}-link')
        trial('fifo', who, lambda: os.mkfifo(f'{open_to_all}/{name}-fifo', 0o620), f'{open_to_all}/{name}-fifo')
        trial('device', who, lambda: os.mknod(f'{open_to_all}/{name}-device', 0o620 | stat.S_IFCHR, os.makedev(1, 3)), f'{open_to_all}/{name}-device')
        trial('socket', who, lambda: socket.socket(socket.AF_UNIX).bind(f'{open_to_all}/{name}-socket'), f'{open_to_all}/{name}-socket')
    print(os.stat(f'{open_to_all}/root-device').st_rdev)
    trial('write to a device', ROOT, lambda: write_to(f'{open_to_all}/root-device'))


def access():
    private = make('private', 0o600, (2001, 2001))
    shared = make('shared', 0o664, (2001, TEAM))
    readable = make('readable', 0o644, (2001, 2001))
    for who in (ANNA, BERT, ROOT):
        for path in (private, shared, readable):
            trial(f'read {os.path.basename(path)}', who, lambda: read_from(path))
            trial(f'write {os.path.basename(path)}', who, lambda: write_to(path), path)
            trial(f'empty {os.path.basename(path)}', who, lambda: os.truncate(path, 3), path)
            trial(f'chmod {os.path.basename(path)}', who, lambda: os.chmod(path, stat.S_IMODE(os.stat(path).st_mode)))
            trial(f'touch {os.path.basename(path)}', who, lambda: os.utime(path))
            trial(f'date {os.path.basename(path)}', who, lambda: os.utime(path, (5, 5)))
            trial(f'chown {os.path.basename(path)}', who, lambda: os.chown(path, 2001, -1))
            trial(f'access {os.path.basename(path)}', who, lambda: [os.access(path, way) for way in (4, 2, 1)])
    closed = make_folder('closed', 0o700, (2001, 2001))
    with open(f'{closed}/inside', 'w') as file:
        file.write('secret')
    os.chmod(f'{closed}/inside', 0o666)
    for who in (ANNA, BERT):
        trial('list closed', who, lambda: os.listdir(closed))
        trial('look into closed', who, lambda: read_from(f'{closed}/inside'))
        trial('create in closed', who, lambda: created(f'{closed}/new', 0o600))
    os.chmod(closed, 0o711)
    trial('list searchable', BERT, lambda: os.listdir(closed))
    trial('look into searchable', BERT, lambda: read_from(f'{closed}/inside'))
    trial('give away', ANNA, lambda: os.chown(readable, 2002, -1), readable)
    trial('to a group of hers', ANNA, lambda: os.chown(readable, -1, TEAM), readable)
    trial('to another group', ANNA, lambda: os.chown(readable, -1, 2002), readable)


def special_bits():
    for who in (ROOT, BERT):
        suid = make(f'suid-{who[0]}', 0o6777, (2001, 2001))
        trial('write takes set-user-ID', who, lambda: write_to(suid), suid)
        suid = make(f'suid-cut-{who[0]}', 0o6777, (2001, 2001))
        trial('truncate takes set-user-ID', who, lambda: os.truncate(suid, 2), suid)
        suid = make(f'suid-emptied-{who[0]}', 0o6777, (2001, 2001))
        trial('O_TRUNC takes set-user-ID', who, lambda: write_to(suid, b'', os.O_WRONLY | os.O_TRUNC), suid)
        suid = make(f'suid-fallocated-{who[0]}', 0o6777, (2001, 2001))
        trial('fallocate takes set-user-ID', who, lambda: os.posix_fallocate(os.open(suid, os.O_RDWR), 0, 9000), suid)
        suid, source = make(f'suid-copied-{who[0]}', 0o6777, (2001, 2001)), make(f'source-{who[0]}', 0o644)
        trial('copy_file_range takes set-user-ID', who, lambda: copied(source, suid), suid)
    owned = make('owned', 0o6755, (2001, 2001))
    trial('chown takes set-user-ID', ROOT, lambda: os.chown(owned, 2002, 2002), owned)
    mine = make('mine', 0o644, (2001, 2002))
    trial('set-group-ID of a foreign group', ANNA, lambda: os.chmod(mine, 0o2755), mine)
    team = make_folder('team', 0o2775, (0, TEAM))
    trial('file in a set-group-ID folder', ANNA, lambda: created(f'{team}/file', 0o664, 0), f'{team}/file')
    trial('folder in a set-group-ID folder', ANNA, lambda: os.mkdir(f'{team}/folder', 0o775), f'{team}/folder')
    trial('symlink in a set-group-ID folder', ANNA, lambda: os.symlink('x', f'{team}/link'), f'{team}/link')
    sticky = make_folder('sticky', 0o1777)
    for name in ('a', 'b', 'c'):
        trial('create in sticky', ANNA, lambda: created(f'{sticky}/{name}', 0o666, 0), f'{sticky}/{name}')
    trial('delete in sticky', BERT, lambda: os.unlink(f'{sticky}/a'), f'{sticky}/a')
    trial('rename in sticky', BERT, lambda: os.rename(f'{sticky}/a', f'{sticky}/z'), f'{sticky}/a')
    trial('delete own in sticky', ANNA, lambda: os.unlink(f'{sticky}/b'), f'{sticky}/b')
    program = at('program')
    with open('/usr/bin/id', 'rb') as source:
        make('program', 0o4755, (2001, 2001), source.read())
    trial('run with set-user-ID', BERT, lambda: os.popen(f'{program} -u').read().strip(), program)
    running = os.popen(f'cp /bin/sleep {at("sleep")}; chmod 755 {at("sleep")}; {at("sleep")} 30 & echo $!').readline()
    deadline = time.monotonic() + WAIT_SECONDS
    while os.readlink(f'/proc/{int(running)}/exe') != at('sleep'):
        # Between fork and exec it is still the shell.
        if time.monotonic() > deadline:
            raise TimeoutError('the program does not start')
        time.sleep(0.01)
    trial('write to what runs', ROOT, lambda: write_to(at('sleep')))
    os.kill(int(running), 9)


def lists():
    path = make('listed', 0o600, (2001, 2001))
    trial('before the list', BERT, lambda: read_from(path))
    trial('list by a stranger', BERT, lambda: os.setxattr(path, 'system.posix_acl_access', FOR_BERT))
    trial('list by the owner', ANNA, lambda: os.setxattr(path, 'system.posix_acl_access', FOR_BERT), path)
    trial('with the list', BERT, lambda: read_from(path))
    trial('written with the list', BERT, lambda: write_to(path), path)
    trial('mask cut by chmod', ANNA, lambda: os.chmod(path, 0o700), path)
    trial('with the cut mask', BERT, lambda: read_from(path))
    print(os.getxattr(path, 'system.posix_acl_access').hex())
    trial('list taken away', ANNA, lambda: os.removexattr(path, 'system.posix_acl_access'), path)
    trial('without the list', BERT, lambda: read_from(path))
    folder = make_folder('inherits', 0o770, (2001, 2001))
    os.setxattr(folder, 'system.posix_acl_default', DEFAULT_FOR_BERT)
    for mask in (0o022, 0o077):
        trial(f'inherited file {mask}', ANNA, lambda: created(f'{folder}/file-{mask}', 0o666, mask), f'{folder}/file-{mask}')
        trial(f'inherited folder {mask}', ANNA, lambda: os.umask(mask) >= 0 and os.mkdir(f'{folder}/folder-{mask}', 0o777), f'{folder}/folder-{mask}')
        print(os.getxattr(f'{folder}/file-{mask}', 'system.posix_acl_access').hex())
        print(os.getxattr(f'{folder}/folder-{mask}', 'system.posix_acl_default').hex())
    trial('inherited right', BERT, lambda: read_from(f'{folder}/file-{0o022}'))
    attributes = make('attributes', 0o644, (2001, 2001))
    for name in ('user.one', 'trusted.two', 'security.three', 'nothing.four'):
        for who in (ANNA, BERT, ROOT):
            trial(f'set {name}', who, lambda: os.setxattr(attributes, name, b'value'))
    trial('create an attribute twice', ANNA, lambda: os.setxattr(attributes, 'user.one', b'', os.XATTR_CREATE))
    trial('replace what is not there', ANNA, lambda: os.setxattr(attributes, 'user.no', b'', os.XATTR_REPLACE))
    trial('too large', ANNA, lambda: os.setxattr(attributes, 'user.large', bytes(60000)))
    for who in (ANNA, BERT, ROOT):
        trial('attributes', who, lambda: sorted(os.listxattr(attributes)))
        trial('an attribute', who, lambda: os.getxattr(attributes, 'user.one'))
        trial('a trusted one', who, lambda: os.getxattr(attributes, 'trusted.two'))
    trial('of a link', ROOT, lambda: os.setxattr(at('open/root-link'), 'trusted.x', b'1', follow_symlinks=False))
    trial('missing', ANNA, lambda: os.getxattr(attributes, 'user.none'))
    trial('taken away', ANNA, lambda: os.removexattr(attributes, 'user.one'))


def names():
    one, two = make('one', content=b'1'), make('two', content=b'22')
    trial('exchange', ROOT, lambda: renameat2(one, two, EXCHANGE), one, two)
    trial('no replace', ROOT, lambda: renameat2(one, two, NOREPLACE), one, two)
    trial('no replace to a new name', ROOT, lambda: renameat2(one, at('three'), NOREPLACE), one, at('three'))
    trial('link', ROOT, lambda: os.link(two, at('link')), two, at('link'))
    trial('link to a link', ROOT, lambda: os.link(at('open/root-link'), at('linked link'), follow_symlinks=False), at('linked link'))
    trial('link of a stranger', BERT, lambda: os.link(two, at('open/bert-link')))
    trial('rename over itself', ROOT, lambda: os.rename(two, at('link')), two, at('link'))
    trial('folder over file', ROOT, lambda: os.rename(at('open'), two))
    trial('file over folder', ROOT, lambda: os.rename(two, at('open')))
    trial('folder into itself', ROOT, lambda: os.rename(at('open'), at('open/inner')))
    trial('over a full folder', ROOT, lambda: os.rename(make_folder('empty'), at('open')))
    trial('rmdir full', ROOT, lambda: os.rmdir(at('open')))
    trial('unlink folder', ROOT, lambda: os.unlink(at('open')))
    trial('long name', ROOT, lambda: created(at('n' * 255), 0o600), at('n' * 255))
    trial('too long name', ROOT, lambda: created(at('n' * 256), 0o600))
    trial('bytes', ROOT, lambda: created(at('a\\b\n\t \x7f'), 0o600) and os.listdir(TOP).count('a\\b\n\t \x7f'))
    trial('through a file', ROOT, lambda: os.stat(f'{two}/x'))
    os.symlink('loop', at('loop'))
    trial('loop', ROOT, lambda: os.stat(at('loop')))
    trial('no follow', ROOT, lambda: os.open(at('loop'), os.O_RDONLY | os.O_NOFOLLOW))
    trial('is a folder', ROOT, lambda: os.open(at('open'), os.O_WRONLY))
    trial('is no folder', ROOT, lambda: os.open(two, os.O_DIRECTORY))
    trial('missing', ROOT, lambda: os.open(at('missing'), os.O_RDONLY))
    many = make_folder('many')
    for number in range(3000):
        os.close(os.open(f'{many}/{number:>05}', os.O_CREAT | os.O_WRONLY, 0o600))
    print(len(os.listdir(many)), sum(int(name) for name in os.listdir(many)))
    seen = 0
    with os.scandir(many) as entries:
        for entry in entries:
            os.unlink(entry.path)
            seen += 1
    print(seen, os.listdir(many), about(many))
    print(sorted((entry.name, entry.is_dir(), entry.is_symlink(), entry.inode() == entry.stat(follow_symlinks=False).st_ino) for entry in os.scandir(at('open'))))


def unnamed_and_held():
    def unnamed():
        file = os.open(TOP, os.O_TMPFILE | os.O_RDWR, 0o640)
        os.write(file, b'without a name')
        before = os.fstat(file).st_nlink
        if libc.linkat(-100, f'/proc/self/fd/{file}'.encode(), -100, at('named').encode(), 0x400) < 0:
            raise OSError(ctypes.get_errno(), 'linkat')
        return before, os.fstat(file).st_nlink

    trial('O_TMPFILE', ROOT, unnamed, at('named'))
    print(read_from(at('named')))

    def held():
        path = make('held', content=b'0123456789')
        file = os.open(path, os.O_RDWR)
        os.unlink(path)
        os.pwrite(file, b'ab', 8)
        os.fchmod(file, 0o604)
        os.ftruncate(file, 20)
        os.fsync(file)
        found = os.fstat(file)
        return os.pread(file, 100, 0), found.st_nlink, oct(found.st_mode), found.st_size

    trial('unlinked and open', ROOT, held)

    def replaced():
        path = make('replaced', content=b'old')
        file = os.open(path, os.O_RDONLY)
        os.rename(make('replacing', content=b'new'), path)
        return os.read(file, 10), read_from(path), os.fstat(file).st_nlink

    trial('replaced and open', ROOT, replaced)

    def gone():
        folder = make_folder('gone')
        os.chdir(folder)
        os.rmdir(folder)
        return created('new', 0o600)

    trial('create in a folder that is gone', ROOT, gone)


def locks_and_data():
    path = make('locked', 0o666)

    def locked(call):
        first, second = os.open(path, os.O_RDWR), os.open(path, os.O_RDWR)
        call(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
        child = os.fork()
        if child == 0:
            try:
                call(os.open(path, os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB)
                os._exit(0)
            except OSError:
                os._exit(1)
        status = os.waitpid(child, 0)[1]
        os.close(first)
        os.close(second)
        return status

    trial('flock', ANNA, lambda: locked(fcntl.flock))
    trial('POSIX lock', ANNA, lambda: locked(fcntl.lockf))

    def sparse():
        file = os.open(at('sparse'), os.O_RDWR | os.O_CREAT, 0o600)
        os.pwrite(file, b'x' * 4096, 1 << 20)
        os.ftruncate(file, 1 << 22)
        os.fsync(file)
        found = [os.lseek(file, 0, os.SEEK_DATA), os.lseek(file, 1 << 20, os.SEEK_HOLE), os.fstat(file).st_blocks]
        try:
            os.lseek(file, 1 << 21, os.SEEK_DATA)
        except OSError as error:
            found.append(code(error))
        return found

    trial('holes', ROOT, sparse, at('sparse'))

    def unaligned():
        file = os.open(path, os.O_RDWR | os.O_DIRECT)
        return os.write(file, b'unaligned')

    trial('O_DIRECT unaligned', ROOT, unaligned)

    def appended():
        files = [os.open(path, os.O_WRONLY | os.O_APPEND) for _ in range(2)]
        for number in range(100):
            os.write(files[number % 2], bytes([number]) * 10)
        return os.fstat(files[0]).st_size, read_from(path)[:30]

    trial('two append', ROOT, appended, path)
    trial('beyond every size', ROOT, lambda: os.pwrite(os.open(path, os.O_WRONLY), b'x', 1 << 45))
    trial('synchronous', ROOT, lambda: write_to(path, b'x', os.O_WRONLY | os.O_SYNC))
    trial('synchronous data', ROOT, lambda: write_to(path, b'x', os.O_WRONLY | os.O_DSYNC))
    trial('synchronous space', ROOT, lambda: os.posix_fallocate(os.open(path, os.O_WRONLY | os.O_SYNC), 0, 9000), path)
    trial('write to what is open for reading', ROOT, lambda: os.write(os.open(path, os.O_RDONLY), b'x'))
    trial('sync of a folder', ROOT, lambda: os.fsync(os.open(TOP, os.O_RDONLY)))
    size = os.statvfs(TOP)
    print(size.f_bsize, size.f_frsize, size.f_blocks, size.f_files, size.f_namemax)
    flags = ctypes.c_long(0)
    file = os.open(path, os.O_RDONLY)
    for wanted in (0x10, 0x20, 0):
        libc.ioctl(file, ctypes.c_ulong(0x80086601), ctypes.byref(flags))
        kept = flags.value & ~0x30
        flags.value = kept | wanted
        print(wanted, libc.ioctl(file, ctypes.c_ulong(0x40086602), ctypes.byref(flags)))
        trial('write with flags', ROOT, lambda: write_to(path))
        trial('append with flags', ROOT, lambda: write_to(path, b'x', os.O_WRONLY | os.O_APPEND))
        trial('chmod with flags', ROOT, lambda: os.chmod(path, 0o666))
        trial('rename with flags', ROOT, lambda: os.rename(path, path + '2') or os.rename(path + '2', path))


for part in (owners, access, special_bits, lists, names, unnamed_and_held, locks_and_data):
    print(f'-- {part.__name__}', flush=True)
    part()
