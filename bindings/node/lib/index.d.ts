/** Delta Lake tables. Every call that takes long returns a promise, works on threads of its own, and takes an AbortSignal. */

export * from "./declarations/values.js";
export * from "./declarations/options.js";
export * from "./declarations/read.js";
export * from "./declarations/write.js";
export * from "./declarations/maintenance.js";
export * from "./declarations/table.js";
export * from "./declarations/sync.js";

/** The version of the native library. */
export declare const version: string;
