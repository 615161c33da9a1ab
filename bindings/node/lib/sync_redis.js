"use strict";
// The Redis side, on a client of the package redis (version 5 or newer).

const { DeltaicError } = require("./error.js");

// Runs of others in the meantime, after which a run gives up.
const MAX_TRIES = 100;
const KEYS_AT_ONCE = 1000;

async function toRedis(client, start, plan, dryRun) {
  for (let i = 0; i < MAX_TRIES; i++) {
    const result = await tryRun(client, start, plan, dryRun);
    if (result !== null) return result;
  }
  throw new DeltaicError("Conflict", "other runs moved the cursor again and again; run it when they are done");
}

/** null where another run moved the cursor meanwhile. */
async function tryRun(client, start, plan, dryRun) {
  await client.watch(start.cursorKey);
  let multi = null;
  try {
    const cursor = await client.hGetAll(start.cursorKey);
    const known = ["table_id", "version", "spec"].filter((name) => cursor[name] !== undefined);
    const planned = await plan(Object.fromEntries(known.map((name) => [`cursor_${name}`, String(cursor[name])])));
    if (planned.plan.action !== "nothing") multi = await gather(client, planned);
    if (multi === null || dryRun) {
      await client.unwatch();
      return planned.result;
    }
    await multi.exec();
    return planned.result;
  } catch (error) {
    if (error?.constructor?.name === "WatchError") return null;
    await client.unwatch().catch(() => {});
    throw error;
  }
}

/** All commands of a run; the client keeps them until it sends them together. */
async function gather(client, planned) {
  const { plan, result } = planned;
  const multi = client.multi();
  const gone = plan.clear === "" ? [] : await keysOf(client, plan.clear);
  for (let at = 0; at < gone.length; at += KEYS_AT_ONCE) {
    multi.addCommand(["DEL", ...gone.slice(at, at + KEYS_AT_ONCE)]);
  }
  for await (const bytes of planned.bytes()) {
    for (const line of bytes.toString().split("\n")) if (line !== "") multi.addCommand(JSON.parse(line));
  }
  for (const command of plan.finish) multi.addCommand(command);
  result.upserted = result.sent;
  return multi;
}

async function keysOf(client, pattern) {
  const found = [];
  let cursor = "0";
  do {
    const reply = await client.scan(cursor, { MATCH: pattern, COUNT: KEYS_AT_ONCE });
    for (const key of reply.keys) found.push(key);
    cursor = String(reply.cursor);
  } while (cursor !== "0");
  return found;
}

module.exports = { toRedis };
