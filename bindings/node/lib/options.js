"use strict";
// The names that JavaScript has for options of the C interface. A key that a call does not know is an error there.

const { invalid } = require("./error.js");
const { timeOf } = require("./values.js");

/** snake_case of camelCase. */
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const timeText = (value) => new Date(timeOf(value, "time")).toISOString();

// What is more than a name written otherwise: value => more options.
const SPECIAL = {
  signal: () => ({}),
  longs: () => ({}),
  maps: () => ({}),
  storageOptions: () => ({}),
  schema: () => ({}),
  from: (value) => (isTime(value) ? { from_timestamp: timeText(value) } : { from_version: value }),
  to: (value) => (isTime(value) ? { to_timestamp: timeText(value) } : { to_version: value }),
  properties: (value) => prefixed("property", value),
  commitInfo: (value) => prefixed("commit", value, JSON.stringify),
  set: (value) => prefixed("set", value),
  transaction: ([app, version]) => ({ [`txn.${app}`]: version }),
};

const isTime = (value) => value instanceof Date || typeof value === "string";

function prefixed(prefix, object, convert = (value) => value) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [`${prefix}.${key}`, convert(value)]));
}

/** Options of a call as the C interface names them. */
function optionsOf(given = {}, more = {}) {
  if (given === null || typeof given !== "object") throw invalid("options are an object");
  const made = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const special = Object.hasOwn(SPECIAL, name) ? SPECIAL[name](value) : undefined;
    Object.assign(made, special ?? { [snake(name)]: value });
  }
  return { ...made, ...more };
}

module.exports = { optionsOf };
