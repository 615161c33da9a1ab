/** Delta Lake tables. Every call that takes long returns a promise, works on threads of its own, and takes an AbortSignal. */

export type ErrorCode =
  | "InvalidArgument"
  | "NotFound"
  | "AlreadyExists"
  | "SchemaMismatch"
  | "ConstraintViolated"
  | "Unsupported"
  | "Corruption"
  | "Conflict"
  | "CommitUnknown"
  | "Unavailable"
  | "Io"
  | "PermissionDenied"
  | "Cancelled"
  | "Internal";

/** What a call failed with: one line of what, where and what now; `code` tells what to do next. */
export declare class DeltaicError extends Error {
  readonly code: ErrorCode;
}

/** A Date that keeps microseconds. Timestamps come as one where microseconds would be lost, else as Date. */
export declare class Timestamp extends Date {
  /** 0 to 999, beyond the Date's milliseconds. */
  readonly microseconds: number;
  constructor(milliseconds: number, microseconds?: number);
}

/** A value of a column: docs/node.md lists which type comes as what. */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Date
  | Uint8Array
  | Value[]
  | Map<Value, Value>
  | { [name: string]: Value };
export type Row = Record<string, Value>;

export interface CallOptions {
  /** Stops the call, which then rejects with the signal's reason. */
  signal?: AbortSignal;
}
export interface StorageOptions {
  /** Credentials and settings of the storage. */
  storageOptions?: StorageSettings;
}
/** As the page on storage names them: aws_access_key_id, aws_region ... */
export interface StorageSettings {
  [name: string]: string | CredentialProvider | undefined;
  /**
   * Hands out credentials, in place of those of options and environment. It is called on the event loop when a request
   * first needs them, again some minutes before they expire, and where the store says that they have; the call that needs
   * them waits for it, even where its signal aborts. It must not use the table that it logs in.
   */
  credentialProvider?: CredentialProvider;
}
export type CredentialProvider = () => Credentials | Promise<Credentials>;
/** Options of a storage: aws_access_key_id, aws_secret_access_key, aws_session_token; azure_storage_token ... */
export interface Credentials {
  [name: string]: string | Time | null | undefined;
  /** When they expire, where that is known. */
  expiresAt?: Time | null;
}
/** A time: a Date, text as Date.parse takes it, or milliseconds since 1970. */
export type Time = Date | string | number;

export interface OpenOptions extends CallOptions, StorageOptions {
  /** The version to load; default: the newest. */
  version?: number;
  /** The newest version committed at or before this time. */
  timestamp?: Time;
  /** Commits that the table's catalog has ratified. */
  catalogCommits?: string[];
  maxCatalogVersion?: number;
}

export interface Condition {
  /** SQL: which rows count. */
  where?: string;
  /** Of texts, dates and parts of timestamps in `where`: "Europe/Oslo"; default UTC. */
  timezone?: string;
}
export interface ReadOptions {
  /** Longs as bigint (default), as number (beyond 2^53 an error), or as string. */
  longs?: "bigint" | "number" | "string";
  /** Maps as Map (default) or as objects. */
  maps?: "map" | "object";
}
export interface ScanOptions extends CallOptions, Condition, ReadOptions {
  columns?: string[];
  metadataColumns?: ("file_path" | "row_index" | "row_id" | "row_commit_version")[];
  limit?: number;
  /** By partition, file and row. */
  ordered?: boolean;
  threads?: number;
  maxMemoryBytes?: number;
}
export interface ChangesOptions extends ScanOptions {
  /** The first version, or the time from which on commits count; default: version 0. */
  from?: number | Date | string;
  /** The last version or time, included; default: the newest. */
  to?: number | Date | string;
  /** Lets a range without commits have no rows instead of being an error. */
  allowOutOfRange?: boolean;
}

export interface CommitOptions extends CallOptions {
  /** The version that an application has come to: ["nightly", 17]. See Table.transactionVersion. */
  transaction?: [application: string, version: number];
  commitInfo?: Record<string, unknown>;
  maxRetries?: number;
  checkpoint?: boolean;
  compression?: "none" | "snappy" | "gzip" | "lz4" | "lz4_raw" | "zstd" | "brotli";
  compressionLevel?: number;
  targetFileSizeBytes?: number;
  threads?: number;
  maxMemoryBytes?: number;
  /** Few files of each partition; default: as the table's delta.autoOptimize.optimizeWrite says. */
  optimizeWrite?: boolean;
  /** Whether small files are joined afterwards, as a commit of its own; default: delta.autoOptimize.autoCompact. */
  autoCompact?: boolean;
}
export interface AppendOptions extends CommitOptions {
  schemaMode?: "merge";
  /** Columns and their types, "id BIGINT NOT NULL, tags ARRAY<STRING>", where rows do not tell. */
  schema?: string;
}
export interface WriteOptions extends CommitOptions, StorageOptions {
  /** What to do where the table is there; default "error". */
  mode?: "error" | "append" | "overwrite" | "ignore";
  schemaMode?: "merge" | "overwrite";
  replaceWhere?: string;
  partitionBy?: string[];
  properties?: Record<string, string>;
  name?: string;
  description?: string;
  schema?: string;
}

/** Objects, or the bytes of Arrow IPC, file or stream. */
export type Rows<T extends object = object> = Iterable<T> | AsyncIterable<T> | Uint8Array | ArrayBuffer;

export interface WriteResult {
  /** null where skipped. */
  version: number | null;
  skipped: boolean;
  numAddedFiles: number;
  numRemovedFiles: number;
  numAddedRows: number;
  numAddedBytes: number;
  numRetries: number;
}
export interface RowChangeResult {
  /** null where nothing was to do. */
  version: number | null;
  numDeletedRows?: number | null;
  numUpdatedRows?: number | null;
  numCopiedRows: number;
  numAddedFiles: number;
  numRemovedFiles: number;
  numRetries: number;
}
export interface MergeResult {
  version: number | null;
  numSourceRows: number;
  numTargetRowsInserted: number;
  numTargetRowsUpdated: number;
  numTargetRowsDeleted: number;
  numTargetRowsCopied: number;
  numRetries: number;
}

export interface RestoreOptions extends CallOptions {
  /** The version to go back to; or */
  version?: number;
  /** to the newest version committed until then. */
  timestamp?: Time;
  /** Goes on where files of that version are gone; default false. */
  ignoreMissingFiles?: boolean;
  /** Features go that the table of then does not need; default false. */
  protocolDowngradeAllowed?: boolean;
  transaction?: [application: string, version: number];
  commitInfo?: Record<string, unknown>;
  maxRetries?: number;
  checkpoint?: boolean;
}
export interface RestoreResult {
  version: number;
  restoredVersion: number;
  numRemovedFiles: number;
  numRestoredFiles: number;
  removedFilesSize: number;
  restoredFilesSize: number;
  numMissingFiles: number;
  numOfFilesAfterRestore: number;
  tableSizeAfterRestore: number;
  executionTimeMs: number;
}
export interface OptimizeOptions extends Omit<CommitOptions, "transaction"> {
  /** compact (default): small files become large ones. zorder: rows with near values of `zorderColumns` come into the same
   * files. purge: rows that deletion vectors hide are dropped. */
  kind?: "compact" | "zorder" | "purge";
  /** SQL: which partitions. */
  where?: string;
  timezone?: string;
  zorderColumns?: string[];
  /** Of a clustered table: files clustered by other columns too; default false. */
  full?: boolean;
  minCubeBytes?: number;
  maxSpillBytes?: number;
  /** Smaller files are rewritten; default: the target size. */
  minFileSizeBytes?: number;
  maxConcurrentTasks?: number;
  minCommitIntervalMs?: number;
  /** Nothing is written; default false. */
  planOnly?: boolean;
}
export interface FileSizes {
  avg: number;
  max: number;
  min: number;
  totalFiles: number;
  totalSize: number;
}
export interface OptimizeResult {
  /** null where nothing was to do. */
  version: number | null;
  numFilesAdded: number;
  numFilesRemoved: number;
  filesAdded: FileSizes;
  filesRemoved: FileSizes;
  partitionsOptimized: number;
  totalConsideredFiles: number;
  totalFilesSkipped: number;
  numRows: number;
  numDeletionVectorsRemoved: number;
  numCommits: number;
  numGroupsGivenUp: number;
  numRetries: number;
  executionTimeMs: number;
  plan: { partition: string; numFiles: number; numBytes: number; numRows: number | null }[];
}
export interface VacuumOptions extends CallOptions {
  /** false: files are deleted; default true: only named. */
  dryRun?: boolean;
  /** Files that a version of the last so many hours needs stay; default: the table's delta.deletedFileRetentionDuration. */
  retentionHours?: number;
  /** false: a retention shorter than the table's is allowed; default true. */
  enforceRetentionDuration?: boolean;
  /** false: only files that the log says were removed; default true: whatever is in the folder. */
  full?: boolean;
  keepVersions?: number[];
  logCommits?: boolean;
  threads?: number;
  listFiles?: boolean;
  commitInfo?: Record<string, unknown>;
  maxRetries?: number;
  checkpoint?: boolean;
}
export interface VacuumResult {
  version: number | null;
  numFilesToDelete: number;
  sizeOfDataToDelete: number;
  /** 0 of a dry run. */
  numDeletedFiles: number;
  numListedFiles: number;
  /** false: older commits are gone, so that only full: true finds all. */
  isComplete: boolean;
  executionTimeMs: number;
  files: string[];
}
export type Alteration =
  | "add_columns"
  | "drop_columns"
  | "rename_column"
  | "change_column"
  | "set_properties"
  | "unset_properties"
  | "add_constraint"
  | "drop_constraint"
  | "cluster_by"
  | "describe"
  | "add_features"
  | "drop_feature";
/** docs/node.md shows which change takes which. */
export interface AlterOptions extends CallOptions {
  /** The columns to add: "n INT, day DATE"; those of nested types by `schemaJson`. */
  schema?: string;
  /** The same as the protocol has a schema. */
  schemaJson?: string;
  /** The struct to add them to; default: the table. */
  parent?: string;
  first?: boolean;
  after?: string;
  ifNotExists?: boolean;
  ifExists?: boolean;
  /** To drop, or to cluster by. */
  columns?: string[];
  /** The one to rename or change: "a", "s.b". */
  column?: string;
  newName?: string;
  /** A wider type of the column. */
  type?: string;
  /** true: the column may hold nulls from now on. */
  nullable?: boolean;
  comment?: string;
  /** SQL: of the column, in rows to come. */
  default?: string;
  dropDefault?: boolean;
  /** Of the column, by keys of one's own. */
  metadata?: Record<string, string>;
  properties?: Record<string, string>;
  allowUnknown?: boolean;
  /** Of properties to unset. */
  keys?: string[];
  constraint?: string;
  /** SQL that every row must make true. */
  condition?: string;
  name?: string;
  description?: string;
  features?: string[];
  raiseVersions?: boolean;
  feature?: string;
  threads?: number;
  transaction?: [application: string, version: number];
  commitInfo?: Record<string, unknown>;
  maxRetries?: number;
  checkpoint?: boolean;
}
export interface AlterResult {
  /** null where nothing was to do. */
  version: number | null;
  numCheckedRows: number;
  numRetries: number;
}
export interface RepairOptions extends CallOptions {
  /** true: only look; default false. */
  dryRun?: boolean;
  transaction?: [application: string, version: number];
  commitInfo?: Record<string, unknown>;
  maxRetries?: number;
  checkpoint?: boolean;
}
export interface RepairResult {
  version: number | null;
  numCheckedFiles: number;
  /** Files, as in the log. */
  removed: string[];
  /** What of each is gone: the file, or its deletion vector. */
  missing: string[];
}
export interface CleanupResult {
  /** Log files that went. */
  files: string[];
  bytes: number;
  /** The oldest version that can be loaded afterwards. */
  firstVersion: number;
}

export interface DoctorOptions extends CallOptions {
  /** false: the table's folder is not listed, so that `reclaimable` is null. */
  listFolder?: boolean;
  /** Of the log, the newest; default 200. */
  numCommits?: number;
  /** That are named, the largest; default 100. */
  numPartitions?: number;
}
export interface Finding {
  id: string;
  severity: "warning" | "note" | "good";
  title: string;
  detail: string;
  /** Of the command line; null where nothing is to be done. */
  command: string | null;
}
/** The state of a table. */
export interface Diagnosis {
  uri: string;
  /** Empty where it has none. */
  name: string;
  version: number;
  timestamp: Date;
  examinedAt: Date;
  /** The worst first. */
  findings: Finding[];
  numFiles: number;
  numBytes: number;
  /** null where a file does not count them. */
  numRows: number | null;
  targetFileBytes: number;
  /** Under a quarter of the target. */
  numSmallFiles: number;
  medianFileBytes: number;
  largestFileBytes: number;
  /** Ascending, without gaps. */
  sizes: { fromBytes: number; belowBytes: number; numFiles: number; numBytes: number }[];
  numFilesWithoutStats: number;
  numFilesWithDeletedRows: number;
  numDeletedRows: number;
  partitionColumns: string[];
  numPartitions: number;
  medianPartitionBytes: number;
  /** The largest. */
  partitions: { name: string; numFiles: number; numBytes: number }[];
  /** `shareRead` of a partition's files hold one value in their range; `ranges` are [from, to] from 0 to 1 of some files. */
  columns: {
    name: string;
    hasOrder: boolean;
    isClusteredBy: boolean;
    shareWithStats: number;
    shareRead: number | null;
    ranges: [from: number, to: number][];
  }[];
  numColumnsLeftOut: number;
  log: {
    numFiles: number;
    numBytes: number;
    firstVersion: number;
    checkpointVersion: number | null;
    checkpointInterval: number;
    commitsSinceCheckpoint: number;
    bytesSinceCheckpoint: number;
    numExpiredFiles: number;
    numExpiredBytes: number;
    commits: { version: number; timestamp: number; operation: string }[];
  };
  /** What a vacuum would free, and what it keeps for older versions. */
  reclaimable: { numFiles: number; numBytes: number; numKeptFiles: number; numKeptBytes: number } | null;
  /** What optimize would write again; null where this build must not write the table. */
  compaction: { numFiles: number; numBytes: number; numGroups: number; strategy: string } | null;
}

/** A choice of rows, which reads nothing until it is iterated, and may be iterated many times. */
export declare class Scan<T> implements AsyncIterable<T> {
  private constructor();
  [Symbol.asyncIterator](): AsyncIterableIterator<T>;
  /** Arrays of at most `size` rows (default 1024), all but the last of that size. */
  rowBatches(size?: number): AsyncIterableIterator<T[]>;
  toArray(): Promise<T[]>;
  /** The bytes of an Arrow IPC file, for the apache-arrow of your choice: tableFromIPC(await scan.ipc()). */
  ipc(): Promise<Uint8Array>;
}

export interface Change<T> {
  type: "insert" | "delete" | "update_preimage" | "update_postimage";
  version: number;
  timestamp: Date;
  row: T;
}
export interface Commit {
  version: number;
  timestamp: Date;
  /** What the commit says of itself. */
  info: Record<string, unknown> | null;
}
export interface File {
  path: string;
  partitionValues: Record<string, string | null>;
  size: number;
  modificationTime: Date;
  stats: Record<string, unknown> | null;
}
export interface Column {
  name: string;
  /** As SQL has it: long, decimal(10,2), array<string>. */
  type: string;
  nullable: boolean;
}

export interface ClauseOptions {
  /** SQL: which of the rows. */
  where?: string;
}
export interface AllColumnsOptions extends ClauseOptions {
  /** Columns that are left out. */
  except?: string[];
}
/** Clauses of a merge; of those for a row, the first counts whose condition is true. */
export declare class MergeBuilder {
  private constructor();
  whenMatchedUpdateAll(options?: AllColumnsOptions): this;
  whenMatchedUpdate(set: Record<string, string>, options?: ClauseOptions): this;
  whenMatchedDelete(options?: ClauseOptions): this;
  whenNotMatchedInsertAll(options?: AllColumnsOptions): this;
  whenNotMatchedInsert(set: Record<string, string>, options?: ClauseOptions): this;
  whenNotMatchedBySourceUpdate(set: Record<string, string>, options?: ClauseOptions): this;
  whenNotMatchedBySourceDelete(options?: ClauseOptions): this;
  /** Merges as one commit, and moves the table to the version that this made. */
  execute(): Promise<MergeResult>;
}

/** A table and the version of it that was loaded. Calls that commit move it to the version they made. */
export declare class Table<T extends object = Row> {
  private constructor();
  readonly version: number;
  /** The root, without credentials. */
  readonly uri: string;
  readonly schema: Column[];
  /** The schema as the protocol has it. */
  readonly schemaJson: string;
  readonly metadata: {
    id: string;
    name: string | null;
    description: string | null;
    partitionColumns: string[];
    createdTime: number | null;
    configuration: Record<string, string>;
  };
  readonly protocol: {
    minReaderVersion: number;
    minWriterVersion: number;
    readerFeatures: string[] | null;
    writerFeatures: string[] | null;
  };

  /** Waits until the version is loaded; needed only after `at`, and only before version, uri or schema are looked at. */
  load(): Promise<this>;
  /** Loads the newest version. */
  refresh(options?: CallOptions): Promise<this>;
  /** The table as it was; it loads on its own. */
  at(when: ({ version: number } | { timestamp: Time }) & CallOptions): Table<T>;

  scan<R extends object = T>(options?: ScanOptions): Scan<R>;
  /** What a scan would do. */
  explain(options?: ScanOptions): Promise<Record<string, unknown>>;
  /** The change data feed, by version, deletes before inserts. */
  changes<R extends object = T>(options?: ChangesOptions): Scan<Change<R>>;
  /** The live data files. */
  files(options?: CallOptions & Condition): Scan<File>;
  count(options?: CallOptions & Condition): Promise<number>;
  /** The commits that the log still holds, newest first. */
  history(options?: CallOptions & { limit?: number }): Promise<Commit[]>;
  details(options?: CallOptions): Promise<{
    version: number;
    timestamp: Date;
    numFiles: number;
    totalBytes: number;
    numRows: number | null;
    features: string[];
  }>;
  domains(options?: CallOptions): Promise<Record<string, string>>;
  /** The version that an application recorded last with `transaction`; null for none. */
  transactionVersion(application: string, options?: CallOptions): Promise<number | null>;
  checkpoint(options?: CallOptions): Promise<void>;

  append(rows: Rows, options?: AppendOptions): Promise<WriteResult>;
  overwrite(rows: Rows, options?: AppendOptions | WriteOptions): Promise<WriteResult>;
  /** Deletes the rows that meet a condition; undefined: all. */
  delete(where: string | undefined, options?: CommitOptions & { timezone?: string }): Promise<RowChangeResult>;
  /** Assigns columns: SQL by column, which sees the row as it was. */
  update(set: Record<string, string>, options?: CommitOptions & Condition): Promise<RowChangeResult>;
  /** Conditions call the table t and the rows s: "t.id = s.id". */
  merge(
    rows: Iterable<object> | AsyncIterable<object>,
    options: CommitOptions & { on: string; timezone?: string; schema?: string; mergeSchema?: boolean },
  ): MergeBuilder;
  /** Updates the rows that have the key of one of the rows, inserts the others. */
  upsert(
    rows: Iterable<object> | AsyncIterable<object>,
    options: CommitOptions & { key: string | string[]; schema?: string },
  ): Promise<MergeResult>;

  /** Makes an earlier version the newest, as one commit. */
  restore(options: RestoreOptions): Promise<RestoreResult>;
  /** Makes large files of small ones, sorts rows, or drops those that deletion vectors hide. */
  optimize(options?: OptimizeOptions): Promise<OptimizeResult>;
  /** Deletes files that no version within the retention needs; by default only says which. */
  vacuum(options?: VacuumOptions): Promise<VacuumResult>;
  /** Changes the table and none of its rows, as one commit. */
  alter(change: Alteration, options?: AlterOptions): Promise<AlterResult>;
  /** Takes files out of the table whose data or deletion vector is gone. */
  repair(options?: RepairOptions): Promise<RepairResult>;
  /** Deletes log files that no version within the retention needs. */
  cleanupLog(options?: CallOptions & { retentionHours?: number; dryRun?: boolean }): Promise<CleanupResult>;
  /** Sums commits up in one file of the log beside them. */
  compactLog(
    options: CallOptions & { firstVersion: number; lastVersion: number },
  ): Promise<{ numActions: number; bytes: number; wasThere: boolean }>;
  /** Writes the lists of files that engines without Delta read, in _symlink_format_manifest. */
  manifest(options?: CallOptions): Promise<{ numFiles: number; numManifests: number; numStaleManifests: number }>;

  /** Says how the table is: files, partitions, statistics, log, and what mends what is not well. Reads no data file. */
  doctor(options?: DoctorOptions): Promise<Diagnosis>;

  /** Frees the table; what is being read goes on. */
  close(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

export declare function open<T extends object = Row>(uri: string | URL, options?: OpenOptions): Promise<Table<T>>;
export declare function exists(uri: string | URL, options?: CallOptions & StorageOptions): Promise<boolean>;
/**
 * Writes all rows as one commit, and creates the table where there is none. Values become those of the table's types
 * where that loses nothing, else the error names row and column. On failure the table is as it was.
 */
export declare function write(uri: string | URL, rows: Rows, options?: WriteOptions): Promise<WriteResult>;
export interface SyncOptions extends CallOptions, StorageOptions {
  /** A client of the package pg, whose open transaction is joined, or of the package redis, version 5 or newer; nobody
   * else may use it meanwhile. */
  to: object;
  /** The target's table, "scores" or "public.scores"; of Redis, what keys begin with. */
  into: string;
  /** Columns that name a row. PostgreSQL has a unique index over them. */
  key: string | string[];
  /** mirror (default): the target gets the source's rows and no others; upsert: none is deleted; append: nor updated;
   * update: none is deleted or inserted. */
  mode?: "mirror" | "upsert" | "append" | "update";
  /** What the cursor is kept under; default: `into`. */
  name?: string;
  /** The source's columns, or { source: target }; default: those that both have. */
  columns?: string[] | Record<string, string>;
  /** SQL over the source: only these rows. */
  where?: string;
  timezone?: string;
  /** Where versions since the last run are gone: send all rows (default), or fail. */
  onGap?: "snapshot" | "error";
  /** PostgreSQL: what to do with columns that the target lacks; add also makes the target. Default: ignore. */
  newColumns?: "ignore" | "add" | "error";
  /** NUL in texts, which PostgreSQL cannot hold; default: error. */
  nul?: "error" | "strip";
  /** Redis: a row as a hash (default) or as JSON. */
  value?: "hash" | "json";
  source?: "auto" | "files" | "feed";
  /** PostgreSQL, mode mirror: a column of the target, boolean or timestamp, that is set where a row would be deleted, and
   * reset where it comes again. */
  softDelete?: string;
  /** A file to append rows to, as JSON lines, that the target cannot hold, or whose key is null or, in PostgreSQL, there
   * twice; default: they fail the run. */
  rejects?: string;
  /** More of them fail the run; default: 10,000. */
  maxRejects?: number;
  maxMemoryBytes?: number;
  threads?: number;
  /** All rows are sent. */
  full?: boolean;
  /** The cursor counts for nothing: the source was made anew. */
  resync?: boolean;
  /** Says what would be done, and leaves the target as it is. */
  dryRun?: boolean;
}
export interface SyncResult {
  action: "nothing" | "snapshot" | "incremental";
  /** The version that the target had; null before the first run. */
  from: number | null;
  to: number;
  /** Rows on their way to the target. */
  sent: number;
  /** Rows of the target that were new or changed; of Redis, all that were sent. */
  upserted: number;
  /** Rows of the target that went, or were marked. */
  deleted: number;
  /** Rows that went to the file `rejects`. */
  rejected: number;
  /** Why all rows were sent. */
  reasons: string[];
}
/** Brings a target to a table's loaded version, or to the newest of a place, as one transaction. */
export declare function sync(table: Table<any> | string | URL, options: SyncOptions): Promise<SyncResult>;
/** The version of the native library. */
export declare const version: string;
