import deltaic from "./index.js";

export const { DeltaicError, Timestamp, Table, open, exists, write, version } = deltaic;
export default deltaic;
