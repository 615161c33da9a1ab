"use strict";
// The PostgreSQL side, on a client of the package pg.

const { appendFile } = require("node:fs/promises");
const { DeltaicError } = require("./error.js");

/** Rows as arrays of texts, whatever types the application has set. */
const asText = (text) => ({ text, rowMode: "array", types: { getTypeParser: () => (value) => value } });

const NO_TRANSACTION = "25P01"; // SQLSTATE no_active_sql_transaction

/** Runs `work` in a transaction of its own, or in a part of the one that is open. */
async function inTransaction(client, dryRun, work) {
  const joined = await client.query("SAVEPOINT deltaic_sync").then(
    () => true,
    (error) => {
      if (error.code !== NO_TRANSACTION) throw error;
      return false;
    },
  );
  if (!joined) await client.query("BEGIN");
  const [commit, rollBack] = joined
    ? ["RELEASE SAVEPOINT deltaic_sync", "ROLLBACK TO SAVEPOINT deltaic_sync; RELEASE SAVEPOINT deltaic_sync"]
    : ["COMMIT", "ROLLBACK"];
  try {
    const result = await work();
    await client.query(dryRun ? rollBack : commit);
    return result;
  } catch (error) {
    await client.query(rollBack).catch(() => {}); // a connection that is gone takes its transaction along
    throw error;
  }
}

async function toPostgres(client, start, plan, { dryRun, rejects }) {
  return inTransaction(client, dryRun, async () => {
    for (const sql of start.begin) await client.query(sql);
    const planned = await plan(await askTarget(client, start));
    if (planned.plan.action !== "nothing") await send(client, planned, rejects);
    return planned.result;
  });
}

async function askTarget(client, start) {
  const found = {};
  const [cursor] = (await client.query(asText(start.cursor))).rows;
  if (cursor) [found.cursor_table_id, found.cursor_version, found.cursor_spec] = cursor;
  for (const [name, type] of (await client.query(asText(start.columns))).rows) found[`target_column.${name}`] = type;
  found.has_unique_key = (await client.query(asText(start.unique))).rows.length > 0;
  return found;
}

async function appendRejects(path, rows) {
  if (rows.length > 0) await appendFile(path, rows.map(([line]) => `${line}\n`).join(""));
  return rows.length;
}

async function send(client, planned, rejects) {
  const { plan, result } = planned;
  for (const sql of plan.prepare) await client.query(sql);
  await copyIn(client, plan.copy, planned.bytes());
  for (const sql of plan.checks) {
    const [wrong] = (await client.query(asText(sql))).rows;
    if (wrong) throw new DeltaicError("ConstraintViolated", wrong[0]);
  }
  for (const { sql, counts } of plan.apply) {
    const { rowCount, rows } = await client.query(asText(sql));
    if (counts === "upserted" || counts === "deleted") result[counts] += rowCount ?? 0;
    if (counts === "rejected") result.rejected += await appendRejects(rejects, rows);
    if (counts === "told") {
      result.deleted += Number(rows[0][0]);
      result.upserted += Number(rows[0][1]);
    }
  }
  for (const sql of plan.finish) await client.query(sql);
}

/** A query of pg that sends bytes: what pg asks of one is that it has these methods. */
class CopyIn {
  constructor(sql, bytes, settle) {
    Object.assign(this, { sql, bytes, settle, failed: undefined });
  }
  submit(connection) {
    connection.query(this.sql);
  }
  handleCopyInResponse(connection) {
    this.pump(connection).then(
      () => connection.endCopyFrom(),
      (error) => {
        this.failed = error;
        connection.sendCopyFail("the rows ended with an error");
      },
    );
  }
  async pump(connection) {
    for await (const chunk of this.bytes) {
      if (this.failed) return;
      connection.sendCopyFromChunk(chunk);
      if (connection.stream.writableNeedDrain) await drained(connection.stream);
    }
  }
  handleError(error) {
    this.failed ??= error;
    this.settle(this.failed);
  }
  handleReadyForQuery() {
    this.settle(this.failed);
  }
  handleCommandComplete() {}
  handleRowDescription() {}
  handleDataRow() {}
  handleEmptyQuery() {}
}

/** Waits until the socket takes more, or will never again. */
function drained(stream) {
  return new Promise((resolve) => {
    const events = ["drain", "close", "error"];
    const done = () => {
      for (const event of events) stream.off(event, done);
      resolve();
    };
    for (const event of events) stream.on(event, done);
  });
}

function copyIn(client, sql, bytes) {
  return new Promise((resolve, reject) => {
    client.query(new CopyIn(sql, bytes, (error) => (error ? reject(error) : resolve())));
  });
}

module.exports = { toPostgres };
