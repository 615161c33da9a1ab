"""Tables made to harm their reader: one clear line each, little memory taken, nothing outside touched."""

import base64
import json
import pathlib
import resource
import struct
import uuid
import zlib

import pytest
import thrift
from test_bad_input import commit

FOUR_GIB = 4 << 30


@pytest.fixture
def bounded(deltaic):
    """The program in an address space of four GiB: who believes a size in a table runs out of it."""

    def run(*arguments, **kwargs):
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (FOUR_GIB, FOUR_GIB))  # noqa: E731
        return deltaic(*arguments, preexec_fn=limit, **kwargs)

    return run


def refused(done, *words: str):
    """Rows that came before the damage are a scan's output; then one line says what is wrong."""
    assert done.code in (5, 6), (done.code, done.err)
    assert len(done.err.strip().splitlines()) == 1, done.err
    for word in words:
        assert word in done.err, done.err


def lines(path: pathlib.Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def rewrite(path: pathlib.Path, actions: list[dict]) -> None:
    path.write_text("".join(json.dumps(action) + "\n" for action in actions))


def edit_first_add(table: pathlib.Path, **fields) -> dict:
    actions = lines(commit(table, 0))
    add = next(action["add"] for action in actions if "add" in action)
    add.update(fields)
    rewrite(commit(table, 0), actions)
    return add


def with_feature(table: pathlib.Path, feature: str) -> None:
    actions = lines(commit(table, 0))
    for action in actions:
        if "protocol" in action:
            action["protocol"] = {
                "minReaderVersion": 3,
                "minWriterVersion": 7,
                "readerFeatures": [feature],
                "writerFeatures": [feature],
            }
    rewrite(commit(table, 0), actions)


@pytest.mark.parametrize(
    "path",
    [
        "../secret.parquet",
        "country=NO/../../secret.parquet",
        "%2e%2e/secret.parquet",
        "..%2Fsecret.parquet",
        "/etc/passwd",
        "file:///etc/passwd",
        "file://elsewhere/secret.parquet",
        "s3://elsewhere/secret.parquet",
        "https://elsewhere/secret.parquet",
    ],
)
def test_paths_that_leave_the_table_are_refused(bounded, table, path):
    secret = table.parent / "secret.parquet"
    secret.write_bytes(next(table.rglob("*.parquet")).read_bytes())
    edit_first_add(table, path=path)
    refused(bounded("scan", table, "--format", "csv"), pathlib.PurePath(path).name.removeprefix("..%2F"))


@pytest.mark.parametrize("open_, close", [('{"a":', "}"), ("[", "]")])
@pytest.mark.parametrize("action", ["metaData", "commitInfo", "notAnAction"])
def test_deep_json_is_refused_with_file_and_line(bounded, table, action, open_, close):
    path = commit(table, 1)
    path.write_text(f'{{"{action}":{open_ * 10_000}1{close * 10_000}}}\n')
    refused(bounded("files", table), path.name, "line 1")


def test_deep_schema_is_refused(bounded, table):
    actions = lines(commit(table, 0))
    metadata = next(action["metaData"] for action in actions if "metaData" in action)
    kind = '{"type":"array","containsNull":true,"elementType":' * 10_000 + '"long"' + "}" * 10_000
    metadata["schemaString"] = (
        f'{{"type":"struct","fields":[{{"name":"x","type":{kind},"nullable":true,"metadata":{{}}}}]}}'
    )
    rewrite(commit(table, 0), actions)
    refused(bounded("info", table), "schema")


def z85(data: bytes) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
    out = ""
    for (number,) in struct.iter_unpack(">I", data):
        out += "".join(digits[number // 85**place % 85] for place in range(4, -1, -1))
    return out


def inline_vector(containers: int, cardinality: int) -> dict:
    """An inline vector that claims `containers` bitmaps of 2^32 rows each, and holds none of them."""
    data = struct.pack("<IQ", 1681511377, containers)
    return {"storageType": "i", "pathOrInlineDv": z85(data), "sizeInBytes": len(data), "cardinality": cardinality}


@pytest.mark.parametrize("containers, cardinality", [(2**28, 2**60), (2**60, 2**60), (0, 2**60), (2**31, 1)])
def test_a_deletion_vector_that_claims_more_than_it_holds_is_damaged(bounded, table, containers, cardinality):
    with_feature(table, "deletionVectors")
    edit_first_add(table, deletionVector=inline_vector(containers, cardinality))
    refused(bounded("scan", table, "--format", "csv"), "deletion vector")


@pytest.mark.parametrize("size", [2**31 - 1, 2**31, -1, 2**60])
def test_a_deletion_vector_file_smaller_than_it_claims_is_damaged(bounded, table, size):
    with_feature(table, "deletionVectors")
    name = uuid.uuid4()
    data = struct.pack("<IQ", 1681511377, 0)
    body = struct.pack(">I", len(data)) + data + struct.pack(">I", zlib.crc32(data))
    (table / f"deletion_vector_{name}.bin").write_bytes(b"\1" + body)
    vector = {"storageType": "u", "pathOrInlineDv": z85(name.bytes), "offset": 1, "cardinality": 1}
    edit_first_add(table, deletionVector={**vector, "sizeInBytes": size})
    refused(bounded("scan", table, "--format", "csv"), "deletion")


def claim_rows(footer: list, rows: int) -> None:
    thrift.field(footer, 3)[2] = rows
    for group in thrift.field(footer, 4)[2][1]:
        thrift.field(group, 3)[2] = rows
        for column in thrift.field(group, 1)[2][1]:
            thrift.field(thrift.field(column, 3)[2], 5)[2] = rows


@pytest.mark.parametrize("rows", [10**12, 2**62, -1])
def test_a_checkpoint_that_claims_more_rows_than_it_holds_is_damaged(bounded, deltaic, table, rows):
    deltaic("checkpoint", table)
    commit(table, 0).unlink()
    checkpoint = table / "_delta_log/00000000000000000000.checkpoint.parquet"
    checkpoint.write_bytes(thrift.change_footer(checkpoint.read_bytes(), lambda footer: claim_rows(footer, rows)))
    refused(bounded("files", table), checkpoint.name)


@pytest.mark.parametrize("rows", [10**12, 2**62, -1])
def test_a_data_file_that_claims_more_rows_than_it_holds_is_damaged(bounded, table, rows):
    data = next(table.rglob("country=NO/*.parquet"))
    data.write_bytes(thrift.change_footer(data.read_bytes(), lambda footer: claim_rows(footer, rows)))
    refused(bounded("scan", table, "--format", "csv", "--where", "country = 'NO'"), data.name[-20:])


@pytest.mark.parametrize(
    "path",
    ["https://elsewhere/x.parquet", "s3://elsewhere/x.parquet", "../../../x.parquet", "/etc/passwd", "a/b.parquet"],
)
def test_a_sidecar_elsewhere_is_refused(bounded, table, path):
    with_feature(table, "v2Checkpoint")
    state = [action for action in lines(commit(table, 0)) if "protocol" in action or "metaData" in action]
    sidecar = {"path": path, "sizeInBytes": 1, "modificationTime": 1}
    name = f"{0:020}.checkpoint.{uuid.uuid4()}.json"
    rewrite(table / "_delta_log" / name, [{"checkpointMetadata": {"version": 0}}, *state, {"sidecar": sidecar}])
    commit(table, 0).unlink()
    refused(bounded("files", table), pathlib.PurePath(path).name)


def test_a_hint_of_an_impossible_size_is_only_a_hint(bounded, deltaic, table):
    deltaic("checkpoint", table)
    hint = {"version": 0, "size": 2**62, "parts": 2**40, "sizeInBytes": 2**62, "numOfAddFiles": 2**62}
    (table / "_delta_log/_last_checkpoint").write_text(json.dumps(hint))
    done = bounded("info", table, "--json")
    assert done.code == 0, done.err
    assert done.json()["numRows"] == 5


def test_statistics_that_are_nonsense_do_not_stop_a_scan(bounded, table):
    stats = {"numRecords": 2**62, "minValues": {"city": "\ud800"}, "maxValues": 7, "nullCount": [1]}
    edit_first_add(table, stats=json.dumps(stats))
    done = bounded("scan", table, "--format", "csv", "--where", "city > 'A'")
    assert done.code == 0, done.err
    assert len(done.out.splitlines()) == 1 + 5


def test_base64_of_nothing_as_a_vector_is_damaged(bounded, table):
    with_feature(table, "deletionVectors")
    broken = base64.b64encode(b"\0" * 8).decode()
    vector = {"storageType": "i", "pathOrInlineDv": broken, "sizeInBytes": 8, "cardinality": 1}
    edit_first_add(table, deletionVector=vector)
    refused(bounded("scan", table, "--format", "csv"), "deletion vector")
