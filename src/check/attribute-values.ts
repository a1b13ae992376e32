import { sayFlags, sayMode, sayOwner, sayTime, sayValue } from '../changes/attribute-text.ts';
import type { Attributes, NodeType } from '../changes/change.ts';
import type { Difference } from '../changes/difference.ts';
import { carries, extendedOf, NOTHING_EXTENDED, packExtended, unpackExtended } from '../changes/extended.ts';
import { permissionsOf } from '../changes/node-facts.ts';
import { type ByteString, fromLatin1, toDisplay } from '../kernel/byte-string.ts';
import type { Stat } from '../kernel/files.ts';
import { differingAttributes } from './compare.ts';

/** A longer value of an extended attribute is not told, only that it differs. */
const VALUE_SHOWN_MAX = 40;
/** An item may have thousands of extended attributes. */
const NAMED_MAX = 5;

/** What a difference says of attributes: which differ, and how. Only where `sameAttributes` said that some do. */
export function attributesDiffering(
  stated: Attributes,
  found: Readonly<Stat>,
  type: NodeType,
): Pick<Difference & { kind: 'attributes' }, 'what' | 'values'> {
  return { what: differingAttributes(stated, found, type), values: differingValues(stated, found, type) };
}

/** Each attribute that differs, with both values where they are short: `mode 0600 instead of 0644`. For reports. */
export function differingValues(stated: Attributes, found: Readonly<Stat>, type: NodeType): string[] {
  const said: string[] = [];
  const compare = (what: string, here: string, there: string): void => {
    if (here !== there) said.push(`${what} ${here} instead of ${there}`);
  };
  // The mode of a symbolic link means nothing on Linux.
  if (type !== 'symlink') compare('mode', sayMode(permissionsOf(found)), sayMode(stated.mode));
  compare('owner', sayOwner(found), sayOwner(stated));
  compare('modified', sayTime(found), sayTime(stated));
  const [here, there] = [extendedOf(found), stated.extended ?? fromLatin1('')];
  return carries(here, there) ? said : [...said, ...differingExtended(here, there)];
}

function differingExtended(hereText: ByteString, thereText: ByteString): string[] {
  const [here, there] = [unpackExtended(hereText), unpackExtended(thereText)].map((one) => one ?? NOTHING_EXTENDED);
  if (here === undefined || there === undefined) return [];
  const said: string[] = [];
  if (here.flags !== there.flags) said.push(`flags ${sayFlags(here.flags)} instead of ${sayFlags(there.flags)}`);
  const names = [...new Set([...here.xattrs.keys(), ...there.xattrs.keys()])].filter(
    (name) => here.xattrs.get(name) !== there.xattrs.get(name),
  );
  for (const name of names.slice(0, NAMED_MAX)) {
    said.push(`extended attribute ${toDisplay(name)}${bothValues(here.xattrs.get(name), there.xattrs.get(name))}`);
  }
  if (names.length > NAMED_MAX) said.push(`${String(names.length - NAMED_MAX)} more extended attributes`);
  const none = { flags: 0, xattrs: NOTHING_EXTENDED.xattrs };
  const areTold = there.areHolesUntold !== true;
  if (areTold && packExtended({ ...here, ...none }) !== packExtended({ ...there, ...none })) said.push('holes');
  // What could not be read here is like none.
  return said.length === 0 ? ['extended attributes'] : said;
}

function bothValues(here: ByteString | undefined, there: ByteString | undefined): string {
  const [one, other] = [here, there].map((value) => (value === undefined ? 'none' : sayValue(value)));
  if (one === undefined || other === undefined || Math.max(one.length, other.length) > VALUE_SHOWN_MAX) return '';
  return ` ${one} instead of ${other}`;
}
