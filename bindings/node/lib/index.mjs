import deltaic from "./index.js";

export const { DeltaicError, Timestamp, Table, open, exists, write, sync, version } = deltaic;
export default deltaic;
