"use strict";
// Values that JavaScript lacks: days, and times to the microsecond.

const { invalid } = require("./error.js");

const DAY_MS = 86_400_000;

/** A Date that keeps microseconds: `microseconds` (0 to 999) are those beyond the Date's milliseconds. */
class Timestamp extends Date {
  constructor(milliseconds, microseconds = 0) {
    super(milliseconds);
    this.microseconds = microseconds;
  }
  /** ISO 8601 with six digits. */
  toISOString() {
    return super.toISOString().replace("Z", String(this.microseconds).padStart(3, "0") + "Z");
  }
  toJSON() {
    return this.toISOString();
  }
}

/** "2024-01-31" of days since 1970-01-01. */
function dayText(days) {
  const text = new Date(days * DAY_MS).toISOString();
  return text.slice(0, text.indexOf("T"));
}

const DAY = /^([+-]\d{6}|\d{4})-(\d{2})-(\d{2})$/;

/** Days since 1970-01-01 of "2024-01-31"; undefined where it is no day. */
function dayOf(text) {
  if (!DAY.test(text)) return undefined;
  const time = Date.parse(text + "T00:00:00Z");
  if (Number.isNaN(time) || dayText(time / DAY_MS) !== text) return undefined;
  return time / DAY_MS;
}

function timeOf(value, name) {
  const time = value instanceof Date ? value.getTime() : typeof value === "number" ? value : Date.parse(value);
  if (Number.isNaN(time)) throw invalid(`${name}: ${String(value)} is no time`);
  return time;
}

module.exports = { Timestamp, dayText, dayOf, timeOf };
