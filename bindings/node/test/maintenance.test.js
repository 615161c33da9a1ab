"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const { folder, newScores } = require("./tables.js");
const { write } = require("../lib/index.js");

/** A table of n commits, a file each. */
async function newPieces(n) {
  const made = await newScores(10);
  for (let i = 1; i < n; i++) await made.table.append([{ id: 100 + i, name: "more", score: 0 }]);
  return made;
}

const dataFiles = (uri) => fs.readdirSync(uri).filter((name) => name.endsWith(".parquet"));
const log = (uri) => fs.readdirSync(path.join(uri, "_delta_log"));

test("optimize, then vacuum", async () => {
  const { uri, table } = await newPieces(4);
  assert.equal((await table.optimize({ planOnly: true })).version, null);
  const done = await table.optimize();
  assert.deepEqual([done.version, done.numFilesAdded, done.numFilesRemoved], [4, 1, 4]);
  assert.deepEqual([table.version, await table.count()], [4, 13]);

  const now = { retentionHours: 0, enforceRetentionDuration: false };
  await assert.rejects(table.vacuum({ retentionHours: 0 }), { code: "InvalidArgument", message: /retention/ });
  await assert.rejects(table.vacuum({ retentionHours: "soon" }), {
    code: "InvalidArgument",
    message: /retentionHours/,
  });
  const found = await table.vacuum(now);
  assert.deepEqual([found.numFilesToDelete, found.numDeletedFiles, found.files.length], [4, 0, 4]);
  assert.equal(dataFiles(uri).length, 5);
  const deleted = await table.vacuum({ ...now, dryRun: false, keepVersions: [0] });
  assert.equal(deleted.numDeletedFiles, 3);
  assert.equal(dataFiles(uri).length, 2);
  assert.equal((await table.at({ version: 0 }).scan().toArray()).length, 10);
  assert.equal((await table.scan().toArray()).length, 13);
});

test("optimize: z-order and purge", async () => {
  const { table } = await newPieces(3);
  const done = await table.optimize({ kind: "zorder", zorderColumns: ["name", "id"] });
  assert.deepEqual([done.numFilesAdded, done.numFilesRemoved], [1, 3]);
  const [{ info }] = await table.history({ limit: 1 });
  assert.match(info.operationParameters.zOrderBy, /name/);
  await table.alter("set_properties", { properties: { "delta.enableDeletionVectors": "true" } });
  await table.delete("id = 3");
  assert.equal((await table.optimize({ kind: "purge" })).numDeletionVectorsRemoved, 1);
  assert.equal((await table.scan().toArray()).length, 11);
  await assert.rejects(table.optimize({ kind: "tidy" }), { code: "InvalidArgument", message: /tidy/ });
});

test("restore to a version and to a time", async () => {
  const { table } = await newPieces(3);
  const first = await table.at({ version: 0 }).scan({ ordered: true }).toArray();
  const done = await table.restore({ version: 0 });
  assert.deepEqual([done.version, done.restoredVersion, done.numRemovedFiles], [3, 0, 2]);
  assert.deepEqual(await table.scan({ ordered: true }).toArray(), first);
  const [, before] = await table.history({ limit: 2 });
  const again = await table.restore({ timestamp: before.timestamp, transaction: ["undo", 1] });
  assert.ok(again.restoredVersion <= 3);
  assert.equal(await table.transactionVersion("undo"), 1);
  await assert.rejects(table.restore({ version: 99 }), { code: "InvalidArgument", message: /99/ });
  await assert.rejects(table.restore({}), { code: "InvalidArgument" });
});

test("alter: columns, constraints, names", async () => {
  const { table } = await newScores(3);
  await table.alter("add_columns", { schema: "n INT, day DATE", after: "id" });
  assert.deepEqual(table.schema.map(({ name, type }) => `${name} ${type}`).slice(0, 3), [
    "id long",
    "n integer",
    "day date",
  ]);
  await table.alter("change_column", { column: "n", comment: "how many", metadata: { owner: "us" } });
  const n = JSON.parse(table.schemaJson).fields.find(({ name }) => name === "n");
  assert.deepEqual(n.metadata, { comment: "how many", owner: "us" });
  await table.alter("add_constraint", { constraint: "small", condition: "id < 100" });
  await assert.rejects(table.append([{ id: 100 }]), { code: "ConstraintViolated", message: /small/ });
  await table.alter("describe", { name: "scores", description: "of people" });
  assert.deepEqual([table.metadata.name, table.metadata.description], ["scores", "of people"]);
  assert.equal((await table.alter("add_columns", { schema: "n INT", ifNotExists: true })).version, null);
  await assert.rejects(table.alter("turn_round"), { code: "InvalidArgument", message: /turn_round/ });
  await assert.rejects(table.alter({ change: "describe" }), { code: "InvalidArgument" });
});

test("repair, checkpoint, logs, manifests", async () => {
  const { uri, table } = await newPieces(4);
  assert.equal((await table.compactLog({ firstVersion: 1, lastVersion: 3 })).wasThere, false);
  assert.ok(log(uri).includes("00000000000000000001.00000000000000000003.compacted.json"));
  assert.equal((await table.manifest()).numFiles, 4);
  await table.checkpoint();
  assert.ok(log(uri).includes("_last_checkpoint"));
  assert.deepEqual((await table.cleanupLog({ dryRun: true })).files, []);
  // As if all but the last commit had been made long ago.
  for (const name of log(uri)) fs.utimesSync(path.join(uri, "_delta_log", name), new Date(0), new Date(0));
  const cleaned = await table.cleanupLog({ retentionHours: 24 });
  assert.equal(cleaned.firstVersion, 3);
  assert.ok(cleaned.files.length >= 3);

  const [first] = await table.files({ where: "id < 10" }).toArray();
  fs.rmSync(path.join(uri, first.path));
  const looked = await table.repair({ dryRun: true });
  assert.deepEqual([looked.version, looked.removed], [null, [first.path]]);
  assert.equal((await table.repair()).version, 4);
  assert.equal(await table.count(), 3);
});

test("doctor: findings, sizes, what could be freed", async () => {
  const { table } = await newPieces(4);
  const found = await table.doctor();
  assert.deepEqual([found.uri, found.version, found.numFiles, found.numRows], [table.uri, 3, 4, await table.count()]);
  assert.ok(found.timestamp instanceof Date && found.examinedAt >= found.timestamp);
  assert.equal(
    found.sizes.reduce((sum, { numFiles }) => sum + numFiles, 0),
    4,
  );
  assert.ok(found.findings.every(({ severity, title }) => ["warning", "note", "good"].includes(severity) && title));
  assert.deepEqual(found.reclaimable.numFiles, 0);
  assert.equal((await table.doctor({ listFolder: false, numCommits: 2 })).reclaimable, null);
  assert.equal((await table.doctor({ numCommits: 2 })).log.commits.length, 2);
  await assert.rejects(table.doctor({ numCommits: -1 }), { code: "InvalidArgument" });
});

test("writes: few files of each partition, and small files joined afterwards", async () => {
  const rows = function* () {
    for (let i = 0; i < 40_000; i++) yield { p: i % 4, text: `text ${i}` };
  };
  const few = { mode: "append", partitionBy: ["p"], maxMemoryBytes: 65_536 };
  const counts = [];
  for (const optimizeWrite of [true, false]) {
    counts.push((await write(folder(), rows(), { ...few, optimizeWrite })).numAddedFiles);
  }
  assert.equal(counts[0], 4);
  assert.ok(counts[1] > 4, String(counts[1]));

  const { table } = await newPieces(50);
  const count = async () => (await table.details()).numFiles;
  await table.append([{ id: 1n, name: "last", score: 0 }], { autoCompact: false });
  assert.equal(await count(), 51);
  await table.append([{ id: 2n, name: "joined", score: 0 }], { autoCompact: true });
  await table.refresh();
  assert.equal(await count(), 1);
  assert.equal((await table.history({ limit: 1 }))[0].info.operation, "OPTIMIZE");
});
