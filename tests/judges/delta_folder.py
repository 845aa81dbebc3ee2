"""A Delta table's folder read and written by hand, from PROTOCOL.md alone: no library in between.

Only for logs whose JSON commits are all there. `commit` writes what no rule has looked at: with it
the tests make the naive restores that salvor must not make.
"""

import hashlib
import json
import os
import time
import urllib.parse
from pathlib import Path


def log_folder(table):
    return Path(table) / "_delta_log"


def commit_path(table, version):
    return log_folder(table) / f"{version:020d}.json"


def versions(table):
    return sorted(int(p.stem) for p in log_folder(table).glob("*.json")
                  if p.stem.isdigit() and len(p.stem) == 20)


def latest(table):
    return versions(table)[-1]


def actions(table, version):
    return [json.loads(line) for line in
            commit_path(table, version).read_text(encoding="utf-8").splitlines() if line]


def logical_key(action):
    vector = action.get("deletionVector")
    if not vector:
        return action["path"], None
    return action["path"], (vector["storageType"], vector["pathOrInlineDv"], vector.get("offset"))


def live_adds(table, version=None):
    """The add actions that make up the table at a version, by logical file."""
    live = {}
    for number in versions(table):
        if version is not None and number > version:
            break
        content = actions(table, number)
        for action in content:
            if "remove" in action:
                live.pop(logical_key(action["remove"]), None)
        for action in content:
            if "add" in action:
                live[logical_key(action["add"])] = action["add"]
    return live


def metadata(table):
    found = None
    for number in versions(table):
        for action in actions(table, number):
            found = action.get("metaData", found)
    return found


def protocol(table):
    found = None
    for number in versions(table):
        for action in actions(table, number):
            found = action.get("protocol", found)
    return found


def partition_key(add, columns):
    return tuple(add["partitionValues"].get(name) or None for name in columns)


def data_path(table, add):
    return Path(table) / urllib.parse.unquote(add["path"])


def commit(table, content, operation="WRITE"):
    """One commit with these actions; a commitInfo with a legal in-commit time comes first."""
    version = latest(table) + 1
    now = int(time.time() * 1000)
    info = {"timestamp": now, "operation": operation, "operationParameters": {}}
    previous = actions(table, version - 1)[0].get("commitInfo", {}).get("inCommitTimestamp")
    if previous is not None:
        info["inCommitTimestamp"] = max(now, previous + 1)
    lines = [json.dumps(a) for a in [{"commitInfo": info}, *content]]
    descriptor = os.open(commit_path(table, version), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return version


def re_add(table, version, keys=None, columns=None):
    """What a person without the rules would write: the old adds, as they were."""
    columns = columns if columns is not None else metadata(table)["partitionColumns"]
    return [{"add": {**add, "dataChange": True}} for add in live_adds(table, version).values()
            if keys is None or partition_key(add, columns) in keys]


def digest(folder, leave_out=()):
    """Of every name, mode and byte below a folder: equal digests mean that nothing was touched."""
    total = hashlib.sha256()
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if f not in leave_out)
        for name in sorted(files) + folders:
            path = Path(root) / name
            total.update(f"{path.relative_to(folder)}\0{path.lstat().st_mode}\0".encode())
            if path.is_file() and not path.is_symlink():
                total.update(path.read_bytes() if os.access(path, os.R_OK) else b"?")
    return total.hexdigest()
