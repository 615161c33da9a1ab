/** What calls share: signals, storages, conditions, rows, and what a commit says of itself. */

import type { Time } from "./values.js";

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

export interface Condition {
  /** SQL: which rows count. */
  where?: string;
  /** Of texts, dates and parts of timestamps in `where`: "Europe/Oslo"; default UTC. */
  timezone?: string;
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

/** Objects, or the bytes of Arrow IPC, file or stream. */
export type Rows<T extends object = object> = Iterable<T> | AsyncIterable<T> | Uint8Array | ArrayBuffer;
