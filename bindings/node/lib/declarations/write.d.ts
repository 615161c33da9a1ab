/** Writing rows, and changing those that are there. */

import type { CommitOptions, StorageOptions } from "./options.js";

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
