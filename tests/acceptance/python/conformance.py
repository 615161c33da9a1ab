#!/usr/bin/env python3
"""Reads the conformance tables through the Python package, as its users do; the last line is `N passed, N failed,
N skipped`.

For each table: what the log says of it, its rows through to_pyarrow_table, a dataset and scan tasks, and the rows of
each listed version. A case is skipped only where the package refuses a feature by name. `--cases DIR` is a folder with
`cases.json`; names, or parts of names, as arguments run these cases only.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import pickle
import shutil
import sys
import tempfile
import urllib.parse
from typing import Any

import pyarrow as pa
from canonical_rows import canonical_rows, digest_of
from deltaic import DeltaTable
from deltaic.exceptions import DeltaError, DeltaProtocolError, TableNotFoundError

ERRORS = {
    "UNSUPPORTED_READER_FEATURE": (DeltaProtocolError, "Unsupported"),
    "UNSUPPORTED_READER_VERSION": (DeltaProtocolError, "Unsupported"),
    "CATALOG_REQUIRED": (DeltaProtocolError, "Unsupported"),
    "BAD_SCHEMA": (DeltaProtocolError, "Corruption"),
    "MISSING_METADATA": (DeltaProtocolError, "Corruption"),
    "VERSIONS_NOT_CONTIGUOUS": (DeltaProtocolError, "Corruption"),
    "DV_CORRUPT": (DeltaProtocolError, "Corruption"),
    "TABLE_NOT_FOUND": (TableNotFoundError, "NotFound"),
}


class Wrong(Exception):
    """The package gave something else than was expected."""


def check(what: str, expected: Any, found: Any) -> None:
    if expected != found:
        raise Wrong(f"{what}: expected {str(expected)[:300]}, got {str(found)[:300]}")


def check_facts(table: DeltaTable, expected: dict[str, Any]) -> None:
    protocol, metadata = table.protocol(), table.metadata()
    check("version", expected["version"], table.version())
    check("minReaderVersion", expected["min_reader"], protocol.min_reader_version)
    check("minWriterVersion", expected["min_writer"], protocol.min_writer_version)
    check("readerFeatures", sorted(expected["reader_features"]), sorted(protocol.reader_features or []))
    check("writerFeatures", sorted(expected["writer_features"]), sorted(protocol.writer_features or []))
    check("partition columns", expected["partition_columns"], metadata.partition_columns)
    check("table id", expected["table_id"], metadata.id)
    check("properties", expected["properties"], metadata.configuration)
    for app_id, version in expected["txns"].items():
        check(f"transaction of {app_id}", version, table.transaction_version(app_id))
    check("domains", expected["domains"], table.domain_metadata())
    sizes = pa.table(table.get_add_actions(flatten=True))["size_bytes"].to_pylist()
    check("files", expected["num_files"], len(sizes))
    check("file URIs", expected["num_files"], len(table.file_uris()))
    if sizes:
        check("bytes", expected["total_size"], sum(sizes))


def check_rows(table: DeltaTable, expected: dict[str, Any]) -> None:
    rows = table.to_pyarrow_table()
    check("rows", expected["rows"], rows.num_rows)
    check("count()", expected["rows"], table.count())
    digests = [expected["sha256"], *expected.get("sha256_alternatives", [])]
    texts = canonical_rows(rows)
    if digest_of(texts) not in digests:
        raise Wrong(f"values differ; first row: {min(texts, default='')[:300]}")
    check("columns", [column["name"] for column in expected.get("columns", [])] or rows.schema.names, rows.schema.names)
    dataset = table.to_pyarrow_dataset()
    check("schema of the dataset", rows.schema, dataset.schema)
    tasks = [pickle.loads(pickle.dumps(task)) for task in table.scan_tasks(tasks=3)]
    if rows.num_rows > 100_000:  # the values were looked at once
        check("rows of the dataset", rows.num_rows, dataset.count_rows())
        check("rows of the tasks", rows.num_rows, sum(batch.num_rows for task in tasks for batch in task.open()))
        return
    check("values of the dataset", True, digest_of(canonical_rows(dataset.to_table())) in digests)
    parts = [text for task in tasks for text in canonical_rows(task.to_pyarrow_table())]
    check("values of the tasks", True, digest_of(parts) in digests)


def check_versions(table: DeltaTable, rows_by_version: dict[str, int | str]) -> None:
    for version, expected in rows_by_version.items():
        try:
            table.load_as_version(int(version))
            found = table.to_pyarrow_table().num_rows
        except DeltaError as error:
            if isinstance(expected, str):
                continue
            raise Wrong(f"version {version}: {error}") from error
        check(f"rows of version {version}", expected, found)
        check(f"count() of version {version}", expected, table.count())


def check_error(path: pathlib.Path, expected: str, opens: bool) -> None:
    if expected not in ERRORS:
        raise Wrong(f"this runner has no meaning for {expected}")
    kind, code_name = ERRORS[expected]
    if opens:
        DeltaTable(path)
    try:
        DeltaTable(path).to_pyarrow_table()
    except DeltaError as error:
        check("error", (kind, code_name), (type(error), error.code_name))
        return
    raise Wrong(f"it reads, but should fail with {expected}")


def check_all(table: DeltaTable, expected: dict[str, Any]) -> None:
    if "snapshot" in expected:
        check_facts(table, expected["snapshot"])
    if "sha256" in expected:
        check_rows(table, expected)
    check_versions(table, expected.get("rows_by_version", {}))


def run(path: pathlib.Path, case: dict[str, Any]) -> None:
    kind, expected = case["kind"], case["expected"]
    if kind in ("error", "data-error"):
        check_error(path, expected["error"], opens=kind == "data-error")
    elif kind == "catalog":
        check_error(path, "CATALOG_REQUIRED", opens=False)
        catalog = case["catalog"]
        check_all(
            DeltaTable(
                path,
                catalog_commits=catalog["ratified_staged_commits"],
                max_catalog_version=catalog["max_catalog_version"],
            ),
            expected,
        )
    elif kind == "implementation-defined":
        try:
            table = DeltaTable(path)
        except DeltaError:
            return
        if "snapshot" in expected:
            check_facts(table, expected["snapshot"])
    else:
        check_all(DeltaTable(path), expected)


def run_case(cases: pathlib.Path, case: dict[str, Any]) -> None:
    path = cases / case["path"]
    if not case.get("template"):
        run(path, case)
        return
    with tempfile.TemporaryDirectory() as scratch:
        copy = pathlib.Path(scratch, "delta")
        shutil.copytree(path, copy)
        special = urllib.parse.quote(str(copy / "folder&with%special char"))
        values = {"{{TABLE_ROOT_URI}}": copy.as_uri(), "{{FOLDER_WITH_SPECIAL_CHAR}}": special}
        for commit in copy.glob("_delta_log/*.json"):
            text = commit.read_text()
            for placeholder in case["template"]:
                text = text.replace(placeholder, values[placeholder])
            commit.write_text(text)
        run(copy, case)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=pathlib.Path, required=True)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    passed = failed = skipped = 0
    for case in json.loads((arguments.cases / "cases.json").read_text())["cases"]:
        name = case["name"]
        if arguments.names and not any(part in name for part in arguments.names):
            continue
        try:
            run_case(arguments.cases, case)
        except DeltaProtocolError as error:
            if error.code_name == "Unsupported":
                skipped += 1
                print(f"skip {name}: {error}", flush=True)
            else:
                failed += 1
                print(f"FAIL {name}: {error}", flush=True)
        except Exception as error:
            failed += 1
            print(f"FAIL {name}: {type(error).__name__}: {error}", flush=True)
        else:
            passed += 1
            if arguments.verbose:
                print(f"ok   {name}", flush=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
