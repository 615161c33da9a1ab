"""examples/ingest does what it says."""

import pathlib
import subprocess

import deltalake
import tomllib
from confluent_kafka.admin import AdminClient, NewTopic
from conftest import ENVIRONMENT, PROGRAM, ROOT, rows

EXAMPLES = ROOT / "examples/ingest"


def run(broker, tmp_path, config: pathlib.Path, *flags) -> str:
    command = [PROGRAM, "--config", config, "-k", broker.address, "--metrics-listen", "127.0.0.1:0", *flags]
    env = {**ENVIRONMENT, "LAKE": str(tmp_path)}
    done = subprocess.run(list(map(str, command)), capture_output=True, env=env, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stderr.decode()


def test_the_configuration_file(broker, tmp_path):
    admin = AdminClient({"bootstrap.servers": broker.address})
    for made in admin.create_topics([NewTopic(name, 1, 1) for name in ("clicks", "orders", "orders-dlq")]).values():
        made.result()
    broker.produce("clicks", [{"id": 1, "at": "2024-05-01T10:00:00Z", "page": "/"}, b"{broken"])
    broker.produce("orders", [{"order": 7, "total": 1.5}, {"order": 8, "total": 2.5, "note": "x"}])
    run(broker, tmp_path, EXAMPLES / "ingest.toml", "--check")
    assert list(tmp_path.iterdir()) == []
    run(broker, tmp_path, EXAMPLES / "ingest.toml", "-e")
    assert [(row["id"], str(row["day"])) for row in rows(tmp_path / "clicks")] == [(1, "2024-05-01")]
    assert deltalake.DeltaTable(str(tmp_path / "clicks")).metadata().partition_columns == ["day"]
    assert len(rows(tmp_path / "clicks-dlq")) == 1
    assert sorted(row["order"] for row in rows(tmp_path / "orders")) == [7, 8]


def test_the_manifest_has_a_file_that_can_be_read(broker, tmp_path):
    """The same keys as the flags: --check fails for the broker's name alone."""
    text = (EXAMPLES / "kubernetes.yaml").read_text()
    lines = text.split("ingest.toml: |\n", 1)[1].split("---", 1)[0].splitlines()
    config = "\n".join(line[4:] for line in lines)
    assert tomllib.loads(config)["route"][0]["topic"] == "clicks"
    path = tmp_path / "ingest.toml"
    path.write_text(config.replace("s3://lake", str(tmp_path)).replace('"clicks"', f'"{broker.topic()}"'))
    run(broker, tmp_path, path, "--check")
