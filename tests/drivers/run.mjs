// A run of the Node driver: TABLE URL OPTIONS (JSON); says what it did as JSON.
import { createRequire } from "node:module";

const require = createRequire(process.env.DELTAIC_NODE_MODULES + "/x.js");
const { DeltaicError, sync } = require(process.env.DELTAIC_NODE_PACKAGE);
const [table, url, options] = process.argv.slice(2);

async function connect() {
  if (url.startsWith("unix")) {
    const client = require("redis").createClient({ socket: { path: url.slice("unix://".length) } });
    return client.connect();
  }
  if (url.startsWith("rediss")) {
    const client = require("redis").createClient({ url, socket: { reconnectStrategy: false } });
    return client.connect();
  }
  const host = url.slice(url.indexOf("host=") + "host=".length);
  const client = new (require("pg").Client)({ host, user: "postgres", database: "postgres" });
  await client.connect();
  return client;
}

const { dry_run, soft_delete, max_rejects, ...given } = JSON.parse(options);
const to = await connect();
try {
  const result = await sync(table, {
    to,
    into: "scores",
    key: "id",
    ...given,
    dryRun: dry_run,
    softDelete: soft_delete,
    maxRejects: max_rejects,
  });
  delete result.reasons;
  console.log(JSON.stringify(result));
} catch (error) {
  if (!(error instanceof DeltaicError) && error.severity === undefined) throw error; // severity: of PostgreSQL
  console.log(JSON.stringify({ code: error.code, message: error.message }));
} finally {
  await (to.end ?? to.close).call(to);
}
