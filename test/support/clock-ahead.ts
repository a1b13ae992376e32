/** Preloaded into a daemon, it has the wall clock of a machine whose clock was set wrong. */
const AHEAD_MS = 10 * 60 * 1000;

const right = Date.now.bind(Date);
Date.now = () => right() + AHEAD_MS;
