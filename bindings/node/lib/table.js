"use strict";
// Tables as users see them. lib/declarations/table.d.ts documents each method.

const fs = require("node:fs/promises");
const { native, pairs, storagePairs, run, failure } = require("./native.js");
const { invalid } = require("./error.js");
const { timeOf } = require("./values.js");
const { typeName } = require("./types.js");
const { optionsOf } = require("./options.js");
const { Scan } = require("./scan.js");
const { MergeBuilder } = require("./merge.js");
const { feed, withFile } = require("./write.js");
const { alterOptions, cleanupOptions, restoreOptions, vacuumOptions } = require("./maintenance.js");

const CHANGE_COLUMNS = ["_change_type", "_commit_version", "_commit_timestamp"];

function changeOf(row) {
  const { _change_type: type, _commit_version: version, _commit_timestamp: timestamp, ...rest } = row;
  return { type, version: Number(version), timestamp, row: rest };
}

function fileOf(row) {
  const { path, partitionValues, size, modificationTime, stats } = row;
  return {
    path,
    partitionValues: partitionValues instanceof Map ? Object.fromEntries(partitionValues) : partitionValues,
    size: Number(size),
    modificationTime: new Date(Number(modificationTime)),
    stats: stats ? JSON.parse(stats) : null,
  };
}

/** The native calls throw plain errors; users see DeltaicError. */
function said(call) {
  try {
    return call();
  } catch (error) {
    throw failure(error);
  }
}

class Table {
  #native; // loaded, and never changed once it is here; null while it loads, and once closed
  #loading;
  #closed = false;

  /** \param loading  a promise of the native table. */
  constructor(loading) {
    this.#loading = loading.then((table) => {
      if (!this.#closed) this.#native = table;
      return table;
    });
    this.#loading.catch(() => {}); // seen by the first call
  }

  /** A table that is there already. */
  static async loaded(loading) {
    const table = new Table(loading);
    await table.#loading;
    return table;
  }

  async #table() {
    if (this.#closed) throw invalid("the table is closed");
    return this.#native ?? this.#loading;
  }

  #now() {
    if (this.#closed) throw invalid("the table is closed");
    if (!this.#native) throw invalid("the version is not loaded yet: await table.load() first");
    return this.#native;
  }

  /** Runs a call that loads or commits on a copy, so that others go on meanwhile. */
  async #change(call) {
    const table = await this.#copy();
    const result = await call(table);
    if (!this.#closed && table.version() > this.#native.version()) this.#native = table;
    return result;
  }

  async #copy() {
    return (await this.#table()).copy();
  }

  get version() {
    return this.#now().version();
  }
  get uri() {
    return this.#now().uri();
  }
  get schema() {
    return said(() => this.#now().schema()).children.map((child) => ({
      name: child.name,
      type: typeName(child),
      nullable: child.nullable,
    }));
  }
  get schemaJson() {
    return said(() => this.#now().schemaJson());
  }
  get metadata() {
    return JSON.parse(said(() => this.#now().metadataJson()));
  }
  get protocol() {
    return JSON.parse(said(() => this.#now().protocolJson()));
  }

  async load() {
    await this.#table();
    return this;
  }

  async refresh({ signal } = {}) {
    await this.#change((table) => run(signal, (cancellation) => table.load("newest", null, [], cancellation)));
    return this;
  }

  at(when) {
    const { version, timestamp, signal } = when ?? {};
    if ((version === undefined) === (timestamp === undefined)) throw invalid("at takes { version } or { timestamp }");
    const target = version === undefined ? ["timestamp", timeOf(timestamp, "timestamp")] : ["version", Number(version)];
    return new Table(
      this.#copy().then(async (table) => {
        await run(signal, (cancellation) => table.load(...target, [], cancellation));
        return table;
      }),
    );
  }

  async #text(name, options = {}) {
    const table = await this.#table();
    const text = await run(options.signal, (cancellation) => table.text(name, pairs(optionsOf(options)), cancellation));
    return JSON.parse(text);
  }

  async count(options = {}) {
    const table = await this.#table();
    return run(options.signal, (cancellation) => table.count(pairs(optionsOf(options)), cancellation));
  }
  async history(options = {}) {
    const entries = await this.#text("history", options);
    return entries.map(({ version, timestamp, commitInfo }) => ({
      version,
      timestamp: new Date(timestamp),
      info: commitInfo,
    }));
  }
  async details(options = {}) {
    const details = await this.#text("details", options);
    return { ...details, timestamp: new Date(details.timestamp) };
  }
  async domains(options = {}) {
    return this.#text("domains", options);
  }
  async transactionVersion(application, { signal } = {}) {
    const table = await this.#table();
    const version = await run(signal, (cancellation) => table.transactionVersion(application, [], cancellation));
    return version < 0 ? null : version;
  }
  async checkpoint({ signal } = {}) {
    const table = await this.#copy();
    await run(signal, (cancellation) => table.text("checkpoint", [], cancellation));
  }

  #rows(kind, options, shape) {
    const acquire = async (open) => open(await this.#table());
    return new Scan(acquire, kind, optionsOf(options), options, shape);
  }
  scan(options = {}) {
    return this.#rows("scan", options);
  }
  async explain(options = {}) {
    return this.#text("explain", options);
  }
  changes(options = {}) {
    const columns = options.columns && [...options.columns, ...CHANGE_COLUMNS];
    return this.#rows("changes", { ...options, columns }, changeOf);
  }
  files(options = {}) {
    return this.#rows("files", options, fileOf);
  }

  async append(rows, options = {}) {
    return this.#change((table) => writeRows(table, rows, { ...options, mode: "append" }));
  }
  async overwrite(rows, options = {}) {
    return this.#change((table) => writeRows(table, rows, { ...options, mode: "overwrite" }));
  }

  async delete(where, options = {}) {
    return this.#changeRows("delete", { where, ...options });
  }
  async update(set, options = {}) {
    return this.#changeRows("update", { set, ...options });
  }
  async #changeRows(name, options) {
    if (name === "delete" && options.where !== undefined && typeof options.where !== "string") {
      throw invalid("delete takes a condition, and options after it");
    }
    return this.#commit(name, options.signal, optionsOf(options));
  }
  /** Runs a call that commits, or may, with options of the C interface. */
  async #commit(name, signal, options) {
    return this.#change(async (table) => {
      return JSON.parse(await run(signal, (cancellation) => table.text(name, pairs(options), cancellation)));
    });
  }

  async restore(options = {}) {
    return this.#commit("restore", options.signal, restoreOptions(options));
  }
  async optimize(options = {}) {
    return this.#commit("optimize", options.signal, optionsOf(options));
  }
  async vacuum(options = {}) {
    return this.#commit("vacuum", options.signal, vacuumOptions(options));
  }
  async alter(change, options = {}) {
    return this.#commit("alter", options.signal, alterOptions(change, options));
  }
  async repair(options = {}) {
    return this.#commit("repair", options.signal, optionsOf(options));
  }
  async cleanupLog(options = {}) {
    return this.#commit("cleanupLog", options.signal, cleanupOptions(options));
  }
  async compactLog(options = {}) {
    return this.#commit("compactLog", options.signal, optionsOf(options));
  }
  async manifest(options = {}) {
    return this.#commit("manifest", options.signal, optionsOf(options));
  }

  async doctor(options = {}) {
    const { timestamp, examinedAt, ...found } = await this.#text("doctor", options);
    return { ...found, timestamp: new Date(timestamp), examinedAt: new Date(examinedAt) };
  }

  merge(rows, { on, ...options }) {
    return new MergeBuilder((clauses) =>
      this.#change(async (table) => {
        const native = pairs(optionsOf({ targetAlias: "t", sourceAlias: "s", ...options }, { on }));
        const feeding = { known: table.schema(), extra: true, schema: options.schema, signal: options.signal };
        const call = (source, cancellation) => table.merge(source, clauses, native, cancellation);
        return JSON.parse(await feed(rows, feeding, call));
      }),
    );
  }
  async upsert(rows, { key, ...options }) {
    const columns = [key].flat();
    if (key === undefined || columns.length === 0) {
      throw invalid("upsert needs a key: the column, or columns, that tell rows apart");
    }
    const quoted = (name) => `\`${String(name).replaceAll("`", "``")}\``;
    const on = columns.map((name) => `t.${quoted(name)} = s.${quoted(name)}`).join(" AND ");
    return this.merge(rows, { on, ...options })
      .whenMatchedUpdateAll()
      .whenNotMatchedInsertAll()
      .execute();
  }

  /** What sync.js runs: options as the native calls take them. */
  async planSync(options, cancellation) {
    return (await this.#table()).planSync(options, cancellation);
  }

  close() {
    this.#closed = true;
    this.#native = null;
  }
  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    this.close();
  }
}

/** Writes rows, or bytes of Arrow IPC, into a native table. */
async function writeRows(table, rows, options) {
  const native = pairs(optionsOf(options));
  if (rows instanceof Uint8Array || rows instanceof ArrayBuffer) {
    const bytes = rows instanceof ArrayBuffer ? new Uint8Array(rows) : rows;
    return withFile(async (path) => {
      await fs.writeFile(path, bytes);
      return JSON.parse(await run(options.signal, (cancellation) => table.writeFile(path, native, cancellation)));
    });
  }
  const there = table.version() >= 0 && options.schemaMode !== "overwrite";
  const feeding = {
    known: there ? table.schema() : undefined,
    extra: options.schemaMode === "merge",
    schema: options.schema,
    signal: options.signal,
  };
  return JSON.parse(await feed(rows, feeding, (source, cancellation) => table.write(source, native, cancellation)));
}

function tableAt(uri, storageOptions) {
  return said(() => native.tableAt(String(uri), storagePairs(storageOptions)));
}

async function loadNative(
  uri,
  { storageOptions, signal, version, timestamp, catalogCommits, maxCatalogVersion, ...unknown },
) {
  const [stray] = Object.keys(unknown);
  if (stray !== undefined) throw invalid(`open has no option ${stray}`);
  const table = tableAt(uri, storageOptions);
  return run(signal, async (cancellation) => {
    if (catalogCommits !== undefined || maxCatalogVersion !== undefined) {
      await table.text("setCatalog", pairs(optionsOf({ catalogCommits, maxCatalogVersion })), cancellation);
    }
    try {
      if (version !== undefined) await table.load("version", Number(version), [], cancellation);
      else if (timestamp !== undefined) await table.load("timestamp", timeOf(timestamp, "timestamp"), [], cancellation);
      else await table.load("newest", null, [], cancellation);
    } finally {
      signal?.throwIfAborted(); // a load may end before it sees that it is cancelled
    }
    return table;
  });
}

async function open(uri, options = {}) {
  return Table.loaded(loadNative(uri, options));
}

async function exists(uri, { storageOptions, signal } = {}) {
  const table = tableAt(uri, storageOptions);
  return run(signal, (cancellation) => table.exists([], cancellation));
}

async function write(uri, rows, options = {}) {
  const table = tableAt(uri, options.storageOptions);
  await run(options.signal, async (cancellation) => {
    if (await table.exists([], cancellation)) await table.load("newest", null, [], cancellation);
  });
  return writeRows(table, rows, options);
}

module.exports = { Table, open, exists, write };
