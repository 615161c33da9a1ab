"use strict";
// The lower storey: finds and loads deltaic.node, and says in words what is missing where that fails.

const os = require("node:os");
const { DeltaicError } = require("./error.js");
const { asking } = require("./credentials.js");

function libc() {
  const header = process.report?.getReport?.()?.header;
  return header && !header.glibcVersionRuntime ? "musl" : "gnu";
}

function platformPackage() {
  const suffix = process.platform === "linux" ? `-${libc()}` : "";
  return `@deltaic/${process.platform}-${process.arch}${suffix}`;
}

// glibc of at least this version.
const GLIBC = [2, 35];

function why(error, name) {
  const version = process.report?.getReport?.()?.header?.glibcVersionRuntime;
  const parts = (version ?? "").split(".").map(Number);
  if (version && (parts[0] < GLIBC[0] || (parts[0] === GLIBC[0] && parts[1] < GLIBC[1]))) {
    return `this system has glibc ${version}, and ${name} needs ${GLIBC.join(".")} or newer`;
  }
  if (process.platform === "linux" && libc() === "musl") {
    return "this system's C library is musl, and the native library is built for glibc";
  }
  if (error?.code === "MODULE_NOT_FOUND") {
    return (
      `the package ${name} is not installed. npm leaves optional packages out where a lock file was made on another ` +
      `platform or with --omit=optional: run "npm install ${name}", or set DELTAIC_NODE_ADDON to the path of deltaic.node`
    );
  }
  return error.message;
}

/**
 * Loads a module whose libraries find their own symbols first. Node exports those of the libraries that are linked into
 * it (simdjson, zlib, brotli ...), and calls of ours must not end up in its versions of them.
 */
function loadModule(path) {
  const { RTLD_NOW, RTLD_DEEPBIND } = os.constants.dlopen ?? {};
  if (RTLD_DEEPBIND === undefined || process.versions.bun || process.versions.deno) return require(path);
  const made = { exports: {} };
  process.dlopen(made, path, RTLD_NOW | RTLD_DEEPBIND);
  return made.exports;
}

function load() {
  const path = process.env.DELTAIC_NODE_ADDON;
  const name = platformPackage();
  // A name that bundlers cannot see through: they would ask for the packages of all platforms.
  const target = path || [name, "deltaic.node"].join("/");
  try {
    return loadModule(require.resolve(target));
  } catch (error) {
    throw new DeltaicError("Unsupported", `deltaic.node cannot be loaded: ${why(error, path || name)}`, error);
  }
}

const native = load();
// process.exit runs no clean-up of modules: calls on other threads would meet a process that is half destroyed.
process.once("exit", () => native.endCalls());

/** Options as the native calls take them: [[key, text | texts]...]; those that are undefined are left out. */
function pairs(object) {
  return Object.entries(object)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]) => [key, Array.isArray(value) ? value.map(String) : String(value)]);
}

/** Options of a storage, and who hands out its credentials. */
function storagePairs({ credentialProvider, ...options } = {}) {
  const made = pairs(options);
  if (credentialProvider !== undefined) made.push(["credentialProvider", asking(credentialProvider)]);
  return made;
}

/** What an AbortSignal that aborted makes of a failed call. */
function failure(error, signal) {
  if (!(error && typeof error.code === "string" && !(error instanceof DeltaicError))) return error;
  if (error.code === "Cancelled" && signal?.aborted) return signal.reason;
  return new DeltaicError(error.code, error.message);
}

/** Runs `call(cancellation)`, which `signal` cancels. */
async function run(signal, call) {
  signal?.throwIfAborted();
  const cancellation = new native.Cancellation();
  const abort = () => cancellation.cancel();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    return await call(cancellation);
  } catch (error) {
    throw failure(error, signal);
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

module.exports = { native, pairs, storagePairs, run, failure };
