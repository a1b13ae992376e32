import { NO_REPLY, type ServedFolder } from './served-folder.ts';

/**
 * Makes durable what the request's node holds, here and where replication is synchronous on the passive server, too.
 * Its record says from where in the order on that is so. The passive server is at it while this one is.
 * @param isDataOnly - as fdatasync(2) has it.
 * @param writtenBytes - by the request itself, which its reply tells of; 0 where it wrote none.
 * @returns 0, minus the number of the error met here, or NO_REPLY where the passive server is slower.
 */
export function flush(served: ServedFolder, file: number, isDataOnly: boolean, writtenBytes = 0): number {
  const { parked } = served;
  const place = parked === null || served.isPassive || isHidden(served) ? -1 : served.park(parked, writtenBytes);
  if (parked === null || place < 0) return sync(served, file, isDataOnly);
  served.recorder.beginFlush();
  served.recorder.recordFlush(place);
  const outcome = sync(served, file, isDataOnly);
  if (outcome < 0) {
    parked.drop(place);
    return outcome;
  }
  return parked.doneHere(place, served.nowMs()) ? 0 : NO_REPLY;
}

function sync({ calls }: ServedFolder, file: number, isDataOnly: boolean): number {
  return isDataOnly ? calls.syncData(file) : calls.sync(file);
}

/** Nobody has promised anything of what is not recorded. */
function isHidden({ exclusion, request }: ServedFolder): boolean {
  const { nodeLow, nodeHigh } = request;
  return exclusion !== null && (exclusion.hides(nodeLow, nodeHigh) || exclusion.hidesNames(nodeLow, nodeHigh));
}
