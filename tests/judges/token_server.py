"""A server that answers as Google's token servers do and remembers what it was asked."""
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

TARGET = "other@p.iam.gserviceaccount.com"
IMPERSONATION = f"/v1/projects/-/serviceAccounts/{TARGET}:generateAccessToken"
ACCOUNT = "/computeMetadata/v1/instance/service-accounts/default/"


class TokenServer:
    """Listens on a port that the system picks, until close()."""

    def __init__(self):
        self.asked = []  # dicts: method, path, query, form or json, authorization, metadata_flavor
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer(b"")

            def do_POST(self):
                self.answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def answer(self, body):
                address = urlsplit(self.path)
                asked = {"method": self.command, "path": address.path,
                         "query": parse_qs(address.query, keep_blank_values=True),
                         "authorization": self.headers.get("Authorization"),
                         "metadata_flavor": self.headers.get("Metadata-Flavor")}
                kind = self.headers.get("Content-Type", "")
                if kind.startswith("application/x-www-form-urlencoded"):
                    asked["form"] = parse_qs(body.decode(), keep_blank_values=True,
                                             strict_parsing=True)
                elif body:
                    asked["json"] = json.loads(body)
                outer.asked.append(asked)
                status, answer = outer.respond(asked)
                text = answer if isinstance(answer, str) else json.dumps(answer)
                self.send_response(status)
                self.send_header("Metadata-Flavor", "Google")
                self.send_header("Content-Type", "text/plain" if isinstance(answer, str)
                                 else "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.host}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @staticmethod
    def respond(asked):
        path = asked["path"]
        if path in ("/token", "/sts", "/oauthtoken"):
            return 200, {"access_token": f"of-{path[1:]}", "expires_in": 3599,
                         "token_type": "Bearer",
                         "issued_token_type": "urn:ietf:params:oauth:token-type:access_token"}
        if path == IMPERSONATION:
            return 200, {"accessToken": "of-the-target", "expireTime": "2099-01-01T00:00:00Z"}
        if path == "/identity":
            return 200, {"value": "subject-of-url"}
        if path == "/tokeninfo":
            return 200, {"email": "ada@example.com"}
        if path == ACCOUNT + "token":
            return 200, {"access_token": "of-the-machine", "expires_in": 3599,
                         "token_type": "Bearer"}
        if path == ACCOUNT + "email":
            return 200, "vm@p.iam.gserviceaccount.com"
        if path == ACCOUNT:
            return 200, {"email": "vm@p.iam.gserviceaccount.com", "scopes": [], "aliases": []}
        if path == "/computeMetadata/v1/universe/universe-domain":
            return 404, ""
        if path.startswith("/computeMetadata/v1/project") or path == "/":
            return 200, "some-project"
        return 404, {"error": "not_found"}
