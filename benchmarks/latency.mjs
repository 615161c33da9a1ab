// Node: how late the event loop is while rows are read and written, and how soon a signal ends a scan.
//   DELTAIC_NODE_ADDON=build/node/deltaic.node node benchmarks/latency.mjs [ROWS]
// Goals: event-loop delay p99 under 10 ms, a signal within 100 ms.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { open, write } from "../bindings/node/lib/index.mjs";

const rows = Number(process.argv[2] ?? 1_000_000);
const CANCELS = 200;
const folder = mkdtempSync(path.join(tmpdir(), "deltaic-latency-"));
const uri = path.join(folder, "t");

async function delayOf(name, run) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await run();
  delay.disable();
  const [p50, p99, max] = [delay.percentile(50), delay.percentile(99), delay.max].map((ns) => (ns / 1e6).toFixed(1));
  console.log(`${name.padEnd(28)} event-loop delay p50 ${p50} ms, p99 ${p99} ms, most ${max} ms`);
}

function* made() {
  for (let i = 0; i < rows; i++) yield { id: i, name: `name-${i}`, city: `city-${i % 50}`, x: i / 3, at: new Date(i) };
}

/** Milliseconds from the signal to the rejection. */
async function cancelOne(table, after) {
  const controller = new AbortController();
  let aborted = 0;
  const reading = (async () => {
    for await (const batch of table.scan({ signal: controller.signal }).rowBatches()) void batch;
  })();
  reading.catch(() => {});
  await sleep(after);
  aborted = performance.now();
  controller.abort();
  return reading.then(
    () => null,
    () => performance.now() - aborted,
  );
}

try {
  await delayOf("write", () => write(uri, made()));
  const table = await open(uri);
  await delayOf("for await", async () => {
    for await (const row of table.scan()) void row;
  });
  await delayOf("rowBatches", async () => {
    for await (const batch of table.scan().rowBatches()) void batch;
  });
  await delayOf("toArray", () => table.scan().toArray());
  const found = [];
  for (let i = 0; i < CANCELS; i++) found.push(await cancelOne(table, i % 50));
  const ended = found.filter((ms) => ms !== null).sort((a, b) => a - b);
  const at = (share) => ended[Math.floor(share * (ended.length - 1))].toFixed(1);
  console.log(
    `${ended.length} of ${CANCELS} scans cancelled`.padEnd(28),
    `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
