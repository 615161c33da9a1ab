"use strict";
// Credentials by a function, against a server that says of every object of S3 that it is not there. That what they sign is
// accepted, too, tests/cloud/test_credential_languages.py shows on a real server.

const assert = require("node:assert");
const { spawnSync } = require("node:child_process");
const http = require("node:http");
const { after, before, beforeEach, test } = require("node:test");
const { setTimeout: sleep } = require("node:timers/promises");
const { Worker } = require("node:worker_threads");
const { open, exists, write, DeltaicError } = require("../lib/index.js");
const { folder, newScores } = require("./tables.js");

const KEYS = { aws_access_key_id: "AKNODE", aws_secret_access_key: "canary-secret" };
let signers = [];
let storage;
const server = http.createServer((request, response) => {
  signers.push(/Credential=([^/]*)/.exec(request.headers.authorization)?.[1]);
  if (request.url.includes("list-type")) {
    response.end("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>");
    return;
  }
  response.statusCode = 404;
  response.end();
});
before(async () => {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${server.address().port}`;
  storage = { aws_endpoint: endpoint, aws_region: "us-east-1", allow_http: "true", max_retries: "0" };
});
beforeEach(() => (signers = []));
after(() => {
  server.closeAllConnections();
  server.close();
});

const openWith = (credentialProvider, more = {}) =>
  open("s3://b/t", { storageOptions: { ...storage, credentialProvider }, ...more });
const isCode = (code) => (error) => error instanceof DeltaicError && error.code === code;

test("credentials of a function sign", async () => {
  let asked = 0;
  const sync = () => {
    asked++;
    return { ...KEYS, aws_session_token: null, expiresAt: new Date(Date.now() + 3_600_000) };
  };
  const later = async () => {
    await sleep(20);
    return sync();
  };
  await assert.rejects(openWith(sync), isCode("NotFound"));
  await assert.rejects(openWith(later), isCode("NotFound"));
  assert.equal(await exists("s3://b/t", { storageOptions: { ...storage, credentialProvider: later } }), false);
  assert.equal(asked, 3);
  assert.deepEqual([...new Set(signers)], ["AKNODE"]);
});

test("times of other forms, and nobody who hands out", async () => {
  const soon = Date.now() + 3_600_000;
  for (const expiresAt of [soon, new Date(soon).toISOString(), undefined, null]) {
    await assert.rejects(
      openWith(() => ({ ...KEYS, expiresAt })),
      isCode("NotFound"),
    );
  }
  await assert.rejects(
    open("s3://b/t", { storageOptions: { ...storage, ...KEYS, credentialProvider: undefined } }),
    isCode("NotFound"),
  );
});

test("what goes wrong in it is one line", async () => {
  const wrong = {
    "Error: the vault is sealed": () => {
      throw new Error("the vault is sealed\nsecond line");
    },
    "TypeError: later": async () => {
      throw new TypeError("later");
    },
    "just a text": () => Promise.reject("just a text"),
    "returned string, not an object": () => "canary",
    "returned null": () => null,
    "no text for aws_access_key_id": () => ({ aws_access_key_id: 7 }),
    "NUL byte in aws_session_token": () => ({ ...KEYS, aws_session_token: "canary\0" }),
    "expiresAt is no time": () => ({ ...KEYS, expiresAt: "never" }),
    "expired already": () => ({ ...KEYS, expiresAt: 1000 }),
    aws_regoin: () => ({ ...KEYS, aws_regoin: "canary" }),
    "must hold": () => ({}),
  };
  for (const [says, provider] of Object.entries(wrong)) {
    await assert.rejects(openWith(provider), (error) => {
      assert(error instanceof DeltaicError && ["PermissionDenied", "InvalidArgument"].includes(error.code), error);
      assert(error.message.includes(says), error.message);
      assert.doesNotMatch(error.message, /second line|canary|\n/);
      return true;
    });
  }
  assert.deepEqual(signers, []);
});

test("not a function, and where there is no cloud", async () => {
  await assert.rejects(openWith("keys"), /is a function/);
  await assert.rejects(open(folder(), { storageOptions: { credentialProvider: () => KEYS } }), /credentials provider/);
});

test("it may use other tables while many calls wait", async () => {
  const { uri } = await newScores(10, { mode: "append" });
  let asked = 0;
  const provider = async () => {
    asked++;
    const table = await open(uri);
    const [row] = await table.scan({ where: "id = 7" }).toArray();
    table.close();
    return { ...KEYS, aws_access_key_id: `AK${row.id}` };
  };
  const calls = Array.from({ length: 40 }, () => assert.rejects(openWith(provider), isCode("NotFound")));
  await Promise.all(calls);
  assert.equal(asked, 40);
  assert.deepEqual([...new Set(signers)], ["AK7"]);
});

test("an aborted call ends once the function has answered", async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error("stopped")), 20);
  const provider = () => sleep(100, KEYS);
  await assert.rejects(openWith(provider, { signal: stop.signal }), /stopped/);
});

test("a promise that nobody can settle is an error", { skip: !globalThis.gc }, async () => {
  const ticker = setInterval(() => globalThis.gc(), 10);
  await assert.rejects(
    openWith(() => new Promise(() => {})),
    /settle no more/,
  );
  clearInterval(ticker);
});

const LIBRARY = JSON.stringify(require.resolve("../lib/index.js"));

test("a worker may be terminated while it is asked", async () => {
  const code = `
    const { open } = require(${LIBRARY});
    const { parentPort } = require("node:worker_threads");
    const credentialProvider = () => { parentPort.postMessage("asked"); return new Promise(() => setInterval(() => {}, 1000)); };
    for (let i = 0; i < 5; i++)
      open("s3://b/t", { storageOptions: { ...${JSON.stringify(storage)}, credentialProvider } }).catch(() => {});
  `;
  for (let i = 0; i < 5; i++) {
    const worker = new Worker(code, { eval: true });
    await new Promise((resolve) => worker.once("message", resolve));
    await worker.terminate();
  }
});

test("a process ends by itself, with a table that has a function, and by exit while one is asked", () => {
  const settings = JSON.stringify({ aws_region: "x", aws_endpoint: "http://127.0.0.1:9", allow_http: "true" });
  const programs = [
    `open("s3://b/t", { storageOptions: { ...${settings}, max_retries: "0", credentialProvider: () => (${JSON.stringify(KEYS)}) } })
       .catch((error) => console.log(error.code))`,
    `open("s3://b/t", { storageOptions: { ...${settings}, credentialProvider: () => { setTimeout(() => process.exit(), 50);
       console.log("Unavailable"); return new Promise(() => setInterval(() => {}, 1000)); } } })`,
  ];
  for (const program of programs) {
    const code = `const { open } = require(${LIBRARY}); ${program}`;
    const run = spawnSync(process.execPath, ["-e", code], { encoding: "utf8", timeout: 20_000 });
    assert.equal(run.status, 0, run.stderr);
    assert.match(run.stdout, /^(Unavailable|Io)\n$/);
  }
});

test("functions are let go with their tables", { skip: !globalThis.gc }, async () => {
  let dropped = 0;
  const registry = new FinalizationRegistry(() => dropped++);
  for (let i = 0; i < 20; i++) {
    const credentialProvider = () => KEYS;
    registry.register(credentialProvider);
    await exists("s3://b/t", { storageOptions: { ...storage, credentialProvider } });
  }
  for (let i = 0; i < 100 && dropped < 15; i++) {
    globalThis.gc();
    await sleep(10);
  }
  assert(dropped >= 15, String(dropped));
  await assert.rejects(write("s3://b/t", [{ id: 1 }], { storageOptions: { ...storage, credentialProvider: "no" } }));
});
