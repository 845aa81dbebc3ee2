"""No value of a row leaves by an error: a marker stands in a column of every kind, each verb is made to fail on it, and the
marker is looked for in everything that salvor says and writes. Values of partition columns are named by design."""

import base64
import json
import os
import time
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import salvor_run as salvor
from tracker_server import TrackerServer

MARKER = "Xmarker7Y"
NUMBER = 730917445599
LOST, KEPT = "2024-01-01", "2024-01-02"
COLUMNS = [("id", "long"), ("text", "string"), ("bytes", "binary"), ("small", "integer"), ("price", "decimal(10,2)"),
           ("at", "timestamp"), ("on", "date"), ("yes", "boolean"), ("ratio", "double"),
           ("list", {"type": "array", "elementType": "string", "containsNull": True}),
           ("map", {"type": "map", "keyType": "string", "valueType": "string", "valueContainsNull": True}),
           ("nest", {"type": "struct", "fields": [{"name": "x", "type": "string", "nullable": True, "metadata": {}}]})]


def no_utf8(value):
    """Text that is not UTF-8, which Arrow does not look at."""
    bytes_ = value.encode() + b"\xff\xfe"
    offsets = pa.array([0, len(bytes_)], pa.int32()).buffers()[1]
    return pa.Array.from_buffers(pa.string(), 1, [None, offsets, pa.py_buffer(bytes_)])


GOOD = {
    "id": pa.array([1], pa.int64()), "text": pa.array([MARKER]), "bytes": pa.array([MARKER.encode()], pa.binary()),
    "small": pa.array([7], pa.int32()), "price": pa.array([Decimal("1.25")], pa.decimal128(10, 2)),
    "at": pa.array([NUMBER * 1000], pa.timestamp("us", "UTC")), "on": pa.array([19000], pa.date32()),
    "yes": pa.array([True]), "ratio": pa.array([float(NUMBER)]),
    "list": pa.array([[MARKER]], pa.list_(pa.string())),
    "map": pa.array([[(MARKER, MARKER)]], pa.map_(pa.string(), pa.string())),
    "nest": pa.array([{"x": MARKER}], pa.struct([("x", pa.string())])),
}

# One column of the file is not what the schema says, or cannot be read.
BAD = {
    "text that is not UTF-8": {"text": no_utf8(MARKER)},
    "text that is not UTF-8 in a list": {"list": pa.ListArray.from_arrays([0, 1], no_utf8(MARKER))},
    "text that is not UTF-8 in a map": {"map": pa.MapArray.from_arrays([0, 1], pa.array(["k"]), no_utf8(MARKER))},
    "text that is not UTF-8 in a struct": {"nest": pa.StructArray.from_arrays([no_utf8(MARKER)], ["x"])},
    "text for a long": {"id": pa.array([MARKER])},
    "text for an integer": {"small": pa.array([MARKER])},
    "text for a decimal": {"price": pa.array([MARKER])},
    "text for a timestamp": {"at": pa.array([MARKER])},
    "text for a date": {"on": pa.array([MARKER])},
    "text for a boolean": {"yes": pa.array([MARKER])},
    "text for a double": {"ratio": pa.array([MARKER])},
    "too large a number for an integer": {"small": pa.array([NUMBER], pa.int64())},
    "too large a number for a decimal": {"price": pa.array([Decimal(NUMBER * 10**6)], pa.decimal128(38, 2))},
    "text for a list": {"list": pa.array([MARKER])},
    "text for a struct": {"nest": pa.array([MARKER])},
    "bytes for text": {"text": pa.array([MARKER.encode() + b"\xff"], pa.binary())},
    "a page that is damaged": {},
    "statistics that are no JSON": {},
    "statistics of another type": {},
}


def write_table(path, how):
    (path / "_delta_log").mkdir(parents=True)
    now = int(time.time() * 1000)
    fields = [{"name": name, "type": kind, "nullable": True, "metadata": {}}
              for name, kind in [("day", "date"), *COLUMNS]]
    stats = {"statistics that are no JSON": f'{{"numRecords":1,"minValues":{{"text":"{MARKER}',
             "statistics of another type": json.dumps({"numRecords": MARKER, "minValues": {"id": MARKER}})}

    def add(day, name, arrays):
        file = path / f"day={day}" / name
        file.parent.mkdir(exist_ok=True)
        pq.write_table(pa.table(arrays), file, use_dictionary=False, compression="none", write_statistics=False)
        if how == "a page that is damaged" and day == LOST:
            content = bytearray(file.read_bytes())
            for at in range(20, len(content) // 2, 7):
                content[at] ^= 0x55
            file.write_bytes(bytes(content))
        lost = day == LOST and how in stats
        return {"add": {"path": f"day={day}/{name}", "partitionValues": {"day": day}, "size": file.stat().st_size,
                        "modificationTime": now, "dataChange": True,
                        "stats": stats[how] if lost else json.dumps({"numRecords": 1})}}

    def commit(version, *lines):
        info = {"commitInfo": {"timestamp": now + version, "operation": "WRITE" if version < 2 else "DELETE"}}
        (path / "_delta_log" / f"{version:020d}.json").write_text("".join(json.dumps(x) + "\n" for x in (info, *lines)))

    lost = add(LOST, "lost.parquet", {**GOOD, **BAD[how]})
    commit(0, {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
           {"metaData": {"id": "11111111-2222-3333-4444-555555555555", "format": {"provider": "parquet", "options": {}},
                         "schemaString": json.dumps({"type": "struct", "fields": fields}),
                         "partitionColumns": ["day"], "configuration": {}, "createdTime": now}})
    commit(1, lost, add(KEPT, "kept.parquet", GOOD))
    commit(2, {"remove": {**{k: v for k, v in lost["add"].items() if k not in ("stats", "modificationTime")},
                          "deletionTimestamp": now, "extendedFileMetadata": True}})


def again(path):
    """The lost day has rows once more, so that apply must read both sides."""
    folder = path / f"day={LOST}"
    pq.write_table(pa.table({**GOOD, "id": pa.array([2], pa.int64())}), folder / "again.parquet")
    add = {"add": {"path": f"day={LOST}/again.parquet", "partitionValues": {"day": LOST},
                   "size": (folder / "again.parquet").stat().st_size, "modificationTime": 1, "dataChange": True,
                   "stats": json.dumps({"numRecords": 1})}}
    (path / "_delta_log" / f"{3:020d}.json").write_text(
        json.dumps({"commitInfo": {"timestamp": int(time.time() * 1000), "operation": "WRITE"}}) + "\n"
        + json.dumps(add) + "\n")


def forms(text):
    raw = text.encode()
    return {raw, raw.hex().encode(), raw.hex().upper().encode(), base64.b64encode(raw).rstrip(b"=")[:-1]}


WANTED = forms(MARKER) | {str(NUMBER).encode(), f"{NUMBER:,}".encode()}


def seen_in(content):
    return {form for form in WANTED if form in content}


@pytest.mark.parametrize("refilled", [False, True])
@pytest.mark.parametrize("how", list(BAD))
def test_no_row_value_leaves_by_any_verb(tmp_path, how, refilled):
    path, case = tmp_path / "lake" / "t", tmp_path / "case"
    write_table(path, how)
    with TrackerServer("github") as tracker:
        tracker.section(tmp_path)
        said = {}

        def run(*words):
            done = salvor.run(*words, cwd=tmp_path)
            said[words] = done
            found = seen_in(done.out.encode()) | seen_in(done.err.encode())
            assert not found, f"{found} in what was said\n{done}"
            return done

        run("status", path), run("status", path, "--json"), run("history", path)
        run("plan", path, "--case", case, "--json")
        if case.exists():
            run("ticket", "open", case)
            run("persist", case)
            if refilled:
                again(path)
            for verb in ([], ["--json"]):
                run("apply", case, "--yes", *verb)
                run("verify", case, *verb)
                run("clean", case, *verb)
                run("undo", case, "--yes", *verb)
                run("audit", case, *verb)
                run("show", case, *verb)
            run("show", case, "--ticket", "jira"), run("show", case, "--operations"), run("ticket", "tell", case)
            run("clean", case, "--abandon", "--yes")
        for ticket in tracker.tickets:
            for text in ticket["texts"]:
                assert not seen_in(text.encode()), text
        for folder, _, names in os.walk(case):
            for name in names:
                content = open(os.path.join(folder, name), "rb").read()
                assert not seen_in(content), (name, content)
        if "statistics" not in how:  # a reader looks at these, or at nothing
            assert any(done.code != salvor.DONE for words, done in said.items() if words[0] in ("persist", "apply", "verify",
                       "plan", "status")), "nothing failed, so nothing was tried"
