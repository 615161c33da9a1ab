"use strict";
// Turns of the event loop within long work. Awaiting does not give them: of a promise that is settled already it is no
// turn, and results of the native side that come quickly are handed out many to a turn.

/** How long rows are made or taken before others get their turn. */
const MAX_MS = 4;

class Pace {
  constructor() {
    this.began = performance.now();
  }
  get isDue() {
    return performance.now() - this.began > MAX_MS;
  }
  /** Resolves in the next turn. */
  async turn() {
    await new Promise(setImmediate);
    this.began = performance.now();
  }
}

module.exports = { Pace };
