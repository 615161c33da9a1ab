/** Tables into PostgreSQL and Redis. */

import type { CallOptions, StorageOptions } from "./options.js";
import type { Table } from "./table.js";

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
