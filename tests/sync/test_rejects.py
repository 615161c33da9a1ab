"""Rows that PostgreSQL refuses: all others get in, what was left out is in the file, and the cursor moves with them."""

import json
import random
import signal
import subprocess
import time

import pytest
from conftest import PROGRAM, TIMES, some_rows


@pytest.fixture
def target(postgres):
    postgres.sql("DROP TABLE IF EXISTS scores, deltaic_sync")
    postgres.sql("DROP TYPE IF EXISTS mood; DROP DOMAIN IF EXISTS short, small")
    postgres.sql("CREATE TABLE scores (id bigint PRIMARY KEY, name text, score double precision)")
    return postgres


@pytest.fixture
def file(tmp_path):
    return tmp_path / "rejects.jsonl"


def ids(target):
    return [int(row[0]) for row in target.sql("SELECT id FROM scores ORDER BY id")]


def lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_constraints_cost_the_rows_that_break_them(source, target, file):
    target.sql("ALTER TABLE scores ADD CHECK (score < 400), ALTER name SET NOT NULL, ADD UNIQUE (name)")
    rows = some_rows(range(1000))
    rows[7] = (7, None, 1.0)
    rows[500] = (500, "n3", 1.0)
    source.write(rows)
    assert "constraint" in source.sync(target.url, code=None)
    assert ids(target) == []
    done = source.sync(target.url, "--rejects", file)
    out = {7, 500, *range(800, 1000)}
    assert (done["sent"], done["upserted"], done["deleted"], done["rejected"]) == (1000, 1000 - len(out), 0, len(out))
    assert set(ids(target)) == set(range(1000)) - out
    said = {line["row"]["id"]: line["reason"] for line in lines(file)}
    assert set(said) == out
    assert "not-null" in said[7] and "Key (name)=(n3) already exists" in said[500] and "check constraint" in said[900]
    assert lines(file)[0] == {"into": "scores", "version": 0, "reason": said[7],
                              "row": {"id": 7, "name": None, "score": 1}}  # fmt: skip
    assert source.sync(target.url, "--rejects", file)["action"] == "nothing"


CASES = [
    ("uuid", "6c8f5ae6-6e0f-4d8c-9d5e-0b8c4fd1b6a1", "no uuid"),
    ("varchar(3)", "abc", "abcd"),
    ("char(2)", "ab", "abc"),
    ("short", "abc", "abcd"),
    ("small", "7", "77"),
    ("mood", "glad", "so-so"),
    ("json", '{"a": 1}', "{"),
    ("jsonb", '{"a": 1}', "{"),
    ("inet", "10.0.0.1", "10.0.0.256"),
    ("integer", "12", "twelve"),
    ("numeric(3,1)", "12.5", "1234.5"),
    ("varchar(3)[]", "{abc,d}", "{abcd}"),
    ("date", "2024-02-29", "2023-02-29"),
]


@pytest.mark.parametrize("kind, good, bad", CASES, ids=[case[0] for case in CASES])
def test_types_that_only_postgres_knows(source, target, file, kind, good, bad):
    target.sql("CREATE TYPE mood AS ENUM ('glad', 'sad'); CREATE DOMAIN short AS varchar(3)")
    target.sql("CREATE DOMAIN small AS integer CHECK (VALUE < 10)")
    target.sql(f"ALTER TABLE scores ALTER name TYPE {kind} USING NULL")
    source.write([(1, good, 0.5), (2, bad, 0.5), (3, None, 0.5), (4, good, 1.5)])
    done = source.sync(target.url, "--rejects", file)
    assert (done["upserted"], done["rejected"]) == (3, 1)
    assert ids(target) == [1, 3, 4]
    assert [line["row"] for line in lines(file)] == [{"id": 2, "name": bad, "score": 0.5}]
    shown = f"SELECT count(*) FROM scores WHERE name::text = '{good}'::{kind}::text"
    assert target.sql(shown) == [["2"]]
    # What it has of one that is refused now goes; what is right now comes; of one that goes, its old value is nothing.
    source.write([(1, bad, 0.5), (2, good, 0.5), (3, None, 0.5), (4, good, 1.5)], "overwrite")
    done = source.sync(target.url, "--rejects", file)
    assert (done["action"], done["upserted"], done["deleted"], done["rejected"]) == ("incremental", 1, 1, 1)
    assert ids(target) == [2, 3, 4]
    source.run("delete", source.path, "--where", "id < 4")
    done = source.sync(target.url, "--rejects", file)
    assert (done["deleted"], done["rejected"]) == (2, 0)
    assert ids(target) == [4]


def test_a_key_that_is_no_value_of_its_type(source, target, file):
    target.sql("ALTER TABLE scores DROP id, ALTER name TYPE uuid USING NULL, ADD PRIMARY KEY (name)")
    good = [f"6c8f5ae6-6e0f-4d8c-9d5e-00000000000{i}" for i in range(3)]
    source.write([(1, good[0], 0.5), (2, "none", 0.5), (3, good[1], 0.5)])
    done = source.sync(target.url, "--rejects", file, key="name")
    assert (done["upserted"], done["rejected"], lines(file)[0]["row"]["name"]) == (2, 1, "none")
    source.write([(3, good[1], 7.5), (4, good[2], 0.5), (5, "other", 0.5)], "overwrite")
    done = source.sync(target.url, "--rejects", file, key="name")
    assert (done["upserted"], done["deleted"], done["rejected"]) == (2, 1, 1)
    assert target.sql("SELECT name, score FROM scores ORDER BY name") == [[good[1], "7.5"], [good[2], "0.5"]]


def test_what_a_trigger_says_costs_the_row(source, target, file):
    target.sql("""CREATE OR REPLACE FUNCTION odd() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN IF NEW.id % 10 = 3 THEN RAISE EXCEPTION 'row % is odd', NEW.id; END IF; RETURN NEW; END $$;
      CREATE TRIGGER odd BEFORE INSERT OR UPDATE ON scores FOR EACH ROW EXECUTE FUNCTION odd()""")
    source.write(some_rows(range(100)))
    assert source.sync(target.url, "--rejects", file)["rejected"] == 10
    assert [line["reason"] for line in lines(file)] == [f"row {i} is odd" for i in range(3, 100, 10)]
    assert ids(target) == [i for i in range(100) if i % 10 != 3]


def test_values_that_swap_get_in_one_after_the_other(source, target, file):
    """A unique index refuses both for each other: tried again without what the target has of them, both fit."""
    target.sql("ALTER TABLE scores ADD UNIQUE (name)")
    source.write([(1, "a", 1.0), (2, "b", 2.0), (3, "c", 3.0)])
    source.sync(target.url)
    source.write([(1, "b", 1.0), (2, "c", 2.0), (3, "a", 3.0)], "overwrite")
    assert "already exists" in source.sync(target.url, code=None)
    done = source.sync(target.url, "--rejects", file)
    assert (done["action"], done["rejected"], lines(file)) == ("incremental", 0, [])
    assert target.sql("SELECT id, name FROM scores ORDER BY id") == [["1", "b"], ["2", "c"], ["3", "a"]]


@pytest.mark.parametrize("mode", ["upsert", "update"])
def test_other_modes_leave_what_the_target_has(source, target, file, mode):
    target.sql("ALTER TABLE scores ADD CHECK (score < 10); INSERT INTO scores VALUES (1, 'old', 0), (2, 'old', 0)")
    source.write([(1, "new", 11.0), (2, "new", 1.0), (3, "new", 1.0)])
    done = source.sync(target.url, "--rejects", file, "--mode", mode)
    assert (done["deleted"], done["rejected"]) == (0, 1)
    expected = [["1", "old", "0"], ["2", "new", "1"]] + ([["3", "new", "1"]] if mode == "upsert" else [])
    assert target.sql("SELECT * FROM scores ORDER BY id") == expected


def test_soft_deletes_mark_what_is_refused(source, target, file):
    target.sql("ALTER TABLE scores ADD gone boolean, ADD CHECK (score < 10)")
    source.write([(1, "a", 1.0), (2, "b", 1.0)])
    source.sync(target.url, "--rejects", file, "--soft-delete", "gone")
    source.run("update", source.path, "--set", "score = 11", "--where", "id = 1")
    done = source.sync(target.url, "--rejects", file, "--soft-delete", "gone")
    assert (done["deleted"], done["rejected"]) == (1, 1)
    assert target.sql("SELECT id, score, gone FROM scores ORDER BY id") == [["1", "1", "t"], ["2", "1", "f"]]


def test_keys_that_are_there_twice(source, target, file):
    source.write([(1, "a", 1.0), (2, "x", 1.0), (2, "y", 1.0), (3, "c", 1.0)])
    done = source.sync(target.url, "--rejects", file)
    assert (done["upserted"], done["rejected"]) == (2, 2)
    assert ids(target) == [1, 3]
    assert sorted(line["row"]["name"] for line in lines(file)) == ["x", "y"]
    assert {line["reason"] for line in lines(file)} == {"the key id = 2 is there 2 times: keys must be unique"}
    assert source.sync(target.url, "--rejects", file)["action"] == "nothing"
    # Which of them is still there is not in the change, so that all rows are looked at until no key is there twice.
    source.run("delete", source.path, "--where", "name = 'y'")
    done = source.sync(target.url, "--rejects", file)
    assert (done["action"], done["upserted"], done["rejected"]) == ("snapshot", 1, 0)
    assert "twice" in done["reasons"]
    assert ids(target) == [1, 2, 3]
    # Among changes, too.
    source.write([(3, "p", 2.0), (3, "q", 2.0), (4, "d", 1.0)], "overwrite")
    done = source.sync(target.url, "--rejects", file)
    assert (done["action"], done["upserted"], done["deleted"], done["rejected"]) == ("incremental", 1, 3, 2)
    assert ids(target) == [4]
    source.write([(3, "q", 2.0), (4, "d", 1.0)], "overwrite")
    assert source.sync(target.url, "--rejects", file)["action"] == "snapshot"
    source.write([(5, "e", 2.0)])
    assert source.sync(target.url, "--rejects", file)["action"] == "incremental"
    assert ids(target) == [3, 4, 5]


def test_too_many_fail_the_run(source, target, file):
    target.sql("ALTER TABLE scores ADD CHECK (score < 10)")
    source.write(some_rows(range(100)))
    message = source.sync(target.url, "--rejects", file, "--max-rejects", 79, code=None)
    assert "more than 79 rows are rejected" in message and "check constraint" in message
    assert (ids(target), lines(file)) == ([], [])
    assert source.sync(target.url, "--rejects", file, "--max-rejects", 80)["rejected"] == 80
    source.write([(i, "a\0b", 1.0) for i in range(200, 205)])
    message = source.sync(target.url, "--rejects", file, "--max-rejects", 4, code=7)
    assert "more than 4 rows are rejected" in message and "NUL" in message
    assert ids(target) == list(range(20))


def test_what_is_not_a_rows_fault_fails_the_run(source, target, file):
    """What refers to a row that goes: the row is right, and the target cannot be."""
    target.sql("DROP TABLE IF EXISTS uses; CREATE TABLE uses (id bigint REFERENCES scores)")
    source.write(some_rows(range(5)))
    source.sync(target.url, "--rejects", file)
    target.sql("INSERT INTO uses VALUES (3)")
    source.run("delete", source.path, "--where", "id = 3")
    assert "foreign key" in source.sync(target.url, "--rejects", file, code=None)
    assert (ids(target), lines(file)) == ([0, 1, 2, 3, 4], [])
    target.sql("DROP TABLE uses")
    assert source.sync(target.url, "--rejects", file)["deleted"] == 1


def test_killed_runners_with_rejects_leave_all_or_nothing(source, target, file):
    target.sql("ALTER TABLE scores ADD CHECK (score <> 3), ADD UNIQUE (name)")
    chance = random.Random(7)
    command = [str(PROGRAM), "sync", str(source.path), target.url, "--into", "scores", "--key", "id", "--rejects", file]
    source.write(some_rows(range(500)))
    started = time.monotonic()
    source.sync(target.url, "--rejects", file)
    usual = time.monotonic() - started

    def expected(version):
        return [i for i, _, score in source.rows(version) if score != 3]

    for _ in range(5 * TIMES):
        numbers = chance.sample(range(500), 400)
        source.write([(i, f"v{n}", float(chance.randrange(6))) for n, i in enumerate(numbers)], "overwrite")
        process = subprocess.Popen(list(map(str, command)), stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, 2 * usual))
        process.send_signal(signal.SIGKILL)
        process.wait()
        target.settled()
        version = int(target.sql("SELECT version FROM deltaic_sync")[0][0])
        assert ids(target) == expected(version)
    source.sync(target.url, "--rejects", file)
    assert ids(target) == expected(None)
