"""Google's own library and salvor are given the same credentials and the same token server: they must
ask it for the same things, and carry the same headers away."""
import base64
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import unquote

import pytest

pytest.importorskip("google.auth", reason="PyPI google-auth is not installed")
from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import padding, rsa  # noqa: E402
from token_server import ACCOUNT, IMPERSONATION, TARGET, TokenServer  # noqa: E402

PROGRAM = Path(os.environ["SALVOR_BIN"]).parent / "tests" / "default_credentials"
GOOGLES_ENDPOINT = "https://oauth2.googleapis.com/token"
TOKEN_PATHS = {"/token", "/sts", "/oauthtoken", "/identity", IMPERSONATION, ACCOUNT + "token"}


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def server():
    server = TokenServer()
    yield server
    server.close()


def opened(assertion, key):
    """The header and claims of a statement that the key signed; raises if it did not."""
    def decode(text):
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    header, claims, signature = assertion.split(".")
    key.public_key().verify(decode(signature), f"{header}.{claims}".encode(), padding.PKCS1v15(),
                            hashes.SHA256())
    return json.loads(decode(header)), json.loads(decode(claims))


def essence(asked, key, server):
    """What a token server looks at, with what must differ between two runs checked and taken out."""
    asked = {name: value for name, value in asked.items() if value}
    if "assertion" in asked.get("form", {}):
        header, claims = opened(asked["form"].pop("assertion")[0], key)
        assert abs(claims.pop("iat") - time.time()) < 60
        assert 3500 <= claims.pop("exp") - time.time() <= 3700
        # Google's library names Google here whatever token_uri says; salvor names whom it asks, so
        # that nobody can use the statement elsewhere. For Google's own token_uri they are one.
        assert claims.pop("aud") in (GOOGLES_ENDPOINT, server.url + "/token")
        asked["statement"] = [header, claims]
    if "json" in asked:
        asked["json"] = {name: value for name, value in asked["json"].items() if value}
    if "form" in asked:
        asked["form"] = {name: value for name, value in asked["form"].items() if value != [""]}
    if "options" in asked.get("form", {}):  # JSON, escaped once more than the form
        asked["form"]["options"] = json.loads(unquote(asked["form"]["options"][0]))
    return asked


class Bench:
    def __init__(self, server, key, folder):
        self.server, self.key, self.folder = server, key, folder

    def run(self, command, environment):
        clean = {name: os.environ[name] for name in ("PATH", "SALVOR_JUDGES", "LANG")
                 if name in os.environ}
        before = len(self.server.asked)
        answer = subprocess.run(command, capture_output=True, text=True, timeout=120,
                                env={**clean, "HOME": str(self.folder), **environment})
        assert answer.returncode == 0, answer.stderr
        assert not answer.stderr
        tokens = [essence(asked, self.key, self.server) for asked in self.server.asked[before:]
                  if asked["path"] in TOKEN_PATHS]
        return json.loads(answer.stdout), tokens

    def salvors(self, environment):
        return self.run([PROGRAM, self.server.url + "/tokeninfo"], environment)

    def googles(self, environment):
        script = Path(__file__).parent / "google_headers.py"
        return self.run([sys.executable, script, self.server.url], environment)

    def compare(self, content, environment=None):
        """Both with this file; salvor's answer and requests, after comparing them."""
        path = self.folder / "file.json"
        path.write_text(json.dumps(content))
        environment = {"GOOGLE_APPLICATION_CREDENTIALS": str(path), **(environment or {})}
        mine, my_requests = self.salvors(environment)
        googles, googles_requests = self.googles(environment)
        assert "error" not in mine and "error" not in googles, (mine, googles)
        assert my_requests == googles_requests
        assert ({name.lower(): value for name, value in mine["headers"].items()}
                == {name.lower(): value for name, value in googles["headers"].items()
                    if name.lower() in ("authorization", "x-goog-user-project")})
        assert my_requests
        return mine, my_requests


@pytest.fixture
def bench(server, key, tmp_path):
    return Bench(server, key, tmp_path)


@pytest.fixture
def service_account(server, key):
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                            serialization.NoEncryption()).decode()
    return {"type": "service_account", "project_id": "p", "private_key_id": "key-1",
            "private_key": pem, "client_email": "robot@p.iam.gserviceaccount.com",
            "client_id": "1", "token_uri": server.url + "/token"}


@pytest.fixture
def user(server):
    return {"type": "authorized_user", "client_id": "client", "client_secret": "client secret",
            "refresh_token": "1//refresh&token", "token_uri": server.url + "/token"}


@pytest.fixture
def external(server):
    def make(source, **more):
        return {"type": "external_account",
                "audience": "//iam.googleapis.com/projects/1/locations/global/pools/a/providers/b",
                "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
                "token_url": server.url + "/sts", "credential_source": source, **more}
    return make


def test_service_account(bench, service_account):
    mine, requests = bench.compare(service_account)
    assert mine["headers"] == {"Authorization": "Bearer of-token"}
    assert mine["principal"] == "robot@p.iam.gserviceaccount.com"
    assert requests[0]["statement"][0] == {"alg": "RS256", "typ": "JWT", "kid": "key-1"}


def test_service_account_with_a_quota_project(bench, service_account):
    mine, _ = bench.compare(service_account, {"GOOGLE_CLOUD_QUOTA_PROJECT": "payer"})
    assert mine["headers"]["X-Goog-User-Project"] == "payer"


def test_quota_project_of_the_environment(bench, user):
    mine, _ = bench.compare({**user, "quota_project_id": "files"},
                            {"GOOGLE_CLOUD_QUOTA_PROJECT": "variables"})
    assert mine["headers"]["X-Goog-User-Project"] == "variables"


def test_authorized_user(bench, server, user):
    path = bench.folder / "file.json"
    path.write_text(json.dumps({**user, "quota_project_id": "payer"}))
    environment = {"GOOGLE_APPLICATION_CREDENTIALS": str(path)}
    mine, my_requests = bench.salvors(environment)
    googles, googles_requests = bench.googles(environment)
    # Google's library asks again for the scopes that the caller wants; salvor takes what was granted
    # at login, since asking for more than that is refused.
    asked_scopes = googles_requests[0]["form"].pop("scope", None)
    assert asked_scopes in (None, ["https://www.googleapis.com/auth/cloud-platform"])
    assert my_requests == googles_requests
    assert mine["headers"] == {"Authorization": "Bearer of-token", "X-Goog-User-Project": "payer"}
    assert googles["headers"]["x-goog-user-project"] == "payer"
    assert mine["principal"] == "ada@example.com"
    assert server.asked and all("of-token" not in str(asked["query"]) for asked in server.asked)


def test_external_account_of_a_file(bench, external):
    (bench.folder / "subject").write_text("subject-of-file")
    mine, requests = bench.compare(external({"file": str(bench.folder / "subject")}))
    assert mine["headers"] == {"Authorization": "Bearer of-sts"}
    assert requests[0]["form"]["subject_token"] == ["subject-of-file"]


def test_external_account_of_a_json_file(bench, external):
    (bench.folder / "subject").write_text(json.dumps({"jwt": "subject-of-json"}))
    _, requests = bench.compare(external({
        "file": str(bench.folder / "subject"),
        "format": {"type": "json", "subject_token_field_name": "jwt"}}))
    assert requests[0]["form"]["subject_token"] == ["subject-of-json"]


def test_external_account_of_a_url(bench, external, server):
    _, requests = bench.compare(external({
        "url": server.url + "/identity?a=b%20c", "headers": {"Metadata-Flavor": "Other"},
        "format": {"type": "json", "subject_token_field_name": "value"}}))
    assert [asked["path"] for asked in requests] == ["/identity", "/sts"]
    assert requests[0]["query"] == {"a": ["b c"]}
    assert requests[0]["metadata_flavor"] == "Other"


def test_external_account_of_a_program(bench, external):
    program = bench.folder / "say token"
    program.write_text("""#!/bin/sh
[ "$GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE" = urn:ietf:params:oauth:token-type:jwt ] || exit 1
[ "$GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE" = 0 ] || exit 1
echo '{"version": 1, "success": true, "token_type": "urn:ietf:params:oauth:token-type:id_token",'
echo "\\"id_token\\": \\"$1|$GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE\\"}"
""")
    program.chmod(0o700)
    content = external({"executable": {"command": f"'{program}' 'a  b'", "timeout_millis": 9000}})
    _, requests = bench.compare(content, {"GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES": "1"})
    assert requests[0]["form"]["subject_token"] == [f"a  b|{content['audience']}"]


def test_external_account_that_impersonates(bench, external, server):
    (bench.folder / "subject").write_text("subject-of-file")
    mine, requests = bench.compare(external(
        {"file": str(bench.folder / "subject")},
        service_account_impersonation_url=server.url + IMPERSONATION,
        service_account_impersonation={"token_lifetime_seconds": 2800}))
    assert mine["headers"] == {"Authorization": "Bearer of-the-target"}
    assert mine["principal"] == TARGET
    assert requests[1]["authorization"] == "Bearer of-sts"
    assert requests[1]["json"]["lifetime"] == "2800s"


def test_external_account_of_a_workforce_pool(bench, external):
    (bench.folder / "subject").write_text("subject-of-file")
    content = external({"file": str(bench.folder / "subject")}, workforce_pool_user_project="123")
    content["audience"] = "//iam.googleapis.com/locations/global/workforcePools/a/providers/b"
    _, requests = bench.compare(content)
    assert requests[0]["form"]["options"] == {"userProject": "123"}
    _, requests = bench.compare({**content, "client_id": "client", "client_secret": "secret"})
    assert requests[0]["authorization"].startswith("Basic ")


def test_workforce_login(bench, server):
    mine, _ = bench.compare({
        "type": "external_account_authorized_user",
        "audience": "//iam.googleapis.com/locations/global/workforcePools/a/providers/b",
        "client_id": "client", "client_secret": "secret", "refresh_token": "refresh",
        "token_url": server.url + "/oauthtoken", "token_info_url": server.url + "/introspect",
        "quota_project_id": "payer"})
    assert mine["headers"]["Authorization"] == "Bearer of-oauthtoken"


@pytest.mark.parametrize("delegates", [[], ["a@p.iam.gserviceaccount.com"]])
def test_impersonation_by_a_service_account(bench, server, service_account, delegates):
    mine, requests = bench.compare({
        "type": "impersonated_service_account", "delegates": delegates,
        "service_account_impersonation_url": server.url + IMPERSONATION,
        "quota_project_id": "payer", "source_credentials": service_account})
    assert mine["headers"] == {"Authorization": "Bearer of-the-target",
                               "X-Goog-User-Project": "payer"}
    assert requests[1]["json"].get("delegates", []) == delegates or delegates == []


def test_metadata_server(bench, server):
    environment = {"GCE_METADATA_HOST": server.host, "GCE_METADATA_IP": server.host}
    mine, my_requests = bench.salvors(environment)
    googles, googles_requests = bench.googles(environment)
    assert my_requests == googles_requests
    assert mine["headers"] == {"Authorization": "Bearer of-the-machine"}
    assert googles["headers"]["authorization"] == "Bearer of-the-machine"
    assert mine["principal"] == "vm@p.iam.gserviceaccount.com"


def test_gclouds_file_is_found_where_gcloud_leaves_it(bench, user, server):
    for folder, environment in [(bench.folder / ".config/gcloud", {}),
                                (bench.folder / "sdk", {"CLOUDSDK_CONFIG": str(bench.folder / "sdk")})]:
        folder.mkdir(parents=True)
        (folder / "application_default_credentials.json").write_text(json.dumps(user))
        mine, _ = bench.salvors(environment)
        googles, _ = bench.googles(environment)
        assert mine["headers"]["Authorization"] == googles["headers"]["authorization"]
        assert str(folder) in mine["origin"]


def test_both_refuse_a_program_that_nobody_allowed(bench, external):
    path = bench.folder / "file.json"
    mark = bench.folder / "ran"
    path.write_text(json.dumps(external({"executable": {"command": f"touch {mark}"}})))
    environment = {"GOOGLE_APPLICATION_CREDENTIALS": str(path)}
    mine, _ = bench.salvors(environment)
    assert mine["error"] == "refused"
    assert "error" in bench.googles(environment)[0]
    assert not mark.exists()


def test_both_refuse_a_named_file_that_is_absent(bench, user):
    environment = {"GOOGLE_APPLICATION_CREDENTIALS": str(bench.folder / "absent.json")}
    mine, _ = bench.salvors(environment)
    assert mine["error"] == "not_found"
    assert "error" in bench.googles(environment)[0]


def test_salvor_keeps_local_files_from_strangers_where_googles_library_leaves_that_to_the_caller(
        bench, external):
    secret = bench.folder / "secret"
    secret.write_text("hush")
    path = bench.folder / "file.json"
    path.write_text(json.dumps({**external({"file": str(secret)}),
                                "token_url": "https://sts.example.com/v1/token"}))
    mine, _ = bench.salvors({"GOOGLE_APPLICATION_CREDENTIALS": str(path)})
    assert mine["error"] == "refused"
    assert "sts.example.com" in mine["message"] and "hush" not in mine["message"]
