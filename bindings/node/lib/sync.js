"use strict";
// A target kept in step with a table, over the application's own connection: what the native plan says is run there.

const { native, failure, pairs, run } = require("./native.js");
const { invalid } = require("./error.js");
const { Table, open } = require("./table.js");
const { optionsOf } = require("./options.js");
const { toPostgres } = require("./sync_postgres.js");
const { toRedis } = require("./sync_redis.js");

/** A plan, and what a run of it did so far. */
class Planned {
  constructor(made, cancellation) {
    this.made = made;
    this.cancellation = cancellation;
    this.plan = JSON.parse(made.json());
    const { action, from, to, reasons } = this.plan;
    this.result = { action, from, to, sent: 0, upserted: 0, deleted: 0, rejected: 0, reasons };
  }

  /** The rows as bytes; afterwards `result.sent` is their number, and `result.rejected` that of those left out. */
  async *bytes() {
    const copy = await this.made.copy(this.cancellation);
    for (let bytes = await copy.next(); bytes !== null; bytes = await copy.next()) yield bytes;
    this.result.sent = copy.numRows();
    this.result.rejected = copy.numRejected();
  }
}

const KINDS = [
  ["redis", (to) => typeof to.hGetAll === "function" && typeof to.watch === "function"],
  [
    "postgres",
    (to) => typeof to.query === "function" && typeof to.connect === "function" && to.totalCount === undefined,
  ],
];

async function sync(source, { to, into, key, name, columns, storageOptions, signal, dryRun = false, ...options } = {}) {
  const [kind] = KINDS.find(([, is]) => to && is(to)) ?? [];
  if (kind === undefined) throw invalid("to takes a client of pg (of a pool: await pool.connect()) or of redis");
  if (key === undefined) throw invalid("sync needs a key: the column, or columns, that name a row");
  const named =
    columns && !Array.isArray(columns) ? Object.entries(columns).map(([from, target]) => `${from}=${target}`) : columns;
  const begin = pairs({ target: kind, into, name, key: [key].flat(), columns: named });
  const start = startOf(begin);
  const table = source instanceof Table ? source : await open(source, { storageOptions, signal });
  try {
    return await run(signal, async (cancellation) => {
      const plan = async (found) => {
        const given = pairs(optionsOf({ ...options, ...(kind === "redis" ? { commands: "json" } : {}) }));
        return new Planned(await table.planSync([...begin, ...given, ...pairs(found)], cancellation), cancellation);
      };
      return kind === "redis"
        ? toRedis(to, start, plan, dryRun)
        : toPostgres(to, start, plan, { dryRun, rejects: options.rejects });
    });
  } finally {
    if (table !== source) table.close();
  }
}

function startOf(options) {
  try {
    return JSON.parse(native.syncStartJson(options));
  } catch (error) {
    throw failure(error);
  }
}

module.exports = { sync };
