"""A Delta table whose log is written by hand, line by line, beside files that pyarrow writes; and what
each reader makes of it."""

import json
from collections import Counter
from pathlib import Path

import duckdb
import duckdb_extension_delta
import pyarrow as pa
import pyarrow.parquet as parquet
from deltalake import DeltaTable

UNREADABLE = "unreadable"

SCHEMA = {"type": "struct", "fields": [
    {"name": "p", "type": "string", "nullable": True, "metadata": {}},
    {"name": "id", "type": "long", "nullable": True, "metadata": {}}]}


class HandTable:
    """One string partition column `p` and a data column `id`; ids never repeat."""

    def __init__(self, path, partition_columns=("p",), schema=None, configuration=None):
        self.path = str(path)
        self.log = Path(path) / "_delta_log"
        self.log.mkdir(parents=True)
        self.next_id, self.latest = 0, -1
        self.protocol = {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}
        self.metadata = {"metaData": {
            "id": "11111111-2222-3333-4444-555555555555",
            "format": {"provider": "parquet", "options": {}},
            "schemaString": json.dumps(schema or SCHEMA),
            "partitionColumns": list(partition_columns), "configuration": configuration or {},
            "createdTime": 1}}

    def begin(self, *lines):
        return self.commit(self.protocol, self.metadata, *lines)

    def put(self, name, rows=5):
        """Writes a file of the folder; its size."""
        file = Path(self.path) / name
        file.parent.mkdir(parents=True, exist_ok=True)
        ids = range(self.next_id, self.next_id + rows)
        self.next_id += rows
        parquet.write_table(pa.table({"id": pa.array(ids, pa.int64())}), file)
        return file.stat().st_size

    def add(self, path, p="A", rows=5, name=None, **fields):
        """An add action of a file that lies at `name`, which is the path where it needs no escape."""
        file = Path(self.path) / (name or path)
        size = file.stat().st_size if file.exists() else self.put(name or path, rows)
        return {"add": {"path": path, "partitionValues": {"p": p}, "size": size,
                        "modificationTime": 1700000000000, "dataChange": True,
                        "stats": json.dumps({"numRecords": rows}), **fields}}

    @staticmethod
    def remove(path, **fields):
        return {"remove": {"path": path, "deletionTimestamp": 1700000000000, "dataChange": True,
                           **fields}}

    def commit(self, *lines, version=None, operation="WRITE"):
        """Dictionaries as JSON, texts as they are. The version."""
        self.latest = self.latest + 1 if version is None else version
        info = {"commitInfo": {"timestamp": 1700000000000, "operation": operation}}
        texts = [line if isinstance(line, (str, bytes)) else json.dumps(line, ensure_ascii=False)
                 for line in ([info] if operation else []) + list(lines)]
        data = b"".join((t if isinstance(t, bytes) else t.encode()) + b"\n" for t in texts)
        (self.log / f"{self.latest:020d}.json").write_bytes(data)
        return self.latest

    # -- what readers make of it: {partition: ids}, each id as often as it is read

    def by_deltars(self):
        try:
            table = DeltaTable(self.path).to_pyarrow_table(columns=["p", "id"])
        except BaseException as failure:  # a panic of Rust's is no Exception
            if isinstance(failure, (KeyboardInterrupt, SystemExit)):
                raise
            return UNREADABLE
        return grouped(table.to_pylist())

    def by_duckdb(self):
        connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
        try:
            folder = Path(duckdb_extension_delta.__file__).parent
            connection.load_extension(str(next(folder.rglob("delta.duckdb_extension"))))
            rows = connection.execute("SELECT p, id FROM delta_scan(?)", [self.path]).fetchall()
        except duckdb.Error:
            return UNREADABLE
        finally:
            connection.close()
        return grouped({"p": p, "id": i} for p, i in rows)

    def by_spark(self, spark):
        try:
            rows = spark.read.format("delta").load(self.path).select("p", "id").collect()
        except Exception:
            return UNREADABLE
        return grouped(row.asDict() for row in rows)


def grouped(rows):
    read = {}
    for row in rows:
        read.setdefault(row["p"], Counter())[row["id"]] += 1
    return read


def counts(read):
    return read if read == UNREADABLE else {p: ids.total() for p, ids in read.items()}
