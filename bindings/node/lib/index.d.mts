// index.mjs hands out what index.js has, so these are the same types, classes too.
export * from "./index.js";
