#!/usr/bin/env python3
"""deltaic sync to PostgreSQL against psql's \\copy with the same SQL, and a nightly overwrite against a full upsert.

A million rows of 8 columns (long, int, two strings, double, boolean, timestamp, date), wall seconds, medians of
alternating rounds. The peer's rows stand in a CSV file already; ours come from the Delta table.

    benchmarks/sync/postgres.py [ROWS] [ROUNDS]
"""

import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/sync"))
import conftest  # noqa: E402 -- the server is the tests'

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 3
COLUMNS = ["id", "n", "name", "word", "score", "flag", "at", "day"]
TARGET = """CREATE TABLE scores (id bigint PRIMARY KEY, n integer, name text, word text, score double precision,
            flag boolean, at timestamptz, day date)"""
SCHEMA = "id BIGINT, n INT, name STRING, word STRING, score DOUBLE, flag BOOLEAN, at TIMESTAMP, day DATE"


def lines(changed_every: int = 0):
    for i in range(ROWS):
        n = i % 1000 + (1_000_000 if changed_every and i % changed_every == 0 else 0)
        day = f"{i % 28 + 1:02}"
        stamp = f"2024-01-{day}T{i % 24:02}:{i % 60:02}:00.{i % 1000000:06}Z"
        flag = "true" if i % 3 else "false"
        yield f"{i},{n},name {i},word{i % 50},{i / 7!r},{flag},{stamp},2024-02-{day}\n"


def write_csv(path: pathlib.Path, **how):
    with path.open("w") as file:
        file.write(",".join(COLUMNS) + "\n")
        file.writelines(lines(**how))


def timed(call) -> float:
    started = time.monotonic()
    call()
    return time.monotonic() - started


def main():
    binaries = next(iter(pathlib.Path("/usr/lib/postgresql").glob("*/bin")))
    postgres = conftest.Postgres(binaries)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="deltaic-sync"))
    table, first, second = folder / "table", folder / "first.csv", folder / "second.csv"
    try:
        write_csv(first)
        write_csv(second, changed_every=100)
        program = str(conftest.PROGRAM)

        def deltaic(*arguments):
            done = subprocess.run([program, *map(str, arguments)], check=True, capture_output=True, text=True)
            return json.loads(done.stdout) if "--json" in arguments else None

        def sync():
            return deltaic("sync", table, postgres.url, "--into", "scores", "--key", "id", "--json")

        def psql(script: str):
            subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", postgres.url], input=script, text=True,
                           check=True, stdout=subprocess.DEVNULL)  # fmt: skip

        def fresh():
            psql(f"SET client_min_messages = error; DROP TABLE IF EXISTS scores, deltaic_sync; {TARGET}; CHECKPOINT")

        names = ", ".join(COLUMNS)
        others = COLUMNS[1:]
        update = ", ".join(f"{c} = excluded.{c}" for c in others)
        ours_columns, new_columns = (", ".join(f"{of}.{c}" for c in others) for of in ("t", "excluded"))
        distinct = f"({ours_columns}) IS DISTINCT FROM ({new_columns})"

        def copied(file, where=""):
            return f"""BEGIN;
              CREATE TEMPORARY TABLE stage ON COMMIT DROP AS SELECT {names} FROM scores WITH NO DATA;
              \\copy stage FROM '{file}' WITH (FORMAT csv, HEADER)
              SELECT 1 FROM stage WHERE id IS NULL LIMIT 1;
              SELECT id FROM stage GROUP BY id HAVING count(*) > 1 LIMIT 1;
              ANALYZE stage;
              DELETE FROM scores t WHERE NOT EXISTS (SELECT 1 FROM stage s WHERE t.id = s.id);
              INSERT INTO scores AS t ({names}) SELECT {names} FROM stage
                ON CONFLICT (id) DO UPDATE SET {update} {where};
              COMMIT;\n"""

        write = ("--input-format", "csv", "--schema", SCHEMA)
        deltaic("write", table, first, *write)
        ours, theirs = [], []
        for _ in range(ROUNDS):
            fresh()
            ours.append(timed(sync))
            fresh()
            theirs.append(timed(lambda: psql(copied(first, f"WHERE {distinct}"))))
        our, their = statistics.median(ours), statistics.median(theirs)
        print(f"snapshot of {ROWS} rows: deltaic sync {our:.2f} s, \\copy with the same SQL {their:.2f} s")
        print(f"  {our / their:.2f} of it")

        fresh()
        sync()
        nightly, full, updated = [], [], []
        for turn in range(ROUNDS):
            deltaic("write", table, first if turn % 2 else second, *write, "--mode", "overwrite")
            nightly.append(timed(lambda: updated.append(sync()["upserted"])))
            full.append(timed(lambda turn=turn: psql(copied(first if turn % 2 else second))))
        our, their = statistics.median(nightly), statistics.median(full)
        print(f"overwrite with 1 % new: deltaic sync {our:.2f} s, full upsert {their:.2f} s: {their / our:.1f} times")
        print(f"  {max(updated)} rows updated, {max(updated) / ROWS:.2%}")
    finally:
        postgres.stop()
        subprocess.run(["rm", "-rf", str(folder)], check=True)


if __name__ == "__main__":
    main()
