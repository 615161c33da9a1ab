"""A real Apicurio Registry, where $DELTAIC_APICURIO is its URL: 3.3.3 was tried.

Its archive is Maven's io.apicurio:apicurio-registry-app:3.3.3:tar.gz:all, and needs Java 21:
APICURIO_STORAGE_KIND=sql APICURIO_STORAGE_SQL_KIND=h2 java -Dquarkus.http.port=8089 -jar quarkus-run.jar
"""

import json
import os
import urllib.request
import uuid

import pytest
from conftest import rows
from registry import framed

URL = os.environ.get("DELTAIC_APICURIO", "").rstrip("/")
pytestmark = pytest.mark.skipif(not URL, reason="no Apicurio Registry: DELTAIC_APICURIO is its URL")


def post(path: str, document: dict) -> dict:
    request = urllib.request.Request(
        URL + path, json.dumps(document).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def register(group: str, artifact: str, text: str, kind: str, references=()) -> dict:
    """The ids of its first version."""
    kinds = {"AVRO": "application/json", "PROTOBUF": "application/x-protobuf"}
    content = {"content": text, "contentType": kinds[kind], "references": list(references)}
    document = {"artifactId": artifact, "artifactType": kind, "firstVersion": {"version": "1", "content": content}}
    return post(f"/apis/registry/v3/groups/{group}/artifacts", document)["version"]


def reference(group: str, artifact: str, name: str) -> dict:
    return {"groupId": group, "artifactId": artifact, "version": "1", "name": name}


APIS = {
    "v3": ("/apis/registry/v3", [], "contentId", 4),
    "v3-global": ("/apis/registry/v3", ["--registry-style", "apicurio-global-id"], "globalId", 8),
    "v2": ("/apis/registry/v2", [], "contentId", 4),
    "confluent": ("/apis/ccompat/v7", ["--registry-style", "confluent"], None, 4),
}


@pytest.mark.parametrize("api", APIS)
def test_avro_with_references_of_references(broker, ingest, tmp_path, api):
    group = f"g-{uuid.uuid4().hex[:8]}"
    color = {"type": "enum", "name": "Color", "namespace": group.replace("-", "_"), "symbols": ["RED", "GREEN"]}
    space = color["namespace"]
    car = {"type": "record", "name": "Car", "namespace": space, "fields": [{"name": "color", "type": f"{space}.Color"}]}
    sale = {"type": "record", "name": "Sale", "namespace": space, "fields": [{"name": "car", "type": f"{space}.Car"}]}
    path, flags, kind, width = APIS[api]
    if kind is None:
        number = register_by_confluent(group, color, car, sale)
    else:
        register(group, "color", json.dumps(color), "AVRO")
        register(group, "car/1", json.dumps(car), "AVRO", [reference(group, "color", f"{space}.Color")])
        ids = register(group, "sale", json.dumps(sale), "AVRO", [reference(group, "car/1", f"{space}.Car")])
        number = ids[kind]
    topic = broker.topic()
    broker.produce(topic, [b"\0" + number.to_bytes(width, "big") + body for body in (b"\x02", b"\x00")])
    ingest(topic, tmp_path / "t", "--avro", URL + path, *flags)
    assert sorted(row["car"]["color"] for row in rows(tmp_path / "t")) == ["GREEN", "RED"]


def register_by_confluent(group: str, color: dict, car: dict, sale: dict) -> int:
    def add(subject: str, schema: dict, references=()) -> int:
        document = {"schema": json.dumps(schema), "schemaType": "AVRO", "references": list(references)}
        return post(f"/apis/ccompat/v7/subjects/{group}-{subject}/versions", document)["id"]

    space = color["namespace"]
    add("color", color)
    add("car", car, [{"name": f"{space}.Color", "subject": f"{group}-color", "version": 1}])
    return add("sale", sale, [{"name": f"{space}.Car", "subject": f"{group}-car", "version": 1}])


def test_protobuf_with_an_import(broker, ingest, tmp_path):
    group = f"g-{uuid.uuid4().hex[:8]}"
    register(group, "base", 'syntax = "proto3"; package b; message Base { int64 n = 1; }', "PROTOBUF")
    text = 'syntax = "proto3"; import "b.proto"; message Outer { b.Base base = 1; }'
    ids = register(group, "outer", text, "PROTOBUF", [reference(group, "base", "b.proto")])
    topic = broker.topic()
    broker.produce(topic, [framed(ids["contentId"], b"\0\x0a\x02\x08\x05")])
    ingest(topic, tmp_path / "t", "--protobuf", f"{URL}/apis/registry/v3")
    assert rows(tmp_path / "t") == [{"base": {"n": 5}}]


def test_schema_that_is_not_there(broker, ingest, tmp_path):
    topic = broker.topic()
    broker.produce(topic, [framed(2**30, b"\0")])
    ingest(
        topic,
        tmp_path / "t",
        "--avro",
        f"{URL}/apis/registry/v3",
        "--schema",
        "n long",
        "--dlq-table",
        tmp_path / "d",
    )
    assert "has no schema 1073741824" in rows(tmp_path / "d")[0]["error"]
