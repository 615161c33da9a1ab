// Compiled by tsc --strict, never run: what the types allow, and what they must refuse.
import { DeltaicError, open, write, type Change, type ErrorCode, type Row, type Table, type Value } from "deltaic";

interface Score {
  user_id: bigint;
  score: number;
}

export async function allowed(signal: AbortSignal): Promise<void> {
  await using table: Table<Score> = await open<Score>("scores", { storageOptions: { key: "value" }, signal });
  for await (const row of table.scan({ columns: ["user_id"], where: "score > 0.5", signal })) {
    const id: bigint = row.user_id;
    void id;
  }
  for await (const rows of table.scan().rowBatches(1000)) rows.map((row) => row.score.toFixed(2));
  const narrow: { score: number }[] = await table.scan<{ score: number }>().toArray();
  void narrow;
  for await (const change of table.changes({ from: 41 })) {
    const typed: Change<Score> = change;
    void typed;
  }
  await write(
    "scores",
    (async function* () {
      yield { a: 1 };
    })(),
    { mode: "append", transaction: ["nightly", 17] },
  );
  await write("scores", new Uint8Array());
  const credentialProvider = async () => ({ aws_access_key_id: "a", aws_session_token: null, expiresAt: new Date() });
  await open("s3://b/t", { storageOptions: { aws_region: "x", credentialProvider } });
  await open("s3://b/t", { storageOptions: { credentialProvider: () => ({ azure_storage_token: "t" }) } });
  await table.upsert([{ user_id: 1n }], { key: "user_id" });
  await table
    .merge([{ id: 1 }], { on: "t.id = s.id" })
    .whenMatchedUpdateAll()
    .whenNotMatchedInsertAll()
    .execute();
  const count: number = await table.at({ version: 3 }).count();
  void count;
  const optimized = await table.optimize({ kind: "zorder", zorderColumns: ["user_id"] });
  const version: number | null = optimized.version;
  void version;
  await table.vacuum({ dryRun: false, retentionHours: 168, signal });
  await table.alter("add_columns", { schema: "n INT", after: "user_id" });
  await table.restore({ version: 3 });
  const untyped = await open("scores");
  const row: Row | undefined = (await untyped.scan().toArray())[0];
  const value: Value | undefined = row?.["x"];
  void value;
}

export async function refused(table: Table): Promise<void> {
  // @ts-expect-error an option that is not there
  table.scan({ colums: ["a"] });
  // @ts-expect-error a mode that is not there
  await write("scores", [], { mode: "replace" });
  // @ts-expect-error neither version nor time
  table.at({});
  // @ts-expect-error a key is needed
  await table.upsert([], {});
  // @ts-expect-error rows are objects
  await write("scores", [1, 2]);
  // @ts-expect-error a change that is not there
  await table.alter("turn_round");
  // @ts-expect-error tables come from open
  new Table();
}

export function codeOf(error: unknown): ErrorCode | undefined {
  return error instanceof DeltaicError ? error.code : undefined;
}
