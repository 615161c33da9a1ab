"""A stand-in for a service that no server here plays: it answers as a function says, and keeps what was asked.

Only for who hands out names and credentials. Tables themselves lie on real servers.
"""

import dataclasses
import http.server
import json
import threading


@dataclasses.dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: str

    def json(self):
        return json.loads(self.body)


class StandIn:
    """`answer(asked)` gives a status and a value to be sent as JSON."""

    def __init__(self, answer):
        self.asked: list[Asked] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                length = int(self.headers.get("Content-Length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, self.path, headers, self.rfile.read(length).decode())
                outer.asked.append(asked)
                status, value = answer(asked)
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def paths(self) -> list[str]:
        return [f"{asked.method} {asked.path}" for asked in self.asked]

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
