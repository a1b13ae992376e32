import koffi from 'koffi';
import {
  WindowsError,
  type WindowsKey,
  type WindowsRegistry,
  type WindowsValue,
  type WindowsWatch,
} from '../../kernel/windows-registry.ts';

/*
 * What `native.ts` is for the C library: this file alone knows how the functions of Windows are called. They give a code
 * of winerror.h, 0 for success.
 */

const SUCCESS = 0;
const NOT_FOUND = 2;
const MORE_DATA = 234;
const NO_MORE_ITEMS = 259;

const RIGHTS = { read: 0x2_0019, write: 0x2_001f, notify: 0x0010 } as const;
/** The 64-bit view, whatever this process is. */
const IN_64_BITS = 0x0100;
/** Names of keys, and values; of what lies below, too. */
const CHANGES_WATCHED = 0x0001 | 0x0004;

/** winnt.h has them as 32-bit numbers that are extended by their sign. */
const HIVES: Readonly<Record<string, number>> = {
  HKEY_CLASSES_ROOT: 0x8000_0000 | 0,
  HKEY_CURRENT_USER: 0x8000_0001 | 0,
  HKEY_LOCAL_MACHINE: 0x8000_0002 | 0,
  HKEY_USERS: 0x8000_0003 | 0,
  HKEY_CURRENT_CONFIG: 0x8000_0005 | 0,
};

const KEY_NAME_UNITS = 256;
const VALUE_NAME_UNITS = 16_384;
const DATA_BYTES_FIRST = 64 * 1024;

type Handle = number | bigint;

/** @throws Error where this is no Windows. */
export function windowsRegistry(): WindowsRegistry {
  const calls = load();
  return {
    open: (path, right) => openKey(calls, path, RIGHTS[right]),
    create: (path) => new OpenKey(calls, path, calls.handleOf('RegCreateKeyExW', path, RIGHTS.write) ?? fail(path)),
    deleteTree(path) {
      const [hive, name] = parted(path);
      const code = calls.deleteTree(hive, name);
      if (code !== SUCCESS && code !== NOT_FOUND) throw new WindowsError({ code, call: 'RegDeleteTreeW', path });
    },
    watch(path) {
      const handle = calls.handleOf('RegOpenKeyExW', path, RIGHTS.notify);
      return handle === null ? null : new Watch(calls, path, handle);
    },
  };
}

function fail(path: string): never {
  throw new WindowsError({ code: NOT_FOUND, call: 'RegCreateKeyExW', path });
}

function openKey(calls: Calls, path: string, rights: number): WindowsKey | null {
  const handle = calls.handleOf('RegOpenKeyExW', path, rights);
  return handle === null ? null : new OpenKey(calls, path, handle);
}

type Calls = ReturnType<typeof load>;

function load() {
  const advapi = koffi.load('advapi32.dll');
  const kernel = koffi.load('kernel32.dll');
  const open = advapi.func(
    'int32_t __stdcall RegOpenKeyExW(intptr_t, const void *, uint32_t, uint32_t, _Out_ intptr_t *)',
  );
  const create = advapi.func(
    'int32_t __stdcall RegCreateKeyExW(intptr_t, const void *, uint32_t, const void *, uint32_t, uint32_t, const void *, _Out_ intptr_t *, void *)',
  );
  return {
    /** Null where there is no such key. */
    handleOf(call: 'RegOpenKeyExW' | 'RegCreateKeyExW', path: string, rights: number): Handle | null {
      const [hive, name] = parted(path);
      const handle: [Handle] = [0];
      const wanted = rights | IN_64_BITS;
      const code = (
        call === 'RegOpenKeyExW'
          ? open(hive, name, 0, wanted, handle)
          : create(hive, name, 0, null, 0, wanted, null, handle, null)
      ) as number;
      if (code === NOT_FOUND) return null;
      if (code !== SUCCESS) throw new WindowsError({ code, call, path });
      return handle[0];
    },
    close: declared<(key: Handle) => number>(advapi, 'int32_t __stdcall RegCloseKey(intptr_t)'),
    flush: declared<(key: Handle) => number>(advapi, 'int32_t __stdcall RegFlushKey(intptr_t)'),
    deleteTree: declared<(key: Handle, name: Uint8Array) => number>(
      advapi,
      'int32_t __stdcall RegDeleteTreeW(intptr_t, const void *)',
    ),
    enumKey: declared<(...args: readonly unknown[]) => number>(
      advapi,
      'int32_t __stdcall RegEnumKeyExW(intptr_t, uint32_t, void *, _Inout_ uint32_t *, void *, void *, void *, void *)',
    ),
    enumValue: declared<(...args: readonly unknown[]) => number>(
      advapi,
      'int32_t __stdcall RegEnumValueW(intptr_t, uint32_t, void *, _Inout_ uint32_t *, void *, _Out_ uint32_t *, void *, _Inout_ uint32_t *)',
    ),
    set: declared<(...args: readonly unknown[]) => number>(
      advapi,
      'int32_t __stdcall RegSetValueExW(intptr_t, const void *, uint32_t, uint32_t, const void *, uint32_t)',
    ),
    unset: declared<(key: Handle, name: Uint8Array) => number>(
      advapi,
      'int32_t __stdcall RegDeleteValueW(intptr_t, const void *)',
    ),
    notify: declared<(...args: readonly unknown[]) => number>(
      advapi,
      'int32_t __stdcall RegNotifyChangeKeyValue(intptr_t, int32_t, uint32_t, intptr_t, int32_t)',
    ),
    createEvent: declared<(...args: readonly unknown[]) => Handle>(
      kernel,
      'intptr_t __stdcall CreateEventW(void *, int32_t, int32_t, void *)',
    ),
    wait: declared<(event: Handle, ms: number) => number>(
      kernel,
      'uint32_t __stdcall WaitForSingleObject(intptr_t, uint32_t)',
    ),
    closeEvent: declared<(event: Handle) => number>(kernel, 'int32_t __stdcall CloseHandle(intptr_t)'),
  };
}

function declared<Signature>(library: ReturnType<typeof koffi.load>, prototype: string): Signature {
  return library.func(prototype) as unknown as Signature;
}

class OpenKey implements WindowsKey {
  readonly #calls: Calls;
  readonly #path: string;
  readonly #handle: Handle;

  constructor(calls: Calls, path: string, handle: Handle) {
    this.#calls = calls;
    this.#path = path;
    this.#handle = handle;
  }

  names(): string[] {
    const names: string[] = [];
    const name = Buffer.alloc(KEY_NAME_UNITS * 2);
    for (;;) {
      const units = [KEY_NAME_UNITS];
      const code = this.#calls.enumKey(this.#handle, names.length, name, units, null, null, null, null);
      if (code === NO_MORE_ITEMS) return names;
      this.#expect('RegEnumKeyExW', code);
      names.push(name.toString('utf16le', 0, (units[0] ?? 0) * 2));
    }
  }

  values(): WindowsValue[] {
    const values: WindowsValue[] = [];
    const name = Buffer.alloc(VALUE_NAME_UNITS * 2);
    let data = Buffer.alloc(DATA_BYTES_FIRST);
    for (;;) {
      const [units, type, length] = [[VALUE_NAME_UNITS], [0], [data.length]];
      const code = this.#calls.enumValue(this.#handle, values.length, name, units, null, type, data, length);
      if (code === NO_MORE_ITEMS) return values;
      if (code === MORE_DATA) {
        data = Buffer.alloc(Math.max(data.length * 2, length[0] ?? 0));
        continue;
      }
      this.#expect('RegEnumValueW', code);
      values.push({
        name: name.toString('utf16le', 0, (units[0] ?? 0) * 2),
        type: type[0] ?? 0,
        data: Buffer.from(data.subarray(0, length[0] ?? 0)),
      });
    }
  }

  set({ name, type, data }: WindowsValue): void {
    // It takes a text that has no NUL at its end for longer, where one follows in memory.
    const followed = Buffer.concat([data, Buffer.from([1, 1])]);
    const code = this.#calls.set(this.#handle, terminated(name), 0, type >>> 0, followed, data.length);
    this.#expect('RegSetValueExW', code);
  }

  unset(name: string): void {
    const code = this.#calls.unset(this.#handle, terminated(name));
    if (code !== NOT_FOUND) this.#expect('RegDeleteValueW', code);
  }

  flush(): void {
    this.#expect('RegFlushKey', this.#calls.flush(this.#handle));
  }

  close(): void {
    this.#expect('RegCloseKey', this.#calls.close(this.#handle));
  }

  #expect(call: string, code: number): void {
    if (code !== SUCCESS) throw new WindowsError({ code, call, path: this.#path });
  }
}

/** The event is set once, by the first change. */
class Watch implements WindowsWatch {
  readonly #calls: Calls;
  readonly #handle: Handle;
  readonly #event: Handle;

  constructor(calls: Calls, path: string, handle: Handle) {
    this.#calls = calls;
    this.#handle = handle;
    this.#event = calls.createEvent(null, 1, 0, null);
    const code = calls.notify(handle, 1, CHANGES_WATCHED, this.#event, 1);
    if (code === SUCCESS) return;
    this.close();
    throw new WindowsError({ code, call: 'RegNotifyChangeKeyValue', path });
  }

  isChanged(): boolean {
    return this.#calls.wait(this.#event, 0) === SUCCESS;
  }

  close(): void {
    this.#calls.close(this.#handle);
    this.#calls.closeEvent(this.#event);
  }
}

/** The hive, and the path below it, ended by a NUL. */
function parted(path: string): readonly [hive: number, below: Buffer] {
  const end = path.indexOf('\\');
  const name = end === -1 ? path : path.slice(0, end);
  const hive = HIVES[name];
  if (hive === undefined) throw new Error(`No hive: ${name}`);
  return [hive, terminated(end === -1 ? '' : path.slice(end + 1))];
}

/** Lone surrogates stay as they are. */
function terminated(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'utf16le');
}
