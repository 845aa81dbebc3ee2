"""The addresses of Google's services, in front of the BigQuery test server: what a program asks of them comes by its
proxy settings to this machine, over TLS, with credentials, and nothing of it leaves.

A person is an `authorized_user` whose refresh token is the person's address; the token server knows whose each access
token is, and so does the BigQuery server.
"""

import datetime
import json
import ssl
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

SERVICES = {"bigquery.googleapis.com", "cloudresourcemanager.googleapis.com"}
KEPT = ("Authorization", "Content-Type", "If-Match", "Accept", "X-Goog-User-Project")


def make_certificate(folder):
    """Signed by itself, good for every name below googleapis.com; the paths of it and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "googleapis.com of a test")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(1).not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("*.googleapis.com")]), False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
            .sign(key, hashes.SHA256()))
    (folder / "front.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "front.key").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return folder / "front.pem", folder / "front.key"


class GoogleFront:
    """Ends with the `with` block."""

    def __init__(self, server, folder):
        self.server, self.folder = server, folder
        self.asked = []  # (host, method, path, whose token)
        self.certificate, key = make_certificate(folder)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate, key)
        front = self

        class Bound(Handler):
            state = front
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Bound)
        self.http.daemon_threads = True
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()

    def environment(self, who):
        """As which `who` runs a program."""
        path = self.folder / f"{who}.json"
        path.write_text(json.dumps({"type": "authorized_user", "client_id": "c", "client_secret": "s",
                                    "refresh_token": who}))
        self.server.test_endpoint("people", {"tokens": {"token-of-" + who: who}})
        proxy = f"http://127.0.0.1:{self.http.server_address[1]}"
        return {"GOOGLE_APPLICATION_CREDENTIALS": str(path), "HTTPS_PROXY": proxy, "https_proxy": proxy,
                "CURL_CA_BUNDLE": str(self.certificate), "NO_PROXY": "", "no_proxy": "", "HOME": str(self.folder)}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    host = ""

    def log_message(self, *_):
        pass

    def do_CONNECT(self):
        self.host = self.path.partition(":")[0]
        self.send_response(200)
        self.end_headers()
        self.connection = self.request = self.state.context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)
        self.close_connection = False

    def handle(self):
        try:
            super().handle()
        except OSError:  # the program has gone
            pass

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        self.state.asked.append((self.host, self.command, self.path, token.removeprefix("token-of-")))
        if self.host == "oauth2.googleapis.com":
            status, answer, kind = *self.token_server(parse_qs(body.decode())), "application/json"
        elif self.host in SERVICES:
            status, answer, kind = self.forward(body)
        else:
            status, answer, kind = 404, b"{}", "application/json"
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def token_server(self, form):
        if self.path == "/token" and form.get("grant_type") == ["refresh_token"]:
            return 200, json.dumps({"access_token": "token-of-" + form["refresh_token"][0], "expires_in": 3599,
                                    "token_type": "Bearer"}).encode()
        token = form.get("access_token", [""])[0]
        if self.path == "/tokeninfo" and token.startswith("token-of-"):
            return 200, json.dumps({"email": token.removeprefix("token-of-"), "expires_in": "3599"}).encode()
        return 400, b'{"error": "invalid_token"}'

    def forward(self, body):
        headers = {name: self.headers[name] for name in KEPT if self.headers[name]}
        request = urllib.request.Request(self.state.server.url + self.path, method=self.command,
                                         data=body if body or self.command in ("POST", "PUT", "PATCH") else None,
                                         headers=headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request) as answer:
                return answer.status, answer.read(), answer.headers.get("Content-Type", "")
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read(), refusal.headers.get("Content-Type", "")
