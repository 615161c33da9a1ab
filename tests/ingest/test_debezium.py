"""PostgreSQL, Debezium's connector, Kafka, a Delta table: whatever is done to the one must be in the other.

By DELTAIC_DEBEZIUM=1: the connector and Kafka Connect (60 MB) come by Maven, and are kept in ~/.cache/deltaic.
"""

import base64
import datetime
import decimal
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import time
import uuid

import pytest
from conftest import ROOT, free_ports, wait_for
from test_changes import rows

sys.path.insert(0, str(ROOT / "tests/support"))
from databases import PostgresServer, postgres_of  # noqa: E402

psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed (dev/requirements/test.txt)")

pytestmark = pytest.mark.skipif(
    os.environ.get("DELTAIC_DEBEZIUM") != "1", reason="Debezium is fetched and run where DELTAIC_DEBEZIUM=1 is set"
)
POM = pathlib.Path(__file__).resolve().parent / "debezium/pom.xml"
JARS = pathlib.Path.home() / ".cache/deltaic/debezium-3.6.1.Final"
# Larger than a page, so that PostgreSQL stores it apart, and does not log it again where it stays as it is.
TOASTED = 12_000


class LogicalPostgres(PostgresServer):
    """One whose log Debezium can follow, by TCP."""

    def __init__(self, binaries: pathlib.Path):
        self.port = free_ports(1)
        self.more_settings = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c wal_level=logical"
        super().__init__(binaries)
        self.url += f"&port={self.port}"


@pytest.fixture(scope="module")
def postgres():
    yield from postgres_of(LogicalPostgres)


@pytest.fixture(scope="module")
def jars() -> pathlib.Path:
    if not (JARS / "complete").exists():
        if not shutil.which("mvn"):
            pytest.skip("Maven is not installed")
        fetch = ["mvn", "-B", "-q", "-f", POM, "dependency:copy-dependencies", f"-DoutputDirectory={JARS}"]
        done = subprocess.run(list(map(str, fetch)), capture_output=True, text=True, timeout=600, check=False)
        assert done.returncode == 0, done.stdout
        (JARS / "complete").touch()
    return JARS


class Connect:
    """Kafka Connect as one process, with one connector that follows some tables."""

    def __init__(self, jars, broker, postgres, folder: pathlib.Path, name: str, tables: list[str]):
        worker = {
            "bootstrap.servers": broker.address,
            "offset.storage.file.filename": folder / f"{name}-offsets",
            "offset.flush.interval.ms": 1000,
            "listeners": f"http://127.0.0.1:{free_ports(1)}",
            "plugin.discovery": "only_scan",
        }
        for side in ("key", "value"):
            worker[f"{side}.converter"] = "org.apache.kafka.connect.json.JsonConverter"
            worker[f"{side}.converter.schemas.enable"] = "false"
        connector = {
            "name": name,
            "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
            "plugin.name": "pgoutput",
            "database.hostname": "127.0.0.1",
            "database.port": postgres.port,
            "database.user": "postgres",
            "database.password": "none",
            "database.dbname": "postgres",
            "topic.prefix": name,
            "slot.name": name,
            "publication.name": name,
            "publication.autocreate.mode": "filtered",
            "table.include.list": ",".join(f"public.{table}" for table in tables),
            "time.precision.mode": "isostring",
            "decimal.handling.mode": "string",
            "skipped.operations": "none",  # else no TRUNCATE is told
        }
        paths = []
        for what, settings in [("worker", worker), ("connector", connector)]:
            paths.append(folder / f"{name}-{what}.properties")
            paths[-1].write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        self.log = folder / f"{name}.log"
        command = ["java", "-Xmx256m", "-cp", f"{jars}/*", "org.apache.kafka.connect.cli.ConnectStandalone", *paths]
        with self.log.open("w") as out:
            self.process = subprocess.Popen(list(map(str, command)), stdout=out, stderr=subprocess.STDOUT)
        follows = f"SELECT count(*) FROM pg_replication_slots WHERE slot_name = '{name}' AND active"
        wait_for(lambda: self.process.poll() is not None or postgres.psql(follows).strip() == "1", 90)
        assert self.process.poll() is None, self.log.read_text()[-3000:]

    def stop(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def follow(jars, broker, postgres, tmp_path):
    running = []

    def start(name: str, *tables: str) -> Connect:
        running.append(Connect(jars, broker, postgres, tmp_path, name, list(tables)))
        return running[-1]

    yield start
    for connect in running:
        connect.stop()


COLUMNS = {
    "id": ("bigint PRIMARY KEY", "long"),
    "name": ("text", "string"),
    "price": ("numeric(14,3)", "decimal(14,3)"),
    "ok": ("boolean", "boolean"),
    "ratio": ("double precision", "double"),
    "day": ("date", "date"),
    "at": ("timestamptz", "timestamp"),
    "tag": ("uuid", "string"),
    "note": ("jsonb", "string"),
    "long_text": ("text", "string"),
    "long_bytes": ("bytea", "binary"),
}


class Source:
    """A table of PostgreSQL, and random work on it."""

    def __init__(self, postgres, name: str, seed: int, identity: str = "DEFAULT"):
        self.name, self.random, self.identity = name, random.Random(seed), identity
        self.connection = psycopg.connect(postgres.url, autocommit=True)
        columns = ", ".join(f'"{column}" {kind}' for column, (kind, _) in COLUMNS.items())
        self.execute(f"CREATE TABLE {name} ({columns})")
        for column in ("long_text", "long_bytes"):
            self.execute(f"ALTER TABLE {name} ALTER {column} SET STORAGE EXTERNAL")
        self.execute(f"ALTER TABLE {name} REPLICA IDENTITY {identity}")

    def execute(self, text: str, values=()):
        return self.connection.execute(text, values)

    def value(self, column: str):
        r = self.random
        if r.randrange(8) == 0:
            return None
        return {
            "name": lambda: r.choice(["", "x", "ä€😀", 'q"\\\n', "__unavailable"]) + str(r.randrange(1000)),
            "price": lambda: decimal.Decimal(r.randrange(-(10**12), 10**12)).scaleb(-3),
            "ok": lambda: r.randrange(2) == 1,
            "ratio": lambda: r.uniform(-1e9, 1e9),
            "day": lambda: datetime.date(1900, 1, 1) + datetime.timedelta(days=r.randrange(80_000)),
            "at": lambda: (
                datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
                + datetime.timedelta(microseconds=r.randrange(2 * 10**15))
            ),
            "tag": lambda: str(uuid.UUID(int=r.getrandbits(128))),
            "note": lambda: json.dumps({"a": r.randrange(9), "b": ["ä", None]}),
            "long_text": lambda: "".join(r.choices("abcdefghij€", k=TOASTED)),
            "long_bytes": lambda: r.randbytes(TOASTED),
        }[column]()

    def work(self, steps: int):
        for _ in range(steps):
            kind = self.random.randrange(10)
            id_, other = self.random.randrange(60), self.random.randrange(60)
            if kind < 4:
                columns = list(COLUMNS)[1:]
                self.execute(f"DELETE FROM {self.name} WHERE id = %s", [id_])
                marks = ", ".join(["%s"] * len(COLUMNS))
                self.execute(f"INSERT INTO {self.name} VALUES ({marks})", [id_, *map(self.value, columns)])
            elif kind < 7:  # long values stay: they are not told again
                column = self.random.choice([c for c in COLUMNS if c not in ("id", "long_text", "long_bytes")])
                self.execute(f'UPDATE {self.name} SET "{column}" = %s WHERE id = %s', [self.value(column), id_])
            elif kind == 7:
                self.execute(f"UPDATE {self.name} SET long_text = %s WHERE id = %s", [self.value("long_text"), id_])
            elif kind == 8:
                self.execute(f"DELETE FROM {self.name} WHERE id = %s", [id_])
            else:
                self.rename(id_, other, self.identity == "FULL")

    def rename(self, old: int, new: int, keeps_long_values: bool):
        """Another key. Long values may stay: which only REPLICA IDENTITY FULL tells of the new row."""
        values, more = [new], ""
        if not keeps_long_values:
            values += [self.value("long_text"), self.value("long_bytes")]
            more = ", long_text = %s, long_bytes = %s"
        condition = f"id = %s AND NOT EXISTS (SELECT 1 FROM {self.name} WHERE id = %s)"
        self.execute(f"UPDATE {self.name} SET id = %s{more} WHERE {condition}", [*values, old, new])

    def rows(self) -> dict:
        cursor = self.execute(f"SELECT * FROM {self.name}")
        names = [column.name for column in cursor.description]
        return {row[0]: dict(zip(names, map(plain, row), strict=True)) for row in cursor.fetchall()}


def plain(value):
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).isoformat(timespec="microseconds")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    return str(value) if isinstance(value, uuid.UUID) else value


def of_table(table: pathlib.Path) -> dict:
    out = {}
    for row in rows(table):
        if row["at"] is not None:
            at = datetime.datetime.fromisoformat(row["at"].replace("Z", "+00:00"))
            row["at"] = at.isoformat(timespec="microseconds")
        if row["note"] is not None:
            row["note"] = json.loads(row["note"])
        if row["price"] is not None:
            row["price"] = str(decimal.Decimal(str(row["price"])).quantize(decimal.Decimal("0.001")))
        if row["long_bytes"] is not None:
            row["long_bytes"] = base64.b64decode(row["long_bytes"]).hex()
        assert row["id"] not in out, "a key is there twice"
        out[row["id"]] = row
    return out


FLAGS = ["--mode", "debezium", "--key-columns", "id", "-l", "0.3", "--on-error", "fail"]
FLAGS += ["--schema", ", ".join(f"{column} {kind}" for column, (_, kind) in COLUMNS.items())]
FLAGS += ["-K", "session.timeout.ms=2000", "-K", "heartbeat.interval.ms=300", "-K", "group.instance.id=one"]


@pytest.mark.parametrize("identity", ["DEFAULT", "FULL"])
def test_the_table_equals_its_source(broker, start, postgres, follow, tmp_path, identity):
    """Snapshot, inserts, updates that leave long values, key changes, deletes; the reader is killed on the way."""
    name = f"goods_{identity.lower()}"
    source = Source(postgres, name, seed=11, identity=identity)
    source.work(150)  # before anybody follows
    follow(name, name)
    topic, table = f"{name}.public.{name}", tmp_path / "t"
    wait_for(lambda: broker.has_topic(topic), 60)
    flags = [*FLAGS, "-g", name]
    for _ in range(3):
        ran = start(topic, table, *flags)
        source.work(150)
        time.sleep(1)
        ran.kill()
    source.work(100)
    ran = start(topic, table, *flags)
    source.execute(f"INSERT INTO {name} (id) VALUES (1000000)")
    wait_for(lambda: ran.process.poll() is not None or (table.exists() and 1_000_000 in of_table(table)), 90)
    assert ran.terminate() == 0, ran.text
    expected, got = source.rows(), of_table(table)
    assert got.keys() == expected.keys()
    for id_, row in expected.items():
        assert got[id_] == row, {c: (got[id_][c], v) for c, v in row.items() if got[id_][c] != v}
    assert len(expected) > 20


def test_a_truncate_of_the_source_ends_the_run_unless_it_is_to_be_ignored(
    broker, start, ingest, postgres, follow, tmp_path
):
    source = Source(postgres, "cut", seed=3)
    source.work(20)
    follow("cut", "cut")
    topic, table = "cut.public.cut", tmp_path / "t"
    wait_for(lambda: broker.has_topic(topic), 60)
    flags = [*FLAGS, "-g", "cut"]
    before = source.rows()
    source.execute("TRUNCATE cut")
    ran = start(topic, table, *flags)
    assert ran.wait(60) != 0
    assert "TRUNCATE" in ran.text.splitlines()[-1].upper()
    source.execute("INSERT INTO cut (id) VALUES (1000000)")
    ran = start(topic, table, *flags, "--on-truncate", "ignore")
    wait_for(lambda: 1_000_000 in of_table(table), 60)
    assert ran.terminate() == 0, ran.text
    assert of_table(table).keys() == before.keys() | {1_000_000}


def test_a_new_key_without_its_large_value_is_not_taken_in_silence(broker, start, ingest, postgres, follow, tmp_path):
    source = Source(postgres, "renamed", seed=5)
    source.execute("INSERT INTO renamed (id, name, long_text) VALUES (1, 'a', %s)", ["x" * TOASTED])
    follow("renamed", "renamed")
    topic, table = "renamed.public.renamed", tmp_path / "t"
    source.rename(1, 2, keeps_long_values=True)
    ran = start(topic, table, *FLAGS, "-g", "renamed")
    assert ran.wait(60) == 5, ran.text
    assert "REPLICA IDENTITY FULL" in ran.text.splitlines()[-1]
    ran = start(topic, table, *FLAGS, "-g", "renamed", "--on-missing-value", "null")
    wait_for(lambda: 2 in of_table(table), 60)
    assert ran.terminate() == 0, ran.text
    assert {id_: row["long_text"] for id_, row in of_table(table).items()} == {2: None}
