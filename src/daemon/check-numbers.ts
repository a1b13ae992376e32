/** Numbers of checks nobody asked for by name start here. */
export const OWN_CHECKS_FROM = 2 ** 31;

/** Numbers of looks at files that can change without notice start here. */
export const UNSEEN_CHECKS_FROM = 2 ** 40;

/** Is what such a check finds different no news, but the way in which those changes arrive? */
export function isLookAtUnseen(check: number): boolean {
  return check >= UNSEEN_CHECKS_FROM;
}
