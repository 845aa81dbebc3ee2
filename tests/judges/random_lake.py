"""Tables that delta-rs writes at random, and the oracle that knows what must come back.

The oracle keeps the rows of every version as delta-rs read them right then. It shares no code with
salvor and does not look at the log: a partition is missing if it once had rows and has none now, and
what must come back are its rows right before the version at which it became empty.
"""

import datetime
import decimal
import random
import string

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder, write_deltalake

from row_multiset import partition_text, rows_by_partition

ESCAPED = " %:/='\"ü😀#?*[]{}\\^~&+\n\t|<>;@!$,()`.\x7f"
DAY0 = datetime.date(2024, 2, 26)  # a leap day is near

PAYLOAD = [
    ("id", pa.int64()),
    ("pair", pa.struct([("a", pa.int32()), ("b", pa.list_(pa.string()))])),
    ("tags", pa.map_(pa.string(), pa.float64())),
    ("amount", pa.decimal128(20, 4)),
    ("ratio", pa.float64()),
    ("small", pa.float32()),
    ("note", pa.string()),
    ("blob", pa.binary()),
    ("at", pa.timestamp("us", tz="UTC")),
    ("wall", pa.timestamp("us")),
    ("flag", pa.bool_()),
]

SHAPES = {
    "date": [("day", pa.date32())],
    "string": [("name", pa.string())],
    "integer": [("number", pa.int32())],
    "nulls": [("day", pa.date32())],
    "two": [("day", pa.date32()), ("name", pa.string())],
    "unpartitioned": [],
}


def literal(value):
    if isinstance(value, datetime.date):
        return f"date '{value.isoformat()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value)


class RandomLake:
    """One table: the operations below change it through delta-rs, and `states` remembers."""

    def __init__(self, path, shape, seed):
        self.path = str(path)
        self.dice = random.Random(f"{shape}-{seed}")
        self.columns = SHAPES[shape]
        self.names = [name for name, _ in self.columns]
        self.null_keys = shape in ("nulls", "two")
        self.schema = pa.schema([*self.columns, *PAYLOAD])
        self.next_id = 0
        self.states = []  # (version, operation, {key: Counter})
        self.keys = []    # python values, every key that was ever written
        self.append(partitions=self.dice.randint(4, 8))

    # -- making rows

    def new_key(self):
        values = []
        for name, _ in self.columns:
            if self.null_keys and self.dice.random() < 0.2:
                values.append(None)
            elif name == "day":
                values.append(DAY0 + datetime.timedelta(days=self.dice.randint(0, 40)))
            elif name == "number":
                values.append(self.dice.choice([0, -1, 7, 10, 2**31 - 1, self.dice.randint(-50, 50)]))
            else:
                values.append(self.dice.choice(string.ascii_letters) + self.dice.choice(ESCAPED)
                              + self.dice.choice(["", "é%41", "b", "0", self.dice.choice(ESCAPED)]))
        return tuple(values)

    def payload(self):
        dice, self.next_id = self.dice, self.next_id + 1
        maybe = lambda value: None if dice.random() < 0.15 else value
        number = lambda: dice.choice([0.0, -0.0, float("nan"), float("inf"), dice.uniform(-9, 9)])
        text = lambda: dice.choice(["", "x", "ü\n", "NULL", "quote'\"", str(dice.random())])
        moment = datetime.datetime(2024, 1, 1) + datetime.timedelta(
            microseconds=dice.randint(0, 10**15))
        return {
            "id": self.next_id,
            "pair": maybe({"a": maybe(dice.randint(-5, 5)),
                           "b": maybe([maybe(text()) for _ in range(dice.randint(0, 3))])}),
            "tags": maybe([(f"k{i}", maybe(number())) for i in range(dice.randint(0, 3))]),
            "amount": maybe(decimal.Decimal(dice.randint(-10**18, 10**18)).scaleb(-4)),
            "ratio": maybe(number()),
            "small": maybe(dice.choice([0.5, -0.0, float("nan")])),
            "note": maybe(text()),
            "blob": maybe(bytes(dice.randrange(256) for _ in range(dice.randint(0, 4)))),
            "at": maybe(moment.replace(tzinfo=datetime.timezone.utc)),
            "wall": maybe(moment),
            "flag": maybe(dice.random() < 0.5),
        }

    def rows_for(self, key, count=None):
        rows = []
        for _ in range(count or self.dice.randint(1, 12)):
            row = {**dict(zip(self.names, key)), **self.payload()}
            rows += [row] * self.dice.choice([1, 1, 1, 2, 3])  # duplicates, exactly
        return rows

    def table(self, rows):
        return pa.Table.from_pylist(rows, schema=self.schema)

    # -- looking

    def delta(self):
        return DeltaTable(self.path)

    def read(self):
        batches = QueryBuilder().register("t", self.delta()).execute("SELECT * FROM t").read_all()
        return rows_by_partition(pa.table(batches).to_pylist(), self.names)

    def note(self, operation):
        self.states.append((self.delta().version(), operation, self.read()))

    def now(self):
        return self.states[-1][2]

    def texts(self, key):
        return tuple(partition_text(value) for value in key)

    def live_keys(self):
        return [key for key in self.keys if self.texts(key) in self.now()]

    def ids(self, key):
        return sorted({int((";" + row).split(";id=")[1].split(";")[0]) for row in self.now()[self.texts(key)]})

    def where(self, key):
        if not key:
            return "true"
        return " AND ".join(f"{name} IS NULL" if value is None else f"{name} = {literal(value)}"
                            for name, value in zip(self.names, key))

    # -- what writers do

    def append(self, partitions=None, keys=None):
        gone = self.missing() if self.states else {}  # refilled days are semantics_test's business
        keys = keys or [key for key in (self.new_key() for _ in range(
            partitions or self.dice.randint(1, 3))) if self.texts(key) not in gone]
        if not keys:
            return
        rows = []
        for key in keys:
            if key not in self.keys:
                self.keys.append(key)
            rows += self.rows_for(key)
        write_deltalake(self.path, self.table(rows), mode="append",
                        partition_by=self.names or None)
        self.note("append")

    def append_to_live(self):
        self.append(keys=self.dice.sample(self.live_keys(), 1))

    def overwrite_partition(self):
        key = self.dice.choice(self.live_keys())
        write_deltalake(self.path, self.table(self.rows_for(key)), mode="overwrite",
                        predicate=self.where(key) if key else None)
        self.note("overwrite")

    def delete_some(self):
        key = self.dice.choice(self.live_keys())
        if len(self.ids(key)) < 2:
            return  # it might empty the partition: that is damage's business
        self.delta().delete(f"{self.where(key)} AND id = {self.dice.choice(self.ids(key))}")
        self.note("delete some")

    def update(self):
        key = self.dice.choice(self.live_keys())
        self.delta().update(predicate=self.where(key), updates={"note": "'updated'"})
        self.note("update")

    def merge(self):
        """Updates one row in its partition and inserts another."""
        key = self.dice.choice(self.live_keys())
        rows = self.rows_for(key, 1)[:1]
        rows.append({**self.rows_for(key, 1)[0], "id": self.dice.choice(self.ids(key))})
        on = " AND ".join(["t.id = s.id", *(f"(t.{n} IS NOT DISTINCT FROM s.{n})" for n in self.names)])
        source = self.table(rows)
        (self.delta().merge(source, on, source_alias="s", target_alias="t")
         .when_matched_update({"note": "s.note"}).when_not_matched_insert_all().execute())
        self.note("merge")

    def optimize(self):
        # delta-rs 1.6.6 does not find its own files under a folder with "~" when it optimizes.
        if any("~" in str(value) for key in self.live_keys() for value in key):
            return
        if "name" in self.names or self.dice.random() < 0.5:
            self.delta().optimize.compact()
        else:
            self.delta().optimize.z_order(["id"])
        self.note("optimize")

    def checkpoint(self):
        self.delta().create_checkpoint()

    def vacuum(self):
        self.delta().vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
        self.note("vacuum")

    def add_column(self):
        name = f"later{len(self.schema)}"
        self.schema = self.schema.append(pa.field(name, pa.string()))
        key = self.dice.choice(self.live_keys())
        rows = [{**row, name: "new"} for row in self.rows_for(key)]
        write_deltalake(self.path, self.table(rows), mode="append", schema_mode="merge")
        self.note("add column")

    # -- what an accident does

    def empty_by_delete(self, keys):
        self.delta().delete(" OR ".join(f"({self.where(key)})" for key in keys))
        self.note("damage: delete")

    def empty_by_overwrite(self, keys):
        predicate = " OR ".join(f"({self.where(key)})" for key in keys)
        write_deltalake(self.path, self.table([]), mode="overwrite",
                        predicate=predicate if self.names else None)
        self.note("damage: overwrite with nothing")

    def overwrite_with_others(self, keys):
        """The careless full overwrite: only the named partitions' rows are written."""
        key = self.new_key()
        while self.texts(key) in map(self.texts, keys):
            key = self.new_key()
        if key not in self.keys:
            self.keys.append(key)
        write_deltalake(self.path, self.table(self.rows_for(key)), mode="overwrite")
        self.note("damage: overwrite with other partitions")

    def damage(self):
        live = self.live_keys()
        if not self.names:
            kind = self.dice.choice([self.empty_by_delete, self.empty_by_overwrite])
            kind(live)
            return
        keys = self.dice.sample(live, self.dice.randint(1, max(1, len(live) - 2)))
        kinds = [self.empty_by_delete, self.empty_by_delete, self.empty_by_overwrite,
                 self.overwrite_with_others]
        self.dice.choice(kinds)(keys)

    def live_through(self, steps, vacuums):
        kinds = [self.append, self.append_to_live, self.overwrite_partition, self.delete_some,
                 self.update, self.merge, self.optimize, self.checkpoint, self.add_column]
        if vacuums:
            kinds.append(self.vacuum)
        for _ in range(steps):
            if not self.live_keys():
                return
            self.dice.choice(kinds)()

    # -- what must be

    def missing(self):
        """{key: (version that emptied it, rows right before)} of the partitions that are empty now."""
        found = {}
        everything = {key for _, _, state in self.states for key in state}
        for key in everything - set(self.now()):
            for (_, _, before), (version, _, after) in zip(self.states, self.states[1:]):
                if key in before and key not in after:
                    found[key] = (version, before[key])  # the last such version stays
        return found

    def expected(self):
        return {**self.now(), **{key: rows for key, (_, rows) in self.missing().items()}}
