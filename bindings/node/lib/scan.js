"use strict";
// Rows on their way to JavaScript.

const fs = require("node:fs/promises");
const { pairs, run, failure } = require("./native.js");
const { native } = require("./native.js");
const { invalid } = require("./error.js");
const { RowMaker, conversionsOf, CHUNK } = require("./decode.js");
const { withFile } = require("./write.js");
const { Pace } = require("./pace.js");

// Rows of a native batch: few enough that decoding one does not hold the event loop up.
const BATCH_ROWS = 8192;

/** Native batches, the next one read while this one is used. */
class BatchReader {
  constructor(open, signal, conversions) {
    this.opening = open;
    this.signal = signal;
    this.conversions = conversions;
    this.closed = false;
    this.abort = () => this.cancellation?.cancel();
  }
  async begin() {
    this.signal?.throwIfAborted();
    this.cancellation = new native.Cancellation();
    this.signal?.addEventListener("abort", this.abort, { once: true });
    this.stream = await this.opening(this.cancellation);
    this.maker = new RowMaker(this.stream.schema(), this.conversions);
    this.ahead = this.fetch();
  }
  /** `spare` is the block of a batch that is no longer used: the next but one is written into it, where it fits. */
  fetch(spare) {
    const next = this.stream.next(spare).then((batch) => {
      if (batch !== null) batch.block ??= spare;
      return batch;
    });
    next.catch(() => {}); // seen by who awaits it
    return next;
  }
  /** {length, piece, rows(from, to)}, which serves until the next call; or null at the end. */
  async next() {
    try {
      if (!this.maker) await this.begin();
      if (this.closed) return null;
      const batch = await this.ahead;
      if (batch === null || this.closed) {
        await this.close();
        return null;
      }
      this.ahead = this.fetch(this.block);
      this.block = batch.block;
      return this.maker.open(batch);
    } catch (error) {
      await this.close();
      throw failure(error, this.signal);
    }
  }
  async close() {
    if (this.closed) return;
    this.closed = true;
    this.signal?.removeEventListener("abort", this.abort);
    this.cancellation?.cancel();
    await this.ahead?.catch(() => {});
    await this.stream?.close();
  }
}

/** Gives arrays of at most `size` rows, all but the last of that size. */
class RowBatches {
  constructor(reader, size, shape) {
    this.reader = reader;
    this.size = size;
    this.shape = shape;
    this.pace = new Pace();
    this.batch = null;
    this.at = 0;
    this.last = null; // the call of next() before, where somebody does not wait for it
  }
  [Symbol.asyncIterator]() {
    return this;
  }
  next() {
    const next = this.last === null ? this.read() : this.last.then(() => this.read());
    const done = next
      .catch(() => {})
      .then(() => {
        if (this.last === done) this.last = null;
      });
    this.last = done;
    return next;
  }
  async read() {
    let rows = [];
    while (rows.length < this.size) {
      if (this.batch === null || this.at === this.batch.length) {
        this.batch = await this.reader.next();
        this.at = 0;
        if (this.batch === null) break;
        continue;
      }
      if (this.pace.isDue) await this.pace.turn();
      const to = Math.min(this.at + this.size - rows.length, this.batch.length, this.at + this.batch.piece);
      const more = this.batch.rows(this.at, to);
      if (rows.length === 0) rows = more;
      else for (const row of more) rows.push(row);
      this.at = to;
    }
    if (rows.length === 0) return { done: true, value: undefined };
    return { done: false, value: this.shape ? rows.map(this.shape) : rows };
  }
  async return(value) {
    await this.reader.close();
    return { done: true, value };
  }
}

/** Gives single rows, of chunks that are decoded when they are wanted. */
class Rows {
  constructor(batches) {
    this.batches = batches;
    this.rows = [];
    this.at = 0;
    this.refilling = null;
  }
  [Symbol.asyncIterator]() {
    return this;
  }
  next() {
    if (this.at < this.rows.length) return Promise.resolve({ done: false, value: this.rows[this.at++] });
    if (this.refilling !== null) return this.refilling.then(() => this.next()); // somebody did not wait
    this.refilling = this.refill();
    return this.refilling;
  }
  async refill() {
    try {
      const { done, value } = await this.batches.next();
      if (done) return { done, value: undefined };
      this.rows = value;
      this.at = 1;
      return { done: false, value: value[0] };
    } finally {
      this.refilling = null;
    }
  }
  return(value) {
    this.rows = [];
    this.at = 0;
    return this.batches.return(value);
  }
}

/** A choice of rows, which reads nothing until it is iterated, and may be iterated many times. */
class Scan {
  #acquire;
  #kind;
  #options;
  #signal;
  #conversions;
  #shape;

  constructor(acquire, kind, options, { signal, longs, maps }, shape) {
    this.#acquire = acquire;
    this.#kind = kind;
    this.#options = options;
    this.#signal = signal;
    this.#conversions = conversionsOf({ longs, maps });
    this.#shape = shape;
  }

  #open(options, cancellation) {
    return this.#acquire((table) => table.open(this.#kind, pairs(options), cancellation));
  }

  #reader() {
    const batches = this.#kind === "files" ? {} : { batch_rows: BATCH_ROWS, dictionary_strings: true };
    return new BatchReader(
      (cancellation) => this.#open({ ...batches, ...this.#options }, cancellation),
      this.#signal,
      this.#conversions,
    );
  }

  /** Arrays of at most `size` rows. */
  rowBatches(size = CHUNK) {
    if (!Number.isInteger(size) || size < 1) throw invalid(`rowBatches takes a number of rows, not ${String(size)}`);
    return new RowBatches(this.#reader(), size, this.#shape);
  }

  [Symbol.asyncIterator]() {
    return new Rows(this.rowBatches());
  }

  /** All rows in one array. */
  async toArray() {
    const all = [];
    for await (const rows of this.rowBatches(BATCH_ROWS)) for (const row of rows) all.push(row);
    return all;
  }

  /** All rows as the bytes of an Arrow IPC file, for the apache-arrow of your choice: tableFromIPC(await scan.ipc()). */
  async ipc() {
    return withFile((path) =>
      run(this.#signal, async (cancellation) => {
        const stream = await this.#open(this.#options, cancellation);
        await stream.writeFile(path, pairs({ format: "arrow" }));
        return fs.readFile(path);
      }),
    );
  }
}

module.exports = { Scan };
