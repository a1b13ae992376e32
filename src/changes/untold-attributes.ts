import type { Attributes, Change } from './change.ts';
import { HOLES_UNTOLD, UNTOLD } from './extended.ts';

/** For who can't be told that attributes could not be read: there are none then, and holes are left as they are. */
export function withNothingUntold(change: Change): Change {
  if (!('attributes' in change)) return change;
  const attributes = told(change.attributes);
  if (change.kind === 'verifyFolder') {
    return {
      ...change,
      attributes,
      entries: change.entries.map((entry) => ({ ...entry, attributes: told(entry.attributes) })),
    };
  }
  return attributes === change.attributes ? change : { ...change, attributes };
}

function told(attributes: Attributes): Attributes {
  return attributes.extended === UNTOLD ? { ...attributes, extended: HOLES_UNTOLD } : attributes;
}
