/** Opening a table and reading its rows. */

import type { CallOptions, Condition, StorageOptions } from "./options.js";
import type { Time } from "./values.js";

export interface OpenOptions extends CallOptions, StorageOptions {
  /** The version to load; default: the newest. */
  version?: number;
  /** The newest version committed at or before this time. */
  timestamp?: Time;
  /** Commits that the table's catalog has ratified. */
  catalogCommits?: string[];
  maxCatalogVersion?: number;
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
