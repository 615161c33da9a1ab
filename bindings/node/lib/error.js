"use strict";

/** What a call failed with: `code` tells what to do next ("Conflict": run it again on the new version). */
class DeltaicError extends Error {
  constructor(code, message, cause) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "DeltaicError";
    this.code = code;
  }
}

const misfit = (message) => new DeltaicError("SchemaMismatch", message);
const invalid = (message) => new DeltaicError("InvalidArgument", message);

module.exports = { DeltaicError, misfit, invalid };
