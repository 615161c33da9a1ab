// Node: rows of 8 columns as objects, streamed: deltaic against @duckdb/node-api over the same Parquet files.
//   DELTAIC_NODE_ADDON=build/node/deltaic.node node --expose-gc benchmarks/rows.mjs FOLDER_WITH_DUCKDB [ROWS]
// Prints CPU and wall seconds of each. FOLDER_WITH_DUCKDB has @duckdb/node-api in its node_modules.
import { createRequire } from "node:module";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { open, write } from "../bindings/node/lib/index.mjs";

const [modules, count = "1000000"] = process.argv.slice(2);
const rows = Number(count);
const folder = mkdtempSync(path.join(tmpdir(), "deltaic-rows-"));
const uri = path.join(folder, "t");

function* made() {
  for (let i = 0; i < rows; i++) {
    const day = new Date(1.7e12 + (i % 365) * 864e5).toISOString().slice(0, 10);
    yield {
      id: i,
      n: i % 1000,
      name: `name-${i}`,
      city: `city-${i % 50}`,
      x: i / 3,
      ok: i % 2 === 0,
      at: new Date(1.7e12 + i),
      day,
    };
  }
}

async function measure(name, run) {
  globalThis.gc?.(); // what the one before left is not this one's work
  const [cpu, start] = [process.cpuUsage(), performance.now()];
  const found = await run();
  const { user, system } = process.cpuUsage(cpu);
  const wall = (performance.now() - start) / 1000;
  console.log(
    `${name.padEnd(24)} ${((user + system) / 1e6).toFixed(2)} s CPU  ${wall.toFixed(2)} s wall  ${found} rows`,
  );
}

const schema = "id BIGINT, n INT, name STRING, city STRING, x DOUBLE, ok BOOLEAN, at TIMESTAMP, day DATE";
await measure("deltaic write", async () => (await write(uri, made(), { schema })).numAddedRows);
const table = await open(uri);
for (let round = 0; round < 3; round++) {
  await measure("deltaic rowBatches", async () => {
    let found = 0;
    for await (const batch of table.scan().rowBatches()) for (const row of batch) found += row.id === undefined ? 0 : 1;
    return found;
  });
  await measure("deltaic for await", async () => {
    let found = 0;
    for await (const row of table.scan()) found += row.id === undefined ? 0 : 1;
    return found;
  });
  await measure("deltaic toArray", async () => (await table.scan().toArray()).length);
  if (!modules) continue;
  const { DuckDBInstance } = createRequire(path.resolve(modules, "x.js"))("@duckdb/node-api");
  const connection = await (await DuckDBInstance.create()).connect();
  await measure("duckdb streamed", async () => {
    let found = 0;
    const result = await connection.stream(`SELECT * FROM '${uri}/*.parquet'`);
    for await (const batch of result.yieldRowObjects()) for (const row of batch) found += row.id === undefined ? 0 : 1;
    return found;
  });
  await measure("duckdb all", async () => {
    const reader = await connection.runAndReadAll(`SELECT * FROM '${uri}/*.parquet'`);
    return reader.getRowObjects().length;
  });
}
rmSync(folder, { recursive: true });
