"use strict";
// Variant values as plain values, and back. Source: parquet-format, VariantEncoding.md.

const { DeltaicError, misfit } = require("./error.js");
const { Timestamp, dayText } = require("./values.js");

const MAX_DEPTH = 500;
const broken = () => new DeltaicError("Corruption", "a variant value breaks the encoding");

function uint(bytes, at, size) {
  if (at + size > bytes.length) throw broken();
  return bytes.readUIntLE(at, size);
}

function namesOf(metadata) {
  if (metadata.length === 0 || (metadata[0] & 15) !== 1) throw broken();
  const width = (metadata[0] >> 6) + 1;
  const count = uint(metadata, 1, width);
  if (count > metadata.length) throw broken();
  const base = 1 + width * (count + 2);
  const names = [];
  for (let i = 0; i < count; i++) {
    const begin = base + uint(metadata, 1 + width * (i + 1), width);
    const end = base + uint(metadata, 1 + width * (i + 2), width);
    if (end < begin || end > metadata.length) throw broken();
    names.push(metadata.utf8Slice(begin, end));
  }
  return names;
}

function readVariant(metadata, value, context) {
  try {
    return read(namesOf(metadata), value, 0, 0, context);
  } catch (error) {
    if (error instanceof RangeError) throw broken();
    throw error;
  }
}

function read(names, bytes, at, depth, context) {
  if (at >= bytes.length || depth > MAX_DEPTH) throw broken();
  const basic = bytes[at] & 3;
  const header = bytes[at] >> 2;
  if (basic === 0) return primitive(header, bytes, at + 1, context);
  if (basic === 1) {
    if (at + 1 + header > bytes.length) throw broken();
    return bytes.utf8Slice(at + 1, at + 1 + header);
  }
  const isObject = basic === 2;
  const width = (header & 3) + 1;
  const idWidth = isObject ? ((header >> 2) & 3) + 1 : 0;
  const countWidth = (header >> (isObject ? 4 : 2)) & 1 ? 4 : 1;
  const count = uint(bytes, at + 1, countWidth);
  const ids = at + 1 + countWidth;
  const offsets = ids + count * idWidth;
  const values = offsets + (count + 1) * width;
  if (count > bytes.length || values > bytes.length) throw broken();
  const out = isObject ? {} : [];
  for (let i = 0; i < count; i++) {
    const item = read(names, bytes, values + uint(bytes, offsets + i * width, width), depth + 1, context);
    if (!isObject) {
      out.push(item);
      continue;
    }
    const id = uint(bytes, ids + i * idWidth, idWidth);
    if (id >= names.length) throw broken();
    setOwn(out, names[id], item);
  }
  return out;
}

/** Also a member called __proto__ is one like others. */
function setOwn(object, key, value) {
  if (key === "__proto__") {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    object[key] = value;
  }
}

function decimalText(unscaled, scale) {
  const negative = unscaled < 0n;
  const digits = (negative ? -unscaled : unscaled).toString().padStart(scale + 1, "0");
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return negative ? "-" + text : text;
}

function microsTime(micros) {
  const beyond = ((micros % 1000n) + 1000n) % 1000n;
  const millis = Number((micros - beyond) / 1000n);
  return beyond === 0n ? new Date(millis) : new Timestamp(millis, Number(beyond));
}

function primitive(kind, bytes, at, context) {
  switch (kind) {
    case 0:
      return null;
    case 1:
      return true;
    case 2:
      return false;
    case 3:
      return bytes.readInt8(at);
    case 4:
      return bytes.readInt16LE(at);
    case 5:
      return bytes.readInt32LE(at);
    case 6:
      return context.long(bytes.readBigInt64LE(at));
    case 7:
      return bytes.readDoubleLE(at);
    case 8:
      return decimalText(BigInt(bytes.readInt32LE(at + 1)), bytes[at]);
    case 9:
      return decimalText(bytes.readBigInt64LE(at + 1), bytes[at]);
    case 10:
      return decimalText((bytes.readBigInt64LE(at + 9) << 64n) | bytes.readBigUInt64LE(at + 1), bytes[at]);
    case 11:
      return dayText(bytes.readInt32LE(at));
    case 12:
    case 13:
      return microsTime(bytes.readBigInt64LE(at));
    case 14:
      return bytes.readFloatLE(at);
    case 15:
    case 16: {
      const begin = at + 4;
      const end = begin + uint(bytes, at, 4);
      if (end > bytes.length) throw broken();
      return kind === 15 ? Buffer.from(bytes.subarray(begin, end)) : bytes.utf8Slice(begin, end);
    }
    case 18:
    case 19:
      return microsTime(bytes.readBigInt64LE(at) / 1000n);
    default:
      throw new DeltaicError("Unsupported", `a variant value of the type number ${kind} is not known here`);
  }
}

/** Metadata and value of a plain value. */
function writeVariant(value) {
  const names = new Map();
  collect(value, names, 0);
  const sorted = [...names.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  sorted.forEach((name, i) => names.set(name, i));
  return [metadataOf(sorted), encode(value, names)];
}

function collect(value, names, depth) {
  if (depth > MAX_DEPTH) throw misfit("a variant nests too deeply");
  if (Array.isArray(value)) value.forEach((item) => collect(item, names, depth + 1));
  else if (isPlain(value)) {
    for (const [key, item] of Object.entries(value)) {
      names.set(key, 0);
      collect(item, names, depth + 1);
    }
  }
}

function isPlain(value) {
  if (value === null || typeof value !== "object") return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

function uint32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function metadataOf(names) {
  const texts = names.map((name) => Buffer.from(name));
  let offset = 0;
  const offsets = [uint32(0), ...texts.map((text) => uint32((offset += text.length)))];
  return Buffer.concat([Buffer.from([0xd1]), uint32(names.length), ...offsets, ...texts]);
}

function encode(value, names) {
  if (value === null || value === undefined) return Buffer.from([0]);
  if (typeof value === "boolean") return Buffer.from([(value ? 1 : 2) << 2]);
  if (typeof value === "bigint") {
    if (BigInt.asIntN(64, value) !== value) throw misfit(`${value} does not fit a variant's long`);
    return header(6, (bytes) => bytes.writeBigInt64LE(value, 1), 8);
  }
  if (typeof value === "number") {
    // A number that is an integer of at most 32 bits is one; others are doubles.
    if ((value | 0) === value && !Object.is(value, -0)) return header(5, (bytes) => bytes.writeInt32LE(value, 1), 4);
    return header(7, (bytes) => bytes.writeDoubleLE(value, 1), 8);
  }
  if (typeof value === "string") {
    return Buffer.concat([Buffer.from([16 << 2]), uint32(Buffer.byteLength(value)), Buffer.from(value)]);
  }
  if (value instanceof Date) {
    const micros = BigInt(value.getTime()) * 1000n + BigInt(value.microseconds ?? 0);
    return header(12, (bytes) => bytes.writeBigInt64LE(micros, 1), 8);
  }
  if (value instanceof Uint8Array) return Buffer.concat([Buffer.from([15 << 2]), uint32(value.length), value]);
  if (Array.isArray(value)) return container(0x1f, [], value, names);
  if (isPlain(value)) {
    const keys = Object.keys(value).sort((a, b) => names.get(a) - names.get(b));
    const ids = keys.map((key) => uint32(names.get(key)));
    return container(
      0x7e,
      ids,
      keys.map((key) => value[key]),
      names,
    );
  }
  throw misfit(`a variant holds no ${value.constructor?.name ?? typeof value}`);
}

function header(kind, write, size) {
  const bytes = Buffer.alloc(1 + size);
  bytes[0] = kind << 2;
  write(bytes);
  return bytes;
}

function container(first, ids, items, names) {
  const parts = items.map((item) => encode(item, names));
  let offset = 0;
  const offsets = [uint32(0), ...parts.map((part) => uint32((offset += part.length)))];
  return Buffer.concat([Buffer.from([first]), uint32(items.length), ...ids, ...offsets, ...parts]);
}

module.exports = { readVariant, writeVariant, isPlain, setOwn };
