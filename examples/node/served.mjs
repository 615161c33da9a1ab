// A service that answers from PostgreSQL in less than a millisecond, and keeps what it serves in step with a table of the
// warehouse, once a minute; README.md says how to run it.
//   node served.mjs TABLE [PORT]
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { DeltaicError, sync } from "deltaic";
import pg from "pg";

const [uri, port = "0"] = process.argv.slice(2);
const EVERY_MS = Number(process.env.EVERY_MS ?? 60_000);
const PASSES = ["Unavailable", "Conflict", "CommitUnknown"]; // what the next minute may mend

const pool = new pg.Pool();
const stop = new AbortController();

async function keepInStep() {
  while (!stop.signal.aborted) {
    const client = await pool.connect();
    try {
      const done = await sync(uri, { to: client, into: "scores", key: "user_id", signal: stop.signal });
      if (done.action !== "nothing") {
        console.log(`version ${done.to}: ${done.upserted} upserted, ${done.deleted} deleted`);
      }
    } catch (error) {
      if (stop.signal.aborted) return;
      if (!(error instanceof DeltaicError && PASSES.includes(error.code))) throw error;
      console.error(error.message);
    } finally {
      client.release();
    }
    await sleep(EVERY_MS, null, { signal: stop.signal }).catch(() => {});
  }
}

const server = createServer(async (request, response) => {
  const user = Number(new URL(request.url, "http://localhost").searchParams.get("user"));
  if (!Number.isSafeInteger(user)) return response.writeHead(400).end("user is a number\n");
  const { rows } = await pool.query("SELECT user_id::int, score FROM scores WHERE user_id = $1", [user]);
  if (rows.length === 0) return response.writeHead(404).end("nobody of that name\n");
  return response.writeHead(200, { "content-type": "application/json" }).end(`${JSON.stringify(rows[0])}\n`);
});
server.listen(Number(port), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/?user=7`));

process.once("SIGTERM", () => {
  stop.abort(); // a run that is under way leaves nothing behind
  server.close();
});
await keepInStep();
await pool.end();
