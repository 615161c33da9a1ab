"use strict";
// Batches from the native side (src/flat_batch.h says how they lie in memory) to rows.

const { DeltaicError, invalid } = require("./error.js");
const { Timestamp, dayText } = require("./values.js");
const { readVariant, setOwn } = require("./variant.js");

/** Rows are decoded so many at a time: few enough for their texts to be cut from one. */
const CHUNK = 1024;

/** And so many values, or rather what takes as long, which is a millisecond or two. */
const PIECE_VALUES = 65_536;
const BYTES_OF_A_VALUE = 256; // that are copied while a value is made

const LONGS = ["bigint", "number", "string"];

/** How values come: longs as bigint, number (which throws beyond 2^53) or string; maps as Map or object. */
function conversionsOf({ longs = "bigint", maps = "map" } = {}) {
  if (!LONGS.includes(longs)) throw invalid(`longs is one of ${LONGS.join(", ")}, not ${String(longs)}`);
  if (maps !== "map" && maps !== "object") throw invalid(`maps is "map" or "object", not ${String(maps)}`);
  const long = { bigint: (value) => value, number: safeNumber, string: String }[longs];
  return { longs, maps, long };
}

function safeNumber(value) {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) {
    throw new DeltaicError(
      "InvalidArgument",
      `the long ${value} is beyond 2^53, where numbers lose digits; read longs as bigint or string`,
    );
  }
  return number;
}

/** Walks the layout of a batch beside its schema. */
class Cursor {
  constructor(batch) {
    this.block = batch.block;
    this.bytes = Buffer.from(batch.block);
    this.layout = batch.layout;
    this.at = 0;
    this.values = 0;
  }
  take() {
    return this.layout[this.at++];
  }
  array(Type, length) {
    const position = this.take();
    return position < 0 ? null : new Type(this.block, position, length);
  }
}

const NUMBERS = { c: Int8Array, s: Int16Array, i: Int32Array, f: Float32Array, g: Float64Array };

/**
 * One column of a batch: `length`, `valid` (a byte for each row, or null where no row is null), and `get(i)` for rows
 * that are valid. For the makers of rows `way` tells how a value is had, of `values` and `more`, without a call: see WAYS.
 */
function column(field, cursor, conversions) {
  const length = cursor.take();
  cursor.values += length;
  const made = {
    length,
    valid: cursor.array(Uint8Array, length),
    get: undefined,
    way: "get",
    values: null,
    more: null,
  };
  const has = (way, values, more = null) => Object.assign(made, { way, values, more });
  if (field.dictionary) {
    const indexes = cursor.array(Int32Array, length);
    const words = valuesOf(column(field.dictionary, cursor, conversions));
    made.get = (i) => words[indexes[i]];
    has("word", indexes, words);
  } else if (NUMBERS[field.format]) {
    const values = cursor.array(NUMBERS[field.format], length);
    made.get = (i) => values[i];
    has("plain", values);
  } else if (field.format === "l") {
    made.get = longs(cursor, length, conversions);
    if (conversions.longs === "bigint") has("plain", made.get.values);
  } else if (field.format === "b") {
    const values = cursor.array(Uint8Array, length);
    made.get = (i) => values[i] !== 0;
    has("flag", values);
  } else if (field.format === "u" || field.format.startsWith("d:")) {
    const text = texts(cursor, length);
    made.get = text.get;
    has("text", text.units, text.cut);
  } else if (field.format === "z") {
    made.get = binaries(cursor, length);
  } else if (field.format === "tdD") {
    const values = cursor.array(Int32Array, length);
    made.get = days(values);
    has("day", values, dayTexts);
  } else if (field.format.startsWith("tsu:")) {
    const [millis, beyond] = [cursor.array(Float64Array, length), cursor.array(Uint16Array, length)];
    made.get = times(millis, beyond);
    if (beyond === null) has("time", millis);
  } else if (field.format === "+l") {
    made.get = lists(cursor.array(Int32Array, length + 1), column(field.children[0], cursor, conversions));
  } else if (field.format === "+m") {
    made.get = maps(field, cursor, length, conversions);
  } else if (field.format === "+s") {
    const children = field.children.map((child) => column(child, cursor, conversions));
    made.children = children;
    made.get = field.variant ? variants(children, conversions) : structs(field, children);
  } else if (field.format === "n") {
    made.valid = new Uint8Array(length);
    made.get = () => null;
  } else {
    throw new DeltaicError(
      "Unsupported",
      `column ${field.name} has the Arrow type ${field.format}, which is not known here`,
    );
  }
  return made;
}

function valueAt(made, i) {
  return made.valid === null || made.valid[i] !== 0 ? made.get(i) : null;
}

function valuesOf(made) {
  return Array.from({ length: made.length }, (_, i) => valueAt(made, i));
}

function longs(cursor, length, conversions) {
  const values = cursor.array(BigInt64Array, length);
  if (conversions.longs !== "number") {
    const get = conversions.longs === "bigint" ? (i) => values[i] : (i) => String(values[i]);
    get.values = values;
    return get;
  }
  const low = new Uint32Array(values.buffer, values.byteOffset, 2 * length);
  const high = new Int32Array(values.buffer, values.byteOffset, 2 * length);
  return (i) => {
    const value = high[2 * i + 1] * 4294967296 + low[2 * i];
    return Number.isSafeInteger(value) ? value : safeNumber(values[i]);
  };
}

/**
 * Text is made for many rows at once and cut: far fewer calls into the engine. `cut(from, to)` gives that of rows, or null
 * where it does not have as many units as were counted.
 */
function texts(cursor, length) {
  const offsets = cursor.array(Int32Array, length + 1);
  const start = cursor.take();
  cursor.take(); // its length is the last offset
  const units = cursor.array(Int32Array, length + 1) ?? offsets;
  const bytes = cursor.bytes;
  const ascii = units === offsets;
  const cut = (from, to) => {
    const [begin, end] = [start + offsets[from], start + offsets[to]];
    const text = ascii ? bytes.latin1Slice(begin, end) : bytes.utf8Slice(begin, end);
    return text.length === units[to] - units[from] ? text : null;
  };
  let chunk = -1;
  let text = null;
  let first = 0;
  const get = (i) => {
    const wanted = i >> 10;
    if (wanted !== chunk) {
      chunk = wanted;
      const from = wanted << 10;
      text = cut(from, Math.min(from + CHUNK, length));
      first = units[from];
    }
    if (text === null) return bytes.utf8Slice(start + offsets[i], start + offsets[i + 1]);
    return text.substring(units[i] - first, units[i + 1] - first);
  };
  return { get, units, cut };
}

function binaries(cursor, length) {
  const offsets = cursor.array(Int32Array, length + 1);
  const start = cursor.take();
  cursor.take();
  // Copied, so that a value does not keep its batch.
  return (i) => Buffer.from(cursor.bytes.subarray(start + offsets[i], start + offsets[i + 1]));
}

/** Texts of the days from 1970 to 2059 that were met, by their number, and of some others. */
const dayTexts = [];
const MAX_DAY = 0x7fff;
const farDays = new Map();
const MAX_FAR_DAYS = 100_000;

function days(values) {
  if (dayTexts.length === 0) for (let day = 0; day <= MAX_DAY; day++) dayTexts.push("");
  return (i) => {
    const day = values[i];
    if (day >= 0 && day <= MAX_DAY) return dayTexts[day] || (dayTexts[day] = dayText(day));
    let text = farDays.get(day);
    if (text === undefined) {
      if (farDays.size > MAX_FAR_DAYS) farDays.clear();
      farDays.set(day, (text = dayText(day)));
    }
    return text;
  };
}

function times(millis, beyond) {
  if (beyond === null) return (i) => new Date(millis[i]);
  return (i) => (beyond[i] === 0 ? new Date(millis[i]) : new Timestamp(millis[i], beyond[i]));
}

function lists(offsets, child) {
  return (i) => {
    const made = new Array(offsets[i + 1] - offsets[i]);
    for (let j = 0; j < made.length; j++) made[j] = valueAt(child, offsets[i] + j);
    return made;
  };
}

function maps(field, cursor, length, conversions) {
  const offsets = cursor.array(Int32Array, length + 1);
  const entries = field.children[0];
  cursor.take();
  cursor.take();
  const [keys, items] = entries.children.map((child) => column(child, cursor, conversions));
  const asObject = conversions.maps === "object";
  return (i) => {
    const made = asObject ? {} : new Map();
    for (let j = offsets[i]; j < offsets[i + 1]; j++) {
      if (asObject) setOwn(made, String(valueAt(keys, j)), valueAt(items, j));
      else made.set(valueAt(keys, j), valueAt(items, j));
    }
    return made;
  };
}

function variants([metadata, value], conversions) {
  return (i) => readVariant(metadata.get(i), value.get(i), conversions);
}

function structs(field, children) {
  const names = field.children.map((child) => child.name);
  return (i) => {
    const made = {};
    for (let j = 0; j < names.length; j++) setOwn(made, names[j], valueAt(children[j], i));
    return made;
  };
}

/** How the value of row i in column j is had, as code: of v (values), m (more), g (get) and what `before` the rows makes. */
const WAYS = {
  get: { code: (j) => `g${j}(i)` },
  plain: { code: (j) => `v${j}[i]` },
  flag: { code: (j) => `v${j}[i] !== 0` },
  word: { code: (j) => `m${j}[v${j}[i]]` },
  time: { code: (j) => `new Date(v${j}[i])` },
  day: { code: (j) => `(v${j}[i] >>> 0 <= ${MAX_DAY} && m${j}[v${j}[i]] || g${j}(i))` },
  text: {
    before: (j) => `const t${j} = m${j}(from, to), f${j} = v${j}[from];`,
    code: (j) => `(t${j} === null ? g${j}(i) : t${j}.substring(v${j}[i] - f${j}, v${j}[i + 1] - f${j}))`,
  },
};

/** Generated functions by names and shape: the engine has made fast code of those that were used before. */
const makers = new Map();
const MAX_MAKERS = 64;

/** Makes functions (columns, from, to) => rows, for each shape of a schema: which columns have nulls or plain values. */
class RowMaker {
  constructor(schema, conversions) {
    this.schema = schema;
    this.conversions = conversions;
    this.names = JSON.stringify(schema.children.map((child) => child.name));
  }

  /** A batch as {length, piece, rows(from, to)}; `piece` is how many rows are made at once, at most. */
  open(batch) {
    const cursor = new Cursor(batch);
    const root = column(this.schema, cursor, this.conversions);
    const work = cursor.values + batch.block.byteLength / BYTES_OF_A_VALUE;
    const piece = Math.max(1, Math.floor((root.length / work) * PIECE_VALUES));
    const shape = this.names + root.children.map((child) => (child.valid ? `${child.way}?` : child.way)).join();
    let make = makers.get(shape);
    if (make === undefined) {
      if (makers.size === MAX_MAKERS) makers.clear();
      makers.set(shape, (make = this.generate(root.children)));
    }
    return { length: root.length, piece, rows: (from, to) => make(root.children, from, to) };
  }

  generate(children) {
    const names = this.schema.children.map((child) => child.name);
    if (names.includes("__proto__")) return interpreted(this.schema);
    const members = names.map((name, j) => {
      const value = WAYS[children[j].way].code(j);
      return `${JSON.stringify(name)}: ${children[j].valid ? `n${j}[i] ? ${value} : null` : value}`;
    });
    const locals = children.map((child, j) => {
      const before = WAYS[child.way].before?.(j) ?? "";
      return `const {values: v${j}, more: m${j}, get: g${j}, valid: n${j}} = columns[${j}]; ${before}`;
    });
    try {
      return new Function(
        "columns",
        "from",
        "to",
        `${locals.join("\n")}
         const rows = new Array(to - from);
         for (let i = from; i < to; i++) rows[i - from] = {${members.join(", ")}};
         return rows;`,
      );
    } catch (error) {
      if (!(error instanceof EvalError)) throw error;
      return interpreted(this.schema); // where a policy forbids to generate code
    }
  }
}

function interpreted(schema) {
  return (columns, from, to) => {
    const get = structs(schema, columns);
    return Array.from({ length: to - from }, (_, i) => get(from + i));
  };
}

module.exports = { RowMaker, conversionsOf, CHUNK };
