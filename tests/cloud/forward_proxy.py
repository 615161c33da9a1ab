"""A forward proxy that wants to know who asks, as companies have: CONNECT tunnels, and plain requests passed on."""

import base64
import http.server
import select
import socket
import threading
import urllib.parse


class ForwardProxy:
    def __init__(self, user: str, password: str):
        self.tunnels: list[str] = []  # where to, of those that were let through
        self.refused = 0
        login = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def knows(self) -> bool:
                if self.headers.get("Proxy-Authorization") == login:
                    return True
                outer.refused += 1
                self.send_response(407)
                self.send_header("Proxy-Authenticate", 'Basic realm="proxy"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return False

            def do_CONNECT(self):
                if not self.knows():
                    return
                outer.tunnels.append(self.path)
                host, port = self.path.rsplit(":", 1)
                with socket.create_connection((host, int(port)), timeout=30) as there:
                    self.send_response(200)
                    self.end_headers()
                    self.pump(there)
                self.close_connection = True

            def do_GET(self):
                if not self.knows():
                    return
                url = urllib.parse.urlsplit(self.path)
                outer.tunnels.append(url.netloc)
                with socket.create_connection((url.hostname, url.port), timeout=30) as there:
                    target = url.path + (f"?{url.query}" if url.query else "")
                    head = f"{self.command} {target} HTTP/1.1\r\n"
                    for name, value in self.headers.items():
                        if not name.lower().startswith("proxy-") and name.lower() != "connection":
                            head += f"{name}: {value}\r\n"
                    there.sendall(f"{head}Connection: close\r\n\r\n".encode())
                    there.sendall(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
                    while data := there.recv(1 << 16):
                        self.connection.sendall(data)
                self.close_connection = True

            do_PUT = do_POST = do_HEAD = do_DELETE = do_GET

            def pump(self, there):
                ends = {self.connection: there, there: self.connection}
                while True:
                    for one in select.select(list(ends), [], [], 30)[0]:
                        data = one.recv(1 << 16)
                        if not data:
                            return
                        ends[one].sendall(data)

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
