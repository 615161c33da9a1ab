// A service that answers with the best scores of a user, from a table that a nightly job writes.
//   node examples/node/service.mjs TABLE [PORT]
import { createServer } from "node:http";
import { DeltaicError, exists, open, write } from "deltaic";

const [uri = "scores", port = "0"] = process.argv.slice(2);
if (!(await exists(uri))) {
  const first = Array.from({ length: 1000 }, (_, i) => ({ user_id: i % 10, item: `item-${i}`, score: i / 1000 }));
  await write(uri, first);
}
const table = await open(uri);

const server = createServer(async (request, response) => {
  const controller = new AbortController();
  response.on("close", () => controller.abort()); // who hangs up stops the scan
  const user = Number(new URL(request.url, "http://localhost").searchParams.get("user"));
  if (!Number.isSafeInteger(user)) return response.writeHead(400).end("user is a number\n");
  try {
    await table.refresh({ signal: controller.signal });
    const where = `user_id = ${user} AND score > 0.9`;
    const rows = await table.scan({ where, columns: ["item", "score"], signal: controller.signal }).toArray();
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(rows) + "\n");
  } catch (error) {
    const status = error instanceof DeltaicError && error.code === "Unavailable" ? 503 : 500;
    if (!response.headersSent) response.writeHead(status).end(`${error.message}\n`);
  }
  return undefined;
});
server.listen(Number(port), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/?user=7`));
