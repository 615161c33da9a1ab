/** A table, and the calls that take its place. */

import type {
  AlterOptions,
  AlterResult,
  Alteration,
  CleanupResult,
  Diagnosis,
  DoctorOptions,
  OptimizeOptions,
  OptimizeResult,
  RepairOptions,
  RepairResult,
  RestoreOptions,
  RestoreResult,
  VacuumOptions,
  VacuumResult,
} from "./maintenance.js";
import type { CallOptions, CommitOptions, Condition, Rows, StorageOptions } from "./options.js";
import type { Change, ChangesOptions, Column, Commit, File, OpenOptions, Scan, ScanOptions } from "./read.js";
import type { Row, Time } from "./values.js";
import type { AppendOptions, MergeBuilder, MergeResult, RowChangeResult, WriteOptions, WriteResult } from "./write.js";

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
