/** Numbers of checks nobody asked for by name start here. */
export const OWN_CHECKS_FROM = 2 ** 31;

/** Numbers of looks at files that can change without notice start here. */
export const UNSEEN_CHECKS_FROM = 2 ** 40;

/** Numbers of checks of what a queue that was given up left start here. */
export const LEFT_CHECKS_FROM = 2 ** 41;

/** Numbers of checks of what a change of the settings brought into the protected set start here. */
export const FILTER_CHECKS_FROM = 2 ** 42;

export function isLookAtUnseen(check: number): boolean {
  return check >= UNSEEN_CHECKS_FROM && check < LEFT_CHECKS_FROM;
}

/** Does it check what a queue that was given up left? */
export function isOfWhatWasLeft(check: number): boolean {
  return check >= LEFT_CHECKS_FROM && check < FILTER_CHECKS_FROM;
}

/** Does it check what came into the protected set? */
export function isOfNewItems(check: number): boolean {
  return check >= FILTER_CHECKS_FROM;
}

/** Is what the check finds different a fault? Other checks are the way in which changes arrive. */
export function findsFaults(check: number): boolean {
  return check < UNSEEN_CHECKS_FROM;
}
