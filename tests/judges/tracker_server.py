"""Servers that stand for Jira, Bugzilla and GitHub: as strict as their public pages say, and as bad as networks are.

Jira     developer.atlassian.com: "Create issue", "Search for issues using JQL enhanced search (GET)", "Get comments",
         "Add comment" of API 3 (text is an Atlassian document); API 2 of a data center (text is wiki markup, /search).
Bugzilla bugzilla.readthedocs.io, Core API v1: "Create Bug", "Search Bugs", "Get Comments", "Create Comments".
GitHub   docs.github.com: "Create an issue", "List repository issues", "Search issues and pull requests",
         "List issue comments", "Create an issue comment".
"""

import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "t0ken-of-the-tracker"
USER = "ann@example.com"
BASIC = "Basic YW5uQGV4YW1wbGUuY29tOnQwa2VuLW9mLXRoZS10cmFja2Vy"

# What an Atlassian document may hold, as far as salvor writes it.
ADF_CHILDREN = {"doc": {"heading", "paragraph", "bulletList", "codeBlock"}, "heading": {"text"},
                "paragraph": {"text"}, "bulletList": {"listItem"}, "listItem": {"paragraph"}, "codeBlock": {"text"}}


def check_adf(node, parent=None):
    if parent is None:
        assert node["type"] == "doc" and node["version"] == 1
    if node["type"] == "text":
        assert node["text"], "an empty text node"
        marks = {m["type"] for m in node.get("marks", [])}
        assert marks <= {"code", "strong", "textColor"} and (marks == {"code"} or "code" not in marks)
        assert parent != "codeBlock" or not marks
        return node["text"]
    assert set(node) <= {"type", "version", "attrs", "content"}, node
    assert node["type"] not in ("bulletList", "listItem", "doc") or node["content"]
    for child in node["content"]:
        assert child["type"] in ADF_CHILDREN[node["type"]], (node["type"], child["type"])
    return "".join(check_adf(child, node["type"]) for child in node["content"])


class Refusal(Exception):
    def __init__(self, status, body):
        self.status, self.body = status, body


class TrackerServer:
    """`faults` are used up by the requests that write, in order; see Handler.misbehave."""

    def __init__(self, kind, api=3):
        self.kind, self.api = kind, api
        self.tickets = []  # {"title", "texts": [plain text], "bodies": [as sent]}
        self.faults = []
        self.listed = True
        self.asked = []
        tracker = self

        class Bound(Handler):
            server_state = tracker
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Bound)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()

    def section(self, folder):
        """salvor.yaml with a tickets section for this server, and its token beside it."""
        (folder / "token").write_text(TOKEN + "\n")
        (folder / "token").chmod(0o600)
        own = {"jira": f"project: DSRE\n  api: {self.api}" + (f"\n  user: {USER}" if self.api == 3 else ""),
               "bugzilla": "product: Data\n  component: Ops & more",
               "github": "repository: o/r"}[self.kind]
        (folder / "salvor.yaml").write_text(
            f"tickets:\n  kind: {self.kind}\n  url: {self.url}\n  {own}\n  token: {{file: token}}\n")

    def written(self, method="POST"):
        return [path for asked, path in self.asked if asked == method]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.answer("GET")

    def do_POST(self):
        self.answer("POST")

    def answer(self, method):
        state = self.server_state
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        state.asked.append((method, parts.path))
        fault = state.faults.pop(0) if method == "POST" and state.faults else None
        try:
            if fault == "unauthorized":
                raise Refusal(401, {"message": "Bad credentials"})
            if fault == "too many":
                raise Refusal(429, {})
            self.check_headers(method)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            status, document = getattr(self, state.kind)(method, unquote(parts.path), query,
                                                         json.loads(body) if body else None)
        except Refusal as refusal:
            status, document = refusal.status, refusal.body
        except (AssertionError, KeyError, TypeError) as wrong:
            status, document = 400, {"message": f"not as documented: {wrong!r}", "error": True}
        self.misbehave(fault, status, document)

    def misbehave(self, fault, status, document):
        """The request has taken effect by now."""
        data = json.dumps(document).encode()
        if fault == "lost":
            self.close_connection = True
            return
        if fault == "half":
            self.send_response(status)
            self.send_header("Content-Length", str(len(data) + 100))
            self.end_headers()
            self.wfile.write(data[:5])
            self.close_connection = True
            return
        if fault == "gateway":
            status, data = 502, b"<html>Bad Gateway</html>"
        if fault == "html":
            data = b"<html>Please log in</html>"
        if fault == "deep":
            data = b"[" * 1_000_000
        if fault == "other key":
            data = json.dumps({"key": "DSRE-999", "id": 999, "number": 999}).encode()
        if fault == "evil key":
            data = json.dumps({"key": "../../admin\u001b[2J", "id": "1/../x", "number": "x\n"}).encode()
        if fault == "slow":
            time.sleep(1)
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            if fault == "too many" or status == 429:
                self.send_header("Retry-After", "1")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def check_headers(self, method):
        state = self.server_state
        assert self.headers["Accept"].startswith("application/"), "Accept"
        if method == "POST":
            assert self.headers["Content-Type"] == "application/json", "Content-Type"
        wanted = {"jira": ("Authorization", BASIC if state.api == 3 else "Bearer " + TOKEN),
                  "bugzilla": ("X-BUGZILLA-API-KEY", TOKEN), "github": ("Authorization", "Bearer " + TOKEN)}
        name, value = wanted[state.kind]
        if self.headers[name] != value:
            raise Refusal(401, {"message": "Bad credentials"})
        if state.kind == "github":
            assert self.headers["X-GitHub-Api-Version"] == "2022-11-28" and self.headers["User-Agent"]

    def open(self, title, text, body):
        assert title and len(title) <= 255 and "\n" not in title
        self.server_state.tickets.append({"title": title, "texts": [text], "bodies": [body]})
        return len(self.server_state.tickets)

    def ticket(self, number):
        if not 1 <= int(number) <= len(self.server_state.tickets):
            raise Refusal(404, {"message": "Not Found"})
        return self.server_state.tickets[int(number) - 1]

    def comment(self, number, text, body):
        self.ticket(number)["texts"].append(text)
        self.ticket(number)["bodies"].append(body)

    # Jira ---------------------------------------------------------------------------------------------------------

    def jira_text(self, body):
        if self.server_state.api == 3:
            return check_adf(body)
        assert isinstance(body, str) and len(body) <= 32767
        return body

    def jira(self, method, path, query, body):
        state = self.server_state
        root = f"/rest/api/{state.api}"
        if (method, path) == ("POST", root + "/issue"):
            fields = body["fields"]
            assert set(fields) == {"project", "issuetype", "summary", "description"}
            if fields["project"] != {"key": "DSRE"}:
                raise Refusal(400, {"errorMessages": [], "errors": {"project": "valid project is required"}})
            number = self.open(fields["summary"], self.jira_text(fields["description"]), fields["description"])
            return 201, {"id": str(10000 + number), "key": f"DSRE-{number}", "self": "https://elsewhere/"}
        if (method, path) == ("GET", root + ("/search/jql" if state.api == 3 else "/search")):
            asked = re.fullmatch(r'project = "DSRE" AND summary ~ "([0-9a-f]+)" ORDER BY created DESC', query["jql"])
            assert asked, query["jql"]
            issues = [{"id": "1", "key": f"DSRE-{n}",
                       "fields": {"summary": t["title"], "description": t["bodies"][0]}}
                      for n, t in enumerate(state.tickets, 1) if asked[1] in t["title"] and state.listed]
            return 200, {"issues": issues, "isLast": True}
        one = re.fullmatch(re.escape(root) + r"/issue/DSRE-(\d+)(/comment)?", path)
        assert one, path
        if method == "POST":
            assert one[2] and set(body) == {"body"}
            self.comment(one[1], self.jira_text(body["body"]), body["body"])
            return 201, {"id": "10001"}
        if one[2]:
            comments = [{"id": "1", "body": b} for b in self.ticket(one[1])["bodies"][:0:-1]]
            return 200, {"comments": comments, "startAt": 0, "maxResults": 100, "total": len(comments)}
        return 200, {"key": f"DSRE-{one[1]}", "fields": {"description": self.ticket(one[1])["bodies"][0]}}

    # Bugzilla -----------------------------------------------------------------------------------------------------

    def bugzilla(self, method, path, query, body):
        state = self.server_state
        if (method, path) == ("POST", "/rest/bug"):
            for name in ("product", "component", "summary", "version"):
                assert body[name], name
            # A field that is not on the page is an error there; these are its texts.
            assert set(body) <= {"product", "component", "summary", "version", "description", "op_sys", "platform",
                                 "priority", "severity", "assigned_to", "qa_contact", "status", "target_milestone"}
            assert len(body["description"]) <= 65535
            if body["component"] != "Ops & more":
                return 200, {"error": True, "code": 105, "message": "There is no component named that"}
            return 200, {"id": self.open(body["summary"], body["description"], body["description"])}
        if (method, path) == ("GET", "/rest/bug"):
            return 200, {"bugs": [{"id": n, "summary": t["title"]} for n, t in enumerate(state.tickets, 1)
                                  if query["summary"] in t["title"] and state.listed]}
        one = re.fullmatch(r"/rest/bug/(\d+)/comment", path)
        assert one, path
        if method == "POST":
            assert set(body) == {"comment"} and body["comment"].strip() and len(body["comment"]) <= 65535
            self.comment(one[1], body["comment"], body["comment"])
            return 201, {"id": 789}
        return 200, {"bugs": {one[1]: {"comments": [{"text": t, "count": n} for n, t in
                                                    enumerate(self.ticket(one[1])["texts"])]}}, "comments": {}}

    # GitHub -------------------------------------------------------------------------------------------------------

    def github(self, method, path, query, body):
        state = self.server_state
        as_issue = [{"number": n, "title": t["title"], "body": t["bodies"][0]}
                    for n, t in enumerate(state.tickets, 1) if state.listed]
        if (method, path) == ("POST", "/repos/o/r/issues"):
            assert set(body) == {"title", "body"} and len(body["body"]) <= 65536
            number = self.open(body["title"], body["body"], body["body"])
            return 201, {"number": number, "html_url": "https://elsewhere/"}
        if (method, path) == ("GET", "/repos/o/r/issues"):
            assert query["state"] == "all"
            return 200, as_issue[::-1][:int(query["per_page"])]
        if (method, path) == ("GET", "/search/issues"):
            assert query["q"].endswith("in:title is:issue repo:o/r")
            return 200, {"total_count": 0, "incomplete_results": False, "items": []}
        one = re.fullmatch(r"/repos/o/r/issues/(\d+)(/comments)?", path)
        assert one, path
        if method == "POST":
            assert one[2] and set(body) == {"body"} and len(body["body"]) <= 65536
            self.comment(one[1], body["body"], body["body"])
            return 201, {"id": 1}
        if one[2]:
            size, page = int(query["per_page"]), int(query["page"])
            comments = [{"body": b} for b in self.ticket(one[1])["bodies"][1:]]
            return 200, comments[(page - 1) * size:page * size]
        return 200, {"number": int(one[1]), "body": self.ticket(one[1])["bodies"][0]}
