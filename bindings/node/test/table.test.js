"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs");
const { test } = require("node:test");
const { pathToFileURL } = require("node:url");
const { DeltaicError, exists, open, write } = require("../lib/index.js");
const { folder, newScores, scores } = require("./tables.js");

const fails = (promise, code, ...texts) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof DeltaicError, `${error.stack}`);
    assert.equal(error.code, code);
    for (const text of texts) assert.ok(error.message.includes(text), error.message);
    return true;
  });

test("rows come back as they were written", async () => {
  const { table } = await newScores(100_000);
  const rows = await table.scan({ ordered: true, longs: "number" }).toArray();
  assert.equal(rows.length, 100_000);
  let i = 0;
  for (const row of scores(100_000)) assert.deepEqual(rows[i++], row);
  assert.equal(await table.count(), 100_000);
  assert.equal(await table.count({ where: "id < 10" }), 10);
});

test("a scan is iterated by rows and by batches, many times", async () => {
  const { table } = await newScores(5000);
  const scan = table.scan({ columns: ["id"], longs: "number", ordered: true });
  let next = 0;
  for await (const row of scan) assert.deepEqual(row, { id: next++ });
  assert.equal(next, 5000);
  const sizes = [];
  for await (const rows of scan.rowBatches(1500)) sizes.push(rows.length);
  assert.deepEqual(sizes, [1500, 1500, 1500, 500]);
  assert.deepEqual(await table.scan({ where: "id = 7" }).toArray(), [{ id: 7n, name: "name-7", score: 3.75 }]);
  assert.equal((await table.scan({ limit: 3 }).toArray()).length, 3);
  assert.deepEqual(await table.scan({ where: "id < 0" }).toArray(), []);
  assert.throws(() => scan.rowBatches(0), { code: "InvalidArgument" });
});

test("writes: modes, transactions, properties, time travel", async () => {
  const { uri, table } = await newScores(10);
  await fails(write(uri, scores(1)), "AlreadyExists");
  const result = await write(uri, scores(5), {
    mode: "append",
    transaction: ["nightly", 17],
    commitInfo: { job: "a" },
  });
  assert.deepEqual([result.version, result.numAddedRows], [1, 5]);
  assert.equal((await write(uri, scores(1), { mode: "ignore" })).skipped, true);
  await table.refresh();
  assert.equal(table.version, 1);
  assert.equal(await table.transactionVersion("nightly"), 17);
  assert.equal(await table.transactionVersion("other"), null);
  await table.overwrite(scores(3));
  await table.append([{ id: 100, name: "x", score: 1 }]);
  assert.deepEqual([table.version, await table.count()], [3, 4]);
  assert.equal(await table.at({ version: 0 }).count(), 10);
  const [last, before] = await table.history({ limit: 2 });
  assert.deepEqual([last.version, before.version, last.info.operation], [3, 2, "WRITE"]);
  const then = await table.at({ timestamp: last.timestamp }).load();
  assert.equal(then.version, 3);
  await fails(table.at({ version: 99 }).count(), "NotFound");
  assert.throws(() => table.at({}), { code: "InvalidArgument" });
  assert.throws(() => table.at({ version: 1 }).version, { code: "InvalidArgument" });
});

test("rows of every kind of source", async () => {
  const uri = folder();
  async function* later() {
    for (const row of scores(3000)) yield row;
  }
  await write(uri, later());
  const table = await open(uri);
  assert.equal(await table.count(), 3000);
  const bytes = await table.scan({ ordered: true }).ipc();
  assert.equal(Buffer.from(bytes).toString("latin1", 0, 6), "ARROW1");
  const copy = folder();
  await write(copy, bytes);
  const again = await open(copy);
  assert.deepEqual(await again.scan({ ordered: true }).toArray(), await table.scan({ ordered: true }).toArray());
  await fails(write(folder(), 5), "InvalidArgument");
  await fails(write(folder(), [5]), "InvalidArgument").catch(() => fails(write(folder(), [5]), "SchemaMismatch"));
});

test("a misfit names row and column, and leaves the table as it was", async () => {
  const { uri, table } = await newScores(10);
  await fails(
    write(uri, [{ id: 1 }, { id: "two" }], { mode: "append" }),
    "SchemaMismatch",
    "row 1",
    "column id",
    "two",
    "long",
  );
  await fails(write(uri, [{ id: 1, other: true }], { mode: "append" }), "SchemaMismatch", "row 0", "other");
  await write(uri, [{ id: 1, other: true }], { mode: "append", schemaMode: "merge" });
  await fails(write(folder(), [{ a: null }]), "InvalidArgument", "column a", "schema");
  await write(folder(), [{ a: null }], { schema: "a ARRAY<DECIMAL(5,2)>" });
  await fails(write(folder(), [{ a: 1 }], { schema: "a NO" }), "InvalidArgument", "no type is called no");
  async function* broken() {
    yield* scores(20_000);
    throw new Error("the caller's own");
  }
  await assert.rejects(write(uri, broken(), { mode: "append" }), { message: "the caller's own" });
  await table.refresh();
  assert.equal(table.version, 1);
  assert.equal(fs.readdirSync(uri).filter((name) => name.endsWith(".parquet")).length, 2);
});

test("delete, update, upsert, merge, changes", async () => {
  const { table } = await newScores(10, { properties: { "delta.enableChangeDataFeed": "true" } });
  assert.equal((await table.delete("id < 3")).numDeletedRows, 3);
  assert.equal((await table.update({ score: "score + 1" }, { where: "id = 3" })).numUpdatedRows, 1);
  const upserted = await table.upsert(
    [
      { id: 9, name: "nine", score: 9 },
      { id: 10, name: "ten", score: 10 },
    ],
    { key: "id" },
  );
  assert.deepEqual([upserted.numTargetRowsUpdated, upserted.numTargetRowsInserted], [1, 1]);
  const merged = await table
    .merge(
      [
        { id: 10, gone: true },
        { id: 9, gone: false },
      ],
      { on: "t.id = s.id" },
    )
    .whenMatchedDelete({ where: "s.gone" })
    .whenMatchedUpdate({ name: "'merged'" })
    .execute();
  assert.deepEqual([merged.numTargetRowsDeleted, merged.numTargetRowsUpdated], [1, 1]);
  const changes = await table.changes({ from: 3, to: 3, longs: "number" }).toArray();
  const seen = changes.map((c) => `${c.version} ${c.type} ${c.row.id} ${c.timestamp instanceof Date}`).sort();
  assert.deepEqual(seen, ["3 insert 10 true", "3 update_postimage 9 true", "3 update_preimage 9 true"]);
  const narrow = await table.changes({ from: 1, to: 1, columns: ["id"] }).toArray();
  assert.deepEqual(Object.keys(narrow[0].row), ["id"]);
  await fails(table.delete("no such = 1"), "InvalidArgument");
  await fails(table.delete({ where: "id = 1" }), "InvalidArgument");
  await fails(table.upsert([], {}), "InvalidArgument", "key");
});

test("errors carry a code", async () => {
  const { uri, table } = await newScores(10);
  const other = await open(uri);
  await other.delete("id = 1");
  await fails(table.delete("id = 1"), "Conflict");
  await fails(open(folder()), "NotFound");
  await fails(open(uri, { nonsense: 1 }), "InvalidArgument", "nonsense");
  await fails(table.scan({ nonsense: 1 }).toArray(), "InvalidArgument", "nonsense");
  await fails(table.count({ where: "a\0b" }), "InvalidArgument", "NUL");
  assert.throws(() => table.scan({ longs: "float" }), { code: "InvalidArgument" });
});

test("facts", async () => {
  const { uri, table } = await newScores(10, {
    partitionBy: ["name"],
    name: "scores",
    properties: { "delta.appendOnly": "true" },
  });
  assert.equal(table.uri, pathToFileURL(uri).href);
  assert.deepEqual(table.schema[0], { name: "id", type: "long", nullable: true });
  assert.equal(JSON.parse(table.schemaJson).fields.length, 3);
  assert.equal(table.metadata.name, "scores");
  assert.deepEqual(table.metadata.partitionColumns, ["name"]);
  assert.equal(table.protocol.minReaderVersion, 1);
  assert.equal((await table.details()).numRows, 10);
  assert.deepEqual(await table.domains(), {});
  const files = await table.files({ where: "name = 'name-3'" }).toArray();
  assert.equal(files.length, 1);
  assert.deepEqual(files[0].partitionValues, { name: "name-3" });
  assert.equal(typeof files[0].size, "number");
  assert.equal((await table.explain({ where: "name = 'name-3'" })).filesToRead, 1);
  await table.checkpoint();
  assert.equal(await exists(uri), true);
  assert.equal(await exists(folder()), false);
});

test("a closed table", async () => {
  const { table } = await newScores(50_000);
  let rows = 0;
  for await (const row of table.scan()) {
    if (rows++ === 0) table.close();
    assert.ok(row);
  }
  assert.equal(rows, 50_000);
  await fails(table.count(), "InvalidArgument", "closed");
});

test("both module systems give the same classes", async () => {
  const esm = await import("../lib/index.mjs");
  assert.equal(esm.DeltaicError, DeltaicError);
  assert.equal(esm.open, open);
  assert.match(esm.version, /^\d+\.\d+\.\d+$/);
});
