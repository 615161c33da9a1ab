"use strict";
// Rows to columns, as Arrow's buffers.

const { misfit, invalid } = require("./error.js");
const { dayOf } = require("./values.js");
const { writeVariant, isPlain } = require("./variant.js");
const { FORMATS, field, named, list, map, decimalOf, typeName } = require("./types.js");

const RANGES = { c: [-128, 127], s: [-32768, 32767], i: [-2147483648, 2147483647] };
const ARRAYS = { c: Int8Array, s: Int16Array, i: Int32Array, f: Float32Array, g: Float64Array };

const bytesOf = (typed) => new Uint8Array(typed.buffer, typed.byteOffset, typed.byteLength);

/** One column in the making. Kinds say how a value goes in, and which buffers come of them. */
class Column {
  constructor(made, path) {
    this.field = made;
    this.path = path;
    this.children = [];
    this.clear();
  }
  clear() {
    this.values = [];
    this.length = 0;
    this.size = 0; // of its texts or bytes, in units of theirs
    this.nulls = null; // a byte for each row, once there is a null
    this.nullCount = 0;
  }
  add(value) {
    if (value === null || value === undefined) {
      if (!this.field.nullable) throw misfit(`column ${this.path} takes no null`);
      this.pad();
    } else {
      this.put(value);
      this.length++;
    }
  }
  /** A null, also in what takes none: below a null. */
  pad() {
    this.nulls ??= [];
    this.nulls.push(this.length);
    this.nullCount++;
    this.putNull();
    this.length++;
  }
  put(value) {
    this.values.push(this.convert(value));
  }
  putNull() {
    this.values.push(this.nothing());
  }
  nothing() {
    return 0;
  }
  misfit(value) {
    let shown =
      typeof value === "bigint" ? `${value}n` : typeof value === "object" ? describe(value) : JSON.stringify(value);
    if (shown === undefined) shown = typeof value;
    if (shown.length > 60) shown = shown.slice(0, 60) + "…";
    return misfit(`column ${this.path}: ${shown} does not fit ${typeName(this.field)}`);
  }
  validity() {
    if (this.nulls === null) return null;
    const bits = new Uint8Array((this.length + 7) >> 3).fill(255);
    for (const row of this.nulls) bits[row >> 3] &= ~(1 << (row & 7));
    return bits;
  }
  /** The rows so far, for the native side; begins anew. */
  finish() {
    const made = {
      length: this.length,
      nullCount: this.nullCount,
      buffers: [this.validity(), ...this.buffers()],
      children: this.children.map((child) => child.finish()),
    };
    this.clear();
    return made;
  }
}

function describe(value) {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid Date" : value.toISOString();
  if (Array.isArray(value)) return "an array";
  return isPlain(value) ? "an object" : `a ${value.constructor.name}`;
}

class NumberColumn extends Column {
  convert(value) {
    const range = RANGES[this.field.format];
    if (typeof value === "bigint") {
      if (BigInt(Number(value)) !== value) throw this.misfit(value);
      value = Number(value);
    }
    if (typeof value !== "number") throw this.misfit(value);
    if (range && !(Number.isInteger(value) && value >= range[0] && value <= range[1])) throw this.misfit(value);
    if (this.field.format === "f" && Math.fround(value) !== value && !Number.isNaN(value)) throw this.misfit(value);
    return value;
  }
  buffers() {
    return [bytesOf(ARRAYS[this.field.format].from(this.values))];
  }
}

class LongColumn extends Column {
  convert(value) {
    if (typeof value === "number") {
      if (!Number.isSafeInteger(value)) throw this.misfit(value);
      return BigInt(value);
    }
    if (typeof value !== "bigint" || BigInt.asIntN(64, value) !== value) throw this.misfit(value);
    return value;
  }
  nothing() {
    return 0n;
  }
  buffers() {
    return [bytesOf(BigInt64Array.from(this.values))];
  }
}

class BooleanColumn extends Column {
  convert(value) {
    if (typeof value !== "boolean") throw this.misfit(value);
    return value;
  }
  buffers() {
    const bits = new Uint8Array((this.values.length + 7) >> 3);
    this.values.forEach((value, i) => value && (bits[i >> 3] |= 1 << (i & 7)));
    return [bits];
  }
}

class TextColumn extends Column {
  convert(value) {
    if (typeof value !== "string") throw this.misfit(value);
    this.size += value.length;
    return value;
  }
  nothing() {
    return "";
  }
  buffers() {
    const joined = this.values.join("");
    const bytes = Buffer.from(joined);
    const ascii = bytes.length === joined.length;
    const offsets = new Int32Array(this.values.length + 1);
    this.values.forEach((text, i) => {
      if (!ascii && !text.isWellFormed()) throw misfit(`column ${this.path}: a text with half a surrogate pair`);
      offsets[i + 1] = offsets[i] + (ascii ? text.length : Buffer.byteLength(text));
    });
    return [bytesOf(offsets), bytes];
  }
}

class BinaryColumn extends Column {
  convert(value) {
    if (!(value instanceof Uint8Array)) throw this.misfit(value);
    this.size += value.length;
    return value;
  }
  nothing() {
    return new Uint8Array();
  }
  buffers() {
    const offsets = new Int32Array(this.values.length + 1);
    this.values.forEach((bytes, i) => (offsets[i + 1] = offsets[i] + bytes.length));
    return [bytesOf(offsets), Buffer.concat(this.values)];
  }
}

class DateColumn extends Column {
  convert(value) {
    const days = typeof value === "string" ? dayOf(value) : undefined;
    if (days === undefined) throw this.misfit(value);
    return days;
  }
  buffers() {
    return [bytesOf(Int32Array.from(this.values))];
  }
}

class TimeColumn extends Column {
  convert(value) {
    if (!(value instanceof Date) || Number.isNaN(value.getTime())) throw this.misfit(value);
    return BigInt(value.getTime()) * 1000n + BigInt(value.microseconds ?? 0);
  }
  nothing() {
    return 0n;
  }
  buffers() {
    return [bytesOf(BigInt64Array.from(this.values))];
  }
}

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?$/;

class DecimalColumn extends Column {
  convert(value) {
    const { precision, scale } = decimalOf(this.field.format);
    if (typeof value === "number" && Number.isSafeInteger(value)) value = String(value);
    if (typeof value === "bigint") value = String(value);
    const found = typeof value === "string" ? DECIMAL.exec(value) : null;
    if (!found || (found[2] === "" && !found[3])) throw this.misfit(value);
    const fraction = (found[3] ?? "").replace(/0+$/, "");
    if (fraction.length > scale) throw this.misfit(value);
    const unscaled = BigInt(found[2] + fraction.padEnd(scale, "0"));
    if (unscaled >= 10n ** BigInt(precision)) throw this.misfit(value);
    return found[1] === "-" ? -unscaled : unscaled;
  }
  nothing() {
    return 0n;
  }
  buffers() {
    const words = new BigInt64Array(2 * this.values.length);
    this.values.forEach((value, i) => {
      words[2 * i] = BigInt.asIntN(64, value);
      words[2 * i + 1] = value >> 64n;
    });
    return [bytesOf(words)];
  }
}

class VariantColumn extends Column {
  constructor(made, path) {
    super(made, path);
    this.children = made.children.map((child) => new BinaryColumn(child, path));
  }
  put(value) {
    this.store(writeVariant(value));
  }
  putNull() {
    for (const child of this.children) child.pad();
  }
  store(parts) {
    parts.forEach((part, i) => this.children[i].add(part));
  }
  buffers() {
    return [];
  }
}

class ListColumn extends Column {
  constructor(made, path) {
    super(made, path);
    this.children = [columnOf(made.children[0], `${path}.element`)];
  }
  put(value) {
    if (!Array.isArray(value) && !(ArrayBuffer.isView(value) && value.length !== undefined)) throw this.misfit(value);
    for (const item of value) this.children[0].add(item);
    this.values.push(this.children[0].length);
  }
  putNull() {
    this.values.push(this.children[0].length);
  }
  buffers() {
    return [bytesOf(Int32Array.from([0, ...this.values]))];
  }
}

class MapColumn extends Column {
  constructor(made, path) {
    super(made, path);
    this.children = [new StructColumn(made.children[0], path)];
  }
  put(value) {
    if (!(value instanceof Map) && !isPlain(value)) throw this.misfit(value);
    const [entries] = this.children;
    for (const [key, item] of value instanceof Map ? value : Object.entries(value)) {
      entries.children[0].add(key);
      entries.children[1].add(item);
      entries.length++;
    }
    this.values.push(entries.length);
  }
  putNull() {
    this.values.push(this.children[0].length);
  }
  buffers() {
    return [bytesOf(Int32Array.from([0, ...this.values]))];
  }
}

class StructColumn extends Column {
  constructor(made, path) {
    super(made, path);
    this.names = made.children.map((child) => child.name);
    this.known = new Set(this.names);
    this.children = made.children.map((child) => columnOf(child, path === "" ? child.name : `${path}.${child.name}`));
  }
  put(value) {
    if (typeof value !== "object" || Array.isArray(value) || value instanceof Date || value instanceof Map) {
      throw this.misfit(value);
    }
    for (let i = 0; i < this.names.length; i++) this.children[i].add(value[this.names[i]]);
    for (const key in value) {
      if (!this.known.has(key)) throw misfit(`there is no column ${this.path === "" ? key : `${this.path}.${key}`}`);
    }
  }
  putNull() {
    for (const child of this.children) child.pad();
  }
  buffers() {
    return [];
  }
}

class NullColumn extends Column {
  put(value) {
    throw this.misfit(value);
  }
  putNull() {}
  finish() {
    const made = { length: this.length, nullCount: this.length, buffers: [], children: [] };
    this.clear();
    return made;
  }
}

function columnOf(made, path) {
  if (made.variant) return new VariantColumn(made, path);
  if (ARRAYS[made.format]) return new NumberColumn(made, path);
  if (decimalOf(made.format)) return new DecimalColumn(made, path);
  const kinds = {
    [FORMATS.long]: LongColumn,
    [FORMATS.boolean]: BooleanColumn,
    [FORMATS.string]: TextColumn,
    [FORMATS.binary]: BinaryColumn,
    [FORMATS.date]: DateColumn,
    [FORMATS.timestamp]: TimeColumn,
    [FORMATS.timestamp_ntz]: TimeColumn,
    [FORMATS.void]: NullColumn,
    "+l": ListColumn,
    "+m": MapColumn,
    "+s": StructColumn,
  };
  const Kind = kinds[made.format];
  if (!Kind) throw misfit(`column ${path} is ${typeName(made)}, which is not written from JavaScript`);
  return new Kind(made, path);
}

// What a batch holds at most: finishing it is one piece of work, of a few milliseconds.
const BATCH_ROWS = 4096;
const BATCH_VALUES = 65_536;
const BATCH_BYTES = 4 << 20;

const columnsBelow = (column) => column.children.flatMap((child) => [child, ...columnsBelow(child)]);

/** Columns of rows; errors name the row. */
class RowEncoder {
  constructor(schema) {
    this.schema = schema;
    this.root = new StructColumn(schema, "");
    this.columns = columnsBelow(this.root);
    this.row = 0;
  }
  get length() {
    return this.root.length;
  }
  get isFull() {
    if (this.length >= BATCH_ROWS) return true;
    let values = 0;
    let bytes = 0;
    for (const { length, size } of this.columns) {
      values += length;
      bytes += size;
    }
    return values >= BATCH_VALUES || bytes >= BATCH_BYTES;
  }
  add(row) {
    try {
      if (row === null || typeof row !== "object") {
        throw misfit(`a row is an object, not ${row === null ? "null" : typeof row}`);
      }
      this.root.add(row);
    } catch (error) {
      throw this.named(error);
    }
    this.row++;
  }
  named(error) {
    if (error.code === "SchemaMismatch") error.message = `row ${this.row}: ${error.message}`;
    return error;
  }
  finish() {
    return this.root.finish();
  }
}

/** The column that values make of a new table; undefined where they do not tell. Numbers are longs where all are integers. */
function inferValues(values, path) {
  const present = values.filter((value) => value !== null && value !== undefined);
  if (present.length === 0) return undefined;
  const all = (test) => present.every(test);
  if (all((value) => typeof value === "boolean")) return field(FORMATS.boolean);
  if (all((value) => typeof value === "string")) return field(FORMATS.string);
  if (all((value) => typeof value === "bigint" || (typeof value === "number" && Number.isSafeInteger(value)))) {
    return field(FORMATS.long);
  }
  if (all((value) => typeof value === "number")) return field(FORMATS.double);
  if (all((value) => value instanceof Date)) return field(FORMATS.timestamp);
  if (all((value) => value instanceof Uint8Array)) return field(FORMATS.binary);
  if (all(Array.isArray)) {
    const element = inferValues(present.flat(1), `${path}.element`);
    return element && list(element);
  }
  if (all((value) => value instanceof Map)) {
    const key = inferValues(
      present.flatMap((value) => [...value.keys()]),
      `${path}.key`,
    );
    const item = inferValues(
      present.flatMap((value) => [...value.values()]),
      `${path}.value`,
    );
    return key && item && map(key, item);
  }
  if (all(isPlain)) return field("+s", inferRows(present, path));
  throw invalid(`column ${path}: values of several kinds do not tell its type; give the option schema`);
}

function inferRows(rows, path = "") {
  const names = new Set(rows.flatMap((row) => Object.keys(row)));
  return [...names].map((name) => {
    const full = path === "" ? name : `${path}.${name}`;
    const made = inferValues(
      rows.map((row) => row[name]),
      full,
    );
    if (made === undefined) {
      throw invalid(
        `column ${full} has no value in the first ${rows.length} rows, which does not tell its type; give the option schema`,
      );
    }
    return named(name, made);
  });
}

/**
 * The columns that rows are written as: each of the type that the table has for it, else of the one that the rows tell.
 * \param known  the table's columns, or undefined. \param extra  whether rows may have others.
 */
function chooseSchema(rows, known, extra, given) {
  if (given) return field("+s", given);
  const names = new Set(rows.flatMap((row) => Object.keys(row ?? {})));
  if (!known) return field("+s", inferRows(rows));
  const there = known.children.filter((child) => names.has(child.name));
  const missing = [...names].filter((name) => !known.children.some((child) => child.name === name));
  if (missing.length > 0 && !extra) {
    const row = rows.findIndex((each) => Object.hasOwn(each, missing[0]));
    throw misfit(`row ${row}: there is no column ${missing[0]}; schemaMode "merge" would add it`);
  }
  const added =
    missing.length > 0
      ? inferRows(rows.map((row) => Object.fromEntries(missing.map((name) => [name, row[name]]))))
      : [];
  return field("+s", names.size === 0 ? known.children : [...there, ...added]);
}

module.exports = { RowEncoder, chooseSchema };
