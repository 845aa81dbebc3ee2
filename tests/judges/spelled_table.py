"""A table of one partition column whose files and log are written by hand, each partition value as
the test spells it; and how many rows each reader counts to each value."""

import datetime
import decimal
import json
import math
from pathlib import Path

import duckdb
import duckdb_extension_delta
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, QueryBuilder

from delta_folder import commit, live_adds, log_folder
from salvor_run import status

NTZ = {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["timestampNtz"],
       "writerFeatures": ["timestampNtz"]}


def duckdb_with_delta():
    folder = Path(duckdb_extension_delta.__file__).parent
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    connection.load_extension(str(next(folder.rglob("delta.duckdb_extension"))))
    return connection


def value_of(value):
    """A reader's value as one that compares by meaning: NaN equals NaN."""
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    return value


def value_of_key(kind, text):
    """What salvor calls a partition, as a reader would."""
    if text is None:
        return None
    if kind in ("double", "float"):
        number = float(text)
        if kind == "float":
            number = pa.scalar(number, pa.float32()).as_py()
        return value_of(number)
    if kind.startswith("decimal"):
        return decimal.Decimal(text)
    if kind in ("integer", "long"):
        return int(text)
    if kind == "boolean":
        return {"true": True, "false": False}[text]
    if kind == "date":
        return datetime.date.fromisoformat(text)
    if kind.startswith("timestamp"):
        return datetime.datetime.fromisoformat(text.removesuffix("Z"))
    return text.encode() if kind == "binary" else text


class SpelledTable:
    def __init__(self, path, kind, properties=None):
        self.path, self.kind, self.files = str(path), kind, 0
        log_folder(path).mkdir(parents=True)
        field = {"nullable": True, "metadata": {}}
        schema = {"type": "struct", "fields": [{"name": "id", "type": "long", **field},
                                               {"name": "p", "type": kind, **field}]}
        actions = [{"protocol": NTZ if kind == "timestamp_ntz" else
                    {"minReaderVersion": 1, "minWriterVersion": 2}},
                   {"metaData": {"id": "spelled", "format": {"provider": "parquet", "options": {}},
                                 "schemaString": json.dumps(schema), "partitionColumns": ["p"],
                                 "configuration": properties or {}, "createdTime": 0}}]
        (log_folder(path) / f"{0:020d}.json").write_text(
            "".join(json.dumps(a) + "\n" for a in actions))

    def add(self, text, rows=6, keys=None):
        """The action for a file of so many rows; `keys` instead of {"p": text}."""
        self.files += 1
        name = f"f{self.files}.parquet"
        ids = range(self.files * 1000, self.files * 1000 + rows)
        pq.write_table(pa.table({"id": pa.array(ids, pa.int64())}), f"{self.path}/{name}")
        return {"add": {"path": name, "partitionValues": {"p": text} if keys is None else keys,
                        "size": Path(self.path, name).stat().st_size, "modificationTime": 0,
                        "dataChange": True, "stats": json.dumps({"numRecords": rows})}}

    def append(self, *texts, rows=6):
        return commit(self.path, [self.add(text, rows) for text in texts])

    def remove(self, *texts, operation="DELETE"):
        """The live files whose value is spelled so."""
        removes = [{"remove": {"path": add["path"], "deletionTimestamp": 4102444800000,
                               "dataChange": True}}
                   for add in live_adds(self.path).values()
                   if add["partitionValues"].get("p") in texts]
        return commit(self.path, removes, operation)

    def delta(self):
        return DeltaTable(self.path)

    def by_delta_rs(self):
        batch = QueryBuilder().register("t", self.delta()).execute("SELECT p, id FROM t").read_all()
        return self.count(pa.table(batch).to_pylist())

    def by_duckdb(self):
        instant = self.kind == "timestamp"  # by its number: a zone would need one more extension
        column = "make_timestamp(epoch_us(p))" if instant else "p"
        rows = duckdb_with_delta().execute(f"SELECT {column}, id FROM delta_scan(?)", [self.path])
        return self.count([{"p": p} for p, _ in rows.fetchall()])

    @staticmethod
    def count(rows):
        counts = {}
        for row in rows:
            counts[value_of(row["p"])] = counts.get(value_of(row["p"]), 0) + 1
        return counts

    def by_salvor(self):
        return {value_of_key(self.kind, p["partition"]["p"]): p["rows"]
                for p in status(self.path)["partitions"] if p["rows"]}

    def health(self):
        return {p["partition"]["p"]: p["health"] for p in status(self.path)["partitions"]}

    def doubts(self):
        return {p["partition"]["p"]: p["doubts"] for p in status(self.path)["partitions"]
                if "doubts" in p}

    def spellings(self):
        return sorted(add["partitionValues"].get("p") or "" for add in live_adds(self.path).values())
