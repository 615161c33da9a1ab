#!/usr/bin/env python3
"""Writes the seeds of the fuzzers, fuzz/seeds/<fuzzer>/<what it shows>: small inputs that reach far. Needs pyarrow.

Inputs that once broke a property are kept beside them as regression-*; this leaves those alone.
"""

import json
import pathlib
import struct
import zlib
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

SEEDS = pathlib.Path(__file__).resolve().parent / "seeds"

PROTOCOL = {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["deletionVectors"],
            "writerFeatures": ["deletionVectors", "domainMetadata"]}  # fmt: skip
METADATA = {"id": "5fba94ed", "name": "t", "format": {"provider": "parquet", "options": {}},
            "schemaString": '{"type":"struct","fields":[]}', "partitionColumns": ["p"],
            "createdTime": 1, "configuration": {"delta.enableDeletionVectors": "true"}}  # fmt: skip
VECTOR = {"storageType": "u", "pathOrInlineDv": "ab^-aqEH.-t@S}K{vb[*k^", "offset": 4, "sizeInBytes": 40,
          "cardinality": 6}  # fmt: skip


def write(fuzzer: str, name: str, content: bytes | str) -> None:
    folder = SEEDS / fuzzer
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


def lines(*actions: dict) -> str:
    return "".join(json.dumps(action) + "\n" for action in actions)


def add(path: str, **more) -> dict:
    return {"path": path, "partitionValues": {"p": "1", "q": None}, "size": 10, "modificationTime": 20,
            "dataChange": True, **more}  # fmt: skip


def commits() -> None:
    stats = '{"numRecords":2,"minValues":{"a":1},"maxValues":{"a":2},"nullCount":{"a":0}}'
    remove = {"path": "old", "deletionTimestamp": 5, "dataChange": True, "extendedFileMetadata": True,
              "partitionValues": {"p": "1"}, "size": 3, "deletionVector": VECTOR, "baseRowId": 1,
              "defaultRowCommitVersion": 2, "tags": {"x": "y"}}  # fmt: skip
    info = {"timestamp": 1, "inCommitTimestamp": 2, "operation": "WRITE", "operationParameters": {"mode": "Append"},
            "isolationLevel": "Serializable", "isBlindAppend": True, "txnId": "u", "engineInfo": "e/1",
            "readVersion": 0, "other": [1, 1.5e300, {"deep": None}]}  # fmt: skip
    samples = {
        "create": lines({"commitInfo": info}, {"protocol": PROTOCOL}, {"metaData": METADATA}),
        "append": lines({"commitInfo": info}, {"add": add("a%20b.parquet", stats=stats, tags={"k": "v"})}),
        "vector": lines({"add": add("c", deletionVector=VECTOR, baseRowId=7, defaultRowCommitVersion=1)}),
        "remove": lines({"remove": remove}, {"remove": {"path": "bare", "dataChange": False}}),
        "others": lines(
            {"txn": {"appId": "app", "version": 3, "lastUpdated": 9}},
            {"domainMetadata": {"domain": "d", "configuration": "{}", "removed": False}},
            {"cdc": {"path": "_change_data/x", "partitionValues": {}, "size": 1, "dataChange": False}},
            {"checkpointMetadata": {"version": 4, "tags": {"a": "b"}}},
            {"sidecar": {"path": "s.parquet", "sizeInBytes": 5, "modificationTime": 6, "tags": None}},
        ),
        "oddities": '\n{"unknown":{"a":[]}}\r\n{"add":null,"txn":{"appId":"\\ud83d\\ude00\\u0000","version":1}}',
        "repeated": '{"txn":{"appId":"a","version":1,"version":2},"txn":{"appId":"b","version":3}}\n',
    }
    for name, text in samples.items():
        write("commit_json", name, text)
        write("commit_columns", name, text)


def schemas() -> None:
    def field(name, kind, **metadata):
        return {"name": name, "type": kind, "nullable": True, "metadata": metadata}

    kinds = "string long integer short byte float double boolean binary date timestamp timestamp_ntz".split()
    kinds += ["decimal(10,2)", "decimal(38,38)", "variant", "void"]
    inner = {"type": "struct", "fields": [field("x", "long"), field("a.b", "string")]}
    nested = [
        field("list", {"type": "array", "elementType": inner, "containsNull": False}),
        field("map", {"type": "map", "keyType": "string", "valueType": inner, "valueContainsNull": True}),
        field("struct", inner),
    ]
    mapped = [
        field("id", "long", **{"delta.columnMapping.id": 1, "delta.columnMapping.physicalName": "col-1"}),
        field("gen", "integer", **{"delta.generationExpression": "id + 1", "n": None, "o": {"a": [1, "\u00e9", 1e5]}}),
    ]
    samples = {"kinds": [field(f"c{i}", kind) for i, kind in enumerate(kinds)], "nested": nested, "mapped": mapped}
    for name, fields in samples.items():
        write("schema_json", name, json.dumps({"type": "struct", "fields": fields}))
    write("schema_json", "unknown", json.dumps({"type": "struct", "fields": [field("g", "geometry(OGC:CRS84)")]}))


def names() -> None:
    version = f"{42:020}"
    uuid = "80a083e8-7026-4e79-81be-64bd76c43a11"
    samples = [".json", ".crc", ".checkpoint.parquet", ".checkpoint.0000000001.0000000003.parquet",
               f".checkpoint.{uuid}.parquet", f".checkpoint.{uuid}.json", f".{43:020}.compacted.json"]  # fmt: skip
    for number, suffix in enumerate(samples):
        write("log_file_name", f"name-{number}", version + suffix)
    write("log_file_name", "largest", "09223372036854775807.json")
    hint = {"version": 10, "size": 100, "parts": 2, "sizeInBytes": 5, "numOfAddFiles": 3, "checksum": "00"}
    write("last_checkpoint", "full", json.dumps({**hint, "v2Checkpoint": {"path": "x", "sidecarFiles": [{}]}}))
    write("last_checkpoint", "least", '{"version":0,"size":-1}')
    counts = {"tableSizeBytes": 10, "numFiles": 2}
    state = {"numMetadata": 1, "numProtocol": 1, "metadata": METADATA, "protocol": PROTOCOL}
    more = {"txnId": "t", "setTransactions": [], "fileSizeHistogram": {"fileCounts": [2]}, "allFiles": []}
    write("version_checksum", "full", json.dumps({**more, **counts, **state}) + "\n")
    write("version_checksum", "counts", json.dumps({**counts, "metadata": None, "histogramOpt": None}))


def values() -> None:
    texts = ["text/=%", "-9223372036854775808", "2147483647", "-32768", "127", "1.5E-45", "-Infinity", "true",
             "\u00e9", "2024-02-29", "2024-02-29T23:59:59.999999Z", "1969-12-31 23:59:59.5", "-12345678901234567890",
             "0E-38", "-1.20", "0.1", "{}", ""]  # fmt: skip
    for kind, text in enumerate(texts):
        write("partition_value", f"type-{kind:02}", bytes([kind]) + text.encode())
    write("partition_value", "nan", bytes([6]) + b"NaN")
    write("partition_value", "early", bytes([9]) + b"-0044-03-15")


def properties() -> None:
    samples = {
        "numbers": "delta.checkpointInterval=10\ndelta.dataSkippingNumIndexedCols=-1\ndelta.targetFileSize=100mb\n",
        "intervals": "delta.logRetentionDuration=interval 1 week 2 days\n"
        "delta.deletedFileRetentionDuration=interval -1 hours + 90 minutes 1.5 seconds\n"
        "delta.setTransactionRetentionDuration=7 milliseconds 5 microseconds",
        "columns": "delta.dataSkippingStatsColumns=a, b.c, `x,y`.`z``z`\ndelta.columnMapping.mode=name\nown=1",
        "choices": "delta.isolationLevel=WriteSerializable\ndelta.appendOnly=TRUE\ndelta.checkpointPolicy=v2\n"
        "delta.parquet.compression.codec=ZSTD\ndelta.parquet.format.version=2.12.0\ndelta.feature.x=supported",
    }
    for name, text in samples.items():
        write("table_properties", name, text)


def statistics() -> None:
    low = {"byte": -128, "int": 1, "long": -(2**63), "float": -1.5, "double": 0.1, "text": "a", "date": "2024-01-01",
           "time": "2024-01-01T00:00:00.123Z", "ntz": "2024-01-01T00:00:00.000", "decimal": 1.5, "large": -1e-10,
           "in": {"x": 1, "text": "\u00e9", "a.b": "1970-01-01"}}  # fmt: skip
    high = {**low, "byte": 127, "double": "NaN", "text": "z" * 32 + "\U0010ffff", "float": "Infinity", "large": 12345}
    nulls = {**dict.fromkeys(low, 0), "list": 3, "bool": 1, "in": {"x": 0, "text": 1}}
    full = {"numRecords": 5, "tightBounds": False, "minValues": low, "maxValues": high, "nullCount": nulls}
    write("file_stats", "full", json.dumps(full))
    write("file_stats", "rows", '{"numRecords":3}')
    write(
        "file_stats", "odd", '{"minValues":{"in":null,"int":"x","text":5},"maxValues":{"date":"never"},"nullCount":7}'
    )
    write("file_stats", "text", "\u00e4" * 40)


def predicates() -> None:
    samples = [
        "a = 1 AND b <> -2 or not c >= 3.5",
        "d between -5 and 5 and f < 1e3 or e = cast('NaN' as float)",
        "g like 'a\\_%' and g in ('a', 'b''c', null) or `g` is not null",
        "h is true or h is not false or h <=> null",
        "i >= date '2024-01-31' and j < timestamp '2024-01-31 12:00:00+02:00' and k = timestamp_ntz '1970-01-01'",
        "l = 1.10 or l > 3bd or d = 5L or a = 1Y or b = 2S or f = 2.5D or e = 1F",
        "m = X'0aff' and n.x not in (1, 2) and n.`y z` = 'q' and cast(a as string) = '1'",
        '"c" != 99999999999 and (not (not (c is null))) and null',
        "c not between 1 and 2 and g not like '%x' and i = '2024-01-31'",
        "a + b * 2 - c / 3 % 4 > -d and (c & 1 | 2 ^ ~3) = 0 and f div 2 is null",
        "l * 1.50 + 2 <= 10 and round(l, 1) = 1.5 and ceil(f) > 0 and pmod(d, 7) = 1",
        "case when a > 0 then g when b = 1 then 'x' else null end is distinct from coalesce(g, 'y', 'z')",
        "case c when 1 then 2 end = if(h, 1, 2) or nvl2(a, b, c) = nullif(d, 1)",
        "upper(trim(both 'x' from g)) || '!' = substr(g, -3, 2) and length(g) > 1 and left(g, 1) ilike 'A%' escape '#'",
        "g rlike '^a+$' and regexp_replace(g, '(a)', '$1') = split(g, ',')[0] and position('a' in g) = 1",
        "year(i) = 2024 and date_trunc('month', j) < k and i + interval '1-2' year to month > i - 3",
        "j - interval '1 02:03:04.5' day to second < timestamp '2024-01-01' and to_date(g, 'yyyy-MM-dd') = last_day(i)",
        "date_format(j, 'EEE d MMM yyyy HH:mm:ss.SSS a') = g and extract(doy from i) > 5 and unix_timestamp(j) > 0",
        "o[0] = 1 and element_at(o, -1) > 2 and size(o) = 3 and array_contains(o, d) and n.x + o[n.x] = 1",
        "g::int = try_cast(g as bigint) and greatest(a, b, 1.5) > least(c, d) and nanvl(e, 1) = 1 and isnan(f)",
        "(((a + 1) * 2) between 1 and 5) is unknown and -(-a) = +b and c in (a + 1, b - 1, 1 div 0)",
    ]
    for number, sql in enumerate(samples):
        known = bytes((number * 37 + i * 11) % 256 for i in range(45))
        write("predicate", f"sql-{number}", sql.encode() + b"\0" + known)


def paths() -> None:
    samples = ["p=a%20b/c%25.parquet", "file:/t/a%20b/x", "file:///t/a b/x", "/t/a b/../x", "s3://bucket/t/y",
               "..%2Fup", "a//b", "memory:///z", "HelloWorld", "80a083e8-7026-4e79-81be-64bd76c43a11"]  # fmt: skip
    for number, text in enumerate(samples):
        write("paths", f"path-{number}", text)


def roaring(containers: list[tuple[int, str, list]]) -> bytes:
    """A 32-bit bitmap: (key, "array" | "bits" | "runs", values or (start, length - 1) pairs)."""
    runs = any(kind == "runs" for _, kind, _ in containers)
    count = len(containers)
    if runs:
        flags = sum(1 << i for i, (_, kind, _) in enumerate(containers) if kind == "runs")
        head = struct.pack("<I", 12347 | (count - 1) << 16) + flags.to_bytes((count + 7) // 8, "little")
    else:
        head = struct.pack("<II", 12346, count)
    bodies = []
    for key, kind, content in containers:
        if kind == "runs":
            rows = sum(length + 1 for _, length in content)
            body = struct.pack("<H", len(content)) + b"".join(struct.pack("<HH", *run) for run in content)
        elif kind == "bits":
            rows = len(content)
            body = sum(1 << value for value in content).to_bytes(8192, "little")
        else:
            rows = len(content)
            body = struct.pack(f"<{rows}H", *content)
        head += struct.pack("<HH", key, rows - 1)
        bodies.append(body)
    if not runs or count >= 4:
        at = len(head) + 4 * count
        for body in bodies:
            head += struct.pack("<I", at)
            at += len(body)
    return head + b"".join(bodies)


def deletion_vectors() -> None:
    array = roaring([(0, "array", [3, 4, 7, 11, 18, 29])])
    run = roaring([(0, "runs", [(0, 9), (20, 0)]), (1, "array", [5]), (2, "runs", [(0, 65535)]), (9, "array", [65535])])
    bits = roaring([(7, "bits", list(range(0, 65536, 13)))])
    for name, buckets in {
        "empty": [],
        "array": [(0, array)],
        "runs": [(0, run)],
        "bits": [(0, bits)],
        "high": [(1, array), (2**31 - 1, array)],
    }.items():
        body = b"".join(struct.pack("<I", high) + bitmap for high, bitmap in buckets)
        write("deletion_vector", name, struct.pack("<IQ", 1681511377, len(buckets)) + body)


def variants() -> None:
    def metadata(*names: str) -> bytes:
        ends = [sum(len(name) for name in names[:i]) for i in range(len(names) + 1)]
        return bytes([1, len(names), *ends]) + "".join(names).encode()

    def nested(header: int, ids: list[int], *members: bytes) -> bytes:
        ends = [sum(len(member) for member in members[:i]) for i in range(len(members) + 1)]
        return bytes([header, len(members), *ids, *ends]) + b"".join(members)

    def save(name: str, value: bytes, *names: str) -> None:
        head = metadata(*names)
        write("variant", name, bytes([len(head)]) + head + value)

    primitives = {
        "null": b"\x00", "true": b"\x04", "int8": b"\x0c\x05", "int64": b"\x18" + struct.pack("<q", -5),
        "double": b"\x1c" + struct.pack("<d", 1.5e10), "float": b"\x38" + struct.pack("<f", 0.1),
        "decimal4": b"\x20\x02" + struct.pack("<i", -150), "decimal16": b"\x28\x26" + b"\xff" * 16,
        "date": b"\x2c" + struct.pack("<i", 19753), "timestamp": b"\x30" + struct.pack("<q", -1),
        "nanos": b"\x48" + struct.pack("<q", 1), "time": b"\x44" + struct.pack("<q", 3600000001),
        "binary": b"\x3c" + struct.pack("<I", 3) + b"\x00\xff\x01", "text": b"\x40" + struct.pack("<I", 2) + b"ab",
        "short": b"\x09xy", "uuid": b"\x50" + bytes(range(16)),
    }  # fmt: skip
    for name, value in primitives.items():
        save(name, value)
    array = nested(3, [], *primitives.values())
    save("array", array)
    save("object", nested(2, [1, 0, 2], primitives["int8"], array, primitives["null"]), "b", "a", "c")
    save("deep", nested(2, [0], nested(2, [0], nested(3, [], nested(3, [])))), "b")
    save("large", b"\x13" + struct.pack("<III", 1, 0, 2)[:4] + bytes([0, 2]) + primitives["int8"])


def checkpoints() -> None:
    text = pa.string()
    texts = pa.map_(text, text)
    vector = pa.struct([("storageType", text), ("pathOrInlineDv", text), ("offset", pa.int32()),
                        ("sizeInBytes", pa.int32()), ("cardinality", pa.int64())])  # fmt: skip
    rows = [("baseRowId", pa.int64()), ("defaultRowCommitVersion", pa.int64())]
    kinds = {
        "txn": [("appId", text), ("version", pa.int64()), ("lastUpdated", pa.int64())],
        "add": [("path", text), ("partitionValues", texts), ("size", pa.int64()), ("modificationTime", pa.int64()),
                ("dataChange", pa.bool_()), ("tags", texts), ("deletionVector", vector), *rows,
                ("clusteringProvider", text), ("stats", text)],
        "remove": [("path", text), ("deletionTimestamp", pa.int64()), ("dataChange", pa.bool_()),
                   ("extendedFileMetadata", pa.bool_()), ("partitionValues", texts), ("size", pa.int64()),
                   ("deletionVector", vector), *rows],
        "metaData": [("id", text), ("name", text), ("description", text),
                     ("format", pa.struct([("provider", text), ("options", texts)])), ("schemaString", text),
                     ("partitionColumns", pa.list_(text)), ("createdTime", pa.int64()), ("configuration", texts)],
        "protocol": [("minReaderVersion", pa.int32()), ("minWriterVersion", pa.int32()),
                     ("readerFeatures", pa.list_(text)), ("writerFeatures", pa.list_(text))],
        "domainMetadata": [("domain", text), ("configuration", text), ("removed", pa.bool_())],
        "sidecar": [("path", text), ("sizeInBytes", pa.int64()), ("modificationTime", pa.int64()), ("tags", texts)],
    }  # fmt: skip

    def listed(value):
        """Maps as pyarrow takes them: lists of pairs."""
        maps = {"partitionValues", "tags", "options", "configuration"}
        return {k: list(v.items()) if k in maps and isinstance(v, dict) else listed(v) if isinstance(v, dict) else v
                for k, v in value.items()}  # fmt: skip

    def save(name: str, actions: list[dict], stats_parsed: list | None = None, **options) -> None:
        used = [kind for kind in kinds if any(kind in action for action in actions)]
        more = {"add": [("stats_parsed", pa.struct(stats_parsed))]} if stats_parsed else {}
        columns = {kind: pa.array([listed(action[kind]) if kind in action else None for action in actions],
                                  pa.struct(kinds[kind] + more.get(kind, []))) for kind in used}  # fmt: skip
        sink = pa.BufferOutputStream()
        pq.write_table(pa.table(columns), sink, **{"store_schema": False, **options})
        write("checkpoint", name, sink.getvalue().to_pybytes())

    head = [{"protocol": PROTOCOL}, {"metaData": METADATA}]
    adds = [{"add": add(f"f{i}", stats='{"numRecords":1}')} for i in range(5)]
    adds[2]["add"].update(deletionVector=VECTOR, tags={"a": "b"}, baseRowId=1)
    removes = [{"remove": {"path": "gone", "deletionTimestamp": 7, "dataChange": True, "size": 3}}]
    others = [{"txn": {"appId": "app", "version": 3}},
              {"domainMetadata": {"domain": "d", "configuration": "{}", "removed": False}}]  # fmt: skip
    save("classic", [*head, *others, *adds, *removes], compression="none")
    save("snappy", [*adds, *head, *removes], compression="snappy", row_group_size=3)
    save("plain", [*head, *adds], compression="none", use_dictionary=False, data_page_version="2.0")
    sidecar = {"sidecar": {"path": "s.parquet", "sizeInBytes": 5, "modificationTime": 6}}
    save("sidecars", [*head, sidecar], compression="none")

    # The fuzzer's predicate names `a` and `s`.
    least = {"a": -5, "s": "b", "in": {"f": 0.5, "d": date(1969, 12, 31)}, "t": datetime(1970, 1, 1, 0, 0, 1, 5),
             "n": datetime(2024, 2, 29), "m": Decimal("-1.20"), "w": Decimal(10) ** 20, "b": False,
             "x": b"?"}  # fmt: skip
    columns = [("a", pa.int64()), ("s", text), ("in", pa.struct([("f", pa.float32()), ("d", pa.date32())])),
               ("t", pa.timestamp("us", "UTC")), ("n", pa.timestamp("ms")), ("m", pa.decimal128(5, 2)),
               ("w", pa.decimal128(38, 4)), ("b", pa.bool_()), ("x", pa.binary())]  # fmt: skip
    struct = [("numRecords", pa.int64()), ("minValues", pa.struct(columns)), ("maxValues", pa.struct(columns)),
              ("nullCount", pa.struct([("a", pa.int64()), ("s", pa.int32())])),
              ("tightBounds", pa.bool_())]  # fmt: skip
    parsed = [{"numRecords": 2, "minValues": least, "maxValues": {**least, "a": 7}, "nullCount": {"a": 0, "s": 1}},
              {"numRecords": 1, "tightBounds": False}, None, {"maxValues": {"a": -1, "s": "\u00e9\""}},
              {"minValues": {"a": 9}}]  # fmt: skip
    rows = [{"add": {**action["add"], "stats_parsed": value}} for action, value in zip(adds, parsed, strict=True)]
    for row in rows[:3]:
        row["add"].pop("stats")
    layout = {"stats_parsed": struct, "compression": "none"}
    save("struct_stats", [*head, *rows, *removes], **layout)
    save("struct_stats_pages", [*rows * 3, *head], **layout, data_page_size=1, write_batch_size=2)
    save("struct_stats_int96", [*head, *rows], **layout, use_deprecated_int96_timestamps=True, use_dictionary=False)


def scan_tasks() -> None:
    schema = json.dumps(
        {
            "type": "struct",
            "fields": [{"name": name, "type": "long", "nullable": True, "metadata": {}} for name in ("a", "b", "p")],
        }
    )
    metadata = {**METADATA, "schemaString": schema}
    header = {"table": "memory://fuzz/t", "version": 3, "columns": ["a", "p"], "predicate": "b > 1 AND p = 1"}
    actions = [{"protocol": PROTOCOL}, {"metaData": metadata}, {"add": add("x%20y.parquet")},
               {"add": add("z", deletionVector=VECTOR)}]  # fmt: skip
    write("scan_task", "whole", "\x02" + lines(header, *actions))
    write("scan_task", "ranges", "\x02" + lines({**header, "ranges": [0, 5, 5, 2**63 - 1]}, *actions))
    write("scan_task", "no_files", "\x02" + lines({**header, "predicate": ""}, *actions[:2]))
    write("scan_task", "other_version", "\x01" + lines(header))
    now = {"predicate": "a < UNIX_MICROS(CURRENT_TIMESTAMP)", "nowMicros": 1_700_000_000_000_000}
    places = {"metadataColumns": ["_metadata.file_path", "_metadata.row_index"]}
    write("scan_task", "metadata_columns", "\x02" + lines({**header, **now, **places}, *actions))
    tracking = {"minReaderVersion": 1, "minWriterVersion": 7, "writerFeatures": ["rowTracking", "domainMetadata"]}
    names = {"delta.enableRowTracking": "true", "delta.rowTracking.materializedRowIdColumnName": "_row-id"}
    write("scan_task", "row_tracking", "\x02" + lines(
        {**header, "metadataColumns": ["_metadata.row_id", "_metadata.row_commit_version"]},
        {"protocol": tracking}, {"metaData": {**metadata, "configuration": names}},
        {"add": add("a", baseRowId=5, defaultRowCommitVersion=1)}))  # fmt: skip


def cloud_answers() -> None:
    doors = ["s3_list", "s3_error", "azure_list", "azure_error", "gcs_list", "gcs_error", "token", "catalog", "range",
             "page", "hdfs"]  # fmt: skip
    letter = {name: chr(ord("a") + i) for i, name in enumerate(doors)}

    def seed(door: str, name: str, text: str) -> None:
        write("cloud_answers", f"{door}_{name}", letter[door] + text)

    contents = ("<Contents><Key>t%2Fa+b%25</Key><Size>7</Size><LastModified>2026-11-30T07:18:19.987Z</LastModified>"
                "<ETag>&quot;e&quot;</ETag></Contents>")  # fmt: skip
    s3 = (f"<?xml version='1.0'?><ListBucketResult xmlns='x'><EncodingType>url</EncodingType><IsTruncated>true"
          f"</IsTruncated><NextContinuationToken>t</NextContinuationToken>{contents}"
          "<CommonPrefixes><Prefix>d/</Prefix></CommonPrefixes></ListBucketResult>")  # fmt: skip
    seed("s3_list", "page", s3)
    seed("s3_list", "literal", s3.replace("<EncodingType>url</EncodingType>", "").replace("true", "false"))
    error = "<Error><Code>{}</Code><Message>no &amp; why</Message><Region>eu-west-1</Region></Error>"
    for code in ("NoSuchBucket", "ExpiredToken", "SignatureDoesNotMatch", "PermanentRedirect", "New\nLine"):
        seed("s3_error", code.replace("\n", ""), error.format(code))
    seed("s3_error", "sts", f"<ErrorResponse>{error.format('AccessDenied')}</ErrorResponse>")
    blob = ("<Blob><Name>t/{}</Name><Properties><Last-Modified>Mon, 30 Nov 2026 07:17:04 GMT</Last-Modified>"
            "<Content-Length>{}</Content-Length><ResourceType>{}</ResourceType></Properties><Metadata>"
            "<hdi_isfolder>{}</hdi_isfolder></Metadata></Blob>")  # fmt: skip
    blobs = blob.format("a &amp; b", 12, "file", "") + blob.format("d", 0, "directory", "true")
    azure = ("\ufeff<?xml version='1.0'?><EnumerationResults ContainerName='c'><Blobs>{}<BlobPrefix><Name>t/f/</Name>"
             "</BlobPrefix></Blobs><NextMarker>m</NextMarker></EnumerationResults>")  # fmt: skip
    seed("azure_list", "page", azure.format(blobs))
    seed("azure_list", "negative", azure.format(blob.format("n", -1, "", "")))
    for code in ("AuthenticationFailed", "ContainerNotFound", "New\nLine"):
        seed("azure_error", code.replace("\n", ""), error.format(code))
    item = {"name": "t/a", "size": "12", "generation": "1", "updated": "2026-11-30T07:17:04.123Z"}
    page = {"kind": "storage#objects", "nextPageToken": "t", "prefixes": ["d/"], "items": [item, {**item, "size": "0"}]}
    seed("gcs_list", "page", json.dumps(page))
    seed("gcs_list", "object", json.dumps({"kind": "storage#object", **item}))
    seed("gcs_list", "negative", json.dumps({**item, "size": "-1"}))
    seed("gcs_error", "bucket", '{"error":{"code":404,"message":"The specified bucket\\nis not there."}}')
    seed("token", "in", '{"access_token":"t","expires_in":"3600"}')
    seed("token", "on", '{"access_token":"t","expires_on":99999999999}')
    seed("token", "google", '{"accessToken":"t","expireTime":"2026-11-30T07:17:04Z"}')
    keys = {"access_key_id": "a", "secret_access_key": "b", "session_token": "c"}
    for kind, value in {"aws_temp_credentials": keys, "azure_user_delegation_sas": {"sas_token": "s"},
                        "gcp_oauth_token": {"oauth_token": "t"}}.items():  # fmt: skip
        seed("catalog", kind, json.dumps({kind: value, "expiration_time": 1_700_000_000_000}))
    table = {"table_type": "EXTERNAL", "data_source_format": "DELTA", "storage_location": "s3://b/t", "table_id": "1"}
    seed("catalog", "table", json.dumps(table))
    place = {"Location": "s3://b/t-__PLACEHOLDER__", "SerdeInfo": {"Parameters": {"path": "s3://b/u"}}}
    seed("catalog", "glue", json.dumps({"Table": {"TableType": "EXTERNAL_TABLE", "StorageDescriptor": place}}))
    seed("catalog", "error", '{"__type":"a#EntityNotFoundException","error_code":"NO","message":"a\\nb"}')
    for name, text in {"good": "bytes 5-14/100", "star": "bytes 5-14/*", "huge": "bytes 0-9223372036854775807/*",
                       "back": "bytes 9-5/10", "size": "9223372036854775807"}.items():  # fmt: skip
        seed("range", name, text)
    seed("page", "apache", '<html><a href="?C=N">N</a><a href="/up/">..</a><a href="a%20b.json">a</a></html>')
    status = {"pathSuffix": "a", "type": "FILE", "length": 5, "modificationTime": 9}
    seed("hdfs", "status", json.dumps({"FileStatus": status}))
    listing = {"partialListing": {"FileStatuses": {"FileStatus": [status]}}, "remainingEntries": 1}
    seed("hdfs", "listing", json.dumps({"DirectoryListing": listing}))
    seed("hdfs", "error", '{"RemoteException":{"exception":"StandbyException","message":"no\\nwhy"}}')


def cloud_settings() -> None:
    doors = ["url", "uri", "ini", "google", "sas", "s3", "time"]
    letter = {name: chr(ord("a") + i) for i, name in enumerate(doors)}

    def seed(door: str, name: str, text: str) -> None:
        write("cloud_settings", f"{door}_{name}", letter[door] + text)

    for name, text in {"plain": "https://h.example.com:8443/a%20b/c?x=1&y=%2F", "user": "https://me:hunter2@h/",
                       "v6": "http://[::1]:9000/", "query": "https://h?sig=hunter2"}.items():  # fmt: skip
        seed("url", name, text)
    for name, text in {"abfss": "abfss://c@acc.dfs.core.windows.net/t/a%20b", "az": "az://c/t/", "gs": "gs://b/t",
                       "https": "https://acc.blob.core.windows.net/c/t", "uc": "uc://a.b.c%2Ed",
                       "fabric": "abfss://w@o.dfs.fabric.microsoft.com/l"}.items():  # fmt: skip
        seed("uri", name, text)
    config = "[default]\nregion = eu-west-1\n[profile x]\nsource_profile=default\n s3 =\n  a = b\n;c\n#d"
    seed("ini", "config", config)
    seed("ini", "odd", "key = before\n[open\n[a]]\n = \n[b] # c\nK=V=W\r\n")
    account = {"type": "service_account", "client_email": "a@b", "private_key": "hunter2", "private_key_id": "1"}
    seed("google", "account", json.dumps(account))
    user = {"type": "authorized_user", "client_id": "i", "client_secret": "hunter2", "refresh_token": "hunter2"}
    seed("google", "user", json.dumps(user))
    source = {"file": "/t", "format": {"type": "json", "subject_token_field_name": "f"}}
    external = {"type": "external_account", "audience": "a", "subject_token_type": "t", "token_url": "https://sts/v1",
                "credential_source": source}  # fmt: skip
    seed("google", "external", json.dumps(external))
    seed("google", "impersonated", json.dumps({"type": "impersonated_service_account", "source_credentials": user,
         "service_account_impersonation_url": "https://iam/x:generateAccessToken", "delegates": ["d"]}))  # fmt: skip
    seed("sas", "plain", "?sv=2021-06-08&sp=rl&sig=hunter2%3D")
    seed("sas", "key", "aHVudGVyMg==")
    seed("s3", "all", "bucket\naws_region=eu-west-1\naws_endpoint=http://h:9000\nallow_http=true\n"
         "aws_server_side_encryption=sse-c\naws_sse_customer_key_base64=hunter2\ntimeout=5m")  # fmt: skip
    seed("s3", "unknown", "b\naws_regoin=hunter2")
    seed("time", "date", "Mon, 30 Nov 2026 07:18:19 GMT")
    seed("time", "xml", "<?xml version='1.0'?><a b='c'><!-- d --><e>&lt;&#65;</e><![CDATA[f]]></a>")


AVRO = {"type": "record", "name": "R", "namespace": "n", "fields": [
    {"name": "l", "type": ["null", "long"]},
    {"name": "i", "type": {"type": "enum", "name": "E", "symbols": ["A", "B"]}},
    {"name": "d", "type": "double"},
    {"name": "t", "type": ["string", "int"], "aliases": ["was"], "default": "x"},
    {"name": "x", "type": {"type": "fixed", "name": "F", "size": 2}},
    {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    {"name": "dec", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 3}},
    {"name": "in", "type": {"type": "record", "name": "In", "fields": [{"name": "a", "type": "int"}]}},
    {"name": "ar", "type": {"type": "array", "items": "In"}},
    {"name": "m", "type": {"type": "map", "values": {"type": "array", "items": "In"}}},
    {"name": "new", "type": ["null", "string", "In"]}]}  # fmt: skip

PROTO = """syntax = "proto3"; package p; import "google/protobuf/timestamp.proto";
message R { int64 l = 1; sint32 i = 2; double d = 3; string t = 4; bytes x = 5; enum E { A = 0; B = 1; } E e = 6;
google.protobuf.Timestamp at = 7; In in = 8; repeated In ar = 9; message In { int64 a = 1; optional string b = 2; }
repeated fixed32 packed = 11; oneof either { bool o = 12; float f = 13; } reserved 20 to max; map<string, In> m = 14; }
"""


def messages() -> None:
    record = b"\x02\x0a" + b"\x02" + struct.pack("<d", 1.5) + b"\x00\x04hi" + b"xy" + b"\x80\x01" + b"\x04\x01\x02"
    record += b"\x06" + b"\x04\x02\x04\x00" + b"\x02\x02k\x02\x08\x00\x00" + b"\x04\x02"
    write("ingest_avro", "every_type", json.dumps(AVRO).encode() + b"\0" + record)
    write("ingest_avro", "blocks", b'{"type":"record","name":"R","fields":[{"name":"ar","type":{"type":"array",'
          b'"items":"null"}}]}\0\x01\x00\x08\x00')  # fmt: skip
    message = b"\x08\x05\x10\x03\x19" + struct.pack("<d", 2.5) + b"\x22\x02hi\x2a\x01x\x30\x01\x3a\x02\x08\x07"
    message += b"\x42\x05\x08\x01\x12\x01b\x4a\x02\x08\x02\x5a\x08" + bytes(8) + b"\x60\x01\x72\x05\x0a\x01k\x12\x00"
    write("ingest_protobuf", "every_type", PROTO.encode() + b"\0" + message)
    write(
        "ingest_protobuf", "group", b"message R { optional group In = 1 { optional int64 a = 2; } }\0\x0b\x10\x05\x0c"
    )
    descriptor = b"\x0a\x05a.pro\x22\x0f\x0a\x01R\x12\x0a\x0a\x01n\x18\x01\x20\x01\x28\x03"
    write("ingest_protobuf", "descriptor_set", b"\x0a" + bytes([len(descriptor)]) + descriptor)
    write("ingest_json", "every_type", json.dumps(
        {"l": 1, "i": -5, "d": 0.5, "t": "\u00e4\\n", "x": "AAE=", "o": True, "day": "2024-02-29",
         "at": "2024-05-01T12:00:00.5Z", "dec": "1.25", "in": {"a": 1, "b": None}, "ar": [{"a": 2}, None],
         "m": {"k": [{"b": "z"}]}, "new": [{"n": 1.5}]}))  # fmt: skip
    write("ingest_json", "wrong_types", '{"l":"x","i":3000000000,"t":{"a":[1]},"ar":7,"l":2}')
    write("ingest_frame", "confluent", b"\0\0\0\0\x07body")
    write("ingest_frame", "glue_zlib", b"\2\3\5" + bytes(16) + bytes.fromhex("789c4bca4fa90400042a01ad"))
    write("ingest_frame", "single_object", b"\3\xc3\1" + bytes(8) + b"body")
    write(
        "ingest_frame", "envelope", b'\4{"schema":{},"payload":{"op":"u","before":{"id":1},"after":{"id":2,"t":"x"}}}'
    )
    write("ingest_frame", "flattened", b'\4{"id":1,"__deleted":"true","__op":"d"}')
    write("ingest_transform", "path", b"day: substr(epoch_millis_to_iso8601(ms),`0`,`10`)\0a.b[?c > `1`] | [0]\0"
          b'{"ms":1714557600000,"a":{"b":[{"c":2}]}}')  # fmt: skip
    write("ingest_transform", "kafka", b'a.k: kafka.key\0\0{"a":{"b":1}}')
    write(
        "ingest_transform", "functions", b'x: {n: length(keys(@)), s: sort_by(l, &v)[::-1]}\0\0{"l":[{"v":2},{"v":1}]}'
    )


def zigzag(number: int) -> bytes:
    bits = (number << 1) ^ (number >> 63)
    out = b""
    while bits >= 0x80:
        out += bytes([bits & 0x7F | 0x80])
        bits >>= 7
    return out + bytes([bits])


def avro_text(text: str | bytes) -> bytes:
    text = text.encode() if isinstance(text, str) else text
    return zigzag(len(text)) + text


def avro_file(schema: dict, block: bytes, codec: str = "null") -> bytes:
    header = avro_text("avro.schema") + avro_text(json.dumps(schema)) + avro_text("avro.codec") + avro_text(codec)
    sync = bytes(range(16))
    return b"Obj\1" + zigzag(2) + header + b"\0" + sync + zigzag(1) + avro_text(block) + sync


def iceberg() -> None:
    """The first byte says what follows: a manifest list, a manifest, a metadata.json."""

    def record(name: str, *fields: tuple) -> dict:
        members = [{"name": name, "type": type, "field-id": number} for name, type, number in fields]
        return {"type": "record", "name": name, "fields": members}

    listed = record("manifest_file", ("manifest_path", "string", 500), ("partition_spec_id", "int", 502),
                    ("content", "int", 517), ("sequence_number", "long", 515),
                    ("key_metadata", ["null", "bytes"], 519))  # fmt: skip
    block = avro_text("s3://b/m") + zigzag(1) + zigzag(0) + zigzag(5) + b"\0"
    write("iceberg", "manifest_list", b"\0" + avro_file(listed, block))
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    write("iceberg", "deflate", b"\0" + avro_file(listed, deflate.compress(block) + deflate.flush(), "deflate"))
    snappy = pa.compress(block, codec="snappy", asbytes=True) + struct.pack(">I", zlib.crc32(block))
    write("iceberg", "snappy", b"\0" + avro_file(listed, snappy, "snappy"))
    write(
        "iceberg", "zstandard", b"\0" + avro_file(listed, pa.compress(block, codec="zstd", asbytes=True), "zstandard")
    )
    price = {"type": "fixed", "name": "f", "size": 4, "logicalType": "decimal", "precision": 9, "scale": 2}
    partition = record("r102", ("day", ["null", {"type": "int", "logicalType": "date"}], 1000),
                       ("price", ["null", price], 1001), ("word", "string", 1002))  # fmt: skip
    bound = record("k126_v127", ("key", "int", 126), ("value", "bytes", 127))
    file = record("r2", ("content", "int", 134), ("file_path", "string", 100), ("file_format", "string", 101),
                  ("partition", partition, 102), ("record_count", "long", 103), ("file_size_in_bytes", "long", 104),
                  ("upper_bounds", ["null", {"type": "array", "items": bound}], 128))  # fmt: skip
    entry = record(
        "manifest_entry", ("status", "int", 0), ("sequence_number", ["null", "long"], 3), ("data_file", file, 2)
    )
    block = zigzag(1) + zigzag(1) + zigzag(7) + zigzag(0) + avro_text("s3://b/t/a") + avro_text("PARQUET")
    block += zigzag(1) + zigzag(-1) + zigzag(1) + b"\xff\xff\xff\x85" + avro_text("w") + zigzag(10) + zigzag(999)
    block += zigzag(1) + zigzag(1) + zigzag(2147483546) + avro_text("s3://b/t/a") + b"\0"
    write("iceberg", "manifest", b"\1" + avro_file(entry, block))
    inner = {"type": "list", "element-id": 4, "element": {"type": "struct", "fields": [
        {"id": 5, "name": "x", "required": True, "type": "decimal(9, 2)"}]}}  # fmt: skip
    fields = [{"id": 1, "name": "m", "doc": "d", "required": True, "type": {
        "type": "map", "key-id": 2, "key": "string", "value-id": 3, "value": inner}}]  # fmt: skip
    metadata = {"format-version": 2, "location": "s3://b/t", "last-column-id": 5, "current-schema-id": 0,
                "schemas": [{"schema-id": 0, "fields": fields}], "default-spec-id": 0, "current-snapshot-id": 7,
                "partition-specs": [{"spec-id": 0, "fields": [
                    {"source-id": 1, "field-id": 1000, "transform": "identity", "name": "p"}]}],
                "snapshots": [{"snapshot-id": 7, "manifest-list": "s3a://b/t/metadata/l.avro"}],
                "properties": {"comment": "c"}}  # fmt: skip
    write("iceberg", "metadata", b"\2" + json.dumps(metadata).encode())


def footers() -> None:
    """Of files wide enough that columns go: the byte that chooses, then the footer."""

    def save(name: str, columns: dict, **options) -> None:
        out = pa.BufferOutputStream()
        pq.write_table(pa.table(columns), out, row_group_size=2, **options)
        file = out.getvalue().to_pybytes()
        size = struct.unpack("<I", file[-8:-4])[0]
        write("narrow_footer", name, b"\x0f" + file[-8 - size : -8])

    numbers = {f"c{i}": pa.array([i, None, 2]) for i in range(40)}
    nested = pa.array([{"a": [1], "b": {"k": "v"}}, None, {"a": [], "b": None}])
    save("numbers", numbers)
    save("without-note", numbers, store_schema=False)
    save("nested", {**{f"n{i}": nested for i in range(12)}, "text": pa.array(["x", "y", "z"], pa.large_string())})
    save("page-index", {f"t{i}": pa.array(["a", "b", "c"]) for i in range(24)}, write_page_index=True)


def main() -> None:
    for part in (commits, schemas, names, values, properties, statistics, predicates, paths, deletion_vectors,
                 variants, checkpoints, scan_tasks, cloud_answers, cloud_settings, messages, iceberg,
                 footers):  # fmt: skip
        part()
    size = sum(path.stat().st_size for path in SEEDS.rglob("*") if path.is_file())
    print(f"{SEEDS}: {size // 1000} kB")


if __name__ == "__main__":
    main()
