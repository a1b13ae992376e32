/** Types of registry values by their numbers (winnt.h). Others may occur, and are carried by their number. */
export const REG = {
  none: 0,
  sz: 1,
  expandSz: 2,
  binary: 3,
  dword: 4,
  dwordBigEndian: 5,
  link: 6,
  multiSz: 7,
  resourceList: 8,
  fullResourceDescriptor: 9,
  resourceRequirementsList: 10,
  qword: 11,
} as const;

/** Types whose data is text. */
export const TEXT_TYPES: ReadonlySet<number> = new Set([REG.sz, REG.expandSz, REG.multiSz]);

/** Whole characters of which the last one is NUL. */
export function isEndedText(data: Uint8Array): boolean {
  return data.length % 2 === 0 && data.at(-1) === 0 && data.at(-2) === 0;
}

const NAMES: readonly string[] = [
  'REG_NONE',
  'REG_SZ',
  'REG_EXPAND_SZ',
  'REG_BINARY',
  'REG_DWORD',
  'REG_DWORD_BIG_ENDIAN',
  'REG_LINK',
  'REG_MULTI_SZ',
  'REG_RESOURCE_LIST',
  'REG_FULL_RESOURCE_DESCRIPTOR',
  'REG_RESOURCE_REQUIREMENTS_LIST',
  'REG_QWORD',
];

/** For people: `REG_SZ`, or `type 0x123` of one that has no name. */
export function typeName(type: number): string {
  return NAMES[type] ?? `type 0x${type.toString(16)}`;
}
