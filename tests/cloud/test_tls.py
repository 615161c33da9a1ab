"""Certificates and proxies between a table and its store: what is trusted, and what is said where it is not."""

import http.server
import os
import ssl
import subprocess
import threading

import pytest
from command_line import CITIES, cities, deltaic, rows
from conftest import options_of
from forward_proxy import ForwardProxy
from servers import Proxy


@pytest.fixture(scope="module")
def good(folder, s3):
    """S3 behind TLS, with a certificate of a private CA."""
    server = Proxy(folder, s3.port, "--tls")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def misnamed(folder, s3):
    """The same, with a certificate for another name."""
    server = Proxy(folder, s3.port, "--tls-bad")
    yield server
    server.stop()


@pytest.fixture
def secure(good):
    """Storage options for S3 behind TLS."""
    return {**without_http(good.endpoint), "certificate_path": good.env["FAULTPROXY_CA"]}


def without_http(endpoint: str) -> dict[str, str]:
    return {name: value for name, value in options_of(endpoint).items() if name != "allow_http"} | {"max_retries": "1"}


def refused(options, *said, env=None):
    """The one line of an error, which says this."""
    ran = deltaic("info", "s3://test/nowhere", options=options, env=env)
    assert ran.code != 0
    assert len(ran.err.strip().splitlines()) == 1, ran.err
    for text in said:
        assert text in ran.err, ran.err
    return ran.err


def test_certificate_of_a_private_authority(secure, good, uri):
    assert deltaic("write", uri, CITIES, options=secure).code == 0
    assert rows(uri, options=secure) == cities()
    authority = secure.pop("certificate_path")
    assert rows(uri, options=secure, env={"AWS_CA_BUNDLE": authority}) == cities()
    assert rows(uri, options=secure, env={"SSL_CERT_FILE": authority}) == cities()


def test_authority_that_nobody_knows(good):
    port = str(good.port)
    refused(without_http(good.endpoint), "certificate", port, "certificate_path")


def test_certificate_of_another_name(misnamed):
    options = {**without_http(misnamed.endpoint), "certificate_path": misnamed.env["FAULTPROXY_CA"]}
    refused(options, "certificate", str(misnamed.port))


def test_certificate_need_not_verify_where_one_says_so(misnamed, uri):
    options = {**without_http(misnamed.endpoint), "allow_invalid_certificates": "true"}
    assert deltaic("write", uri, CITIES, options=options).code == 0


CONFIG = """[ca]
default_ca = d
[d]
database = index.txt
new_certs_dir = .
serial = serial
default_md = sha256
policy = p
x509_extensions = e
[p]
commonName = supplied
[e]
subjectAltName = DNS:localhost,IP:127.0.0.1
basicConstraints = CA:TRUE
"""


def make_expired_certificate(folder):
    """cert.pem of key.pem, its own authority, good for one day of 2020."""
    for name, text in (("ca.cnf", CONFIG), ("index.txt", ""), ("serial", "01\n")):
        (folder / name).write_text(text)
    request = "openssl req -newkey rsa:2048 -nodes -keyout key.pem -out request.pem -subj /CN=localhost"
    sign = "openssl ca -batch -config ca.cnf -selfsign -keyfile key.pem -in request.pem -out cert.pem -notext"
    for command in (request, f"{sign} -startdate 20200101000000Z -enddate 20200102000000Z"):
        subprocess.run(command.split(), cwd=folder, capture_output=True, check=True)


def test_expired_certificate(tmp_path):
    make_expired_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        endpoint = f"https://127.0.0.1:{server.server_address[1]}"
        refused({**without_http(endpoint), "certificate_path": str(tmp_path / "cert.pem")}, "certificate", "expired")
    finally:
        server.shutdown()
        server.server_close()


def test_authorities_that_cannot_be_read(good, tmp_path):
    (tmp_path / "garbage.pem").write_text("no certificate")
    for path in (tmp_path / "absent.pem", tmp_path / "garbage.pem"):
        refused({**without_http(good.endpoint), "certificate_path": str(path)}, "certificate")


@pytest.fixture
def forward():
    server = ForwardProxy("me", "canary-word")
    yield server
    server.stop()


def test_proxy_of_the_environment_by_a_tunnel(secure, good, forward, uri):
    env = {"HTTPS_PROXY": f"http://me:canary-word@{forward.address}"}
    assert deltaic("write", uri, CITIES, options=secure, env=env).code == 0
    assert rows(uri, options=secure, env=env) == cities()
    assert set(forward.tunnels) == {f"127.0.0.1:{good.port}"}
    assert forward.refused == 0, "the login goes along at once"


def test_proxy_of_the_options_before_that_of_the_environment(secure, forward, uri):
    env = {"HTTPS_PROXY": "http://127.0.0.1:9"}
    options = {**secure, "proxy_url": f"http://me:canary-word@{forward.address}"}
    assert deltaic("write", uri, CITIES, options=options, env=env).code == 0
    assert forward.tunnels


def test_hosts_that_no_proxy_is_asked_for(secure, forward, uri):
    proxy = f"http://me:canary-word@{forward.address}"
    assert deltaic("write", uri, CITIES, options=secure, env={"HTTPS_PROXY": proxy, "NO_PROXY": "127.0.0.1"}).code == 0
    options = {**secure, "proxy_url": proxy, "proxy_excludes": "127.0.0.1,example.com"}
    assert rows(uri, options=options) == cities()
    assert not forward.tunnels and not forward.refused


def test_plain_requests_by_a_proxy(options, s3, forward, uri):
    env = {"http_proxy": f"http://me:canary-word@{forward.address}"}
    assert deltaic("write", uri, CITIES, options=options, env=env).code == 0
    assert set(forward.tunnels) == {f"127.0.0.1:{s3.port}"}


def test_proxy_that_refuses_and_proxy_that_is_not_there(secure, forward):
    said = refused(secure, "407", "proxy_url", env={"HTTPS_PROXY": f"http://me:canary-wrong@{forward.address}"})
    assert "canary" not in said and "again" not in said
    assert forward.refused <= 2, "the two requests that begin at once are not sent again"
    said = refused(secure, "port 9", env={"HTTPS_PROXY": "http://me:canary-word@127.0.0.1:9"})
    assert "canary" not in said


def test_proxy_of_plain_requests_that_refuses(options, forward):
    said = refused(options, "407", "proxy_url", env={"http_proxy": f"http://me:canary-wrong@{forward.address}"})
    assert "canary" not in said and not forward.tunnels


def test_metadata_services_are_never_asked_by_a_proxy(logins, s3, forward, uri, options):
    """Keys come from the machine's own service, whatever the proxy of the environment."""
    assert deltaic("write", uri, CITIES, options=options).code == 0
    without = {name: value for name, value in options.items() if "key" not in name}
    env = {
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": logins.env["CLOUDAUTH"],
        "http_proxy": f"http://me:canary-word@{forward.address}",
        "NO_PROXY": f"127.0.0.1:{s3.port}",
    }
    assert os.environ.get("AWS_EC2_METADATA_DISABLED") == "true"
    ran = deltaic("info", uri, options=without, env=env)
    assert ran.code == 0, ran.err
    port = logins.env["CLOUDAUTH"].rsplit(":", 1)[1]
    assert f"127.0.0.1:{port}" not in forward.tunnels
