"use strict";
// Functions that hand out credentials of a storage, as the native layer asks them.

const { DeltaicError, invalid } = require("./error.js");

/** What the native layer calls: it gives `answer` pairs and null, or null and one line that says why there are none. */
function asking(provider) {
  if (typeof provider !== "function") {
    throw invalid(`credentialProvider is a function that returns storage options, not ${typeof provider}`);
  }
  return (answer) => {
    give(provider).then(
      (pairs) => answer(pairs, null),
      (error) => answer(null, oneLine(error)),
    );
  };
}

async function give(provider) {
  const given = await provider();
  if (given === null || typeof given !== "object" || Array.isArray(given)) {
    const kind = given === null ? "null" : Array.isArray(given) ? "an array" : typeof given;
    throw wrong(`the credentialProvider returned ${kind}, not an object of storage options`);
  }
  const { expiresAt, ...options } = given;
  const pairs = Object.entries(options).filter(([, value]) => value !== undefined && value !== null);
  for (const [key, value] of pairs) {
    if (typeof value !== "string") throw wrong(`the credentialProvider returned no text for ${key}`);
    if (value.includes("\0")) throw wrong(`the credentialProvider returned a NUL byte in ${key}`);
  }
  if (expiresAt !== undefined && expiresAt !== null) pairs.push(["expires_at_ms", String(milliseconds(expiresAt))]);
  return pairs;
}

const wrong = (message) => new DeltaicError("InvalidArgument", message);

function milliseconds(time) {
  const made = new Date(time).getTime();
  if (Number.isNaN(made)) throw wrong("expiresAt is no time: give a Date, its text, or milliseconds since 1970");
  return made;
}

/** The first line alone: others may show what the program works on. */
function oneLine(error) {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.split("\n", 1)[0].trim().replaceAll("\0", "") || "an error without a text";
}

module.exports = { asking };
