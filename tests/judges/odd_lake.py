"""Delta tables with odd but possible logs, written by hand at random: spellings of paths and values, statistics that lie
or are absent, escapes, repeated and contrary actions, checkpoints that disagree, commits and files that are gone.

Nothing here says what such a table holds: its readers do. PROTOCOL.md is where the shapes come from.
"""

import datetime
import json
import random
import time
import urllib.parse
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

# Type of the partition column -> spellings of some values; those on one line mean one value to some reader.
VALUES = {
    "string": [["a"], ["New York"], ["x=y"], ["ü"], ["a%20b"], ["", None], ["a "]],
    "integer": [["1", "01", "+1"], ["0", "-0"], ["7"], [None, ""], ["-3"]],
    "double": [["1.0", "1", "1E0", "01"], ["1.0E10", "10000000000", "1e10"], ["Infinity", "inf"], ["NaN", "nan"],
               ["0.0", "-0.0", "0"], ["1.0E-7", "0.0000001"], [None]],
    "float": [["0.1", "0.10000000149011612"], ["1.0", "1"], ["2.5"], [None]],
    "decimal(10,2)": [["1.10", "01.10", "+1.10"], ["0.00", "-0.00"], ["7.00"], ["-1.50"], [None]],
    "decimal(10,7)": [["0.0000000", "0E-7"], ["0.0000011", "1.1E-6"], ["1.0000000"]],
    "boolean": [["true", "True", "TRUE"], ["false", "False"], [None]],
    "date": [["2024-01-02", "2024-1-2", "+2024-01-02"], ["2024-02-29"], ["1969-12-31"], [None, ""]],
    "timestamp": [["2024-01-02T03:04:05.000000Z", "2024-01-02T04:04:05+01:00"], ["2024-01-02 03:04:06.000000"],
                  ["2024-01-03T00:00:00.000000Z", "2024-01-03 00:00:00.000000"]],
}
# What only some readers take for a value of the type: rare, since all others then read nothing at all.
STRANGE = {"integer": [" 1", "1.0", "x"], "double": ["1.0d", " 1", "x"], "decimal(10,2)": ["1.1", "1E2", "x"],
           "boolean": ["t", "1", "x"], "date": ["2024-01", "20240102", "x"], "timestamp": ["2024-01-02", "x"],
           "float": ["1.0f", "x"], "decimal(10,7)": ["1.1"], "string": ["null"]}

CHECKPOINT = pa.schema([
    ("protocol", pa.struct([("minReaderVersion", pa.int32()), ("minWriterVersion", pa.int32())])),
    ("metaData", pa.struct([
        ("id", pa.string()), ("format", pa.struct([("provider", pa.string()),
                                                   ("options", pa.map_(pa.string(), pa.string()))])),
        ("schemaString", pa.string()), ("partitionColumns", pa.list_(pa.string())),
        ("configuration", pa.map_(pa.string(), pa.string())), ("createdTime", pa.int64())])),
    ("add", pa.struct([
        ("path", pa.string()), ("partitionValues", pa.map_(pa.string(), pa.string())), ("size", pa.int64()),
        ("modificationTime", pa.int64()), ("dataChange", pa.bool_()), ("stats", pa.string())])),
    ("remove", pa.struct([
        ("path", pa.string()), ("deletionTimestamp", pa.int64()), ("dataChange", pa.bool_())])),
])


class OddLake:
    def __init__(self, path, seed, odd=0.12):
        self.path = Path(path)
        self.log = self.path / "_delta_log"
        self.log.mkdir(parents=True)
        self.dice = random.Random(seed)
        self.odd = odd  # how likely each oddity is, where there is a chance for one
        self.type = self.dice.choice(list(VALUES))
        self.version = -1
        self.next_id = 0
        self.story = []  # what was done, for people
        self.live = {}  # path as written -> add, as a simple reader has it
        self.gone = []  # adds that were removed
        self.now = int(time.time() * 1000) - 40 * 60_000
        self.metadata = {
            "id": f"00000000-0000-0000-0000-{seed % 10**12:012d}", "format": {"provider": "parquet", "options": {}},
            "schemaString": json.dumps({"type": "struct", "fields": [
                {"name": "id", "type": "long", "nullable": True, "metadata": {}},
                {"name": "p", "type": self.type, "nullable": True, "metadata": {}}]}),
            "partitionColumns": ["p"], "configuration": {}, "createdTime": self.now}
        self.protocol = {"minReaderVersion": 1, "minWriterVersion": 2}
        self.write([{"protocol": self.protocol}, {"metaData": self.metadata},
                    *[{"add": self.new_file()} for _ in range(self.dice.randint(2, 5))]])
        for _ in range(self.dice.randint(2, 7)):
            self.step()
        self.finish()

    def perhaps(self, chance=None):
        return self.dice.random() < (self.odd if chance is None else chance)

    # -- files

    def new_file(self):
        value = self.dice.choice(self.dice.choice(VALUES[self.type]))
        if self.perhaps(self.odd / 12):
            value = self.dice.choice(STRANGE[self.type])
        folder = "p=" + ("__HIVE_DEFAULT_PARTITION__" if value is None else self.dice.choice(
            [urllib.parse.quote(value, safe=""), value.replace("/", "_"), urllib.parse.quote(value, safe=" =+")]))
        rows = self.dice.choice([0, 1, 3, 5, 10]) if self.perhaps() else self.dice.randint(1, 10)
        name = f"{folder}/f{self.next_id:04d}.parquet"
        self.next_id += 100
        target = self.path / name
        target.parent.mkdir(exist_ok=True)
        ids = range(self.next_id, self.next_id + rows)
        pq.write_table(pa.table({"id": pa.array(ids, pa.int64())}), target)
        spelled = urllib.parse.quote(name, safe="/=" + self.dice.choice(["", "", "+,", " "] if self.perhaps() else [""]))
        return {"path": spelled, "partitionValues": {"p": value}, "size": target.stat().st_size,
                "modificationTime": self.now, "dataChange": True, **self.stats(rows)}

    def stats(self, rows):
        if not self.perhaps(2 * self.odd):
            return {"stats": json.dumps({"numRecords": rows})}
        return self.dice.choice([
            {}, {"stats": json.dumps({"numRecords": 0})}, {"stats": json.dumps({"nullCount": {}, "numRecords": rows})},
            {"stats": f'{{"numR\\u0065cords":{rows}}}'}, {"stats": None}])

    # -- what a path may be written as; the first is how it was

    def respelled(self, path):
        decoded = urllib.parse.unquote(path)
        lower = "".join(part.lower() if i % 2 else part for i, part in enumerate(split_escapes(path)))
        other = urllib.parse.quote(decoded, safe="/=" if "%3D" in path else "/")
        return self.dice.choice([decoded, lower, other, "./" + path, path.replace("/", "//", 1),
                                 path.replace("/", "/./", 1), str(self.path / decoded), "file://" + str(self.path / path)])

    # -- commits

    def step(self):
        kind = self.dice.choice(["append", "append", "delete", "delete", "overwrite", "compact", "again"])
        actions = []
        operation = {"append": "WRITE", "delete": "DELETE", "overwrite": "WRITE", "compact": "OPTIMIZE",
                     "again": "RESTORE"}[kind]
        if kind == "append":
            actions = [{"add": self.new_file()} for _ in range(self.dice.randint(1, 3))]
        elif kind == "again" and self.gone:
            actions = [{"add": {**self.dice.choice(self.gone), "dataChange": True}}]
        elif self.live:
            value = self.dice.choice(list(self.live.values()))["partitionValues"].get("p")
            files = [add for add in self.live.values() if add["partitionValues"].get("p") == value]
            for add in files:
                actions.append({"remove": self.remove_of(add, kind != "compact")})
            if kind == "overwrite":
                fresh = self.new_file()
                fresh["partitionValues"] = {"p": value}
                actions.append({"add": fresh})
            if kind == "compact":
                actions += self.compacted(files)
        if self.perhaps(self.odd / 3) and self.live:
            add = self.dice.choice(list(self.live.values()))
            pair = [{"add": add}, {"remove": self.remove_of(add, True)}]
            actions += self.dice.choice([pair, pair[::-1]])
            self.story.append("added and removed in one commit")
        self.write(actions, operation)
        if self.perhaps(0.2):
            self.checkpoint()

    def remove_of(self, add, data_change):
        path = add["path"]
        if self.perhaps():
            path = self.respelled(path)
            self.story.append(f"version {self.version + 1} removes {add['path']} as {path}")
        return {"path": path, "deletionTimestamp": self.now, "dataChange": data_change}

    def compacted(self, files):
        total = sum(pq.read_metadata(self.path / urllib.parse.unquote(add["path"])).num_rows for add in files
                    if (self.path / urllib.parse.unquote(add["path"])).exists())
        name = f"c{self.next_id:04d}.parquet"
        self.next_id += 100
        pq.write_table(pa.table({"id": pa.array(range(total), pa.int64())}), self.path / name)
        return [{"add": {"path": name, "partitionValues": files[0]["partitionValues"],
                         "size": (self.path / name).stat().st_size, "modificationTime": self.now, "dataChange": False,
                         "stats": json.dumps({"numRecords": total})}}]

    def line(self, action):
        text = json.dumps(action, ensure_ascii=self.dice.random() < 0.5)
        if self.perhaps(self.odd / 2):
            for key in ("add", "remove", "path", "partitionValues", "p"):
                if self.dice.random() < 0.5:
                    text = text.replace(f'"{key}":', f'"\\u{ord(key[0]):04x}{key[1:]}":')
        if self.perhaps(self.odd / 6):
            text = text.replace('"dataChange"', '"path": "nowhere", "dataChange"', 1) + ""
            text = text.replace('"path": "nowhere", ', "", 1) if self.dice.random() < 0.5 else text
        return text

    def write(self, actions, operation="CREATE TABLE"):
        self.version += 1
        self.now += 60_000
        lines = [self.line(action) for action in actions]
        info = json.dumps({"commitInfo": {"timestamp": self.now, "operation": operation, "userName": "somebody"}})
        if not self.perhaps():
            lines.insert(0, info)
        if self.perhaps(self.odd / 2):
            self.dice.shuffle(lines)
        ending = "\r\n" if self.perhaps() else "\n"
        text = ending.join(lines) + ("" if self.perhaps() else ending)
        if self.perhaps(self.odd / 8) and len(lines) > 1:
            text = " ".join(lines[:2]) + "\n" + "\n".join(lines[2:])
            self.story.append(f"version {self.version} has two actions on a line")
        if self.perhaps(self.odd / 12):
            text = "\ufeff" + text
            self.story.append(f"version {self.version} begins with a mark")
        (self.log / f"{self.version:020d}.json").write_text(text, encoding="utf-8", newline="")
        for action in actions:
            if "remove" in action and action["remove"]["path"] in self.live:
                self.gone.append(self.live.pop(action["remove"]["path"]))
        for action in actions:
            if "add" in action:
                self.live[action["add"]["path"]] = action["add"]

    def checkpoint(self):
        adds = list(self.live.values())
        if self.perhaps() and adds:
            adds.pop(self.dice.randrange(len(adds)))
            self.story.append(f"checkpoint {self.version} lacks a live file")
        if self.perhaps() and self.gone:
            adds.append(self.dice.choice(self.gone))
            self.story.append(f"checkpoint {self.version} keeps a removed file")
        rows = [{"protocol": self.protocol}, {"metaData": self.metadata}]
        rows += [{"add": {**add, "dataChange": False}} for add in adds]
        name = self.log / f"{self.version:020d}.checkpoint.parquet"
        pq.write_table(pa.Table.from_pylist([as_row(row) for row in rows], schema=CHECKPOINT), name)
        if self.perhaps(0.7):
            (self.log / "_last_checkpoint").write_text(json.dumps({"version": self.version, "size": len(rows)}))
        if self.perhaps(0.3):
            kept = self.dice.choice([self.version, max(0, self.version - 1)])
            for old in range(kept):
                (self.log / f"{old:020d}.json").unlink(missing_ok=True)
            self.story.append(f"commits before {kept} were cleaned up")

    def finish(self):
        live = [self.path / urllib.parse.unquote(add["path"]) for add in self.live.values()]
        live = [path for path in live if path.exists()]
        if self.perhaps(self.odd / 2) and live:
            self.dice.choice(live).unlink()
            self.story.append("a live file is gone")
        if self.perhaps(self.odd / 3) and live:
            path = self.dice.choice(live)
            if path.exists():
                path.write_bytes(path.read_bytes()[:-4])
                self.story.append("a live file is cut short")
        stray = {"3.json": b"{}", "00000000000000000001.json.tmp": b"", "00000000000000000900.checkpoint.parquet": b""}
        if self.perhaps(self.odd / 3):
            name = self.dice.choice(list(stray))
            (self.log / name).write_bytes(stray[name])
            self.story.append(f"a stray {name}")


def split_escapes(path):
    """Pieces, of which every second one is a percent escape."""
    pieces, at = [], 0
    while (found := path.find("%", at)) >= 0:
        pieces += [path[at:found], path[found:found + 3]]
        at = found + 3
    return [*pieces, path[at:]]


def as_row(action):
    """Maps as pyarrow takes them: lists of pairs."""
    def convert(value, name=""):
        if name in ("partitionValues", "configuration", "options"):
            return list(value.items())
        if isinstance(value, dict):
            return {key: convert(inner, key) for key, inner in value.items()}
        return value
    return convert(action)
