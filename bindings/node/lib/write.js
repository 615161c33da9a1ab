"use strict";
// What writes share: rows of any source into the native queue.

const fs = require("node:fs/promises");
const os = require("node:os");
const path = require("node:path");
const { native, failure, run } = require("./native.js");
const { invalid } = require("./error.js");
const { RowEncoder, chooseSchema } = require("./encode.js");
const { parseColumns } = require("./types.js");
const { Pace } = require("./pace.js");

// Rows of the first look that tells a schema.
const LOOK_ROWS = 1000;
// After so many rows it is looked whether the batch is full, and whether the event loop should get its turn.
const LOOK_EACH = 16;

/** A path in a folder of its own, for as long as `use` runs. */
async function withFile(use) {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "deltaic-"));
  try {
    return await use(path.join(folder, "rows.arrow"));
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
}

function isRows(rows) {
  return rows !== null && typeof rows === "object" && (Symbol.iterator in rows || Symbol.asyncIterator in rows);
}

/**
 * Runs `call(source, cancellation)` while feeding it rows. `known` is the table's schema, or undefined.
 */
async function feed(rows, { known, extra, schema, signal }, call) {
  if (!isRows(rows)) {
    throw invalid("rows are an array, an iterable or an async iterable of objects, or Arrow IPC bytes");
  }
  return run(signal, async (cancellation) => {
    const given = schema === undefined ? undefined : parseColumns(schema);
    const feeder = new Feeder(cancellation, call, (first) => chooseSchema(first, known, extra, given));
    try {
      await feeder.addAll(rows, signal);
      return await feeder.end();
    } catch (error) {
      await feeder.abandon();
      // A call that reads the rows may see their end before it looks at its cancellation.
      const isEnd = error instanceof Error && error.message.includes("the rows ended with an error");
      throw isEnd && signal?.aborted ? signal.reason : failure(error, signal);
    }
  });
}

class Feeder {
  constructor(cancellation, call, choose) {
    this.cancellation = cancellation;
    this.call = call;
    this.choose = choose;
    this.first = []; // rows that the schema is made of
    this.pace = new Pace();
    this.added = 0;
  }
  /** Until their end, or the call wants no more. */
  async addAll(rows, signal) {
    if (Symbol.asyncIterator in rows) {
      for await (const row of rows) {
        signal?.throwIfAborted();
        const more = this.add(row);
        if (more !== true && !(await more)) return;
      }
      return;
    }
    for (const given of rows) {
      signal?.throwIfAborted();
      const more = this.add(typeof given?.then === "function" ? await given : given);
      if (more !== true && !(await more)) return;
    }
  }
  async begin() {
    this.encoder = new RowEncoder(this.choose(this.first));
    this.source = new native.RowSource(this.encoder.schema, this.cancellation);
    this.running = this.call(this.source, this.cancellation);
    this.running.catch(() => {}); // awaited in end()
    const first = this.first;
    this.first = null;
    for (const row of first) {
      const more = this.encode(row);
      if (more !== true && !(await more)) return false;
    }
    return true;
  }
  /** True, or a promise of whether the call wants more. */
  add(row) {
    if (this.first !== null) {
      this.first.push(row);
      return this.first.length < LOOK_ROWS ? true : this.begin();
    }
    return this.encode(row);
  }
  encode(row) {
    this.encoder.add(row);
    if (++this.added % LOOK_EACH !== 0) return true;
    return this.encoder.isFull ? this.push() : this.breathe();
  }
  /** True; a promise of it where others have waited long enough. */
  breathe() {
    return this.pace.isDue ? this.pace.turn().then(() => true) : true;
  }
  async push() {
    if (this.pace.isDue) await this.pace.turn();
    return this.source.push(this.encoder.finish());
  }
  async end() {
    if (this.first !== null) await this.begin();
    if (this.encoder.length > 0) await this.push();
    this.source.finish(false);
    return this.running;
  }
  async abandon() {
    if (!this.running) return;
    this.source.finish(true);
    this.cancellation.cancel();
    await this.running.catch(() => {});
  }
}

module.exports = { feed, withFile };
