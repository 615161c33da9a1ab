"use strict";
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const deltaic = require("../lib/index.js");

const root = fs.mkdtempSync(path.join(os.tmpdir(), "deltaic-test-"));
process.on("exit", () => fs.rmSync(root, { recursive: true, force: true }));
let count = 0;
const folder = () => path.join(root, `t${count++}`);

function* scores(n) {
  for (let i = 0; i < n; i++) yield { id: i, name: `name-${i % 100}`, score: i / 2 + 0.25 };
}

async function newScores(n, options) {
  const uri = folder();
  await deltaic.write(uri, scores(n), options);
  return { uri, table: await deltaic.open(uri) };
}

module.exports = { folder, scores, newScores };
