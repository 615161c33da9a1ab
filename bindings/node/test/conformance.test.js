"use strict";
// The conformance tables of DELTAIC_CONFORMANCE_DIR: facts, rows and versions. A case is skipped only where the library
// refuses a feature by name.
const assert = require("node:assert/strict");
const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { test } = require("node:test");
const { open } = require("../lib/index.js");
const { folder } = require("./tables.js");

const root = process.env.DELTAIC_CONFORMANCE_DIR ?? "";
const index = path.join(root, "cases.json");
const cases = root && fs.existsSync(index) ? JSON.parse(fs.readFileSync(index)).cases : [];

const ERRORS = {
  UNSUPPORTED_READER_FEATURE: "Unsupported",
  UNSUPPORTED_READER_VERSION: "Unsupported",
  CATALOG_REQUIRED: "Unsupported",
  BAD_SCHEMA: "Corruption",
  MISSING_METADATA: "Corruption",
  VERSIONS_NOT_CONTIGUOUS: "Corruption",
  DV_CORRUPT: "Corruption",
  TABLE_NOT_FOUND: "NotFound",
};

const quoted = (text) => JSON.stringify(text);

/** As C's printf("%.{digits}g") has it. */
function number(value, digits) {
  if (Number.isNaN(value)) return '"NaN"';
  if (!Number.isFinite(value)) return value > 0 ? '"Infinity"' : '"-Infinity"';
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa, power] = value.toExponential(digits - 1).split("e");
  const exponent = Number(power);
  const trimmed = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  if (exponent < -4 || exponent >= digits) {
    return `${trimmed(mantissa)}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  return trimmed(decimalDigits(mantissa, exponent));
}

/** 1.25 and 1 as 12.5: toFixed would round again. */
function decimalDigits(mantissa, exponent) {
  const sign = mantissa.startsWith("-") ? "-" : "";
  const digits = mantissa.replace(/[-.]/g, "");
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

/** Years outside of 0 to 9999 as -0001 and +10000: JavaScript writes six digits. */
const year = (text) =>
  text.replace(
    /^([+-])0?(\d{5}|\d{4})/,
    (_, sign, digits) => sign + (sign === "-" ? digits.replace(/^0(?=\d{4})/, "") : digits),
  );

const time = (value, zone) => {
  const micros = String(value.microseconds ?? 0).padStart(3, "0");
  return `"${year(new Date(value.getTime()).toISOString().replace("Z", micros))}${zone}"`;
};

function canonical(value, type) {
  if (value === null) return "null";
  if (type.type === "struct") {
    return `{${type.fields.map((f) => `${quoted(f.name)}:${canonical(value[f.name], f.type)}`).join(",")}}`;
  }
  if (type.type === "array") return `[${value.map((item) => canonical(item, type.elementType)).join(",")}]`;
  if (type.type === "map") {
    const pairs = [...value].map(
      ([key, item]) => `[${canonical(key, type.keyType)},${canonical(item, type.valueType)}]`,
    );
    return `[${pairs.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).join(",")}]`;
  }
  if (type === "float") return number(value, 9);
  if (type === "double") return number(value, 17);
  if (type === "date") return `"${year(value)}"`;
  if (type === "timestamp") return time(value, "Z");
  if (type === "timestamp_ntz") return time(value, "");
  if (type === "binary") return `"${value.toString("hex")}"`;
  if (typeof value === "string") return quoted(value);
  return String(value);
}

// A plain value of JavaScript does not tell a decimal from a text, nor a float from a double, so variants are compared
// by the other runners; here it counts that they read.
const hasVariant = (schema) => JSON.stringify(schema).includes('"variant"');

async function checkRows(table, expected) {
  const schema = JSON.parse(table.schemaJson);
  const rows = await table.scan().toArray();
  assert.equal(rows.length, expected.rows);
  assert.equal(await table.count(), expected.rows);
  if (hasVariant(schema)) return;
  const lines = rows.map((row) => Buffer.from(canonical(row, schema) + "\n")).sort(Buffer.compare);
  const digest = crypto.createHash("sha256").update(Buffer.concat(lines)).digest("hex");
  const known = [expected.sha256, ...(expected.sha256_alternatives ?? [])];
  assert.ok(known.includes(digest), `values differ; first row: ${String(lines[0]).slice(0, 300)}`);
}

async function check(table, expected) {
  if (expected.snapshot) {
    const facts = expected.snapshot;
    assert.equal(table.version, facts.version);
    assert.deepEqual(
      [table.protocol.minReaderVersion, table.protocol.minWriterVersion],
      [facts.min_reader, facts.min_writer],
    );
    assert.equal(table.metadata.id, facts.table_id);
    assert.deepEqual(table.metadata.configuration, facts.properties);
    assert.deepEqual(table.metadata.partitionColumns, facts.partition_columns);
    assert.deepEqual(await table.domains(), facts.domains);
    for (const [app, version] of Object.entries(facts.txns)) assert.equal(await table.transactionVersion(app), version);
    assert.equal((await table.files().toArray()).length, facts.num_files);
  }
  if (expected.sha256) await checkRows(table, expected);
  for (const [version, rows] of Object.entries(expected.rows_by_version ?? {})) {
    const read = table
      .at({ version: Number(version) })
      .scan()
      .toArray();
    if (typeof rows === "string") await assert.rejects(read, `version ${version} reads`);
    else assert.equal((await read).length, rows, `version ${version}`);
  }
}

function fill(place, template) {
  const copy = folder();
  fs.cpSync(place, copy, { recursive: true });
  const special = path.join(copy, "folder&with%special char").split("/").map(encodeURIComponent).join("/");
  const values = { "{{TABLE_ROOT_URI}}": pathToFileURL(copy).href, "{{FOLDER_WITH_SPECIAL_CHAR}}": special };
  const log = path.join(copy, "_delta_log");
  for (const name of fs.readdirSync(log).filter((each) => each.endsWith(".json"))) {
    let text = fs.readFileSync(path.join(log, name), "utf8");
    for (const placeholder of Object.keys(template)) text = text.replaceAll(placeholder, values[placeholder]);
    fs.chmodSync(path.join(log, name), 0o600);
    fs.writeFileSync(path.join(log, name), text);
  }
  return copy;
}

async function refuses(place, error) {
  assert.ok(ERRORS[error], `this test has no meaning for ${error}`);
  await assert.rejects(async () => (await open(place)).scan().toArray(), { code: ERRORS[error] });
}

test("no conformance tables", { skip: cases.length > 0 }, (t) => t.skip("set DELTAIC_CONFORMANCE_DIR"));

for (const each of cases) {
  test(each.name, async (t) => {
    const place = each.template ? fill(path.join(root, each.path), each.template) : path.join(root, each.path);
    if (each.kind === "error" || each.kind === "data-error") return refuses(place, each.expected.error);
    if (each.kind === "catalog") {
      await refuses(place, "CATALOG_REQUIRED");
      const { ratified_staged_commits: catalogCommits, max_catalog_version: maxCatalogVersion } = each.catalog;
      return check(await open(place, { catalogCommits, maxCatalogVersion }), each.expected);
    }
    let table;
    try {
      table = await open(place);
    } catch (error) {
      if (error.code === "Unsupported") return t.skip(error.message);
      if (each.kind === "implementation-defined") return undefined;
      throw error;
    }
    return check(table, each.expected);
  });
}
