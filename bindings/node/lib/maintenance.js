"use strict";
// Options of maintenance that are more than names written otherwise.

const { invalid } = require("./error.js");
const { timeOf } = require("./values.js");
const { optionsOf } = require("./options.js");

const HOUR_MS = 3_600_000;

function restoreOptions({ version, timestamp, ...options }) {
  if ((version === undefined) === (timestamp === undefined)) {
    throw invalid("restore takes { version } or { timestamp }");
  }
  const target =
    version === undefined ? { timestamp: new Date(timeOf(timestamp, "timestamp")).toISOString() } : { version };
  return optionsOf(options, target);
}

function hours(value, name) {
  if (typeof value !== "number" || !(value >= 0)) throw invalid(`${name} is a number of hours, not ${String(value)}`);
  return value;
}

function vacuumOptions({ retentionHours, ...options }) {
  if (retentionHours === undefined) return optionsOf(options);
  return optionsOf(options, { retention_ms: Math.trunc(hours(retentionHours, "retentionHours") * HOUR_MS) });
}

function cleanupOptions({ retentionHours, ...options }) {
  if (retentionHours === undefined) return optionsOf(options);
  return optionsOf(options, { retention_hours: Math.trunc(hours(retentionHours, "retentionHours")) });
}

/** Columns to add are given as SQL, as `schema` of a write; metadata of a column by name. */
function alterOptions(change, { schema, metadata, ...options }) {
  if (typeof change !== "string") {
    throw invalid('alter takes what is to be done, such as "add_columns", and options after it');
  }
  const made = optionsOf(options, { change });
  if (schema !== undefined) made.schema = schema;
  for (const [key, value] of Object.entries(metadata ?? {})) made[`metadata.${key}`] = value;
  return made;
}

module.exports = { alterOptions, cleanupOptions, restoreOptions, vacuumOptions };
