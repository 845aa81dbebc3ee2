#!/usr/bin/env python3
"""Makes the seeds of the fuzz targets: seeds.py FOLDER writes FOLDER/TARGET/NUMBER for each.

They are the smallest things that get past a target's first checks; the fuzzer finds the rest.
"""

import hashlib
import json
import struct
import sys
from pathlib import Path


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"


def field(name, kind, nullable=True, **metadata):
    return {"name": name, "type": kind, "nullable": nullable, "metadata": metadata}


def metadata(*fields, partition=("d",), **configuration):
    return {"id": "11111111-2222-3333-4444-555555555555", "format": {"provider": "parquet", "options": {}},
            "schemaString": json.dumps({"type": "struct", "fields": list(fields)}),
            "partitionColumns": list(partition), "configuration": configuration}


USUAL = metadata(field("d", "date"), field("x", "long"))
PROTOCOL = {"minReaderVersion": 1, "minWriterVersion": 2}
VECTOR = {"storageType": "u", "pathOrInlineDv": "00000000000000000000", "offset": 1, "sizeInBytes": 34,
          "cardinality": 3}


def add(path, day="2024-01-01", rows=10, **more):
    return {"add": {"path": path, "partitionValues": {"d": day}, "size": 7, "modificationTime": 1,
                    "dataChange": True, "stats": json.dumps({"numRecords": rows}), **more}}


def remove(path, **more):
    return {"remove": {"path": path, "deletionTimestamp": 2, "dataChange": True, **more}}


def commit(*actions):
    info = {"commitInfo": {"timestamp": 1, "operation": "WRITE", "userName": "ann"}}
    return "".join(json.dumps(action) + "\n" for action in (info, *actions))


def log(*commits, **files):
    """Each file is begun by a line with its name."""
    names = {f"{version:020}.json": text for version, text in enumerate(commits)}
    return "".join(f"@{name}\n{text}" for name, text in {**names, **files}.items())


def roaring(*positions):
    """One bucket of one array container: the portable format of the specification."""
    container = struct.pack("<IIHHI", 12346, 1, 0, len(positions) - 1, 16)
    return container + b"".join(struct.pack("<H", position) for position in positions)


def vector(*positions):
    return struct.pack("<IQI", 1681511377, 1, 0) + roaring(*positions)


def vector_file(bytes_):
    import zlib
    return b"\x01" + struct.pack(">I", len(bytes_)) + bytes_ + struct.pack(">I", zlib.crc32(bytes_))


TALLY = {"rows": 3, "bytes": 90, "files": 1, "uncounted": 0}
NOTHING = {"rows": 0, "bytes": 0, "files": 0, "uncounted": 0}
LOST = {"partition": {"d": "2024-01-02"}, "health": "missing", "disposition": "restore", "reason": "emptied",
        "event": {"version": 3, "operation": "DELETE", "who": "ann", "at": "2024-01-03T00:00:00Z"},
        "deadline": "2024-01-10T00:00:00Z", "now": NOTHING, "mode": "add", "restore": TALLY,
        "snapshot": {"version": 2, "at": "2024-01-02T00:00:00Z"}, "content": "c", "present": ""}
LEFT = {"partition": {"d": None}, "health": "partial", "disposition": "leave", "reason": "may be lawful",
        "event": None, "deadline": None, "now": TALLY}
PLAN = {
    "format": 1, "table": {"uri": "/lake/t", "name": "t", "id": "i", "engine": "delta"},
    "state": {"version": 3, "schema": "s", "layout": "l", "constraints": "c", "protocol": "p"},
    "columns": [{"name": "d", "type": "date"}], "partitions": [LEFT, LOST], "intact": 2, "staging": "/private",
    "warnings": ["old values come back"],
    "review": {"approvals": 1, "distinct": ["approver", "author"],
               "people": [{"name": "Bob", "principals": ["bob@x"]}]},
    "author": {"kind": "os_user", "name": "ann"}}
PRINT = {"rows": 3, "sum": "1", "xor": "2", "algorithm": "a"}
PROOF = {
    "format": 1, "plan": "p", "operation": "k", "version": 4, "columns": PLAN["columns"], "staging": "/private",
    "partitions": [{"partition": {"d": "2024-01-02"}, "planned_rows": 3, "staged": PRINT, "restored": PRINT,
                    "shared_files": True, "skipped": False, "compared_by": "rows", "proven": True,
                    "problem": ""}],
    "proven": True, "changed_since": []}
STATEMENT = {"format": 1, "plan": "0" * 64, "decision": "approve", "reason": "", "verbs": ["apply", "undo"],
             "who": "bob@x", "signed_at": "2026-11-22T15:20:58Z", "expires": "2026-11-29T15:20:58Z",
             "anchor": {"line": 0, "hash": "0" * 64}}

YAML = """\
warehouses:
  prod: {bigquery: {project: p, staging: p.d, max_bytes_billed: 10G}}
  lake: {delta: {root: ./lake, staging: ./private}}
review: {approvals: 1, allowed_signers: ./allowed, distinct: [author, approver], group: [bob@x]}
people:
  - {name: Bob, principals: [bob@x], os_users: [bob]}
tables:
  lake:ds.t: {review: {approvals: 2}}
tickets: {kind: jira, url: "https://example.com", project: DSRE, token: {file: ./token}}
"""

TABLE = {
    "id": "p:d.t", "etag": "e", "type": "TABLE", "location": "EU", "numRows": "12", "numBytes": "90",
    "creationTime": "1700000000000", "lastModifiedTime": "1700000000001", "labels": {"a": "b"},
    "schema": {"fields": [{"name": "d", "type": "DATE", "mode": "NULLABLE"},
                          {"name": "r", "type": "RECORD", "fields": [{"name": "x", "type": "STRING"}]}]},
    "timePartitioning": {"type": "DAY", "field": "d", "expirationMs": "86400000"}}
JOB = {"jobReference": {"projectId": "p", "jobId": "j", "location": "EU"},
       "status": {"state": "DONE", "errorResult": {"reason": "duplicate", "message": "there"}},
       "statistics": {"creationTime": "1700000000000", "endTime": "1700000000009",
                      "copy": {"copiedRows": "3"}},
       "configuration": {"jobType": "COPY", "labels": {"salvor_plan": "x"}}}
PAGE = {"schema": TABLE["schema"], "rows": [{"f": [{"v": "1"}, {"v": {"f": [{"v": None}]}}]}],
        "totalRows": "1", "pageToken": "next", "jobComplete": True}


def thrift(*fields):
    """A struct in the compact protocol: (type, bytes) for the fields 1, 2, ..."""
    return b"".join(bytes([0x10 | kind]) + value for kind, value in fields) + b"\x00"


def parquet():
    """A file of two rows in one column, without its pages."""
    root = b"\x48\x06schema\x15\x02\x00"  # name (4), num_children (5)
    column = b"\x15\x04\x25\x02\x18\x01x\x00"  # type (1), repetition (3), name (4)
    chunk = (b"\x26\x08\x1c" b"\x15\x04\x19\x15\x00\x19\x18\x01x\x15\x00\x16\x04\x16\x08\x16\x08\x26\x08\x00" b"\x00")
    group = b"\x19\x1c" + chunk + b"\x16\x08\x16\x04\x00"
    footer = thrift((5, b"\x02"), (9, b"\x2c" + root + column), (6, b"\x04"), (9, b"\x1c" + group))
    return b"PAR1\x00\x00\x00\x00" + footer + struct.pack("<I", len(footer)) + b"PAR1", footer


def ranged():
    table = {key: value for key, value in TABLE.items() if key != "timePartitioning"}
    table["rangePartitioning"] = {"field": "n", "range": {"start": "0", "end": "100", "interval": "10"}}
    table["schema"] = {"fields": [{"name": "n", "type": "INTEGER"}]}
    return table


def manifest():
    line = add("d=2024-01-01/a.parquet")["add"]
    lines = [{"format": 1, "plan": "p", "partitions": 1, "vectors": 1, "pieces": 1},
             {"snapshot": 1, "protocol": PROTOCOL, "metaData": USUAL},
             {"snapshot": 1, "takenOut": []},
             {"uuid": "11111111-2222-3333-4444-555555555555", "original": "/lake/t/v.bin",
              "file": {"name": "v.bin", "size": 3, "mode": 420, "gid": 0}},
             {"add": line, "file": {"name": "part-0.parquet", "size": 7, "mode": 420, "gid": 0},
              "partition": 0, "vector": 0},
             {"end": True}]
    return "".join(json.dumps(one) + "\n" for one in lines)


SEEDS = {
    "plan": [canonical(PLAN), canonical(PROOF)],
    "statement": [canonical(STATEMENT), canonical({**STATEMENT, "decision": "reject", "reason": "no",
                                                   "expires": None})],
    "journal": [b"\x05\x01persist|some text|apply|more|", b"\x00\x00plan|\xff\xfe|a|b|c|d|",
                '{"at":"2026-11-22T15:20:58Z","data":{},"hash":"","kind":"note","n":1,"prev":"digest",'
                '"step":"plan"}\n'],
    "salvor_yaml": [YAML, "tables: {}\n", "review:\n  approvals: 0\n"],
    "partition_value": [bytes([3, kind]) + text for kind, text in enumerate(
        [b"a|b|", b"007|-5|12", b"2024-01-02|2024-02-29|0000-01-01",
         b"2024-01-02T03:04:05Z|2024-01-02 03:04:05.123456|x", b"2024-01-02T03:04:05|2024-01-02 00:00:00|",
         b"true|false|True", b"1.50|-0.0|1e3", b"1.0|inf|-0", b"\x00\x01|ab|"])],
    "time": ["2026-11-22T15:20:58.123+05:30", "2026-11-22", "interval 1 week 2 days", "interval 30 days",
             "2026-11-22T15:20:58.123456Z", "Sun, 06 Nov 1994 08:49:37 GMT", "a\x1b[31m\u202e"],
    "deletion_vector": [vector(1, 2, 40), b"\x00\x03\x00\x00" + b"00000000000000000000",
                        b"\x01\x03" + bytes([len(vector(1, 2, 40)), 1]) + vector_file(vector(1, 2, 40))],
    "path": ["d=2024-01-01/part-0.snappy.parquet", "file:///lake/t/a%20b", "../x", "a/%2e%2e/b",
             "s3://bucket/x", "ab00000000000000000000"],
    "schema": [json.dumps({**USUAL, "protocol": PROTOCOL}) + "\n" + json.dumps(
        metadata(field("d", "date"), field("x", "long", nullable=False),
                 field("s", {"type": "struct", "fields": [field("e", {"type": "array", "elementType": "string",
                                                                      "containsNull": True})]}),
                 **{"delta.constraints.c": "x > 0", "delta.columnMapping.mode": "none"})) + "\n",
        json.dumps(metadata(field("d", "decimal(10,2)", **{"delta.columnMapping.id": 1,
                                                          "delta.columnMapping.physicalName": "c"}),
                            **{"delta.columnMapping.mode": "name"})) + "\n"],
    "commit_lines": [commit(add("a"), remove("b"), {"protocol": PROTOCOL}, {"metaData": USUAL}),
                     json.dumps(add("a%20b", deletionVector=VECTOR)) + "\n",
                     json.dumps(remove("b", deletionVector=VECTOR)) + "\n",
                     '{"add":{"path":"\\u0061","partitionValues":{},"size":1,"stats":"{}"}}\n',
                     json.dumps({"txn": {"appId": "salvor-x", "version": 1}}) + "\n"],
    "log": [log(commit({"protocol": PROTOCOL}, {"metaData": USUAL}, add("a"), add("b", "2024-01-02")),
                commit(remove("b")), commit(add("c", "2024-01-02", 3))),
            log(commit({"protocol": PROTOCOL}, {"metaData": USUAL}, add("a")),
                **{"00000000000000000000.00000000000000000002.compacted.json": commit(remove("a")),
                   "_last_checkpoint": '{"version":1,"size":2}\n'}),
            log(**{"00000000000000000003.checkpoint.11111111-2222-3333-4444-555555555555.json":
                   commit({"checkpointMetadata": {"version": 3}}, {"protocol": PROTOCOL},
                          {"metaData": USUAL}, add("a")),
                   "00000000000000000004.json": commit(remove("a"))})],
    "manifest": [manifest()],
    "parquet_footer": list(parquet()),
    "bigquery_answers": ["20240101\n" + json.dumps(TABLE), "__NULL__\n" + json.dumps(TABLE),
                         "10\n" + json.dumps(ranged()), "\n" + json.dumps(JOB), "\n" + json.dumps(PAGE),
                         "\n" + json.dumps({"jobs": [{**JOB, "state": "DONE"}], "nextPageToken": "n"}),
                         "\n" + json.dumps({"error": {"code": 400, "message": "m", "errors":
                                                      [{"reason": "invalid", "message": "m"}]}}),
                         "\n" + json.dumps({"datasetReference": {"projectId": "p", "datasetId": "d"},
                                            "location": "EU", "access": [{"role": "READER",
                                                                          "userByEmail": "a@x"}]})],
}


def main():
    folder = Path(sys.argv[1])
    for target, seeds in SEEDS.items():
        (folder / target).mkdir(parents=True, exist_ok=True)
        for seed in seeds:
            seed = seed if isinstance(seed, bytes) else seed.encode()
            (folder / target / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)


if __name__ == "__main__":
    main()
