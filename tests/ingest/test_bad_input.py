"""What cannot work is said in one line, with the exit code of its kind, and nothing is committed."""

import pytest
from conftest import ENVIRONMENT, PROGRAM


def test_unknown_topic(broker, ingest, tmp_path):
    text = ingest("no-such-topic", tmp_path / "t", "--topic-timeout", "0.5", "--log-level", "warning", code=3)
    lines = text.strip().splitlines()
    assert len(lines) == 1 and "no-such-topic" in lines[0] and broker.address in lines[0], text
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize(
    "flags, code, words",
    [
        (["-K", "no.such=1"], 2, ["no.such"]),
        (["-K", "nothing"], 2, ["KEY=VALUE"]),
        (["--seek-offsets", "7"], 2, ["--seek-offsets"]),
        (["--start", "yesterday"], 2, ["--start"]),
        (["--memory-limit", "1MiB"], 2, ["--memory-limit"]),
        (["--on-error", "dead-letter"], 2, ["--dlq-table"]),
        (["--frobnicate"], 2, ["--frobnicate"]),
        (["--librdkafka", "/no/such.so"], 3, ["librdkafka"]),
        (["--schema", "id frob"], 2, ["frob"]),
        (["--property", "delta.appendOnly=maybe", "--schema", "id long"], 2, ["delta.appendOnly"]),
    ],
)
def test_wrong_flags(broker, ingest, tmp_path, flags, code, words):
    topic = broker.topic() if "--schema" in flags else "any"
    text = ingest(topic, tmp_path / "t", "--log-level", "error", *flags, code=code)
    lines = text.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("deltaic: ") and all(word in lines[0] for word in words), text
    assert not (tmp_path / "t/_delta_log").exists()


def test_no_broker_is_one_line(tmp_path):
    import subprocess

    done = subprocess.run(
        [PROGRAM, "t", tmp_path / "t", "-k", "127.0.0.1:1"],
        capture_output=True,
        env=ENVIRONMENT,
        timeout=60,
        check=False,
    )
    text = done.stderr.decode()
    assert done.returncode == 8, text
    assert [line for line in text.splitlines() if "refused" in line] == [text.splitlines()[-1]], text


def test_check_changes_nothing(broker, start, tmp_path):
    topic = broker.topic()
    ran = start(topic, tmp_path / "t", "--check")
    assert ran.wait() == 0, ran.text
    assert not (tmp_path / "t").exists()
