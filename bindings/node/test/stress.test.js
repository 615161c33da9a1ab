"use strict";
const assert = require("node:assert/strict");
const { execFileSync, spawnSync } = require("node:child_process");
const path = require("node:path");
const { test } = require("node:test");
const { Worker } = require("node:worker_threads");
const { open, write } = require("../lib/index.js");
const { folder, newScores, scores } = require("./tables.js");

const library = path.join(__dirname, "../lib/index.js");
const times = (n) => n * Number(process.env.DELTAIC_NODE_STRESS ?? 1);
const resident = () => process.memoryUsage().rss;

async function settle() {
  for (let i = 0; i < 5; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("early breaks free what a scan holds", async () => {
  assert.ok(globalThis.gc, "run with --expose-gc");
  const { table } = await newScores(200_000);
  const loop = async (n) => {
    for (let i = 0; i < n; i++) {
      let rows = 0;
      for await (const row of table.scan()) if (row && ++rows > i) break;
    }
    await settle();
  };
  await loop(100);
  const before = resident();
  await loop(times(100));
  assert.ok(resident() - before < 64 << 20, `${(resident() - before) >> 20} MB more`);
});

test("scans and tables that are forgotten are collected", async () => {
  const { uri } = await newScores(1000);
  const loop = async (n) => {
    for (let i = 0; i < n; i++) {
      const table = await open(uri);
      const iterator = table.scan()[Symbol.asyncIterator]();
      await iterator.next();
    }
    await settle();
  };
  await loop(300);
  const before = resident();
  await loop(times(300));
  assert.ok(resident() - before < 64 << 20, `${(resident() - before) >> 20} MB more`);
});

test("an AbortSignal stops scans, writes and what waits", async () => {
  const { uri, table } = await newScores(300_000);
  const before = new AbortController();
  before.abort(new Error("no more"));
  await assert.rejects(table.count({ signal: before.signal }), { message: "no more" });
  await assert.rejects(table.scan({ signal: before.signal }).toArray(), { message: "no more" });
  let aborted = 0;
  for (let i = 0; i < times(30); i++) {
    const signal = AbortSignal.timeout(i % 15);
    try {
      if (i % 2) await table.scan({ signal }).toArray();
      else await write(uri, scores(100_000), { mode: "append", signal });
    } catch (error) {
      assert.equal(error.name, "TimeoutError", error.stack);
      aborted++;
    }
  }
  assert.ok(aborted > 0);
  const controller = new AbortController();
  async function* stuck() {
    yield* scores(5000);
    setTimeout(() => controller.abort(new Error("enough")), 20);
    await new Promise((resolve) => setTimeout(resolve, 200));
    yield* scores(5000);
  }
  await assert.rejects(write(uri, stuck(), { mode: "append", signal: controller.signal }), { message: "enough" });
});

test("no turn of the event loop takes all rows that are there", async () => {
  let turn = 0;
  let going = true;
  const next = () => going && (turn++, setImmediate(next));
  next();
  const wide = Array.from({ length: 2000 }, (_, i) =>
    Object.fromEntries(Array.from({ length: 300 }, (_, j) => [`c${j}`, i * j])),
  );
  const uri = folder();
  const turnsOf = async (run) => {
    const before = turn;
    await run();
    return turn - before;
  };
  // Values made or taken in a few milliseconds, on a machine that is several times as fast as any.
  const turnsAtLeast = (2000 * 300) / 100_000;
  const written = await turnsOf(() => write(uri, wide));
  assert.ok(written >= turnsAtLeast, `${written} turns while writing`);
  const table = await open(uri);
  const read = await turnsOf(async () => {
    for await (const rows of table.scan().rowBatches(2000)) assert.equal(rows.length, 2000);
  });
  going = false;
  assert.ok(read >= 2, `${read} turns while reading`);
});

test("the event loop goes on while rows are read and written", async () => {
  const { uri, table } = await newScores(400_000);
  // Turns of the loop, not times: those are the machine's.
  let turns = 0;
  let going = true;
  const turn = () => going && (turns++, setImmediate(turn));
  turn();
  let rows = 0;
  for await (const row of table.scan()) if (row) rows++;
  assert.equal(rows, 400_000);
  assert.ok(turns > 400_000 / 8192, `${turns} turns while reading`);
  turns = 0;
  await write(uri, scores(100_000), { mode: "append" });
  going = false;
  assert.ok(turns > 100_000 / 4096, `${turns} turns while writing`);
});

test("calls share the table, each on its own version", async () => {
  const { table } = await newScores(10);
  await Promise.all(
    Array.from({ length: 12 }, async (_, i) => {
      if (i % 4 === 0) return table.append(scores(10));
      assert.equal((await table.scan().toArray()).length % 10, 0);
    }),
  );
  assert.equal((await table.refresh()).version, 3);
});

const inWorker = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { open, write } = require(workerData.library);
  (async () => {
    const table = await open(workerData.uri);
    parentPort.postMessage(await table.count());
    for (;;) for await (const row of table.scan()) if (!row) throw row;
  })();`;

test("workers are terminated in the middle of a scan", async () => {
  const { uri } = await newScores(200_000);
  for (let i = 0; i < times(6); i++) {
    const worker = new Worker(inWorker, { eval: true, workerData: { library, uri } });
    const count = await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
    assert.equal(count, 200_000);
    await new Promise((resolve) => setTimeout(resolve, i * 7));
    await worker.terminate();
  }
});

test("a worker alone loads the module, and a write is left half way", async () => {
  const code = `
    const { Worker } = require("node:worker_threads");
    const worker = new Worker(\`
      const { parentPort } = require("node:worker_threads");
      const { write } = require(${JSON.stringify(library)});
      async function* forever() { for (let i = 0; ; i++) { yield { i }; if (i === 20000) { parentPort.postMessage(1); await new Promise(() => {}); } } }
      write(${JSON.stringify(folder())}, forever());
      setInterval(() => {}, 1000);
    \`, { eval: true });
    worker.once("message", async () => { await worker.terminate(); console.log("over"); });`;
  assert.equal(execFileSync(process.execPath, ["-e", code], { encoding: "utf8", timeout: 30_000 }), "over\n");
});

test("a process ends by itself, with tables open and scans begun", async () => {
  const { uri } = await newScores(100_000);
  const code = `
    const { open } = require(${JSON.stringify(library)});
    (async () => {
      globalThis.table = await open(${JSON.stringify(uri)});
      globalThis.rows = table.scan()[Symbol.asyncIterator]();
      await rows.next();
      console.log("last line");
    })();`;
  const start = Date.now();
  assert.equal(execFileSync(process.execPath, ["-e", code], { encoding: "utf8", timeout: 30_000 }), "last line\n");
  assert.ok(Date.now() - start < 15_000);
  // process.exit in the middle of a call.
  const exits = code.replace('console.log("last line")', "table.count(); process.exit(3)");
  for (let i = 0; i < times(8); i++) {
    const { status, signal, stderr } = spawnSync(process.execPath, ["-e", exits], { timeout: 30_000 });
    assert.deepEqual([status, signal, String(stderr)], [3, null, ""]);
  }
});

test("one thread of libuv is enough, and no code is generated where that is forbidden", async () => {
  const { uri } = await newScores(5000);
  const code = `
    const { open } = require(${JSON.stringify(library)});
    (async () => {
      const table = await open(${JSON.stringify(uri)});
      const counts = await Promise.all(Array.from({ length: 8 }, async () => (await table.scan().toArray()).length));
      console.log(new Set(counts).size, counts[0]);
    })();`;
  const flags = ["--disallow-code-generation-from-strings", "-e", code];
  const env = { ...process.env, UV_THREADPOOL_SIZE: "1" };
  assert.equal(execFileSync(process.execPath, flags, { encoding: "utf8", env, timeout: 60_000 }), "1 5000\n");
});

test("without the native module the error says what to do", () => {
  const env = { ...process.env, DELTAIC_NODE_ADDON: "" };
  const run = spawnSync(process.execPath, ["-e", `require(${JSON.stringify(library)})`], { encoding: "utf8", env });
  assert.match(run.stderr, /@deltaic\/linux-x64-gnu is not installed.*npm install/s);
});
