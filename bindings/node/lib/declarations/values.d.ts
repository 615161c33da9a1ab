/** What columns hold, and what a call fails with. */

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

/** A time: a Date, text as Date.parse takes it, or milliseconds since 1970. */
export type Time = Date | string | number;
