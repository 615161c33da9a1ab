"""The sync drivers, each as a program of its own, against real servers: after every run, whole or killed, the target
equals the source at the cursor's version."""

import json
import os
import random
import signal
import subprocess
import time

import pyarrow as pa
from conftest import ENV, Postgres
from deltaic import DeltaTable, write_deltalake

KILLS = 5 * int(os.environ.get("DELTAIC_TORTURE", "1"))


def start(driver, uri, target, **options):
    command = [*driver, uri, target.url, json.dumps(options)]
    env = {**os.environ, **ENV, **getattr(target, "trust", {})}
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def sync(driver, uri, target, **options):
    process = start(driver, uri, target, **options)
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return json.loads(out)


def scores(numbers, name="n"):
    return pa.table(
        {
            "id": pa.array(list(numbers), pa.int64()),
            "name": [f"{name}{i}" for i in numbers],
            "score": [i / 2 if i % 7 else None for i in numbers],
        }
    )


def source(uri, version=None):
    rows = DeltaTable(uri, version=version).to_pyarrow_table().to_pylist()
    return sorted(rows, key=lambda row: row["id"])


def test_snapshot_then_changes_then_nothing(driver, target, uri):
    write_deltalake(uri, scores(range(100)))
    done = sync(driver, uri, target)
    assert (done["action"], done["from"], done["to"], done["sent"]) == ("snapshot", None, 0, 100)
    assert target.rows() == source(uri)
    table = DeltaTable(uri)
    table.update({"score": "-1"}, predicate="id < 3")
    table.delete("id >= 90")
    write_deltalake(uri, scores(range(200, 202)), mode="append")
    done = sync(driver, uri, target)
    assert (done["action"], done["from"], done["to"]) == ("incremental", 0, 3)
    if isinstance(target, Postgres):
        assert (done["upserted"], done["deleted"]) == (5, 10)
    assert target.rows() == source(uri)
    assert sync(driver, uri, target)["action"] == "nothing"
    assert target.cursor() == 3


def test_a_dry_run_changes_nothing(driver, target, uri):
    write_deltalake(uri, scores(range(10)))
    assert sync(driver, uri, target, dry_run=True)["sent"] == 10
    assert (target.rows(), target.cursor()) == ([], None)


def test_modes_conditions_and_columns(driver, postgres, uri):
    postgres.clear()
    postgres.sql("INSERT INTO scores VALUES (1, 'mine', 1), (500, 'mine', 1)")
    write_deltalake(uri, scores(range(1, 6)).rename_columns(["id", "label", "score"]))
    done = sync(driver, uri, postgres, mode="upsert", where="id < 4", columns={"id": "id", "label": "name"})
    assert (done["upserted"], done["deleted"]) == (3, 0)
    assert [(row["id"], row["name"]) for row in postgres.rows()] == [(1, "n1"), (2, "n2"), (3, "n3"), (500, "mine")]


def test_what_is_refused_leaves_the_target(driver, postgres, uri):
    postgres.clear()
    write_deltalake(uri, scores(range(5)))
    sync(driver, uri, postgres)
    write_deltalake(uri, scores([7, 7]), mode="append")
    refused = sync(driver, uri, postgres)
    assert refused["code"] == "ConstraintViolated" and "7" in refused["message"]
    assert (postgres.rows(), postgres.cursor()) == (source(uri, 0), 0)
    postgres.sql("ALTER TABLE scores DROP CONSTRAINT scores_pkey")
    assert sync(driver, uri, postgres)["code"] == "InvalidArgument"


def test_soft_deletes_mark_rows_and_take_them_back(driver, postgres, uri):
    postgres.clear()
    postgres.sql("ALTER TABLE scores ADD COLUMN gone boolean")
    postgres.sql("INSERT INTO scores VALUES (50, 'old', 1, NULL), (51, 'old', 1, true)")
    write_deltalake(uri, scores(range(4)))
    done = sync(driver, uri, postgres, soft_delete="gone")
    assert (done["upserted"], done["deleted"]) == (4, 1)
    DeltaTable(uri).delete("id < 2")
    assert sync(driver, uri, postgres, soft_delete="gone")["deleted"] == 2
    marked = "SELECT string_agg(id::text, ',' ORDER BY id) FROM scores WHERE gone"
    assert postgres.sql(marked) == "0,1,50,51"
    write_deltalake(uri, scores([1]), mode="append")
    done = sync(driver, uri, postgres, soft_delete="gone")
    assert (done["upserted"], done["deleted"]) == (1, 0)
    assert postgres.sql(marked) == "0,50,51"


def test_rows_that_do_not_fit_go_to_a_file(driver, target, uri, tmp_path):
    file = tmp_path / "rejects.jsonl"
    table = pa.table({"id": pa.array([1, None, 3], pa.int64()), "name": ["a", "b", "c"], "score": [0.5, 0.5, 0.5]})
    write_deltalake(uri, table)
    done = sync(driver, uri, target, rejects=str(file))
    assert (done["sent"], done["rejected"]) == (2, 1)
    is_postgres = isinstance(target, Postgres)
    write_deltalake(uri, table.set_column(1, "name", pa.array(["a", "b", "c\0"])), mode="overwrite")
    done = sync(driver, uri, target, rejects=str(file))
    assert (done["action"], done["rejected"]) == ("incremental", 2 if is_postgres else 1)
    assert [row["id"] for row in target.rows()] == ([1] if is_postgres else [1, 3])
    assert target.cursor() == DeltaTable(uri).version()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert sorted({str(line["row"]["id"]) for line in lines}) == (["3", "None"] if is_postgres else ["None"])
    assert {line["into"] for line in lines} == {"scores"} and all(line["reason"] for line in lines)


def test_rows_that_postgres_refuses_go_to_a_file(driver, postgres, uri, tmp_path):
    postgres.clear()
    postgres.sql("ALTER TABLE scores ADD CHECK (score < 50), ADD UNIQUE (name)")
    file = tmp_path / "rejects.jsonl"
    write_deltalake(uri, scores(range(200)))
    done = sync(driver, uri, postgres, rejects=str(file))
    refused = [row["id"] for row in source(uri) if row["score"] is not None and row["score"] >= 50]
    assert (done["sent"], done["upserted"], done["rejected"]) == (200, 200 - len(refused), len(refused))
    assert postgres.rows() == [row for row in source(uri) if row["id"] not in refused]
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["row"]["id"] for line in lines] == refused
    assert all("check constraint" in line["reason"] and line["version"] == 0 for line in lines)
    failed = sync(driver, uri, postgres, rejects=str(file), max_rejects=5, full=True)
    assert "more than 5 rows" in failed["message"] and postgres.cursor() == 0


def test_redis_by_tls(driver, tls_redis, uri):
    """The application's client signs in and checks the certificate; the driver only sends by it."""
    tls_redis.clear()
    write_deltalake(uri, scores(range(3000)))
    assert sync(driver, uri, tls_redis)["action"] == "snapshot"
    assert tls_redis.rows() == source(uri)
    DeltaTable(uri).update({"id": "2999 - id"})
    assert sync(driver, uri, tls_redis)["action"] == "incremental"
    assert (tls_redis.rows(), tls_redis.cursor()) == (source(uri), 1)


def test_redis_by_tls_that_is_not_trusted(driver, tls_redis, uri, monkeypatch):
    tls_redis.clear()
    write_deltalake(uri, scores(range(3)))
    monkeypatch.setattr(tls_redis, "trust", {})
    run = start(driver, uri, tls_redis)
    said = "".join(run.communicate(timeout=120))
    assert run.returncode != 0 and "certificate" in said and "canary" not in said
    assert (tls_redis.rows(), tls_redis.cursor()) == ([], None)


def test_two_runs_at_once(driver, target, uri):
    write_deltalake(uri, scores(range(5000)))
    runs = [start(driver, uri, target) for _ in range(3)]
    done = [json.loads(run.communicate(timeout=120)[0]) for run in runs]
    assert sorted(run["action"] for run in done) == ["nothing", "nothing", "snapshot"]
    assert target.rows() == source(uri)


def test_killed_at_any_time(driver, target, uri):
    made = random.Random(5)
    write_deltalake(uri, scores(range(3000)))
    begin = time.monotonic()
    sync(driver, uri, target)
    whole = time.monotonic() - begin
    for i in range(KILLS):
        numbers = made.sample(range(4000), 2000)
        write_deltalake(uri, scores(numbers, f"v{i}-"), mode="overwrite")
        run = start(driver, uri, target)
        time.sleep(made.uniform(0.3, 1) * whole)
        run.send_signal(signal.SIGKILL)
        run.communicate()
        target.settled()
        assert target.rows() == source(uri, target.cursor())
    sync(driver, uri, target)
    assert target.rows() == source(uri) and target.cursor() == KILLS
