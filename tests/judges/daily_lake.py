"""A small table with one partition for each day, that delta-rs writes: the stage for single facts."""

import datetime

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder, write_deltalake

from row_multiset import rows_by_partition

SCHEMA = pa.schema([("day", pa.date32()), ("id", pa.int64()), ("note", pa.string())])


WHOLE = {1: 10, 2: 10, 3: 10, 4: 10, 5: 10}  # rows of each day, as DailyLake makes them


def day(number):
    return datetime.date(2024, 1, number)


def key(number):
    """The day's partition, as read() and the plan know it."""
    return (str(day(number)),)


def rows_of(number, ids, note="first"):
    return [{"day": day(number), "id": i, "note": note} for i in ids]


class DailyLake:
    def __init__(self, path, days=5, rows=10, files=1, partitioned=True, configuration=None):
        self.path = str(path)
        self.columns = ["day"] if partitioned else []
        for _ in range(files):
            share = rows // files
            content = [row for d in range(1, days + 1)
                       for row in rows_of(d, range(d * 1000 + _ * share, d * 1000 + (_ + 1) * share))]
            write_deltalake(self.path, pa.Table.from_pylist(content, schema=SCHEMA), mode="append",
                            partition_by=self.columns or None, configuration=configuration)

    def delta(self):
        return DeltaTable(self.path)

    def version(self):
        return self.delta().version()

    def append(self, number, ids, note="first"):
        write_deltalake(self.path, pa.Table.from_pylist(rows_of(number, ids, note), schema=SCHEMA),
                        mode="append")
        return self.version()

    def overwrite(self, number, ids, note="first"):
        write_deltalake(self.path, pa.Table.from_pylist(rows_of(number, ids, note), schema=SCHEMA),
                        mode="overwrite", predicate=f"day = date '{day(number)}'")
        return self.version()

    def delete(self, *numbers, also="true"):
        days = ", ".join(f"date '{day(n)}'" for n in numbers)
        self.delta().delete(f"day IN ({days}) AND {also}" if also != "true" else f"day IN ({days})")
        return self.version()

    def vacuum(self):
        self.delta().vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)

    def read(self):
        """{key: Counter of rows}, by day, as delta-rs reads them."""
        batches = QueryBuilder().register("t", self.delta()).execute("SELECT * FROM t").read_all()
        return rows_by_partition(pa.table(batches).to_pylist(), ["day"])

    def counts(self):
        return {int(day_key[0][-2:]): sum(rows.values()) for day_key, rows in self.read().items()}
