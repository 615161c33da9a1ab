"""A schema registry for the tests: the parts of Confluent's, Apicurio's and AWS Glue's APIs that reading needs."""

import base64
import http.server
import json
import pathlib
import re
import ssl
import subprocess
import threading
import urllib.parse
import uuid


class Registry:
    """Answers on a port of its own. `schemas`: what is registered by id; `down`: it answers 503.

    With certificates it speaks TLS, to those alone whose certificate the same authority has signed.
    """

    def __init__(self, port: int = 0, certificates: "Certificates | None" = None):
        self.schemas: dict[int, dict] = {}
        self.subjects: dict[str, list[int]] = {}
        self.artifacts: dict[tuple[str, str, str], int] = {}  # Apicurio's: group, id, version
        self.down = False
        self.requests: list[tuple[str, str]] = []  # path, Authorization
        self.needed = ""  # an Authorization header that every request must have
        registry = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, body: bytes = b""):
                status, document = registry.answer(self.path, self.headers, body)
                payload = document if isinstance(document, bytes) else json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def do_GET(self):
                self.answer()

            def do_POST(self):
                self.answer(self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        if certificates is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificates.server, certificates.server_key)
            context.load_verify_locations(certificates.authority)
            context.verify_mode = ssl.CERT_REQUIRED
            # A handshake that fails must not end the thread that accepts: it is done by the one that answers.
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
            self.url = self.url.replace("http:", "https:")
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def add(self, number: int, schema, kind: str = "AVRO", subject: str = "", references=()) -> int:
        text = schema if isinstance(schema, str) else json.dumps(schema)
        self.schemas[number] = {"schema": text, "references": list(references)}
        if kind != "AVRO":  # as the real one, which leaves it out for Avro
            self.schemas[number]["schemaType"] = kind
        if subject:
            self.subjects.setdefault(subject, []).append(number)
        return number

    def guid(self, number: int) -> uuid.UUID:
        return uuid.uuid5(uuid.NAMESPACE_OID, str(number))

    def answer(self, path: str, headers, body: bytes):
        self.requests.append((path, headers.get("Authorization", "")))
        if self.down:
            return 503, b"away"
        if self.needed and headers.get("Authorization") != self.needed:
            return 401, {"error_code": 401, "message": "Unauthorized"}
        if headers.get("X-Amz-Target") == "AWSGlue.GetSchemaVersion":
            return self.glue(json.loads(body)["SchemaVersionId"], headers)
        path = urllib.parse.unquote(path)
        if found := re.fullmatch(r"/schemas/ids/(\d+)", path):
            return self.known(int(found[1]))
        if found := re.fullmatch(r"/schemas/guids/(.+)", path):
            return self.known(next((n for n in self.schemas if str(self.guid(n)) == found[1]), -1))
        if found := re.fullmatch(r"/subjects/(.+)/versions/(\w+)", path):
            numbers = self.subjects.get(found[1], [])
            version = len(numbers) if found[2] == "latest" else int(found[2])
            return self.known(numbers[version - 1] if 0 < version <= len(numbers) else -1)
        if found := re.fullmatch(r"/apis/registry/v[23]/ids/(?:contentIds|globalIds)/(\d+)(/references)?", path):
            if int(found[1]) not in self.schemas:
                return 404, {"error_code": 404, "name": "ArtifactNotFoundException"}
            return self.apicurio(int(found[1]), found[2])
        artifact = r"/apis/registry/v[23]/groups/(.+)/artifacts/(.+)/versions/([^/]+)(/content)?(/references)?"
        if found := re.fullmatch(artifact, path):
            number = self.artifacts.get((found[1], found[2], found[3]))
            # Version 3 has the text one level below, version 2 has not.
            is_text_where_it_is = ("/v3/" in path) == bool(found[4]) or found[5]
            if number is not None and is_text_where_it_is:
                return self.apicurio(number, found[5])
            return 404, {"error_code": 404, "name": "ArtifactNotFoundException"}
        return 404, b"no such page"

    def apicurio(self, number: int, references: str | None):
        known = self.schemas[number]
        return 200, known["references"] if references else known["schema"].encode()

    def known(self, number: int):
        if number in self.schemas:
            return 200, self.schemas[number]
        return 404, {"error_code": 40403, "message": "Schema not found"}

    def glue(self, guid: str, headers):
        if not headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 Credential=AKTEST/"):
            return 403, {"__type": "UnrecognizedClientException"}
        for number, schema in self.schemas.items():
            if str(self.guid(number)) == guid:
                return 200, {"SchemaDefinition": schema["schema"], "DataFormat": schema.get("schemaType", "AVRO")}
        return 400, {"__type": "EntityNotFoundException"}


class Certificates:
    """An authority, and what it has signed: a server of 127.0.0.1, and a client. A stranger has signed itself."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        folder.mkdir()
        self.authority, authority_key = self.make("authority", "-x509")
        signed = ["-x509", "-CA", self.authority, "-CAkey", authority_key]
        self.server, self.server_key = self.make("server", *signed, "-addext", "subjectAltName=IP:127.0.0.1")
        self.client, self.client_key = self.make("client", *signed)
        self.stranger, self.stranger_key = self.make("stranger", "-x509")

    def make(self, name: str, *how) -> tuple[str, str]:
        certificate, key = str(self.folder / f"{name}.pem"), str(self.folder / f"{name}-key.pem")
        command = ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        command += ["-subj", f"/CN={name}", "-keyout", key, "-out", certificate, "-days", "2", *map(str, how)]
        subprocess.run(command, check=True, capture_output=True)
        return certificate, key


def framed(number: int, body: bytes) -> bytes:
    return b"\0" + number.to_bytes(4, "big") + body


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
