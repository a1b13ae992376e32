import type { Change, CheckBegin, Position } from '../../changes/change.ts';
import type { PassiveEngineOptions } from './passive-engine-options.ts';

type Parts = Pick<
  PassiveEngineOptions,
  'follower' | 'apply' | 'firstPairing' | 'leftAlone' | 'rechecks' | 'moment' | 'registry' | 'doubts'
>;

/** Hands a record of the stream to whoever it is for. */
export function applyRecord(parts: Parts, position: Position, change: Change): void {
  const { follower, apply, firstPairing, leftAlone, moment } = parts;
  switch (change.kind) {
    case 'checkBegin':
      return checkBegins(parts, change);
    case 'verifyFolder':
      parts.doubts.stated(change);
      return follower.folder(change);
    case 'verifyContent':
      parts.doubts.stated(change);
      return follower.content(change);
    case 'checkEnd':
      return follower.end(change);
    case 'exactness':
      return moment.met(change, position);
    case 'filters':
      // Where nothing is verified yet, a check of everything comes to whatever is new.
      if (apply.border.move(change, follower.verification !== 'none'))
        leftAlone.forgetAllBut((path) => apply.border.isItem(path));
      return;
    case 'registry':
      // Whether a registry may be changed is decided for each by itself.
      return parts.registry.take(position, change);
    case 'root':
      // Even a preview needs to know which folder a node id means; it creates nothing.
      if (firstPairing.isOpen) return apply.learnRoot(change);
      if (!apply.brake.isHeld) apply.apply(position, change);
      return;
    default:
      if (firstPairing.isOpen || !apply.brake.meets(change)) return;
      leftAlone.streamed(change);
      apply.apply(position, change);
  }
}

function checkBegins({ follower, firstPairing, rechecks }: Parts, change: CheckBegin): void {
  if (change.complete && firstPairing.isOpen) firstPairing.begin();
  follower.begin(change);
  if (change.complete && change.repair) rechecks.forget();
}
