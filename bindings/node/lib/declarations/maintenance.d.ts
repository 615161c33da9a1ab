/** Keeping a table small, fast and sound. */

import type { CallOptions, CommitOptions } from "./options.js";
import type { Time } from "./values.js";

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
