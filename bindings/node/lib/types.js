"use strict";
// Types of columns: as SQL writes them, and as Arrow's C interface does.

const { invalid } = require("./error.js");

const FORMATS = {
  boolean: "b",
  byte: "c",
  short: "s",
  integer: "i",
  long: "l",
  float: "f",
  double: "g",
  string: "u",
  binary: "z",
  date: "tdD",
  timestamp: "tsu:UTC",
  timestamp_ntz: "tsu:",
  void: "n",
};
const ALIASES = { bool: "b", tinyint: "c", smallint: "s", int: "i", bigint: "l", real: "f" };

const field = (format, children = [], more = {}) => ({
  name: "",
  format,
  nullable: true,
  variant: false,
  children,
  dictionary: null,
  ...more,
});
const named = (name, made, nullable = made.nullable) => ({ ...made, name, nullable });
const list = (element) => field("+l", [named("element", element)]);
const map = (key, value) =>
  field("+m", [field("+s", [named("key", key, false), named("value", value)], { name: "entries", nullable: false })]);
const variant = () =>
  field("+s", [named("metadata", field("z"), false), named("value", field("z"), false)], { variant: true });

function decimalOf(format) {
  const [, precision, scale] = /^d:(\d+),(\d+)/.exec(format) ?? [];
  return precision === undefined ? undefined : { precision: Number(precision), scale: Number(scale) };
}

/** The type as SQL has it, for messages and `schema`. */
function typeName(made) {
  if (made.dictionary) return typeName(made.dictionary);
  if (made.variant) return "variant";
  const decimal = decimalOf(made.format);
  if (decimal) return `decimal(${decimal.precision},${decimal.scale})`;
  if (made.format === "+l") return `array<${typeName(made.children[0])}>`;
  if (made.format === "+m") return `map<${made.children[0].children.map(typeName).join(",")}>`;
  if (made.format === "+s") {
    return `struct<${made.children.map((child) => `${child.name}:${typeName(child)}`).join(",")}>`;
  }
  return Object.keys(FORMATS).find((name) => FORMATS[name] === made.format) ?? `the Arrow type ${made.format}`;
}

/** Reads "id BIGINT NOT NULL, tags ARRAY<STRING>". */
class TypeParser {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }
  fail(wanted) {
    throw invalid(`schema: ${wanted} expected at "${this.text.slice(this.at)}"`);
  }
  take(pattern) {
    const sticky = new RegExp(`\\s*(?:${pattern})`, "iy");
    sticky.lastIndex = this.at;
    const found = sticky.exec(this.text);
    if (found) this.at = sticky.lastIndex;
    return found;
  }
  need(pattern, wanted) {
    return this.take(pattern) ?? this.fail(wanted);
  }
  name() {
    const found = this.need("`([^`]+)`|([^\\s:,<>()`]+)", "a name");
    return found[1] ?? found[2];
  }
  type() {
    const name = this.need("\\w+", "a type")[0].trim().toLowerCase();
    if (FORMATS[name] ?? ALIASES[name]) return field(FORMATS[name] ?? ALIASES[name]);
    if (name === "variant") return variant();
    if (name === "decimal" || name === "numeric") return this.decimal();
    if (!["array", "map", "struct"].includes(name)) throw invalid(`schema: no type is called ${name}`);
    this.need("<", "<");
    let made;
    if (name === "array") made = list(this.type());
    else if (name === "struct") made = field("+s", this.columns());
    else {
      const key = this.type();
      this.need(",", ",");
      made = map(key, this.type());
    }
    this.need(">", ">");
    return made;
  }
  decimal() {
    const found = this.take("\\(\\s*(\\d+)\\s*(?:,\\s*(\\d+)\\s*)?\\)");
    const [precision, scale] = found ? [Number(found[1]), Number(found[2] ?? 0)] : [10, 0];
    if (precision < 1 || precision > 38 || scale > precision) {
      throw invalid(`schema: there is no decimal(${precision},${scale})`);
    }
    return field(`d:${precision},${scale}`);
  }
  columns() {
    const columns = [];
    do {
      const name = this.name();
      this.take(":");
      const type = this.type();
      columns.push(named(name, type, !this.take("not\\s+null")));
    } while (this.take(","));
    return columns;
  }
}

function parseColumns(text) {
  const parser = new TypeParser(text);
  const columns = parser.columns();
  if (!parser.take("$")) parser.fail("the end");
  return columns;
}

module.exports = { FORMATS, field, named, list, map, variant, decimalOf, typeName, parseColumns };
