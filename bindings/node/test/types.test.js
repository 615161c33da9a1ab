"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { Timestamp, open, write } = require("../lib/index.js");
const { folder } = require("./tables.js");

const SCHEMA = `id BIGINT, bool BOOLEAN, byte TINYINT, short SMALLINT, int INT, long BIGINT, float FLOAT, double DOUBLE,
  text STRING, few STRING, bytes BINARY, small DECIMAL(5,2), large DECIMAL(38,10), day DATE, at TIMESTAMP, local TIMESTAMP_NTZ,
  list ARRAY<BIGINT>, texts ARRAY<ARRAY<STRING>>, map MAP<STRING, DOUBLE>, struct STRUCT<a: INT, b: STRING>,
  structs ARRAY<STRUCT<a: INT, b: STRING>>, map_of MAP<INT, STRUCT<a: INT, b: STRING>>, variant VARIANT`;

// A small generator with a seed: the same rows each time.
function generator(seed) {
  let state = seed >>> 0 || 1;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
}

function randomRow(below, id) {
  const one = (...choices) => choices[below(choices.length)];
  const maybe = (make) => (below(4) === 0 ? null : make());
  const some = (make) => Array.from({ length: below(4) }, make);
  const text = () => one("", "a", "naïve", "日本語のテキスト", "🎉🎉", "tab\tand\nline", "a longer text of some words");
  const inner = () => ({ a: maybe(() => below(1000) - 500), b: maybe(text) });
  const time = () => {
    const millis = one(0, -1, -62135596800000, 253402300799999, 1700000000123, below(2 ** 31) * 1000);
    const beyond = below(2) === 0 ? 0 : below(1000);
    return beyond === 0 ? new Date(millis) : new Timestamp(millis, beyond);
  };
  return {
    id: BigInt(id),
    bool: maybe(() => below(2) === 0),
    byte: maybe(() => below(256) - 128),
    short: maybe(() => below(65536) - 32768),
    int: maybe(() => one(-2147483648, 2147483647, below(2 ** 31))),
    long: maybe(() => one(-(2n ** 63n), 2n ** 63n - 1n, BigInt(below(1000)), 2n ** 53n + 1n)),
    float: maybe(() => one(Infinity, Math.fround(0.1), -0.5)),
    double: maybe(() => one(-Infinity, 5e-324, 0.1, below(1000) / 7)),
    text: maybe(text),
    few: one("few", "values", null),
    bytes: maybe(() => Buffer.from(some(() => below(256)))),
    small: maybe(() => one("0.00", "-999.99", "12.50")),
    large: maybe(() => one("1234567890123456789012345678.0123456789", "-0.0000000001", "0.0000000000")),
    day: maybe(() => one("1970-01-01", "0001-01-01", "9999-12-31", "2024-02-29", "1969-12-31")),
    at: maybe(time),
    local: maybe(time),
    list: maybe(() => some(() => maybe(() => BigInt(below(100))))),
    texts: maybe(() => some(() => maybe(() => some(text)))),
    map: maybe(() => new Map(some(() => [text(), maybe(() => below(9) / 2)]))),
    struct: maybe(inner),
    structs: maybe(() => some(() => maybe(inner))),
    map_of: maybe(() => new Map(some(() => [below(50), inner()]))),
    variant: maybe(() =>
      one(true, -3, 1.5, 2n ** 60n, text(), Buffer.from([0, 255]), time(), [1, null, "x"], { b: 1, a: [true], "": {} }),
    ),
  };
}

test("write then read loses nothing", async () => {
  for (const seed of [1, 2, 3, 4]) {
    const below = generator(seed * 7919);
    const rows = Array.from({ length: 1 + below(5000) }, (_, i) => randomRow(below, i));
    const uri = folder();
    await write(uri, rows, { schema: SCHEMA });
    const table = await open(uri);
    assert.deepStrictEqual(await table.scan({ ordered: true }).toArray(), rows);
    // What was read is written into the same types.
    const again = folder();
    await write(again, table.scan({ ordered: true }), { schema: SCHEMA });
    assert.deepStrictEqual(await (await open(again)).scan({ ordered: true }).toArray(), rows);
    // Arrow IPC holds the same.
    const third = folder();
    const plain = rows.map(({ variant: _, ...row }) => row);
    await write(third, await table.scan({ ordered: true, columns: Object.keys(plain[0]) }).ipc());
    assert.deepStrictEqual(await (await open(third)).scan({ ordered: true }).toArray(), plain);
  }
});

test("types of a new table", async () => {
  const uri = folder();
  await write(uri, [
    {
      i: 1,
      big: 2n,
      n: 1,
      d: new Date(0),
      s: "x",
      b: true,
      z: Buffer.from("z"),
      a: [null, 1.5],
      m: new Map([["k", 1]]),
      o: { x: 1, y: ["t"] },
    },
    { i: null, big: 1, n: 0.5, a: [], o: null },
  ]);
  const types = Object.fromEntries((await open(uri)).schema.map(({ name, type }) => [name, type]));
  assert.deepEqual(types, {
    i: "long",
    big: "long",
    n: "double",
    d: "timestamp",
    s: "string",
    b: "boolean",
    z: "binary",
    a: "array<double>",
    m: "map<string,long>",
    o: "struct<x:long,y:array<string>>",
  });
  await assert.rejects(write(folder(), [{ a: 1 }, { a: "x" }]), { code: "InvalidArgument" });
});

test("values that do not fit", async () => {
  const cases = [
    ["TINYINT", 128],
    ["SMALLINT", 0.5],
    ["INT", 2 ** 31],
    ["BIGINT", 2n ** 63n],
    ["BIGINT", 2 ** 53],
    ["BIGINT", "1"],
    ["FLOAT", 0.1],
    ["DOUBLE", 2n ** 53n + 1n],
    ["DECIMAL(3,1)", "100.0"],
    ["DECIMAL(3,1)", "1.25"],
    ["DECIMAL(3,1)", 1.5],
    ["STRING", 5],
    ["STRING", "é\ud800"],
    ["BOOLEAN", 1],
    ["DATE", "2024-02-30"],
    ["DATE", new Date(0)],
    ["TIMESTAMP", "2024-01-01"],
    ["TIMESTAMP", new Date(NaN)],
    ["ARRAY<INT>", ["x"]],
    ["BINARY", "x"],
    ["MAP<STRING, INT>", [1]],
    ["STRUCT<a: INT>", { b: 1 }],
    ["VARIANT", () => 1],
    ["VARIANT", new Set()],
  ];
  for (const [kind, value] of cases) {
    await assert.rejects(
      write(folder(), [{ c: value }], { schema: `c ${kind}` }),
      (error) => {
        assert.equal(error.code, "SchemaMismatch", `${kind}: ${error.stack}`);
        return true;
      },
      kind,
    );
  }
  await assert.rejects(write(folder(), [{ c: null }], { schema: "c INT NOT NULL" }), {
    code: "SchemaMismatch",
    message: /row 0.*takes no null/,
  });
});

test("longs and maps in other forms", async () => {
  const uri = folder();
  await write(uri, [
    { n: 5n, m: new Map([["a", 1n]]) },
    { n: 2n ** 53n, m: null },
  ]);
  const table = await open(uri);
  const read = (options) => table.scan({ ordered: true, ...options }).toArray();
  assert.deepEqual(await read({ longs: "string" }), [
    { n: "5", m: new Map([["a", "1"]]) },
    { n: "9007199254740992", m: null },
  ]);
  assert.deepEqual(await read({ longs: "number", maps: "object", where: "n = 5" }), [{ n: 5, m: { a: 1 } }]);
  await assert.rejects(read({ longs: "number" }), { code: "InvalidArgument", message: /2\^53/ });
});

test("names that are special in JavaScript", async () => {
  const uri = folder();
  const rows = [JSON.parse('{"constructor": 1, "toString": 2, "a\\"b": 3, "__proto__": 4}')];
  await write(uri, rows, { schema: 'constructor DOUBLE, toString DOUBLE, `a"b` DOUBLE, __proto__ DOUBLE' });
  const [row] = await (await open(uri)).scan().toArray();
  assert.deepEqual(Object.entries(row), [
    ["constructor", 1],
    ["toString", 2],
    ['a"b', 3],
    ["__proto__", 4],
  ]);
});
