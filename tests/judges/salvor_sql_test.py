"""What salvor emits, judged by GoogleSQL itself: every statement type-checks in its analyzer, every
SELECT gives the rows that it must in its reference evaluator, and every transaction, run there
statement by statement, leaves the table as it must or touches nothing."""
import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest

zetasql = pytest.importorskip("zetasql", reason="PyPI zetasql is not installed")
from reference_sql import Reference, quote_name  # noqa: E402

PROGRAM = Path(os.environ["SALVOR_BIN"]).parent / "tests" / "bigquery_statements"
TABLE, STAGING, BEFORE = "prod-1.derived.events", "locked-down.private.salvor_0123_1", "locked-down.private.salvor_0123_2"


@pytest.fixture(scope="module")
def reference():
    return Reference()


def emitted(scene):
    answer = subprocess.run([PROGRAM], input=json.dumps(scene), capture_output=True, text=True,
                            timeout=60)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def field(name, kind, mode="NULLABLE", fields=()):
    return {"name": name, "type": kind, "mode": mode, "fields": list(fields)}


def literal(kinds, rows):
    """A SELECT of rows, each the text of a GoogleSQL struct."""
    items = ", ".join(rows)
    return f"SELECT * FROM UNNEST(ARRAY<STRUCT<{kinds}>>[{items}])"


class World:
    """A table, and a private copy whose columns are in another order and fewer: since the snapshot
    one column was added, two were moved, and a struct got a member in front."""

    ids = ["20160101", "20240101", "20240102", "20240103", "__NULL__", "00010101"]
    fields = [field("added", "STRING"), field("submission_date", "DATE"),
              field("info", "RECORD", fields=[field("late", "BOOLEAN"), field("os", "STRING"),
                                              field("build", "INTEGER")]),
              field("tags", "RECORD", "REPEATED", [field("key", "STRING"), field("score", "FLOAT")]),
              field("select", "INTEGER"), field("weight`x", "FLOAT")]
    staged_fields = [field("submission_date", "DATE"), field("select", "INTEGER"),
                     field("Weight`x", "FLOAT"),
                     field("info", "RECORD", fields=[field("os", "STRING"), field("build", "INTEGER")]),
                     field("tags", "RECORD", "REPEATED", [field("key", "STRING"), field("score", "FLOAT")])]
    kinds = ("added STRING, submission_date DATE, info STRUCT<late BOOL, os STRING, build INT64>, "
             "tags ARRAY<STRUCT<key STRING, score FLOAT64>>, `select` INT64, `weight\\`x` FLOAT64")
    staged_kinds = ("submission_date DATE, `select` INT64, `Weight\\`x` FLOAT64, "
                    "info STRUCT<os STRING, build INT64>, tags ARRAY<STRUCT<key STRING, score FLOAT64>>")

    @staticmethod
    def row(day, number, weight="1.5", info="('linux', 1)", tags="[('a', 0.5)]"):
        """One row in both shapes."""
        date = "NULL" if day is None else f"DATE '{day}'"
        inside = "NULL" if info == "NULL" else "(NULL, " + info[1:]
        return (f"(NULL, {date}, {inside}, {tags}, {number}, {weight})",
                f"({date}, {number}, {weight}, {info}, {tags})")

    @classmethod
    def scene(cls, **more):
        return {"table": TABLE, "staging": STAGING, "before": BEFORE, "fields": cls.fields,
                "staged_fields": cls.staged_fields, "ids": cls.ids,
                "partitioning": {"kind": "DAY", "field": "submission_date"}, **more}

    @classmethod
    def fill(cls, reference, table, staged, before=()):
        reference.set_table(TABLE, literal(cls.kinds, [row[0] for row in table]))
        reference.set_table(STAGING, literal(cls.staged_kinds, [row[1] for row in staged]))
        reference.set_table(BEFORE, literal(cls.staged_kinds, [row[1] for row in before]))


DUPLICATE = World.row("2024-01-01", 1)
NULLS = World.row("2024-01-02", "NULL", "NULL", "(NULL, NULL)", "[]")
NO_STRUCT = World.row("2024-01-02", "NULL", "NULL", "NULL", "[]")
EMPTY_TEXT = World.row("2024-01-02", "NULL", "NULL", "('', NULL)", "[]")
NAN = World.row("2024-01-03", 7, "CAST('NaN' AS FLOAT64)")
INFINITE = World.row("2024-01-03", 7, "CAST('-inf' AS FLOAT64)")
UNDATED = World.row(None, 8)
FIRST_DAY = World.row("0001-01-01", 9)
EARLY = World.row("2016-01-01", 10)
STAGED = [DUPLICATE, DUPLICATE, NULLS, NO_STRUCT, EMPTY_TEXT, NAN, INFINITE, UNDATED, FIRST_DAY, EARLY]
TABLES = {
    "nothing is left": [],
    "everything is there": list(reversed(STAGED)),
    "one of two equal rows is left": [DUPLICATE],
    "one row more than there was": [DUPLICATE] * 3,
    "NULL where there was an empty text": [NULLS, NO_STRUCT, NULLS],
    "another kind of number": [NAN, NAN],
    "another day": [World.row("2024-01-04", 1)],
    "the undated and the early ones": [UNDATED, FIRST_DAY, EARLY],
}
DAY_OF = {"20160101": "2016-01-01", "20240101": "2024-01-01", "20240102": "2024-01-02",
          "20240103": "2024-01-03", "__NULL__": None, "00010101": "0001-01-01"}


def by_partition(rows):
    """id -> Counter of its rows, reckoned in Python from the literals alone."""
    partitions = {}
    for row in rows:
        for partition, day in DAY_OF.items():
            text = "(NULL" if day is None else f"(DATE '{day}'"
            if row[1].startswith(text + ","):
                partitions.setdefault(partition, Counter())[row] += 1
    return partitions


@pytest.fixture(scope="module")
def texts():
    return emitted(World.scene(fill=[["20240102", 3]], replace=[["20240101", 2, 1, 1]],
                               beside=[["20240103", 2, 1, 0]]))


def test_every_statement_type_checks(reference, texts):
    World.fill(reference, [], [])
    for name, text in texts.items():
        kinds = [kind for kind, _, _ in reference.statements(text)]
        if name == "clone":
            assert kinds == ["ASTCreateTableStatement"]
        elif name == "rescue":
            assert kinds == ["ASTCreateTableStatement"]
            reference.check_types(text.partition(" AS ")[2])
        elif name == "drop":
            assert len(kinds) == 1
        elif name in ("apply", "undo"):
            assert kinds[0] == "ASTBeginStatement" and kinds[-1] == "ASTCommitStatement", name
            for kind, statement, _ in reference.statements(text)[1:-1]:
                reference.check_types(statement)
        else:
            reference.check_types(text)


def test_the_clone_says_where_when_and_until_when(reference, texts):
    (_, _, parsed), = reference.statements(texts["clone"])
    assert ".".join(one.id_string for one in parsed.name.names) == STAGING
    source = parsed.clone_data_source.path_expr.names
    assert ".".join(one.id_string for one in source) == TABLE
    assert "TIMESTAMP '2023-11-14 22:13:20.123+00'" in texts["clone"]


@pytest.mark.parametrize("name", TABLES)
def test_counts_and_relations(reference, texts, name):
    World.fill(reference, TABLES[name], STAGED)
    staged, present = by_partition(STAGED), by_partition(TABLES[name])
    assert reference.rows(texts["count_table"]) == sorted(
        ((one, sum(rows.values())) for one, rows in present.items()), key=repr)
    relation = sorted(
        ((one, sum(staged.get(one, Counter()).values()), sum(present.get(one, Counter()).values()),
          sum((staged.get(one, Counter()) & present.get(one, Counter())).values()))
         for one in staged | present), key=repr)
    assert reference.rows(texts["relation"]) == relation
    assert reference.rows(texts["missing"]) == [(one, rows - common)
                                                for one, rows, _, common in relation if rows > common]


@pytest.mark.parametrize("name", TABLES)
def test_fingerprints_are_equal_exactly_for_equal_multisets(reference, texts, name):
    World.fill(reference, TABLES[name], STAGED)
    table = {row[0]: row for row in reference.rows(texts["fingerprint_table"])}
    staging = {row[0]: row for row in reference.rows(texts["fingerprint_staging"])}
    staged, present = by_partition(STAGED), by_partition(TABLES[name])
    assert set(table) == set(present) and set(staging) == set(staged)
    for one in staged:
        assert (table.get(one) == staging[one]) == (present.get(one) == staged[one]), one


def test_moving_a_value_to_another_column_changes_the_fingerprint(reference, texts):
    World.fill(reference, [World.row("2024-01-01", 1, "2")], [World.row("2024-01-01", 2, "1")])
    assert reference.rows(texts["fingerprint_table"]) != reference.rows(texts["fingerprint_staging"])


SHORT = [DUPLICATE, World.row("2024-01-03", 99), World.row("2024-01-04", 5)]


def test_apply_fills_replaces_and_adds_and_undo_takes_it_back(reference, texts):
    World.fill(reference, SHORT, STAGED, SHORT)
    before = reference.table(TABLE)
    assert reference.run_transaction(texts["apply"]) is None
    World_after = reference.table(TABLE)
    World.fill(reference, [DUPLICATE] * 2 + [NULLS, NO_STRUCT, EMPTY_TEXT, NAN, INFINITE,
                                             World.row("2024-01-03", 99), World.row("2024-01-04", 5)],
               STAGED, SHORT)
    assert World_after == reference.table(TABLE)
    assert reference.run_transaction(texts["undo"]) is None
    assert reference.table(TABLE) == before


MOVED = {
    "the empty partition has a row": SHORT + [NULLS],
    "the short partition lost its row": SHORT[1:],
    "the short partition has another row": [World.row("2024-01-01", 2)] + SHORT[1:],
    "the short partition is whole again": [DUPLICATE] + SHORT,
    "a row that was to be added is there": SHORT + [NAN],
}


@pytest.mark.parametrize("name", MOVED)
def test_apply_touches_nothing_when_a_partition_moved(reference, texts, name):
    World.fill(reference, MOVED[name], STAGED, SHORT)
    before = reference.table(TABLE)
    assert "nothing was written" in reference.run_transaction(texts["apply"])
    assert reference.table(TABLE) == before


TOUCHED = {
    "a row was added to a filled partition": [NULLS],
    "a row was added to a replaced partition": [DUPLICATE],
    "a row was added beside": [World.row("2024-01-03", 100)],
}


@pytest.mark.parametrize("name", TOUCHED)
def test_undo_touches_nothing_when_somebody_wrote_since(reference, texts, name):
    World.fill(reference, [DUPLICATE] * 2 + [NULLS, NO_STRUCT, EMPTY_TEXT, NAN, INFINITE]
               + SHORT[1:] + TOUCHED[name], STAGED, SHORT)
    before = reference.table(TABLE)
    assert "nothing was written" in reference.run_transaction(texts["undo"])
    assert reference.table(TABLE) == before


# Every kind of partition: (partitioning, type of the column, {id: values in it, as literals})
KINDS = {
    "hours": ({"kind": "HOUR", "field": "k"}, "TIMESTAMP",
              {"2024010123": ["TIMESTAMP '2024-01-01 23:00:00+00'", "TIMESTAMP '2024-01-01 23:59:59.999999+00'"],
               "2024010200": ["TIMESTAMP '2024-01-02 00:00:00+00'"],
               "9999123123": ["TIMESTAMP '9999-12-31 23:59:59+00'"], "__NULL__": ["NULL"]}),
    "days of instants": ({"kind": "DAY", "field": "k"}, "TIMESTAMP",
                         {"20240229": ["TIMESTAMP '2024-02-29 00:00:00+00'", "TIMESTAMP '2024-02-29 23:59:59+00'"],
                          "00010101": ["TIMESTAMP '0001-01-01 00:00:00+00'"]}),
    "days of wall clocks": ({"kind": "DAY", "field": "k"}, "DATETIME",
                            {"20240301": ["DATETIME '2024-03-01 12:00:00'"], "__NULL__": ["NULL"]}),
    "months": ({"kind": "MONTH", "field": "k"}, "DATE",
               {"202312": ["DATE '2023-12-01'", "DATE '2023-12-31'"], "202401": ["DATE '2024-01-31'"],
                "999912": ["DATE '9999-12-31'"]}),
    "years": ({"kind": "YEAR", "field": "k"}, "DATETIME",
              {"2023": ["DATETIME '2023-12-31 23:59:59'"], "2025": ["DATETIME '2025-01-01 00:00:00'"]}),
    "dates outside the range": ({"kind": "DAY", "field": "k"}, "DATE",
                                {"__UNPARTITIONED__": ["DATE '1959-12-31'", "DATE '2160-01-01'"],
                                 "19600101": ["DATE '1960-01-01'"], "21591231": ["DATE '2159-12-31'"],
                                 "__NULL__": ["NULL"]}),
    "a range": ({"kind": "RANGE", "field": "k", "start": -10, "end": 25, "interval": 10}, "INT64",
                {"-10": ["-10", "-1"], "0": ["0"], "20": ["20", "24"],
                 "__UNPARTITIONED__": ["-11", "25", "9223372036854775807"], "__NULL__": ["NULL"]}),
    "the widest range": ({"kind": "RANGE", "field": "k", "start": -9223372036854775807,
                          "end": 9223372036854775807, "interval": 4611686018427387904}, "INT64",
                         {"-9223372036854775807": ["-9223372036854775807"],
                          "4611686018427387905": ["9223372036854775806"]}),
    "time of arrival": ({"kind": "DAY"}, "TIMESTAMP",
                        {"20240101": ["TIMESTAMP '2024-01-01 00:00:00+00'"],
                         "20240103": ["TIMESTAMP '2024-01-03 00:00:00+00'"]}),
    "no partitions": ({"kind": "NONE"}, "INT64", {"": ["1", "NULL"]}),
}
REST_TYPE = {"INT64": "INTEGER"}


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_partition_finds_its_own_rows(reference, kind, whole):
    """`whole`: the table as one partition, as a deleted one is put back."""
    partitioning, column_type, values = KINDS[kind]
    if whole:
        values = {"": [value for all_values in values.values() for value in all_values]}
    arrival = kind == "time of arrival"
    column = "_PARTITIONTIME" if arrival else "k"
    fields = [field("n", "INTEGER")] + ([] if arrival else [field("k", REST_TYPE.get(column_type, column_type))])
    rows = [f"({number}, {value})" for number, (one, value) in
            enumerate((one, value) for one, all_values in values.items() for value in all_values)]
    kinds = f"n INT64, {column} {column_type}"
    for chosen in [list(values)] + [[one] for one in values]:
        scene = {"table": TABLE, "staging": STAGING, "before": BEFORE, "fields": fields,
                 "staged_fields": fields, "partitioning": partitioning, "ids": chosen, "whole": whole,
                 "fill": [[one, len(values[one])] for one in chosen]}
        texts = emitted(scene)
        pseudo = [column] if arrival else []
        for path in (TABLE, STAGING, BEFORE):
            reference.set_table(path, literal(kinds, rows), pseudo)
        counts = sorted(((one, len(values[one])) for one in chosen), key=repr)
        assert reference.rows(texts["count_table"]) == counts, kind
        assert [row[:2] for row in reference.rows(texts["fingerprint_table"])] == counts
        reference.set_table(TABLE, literal(kinds, []), pseudo)
        assert reference.run_transaction(texts["apply"]) is None
        assert reference.rows(texts["count_table"]) == counts
        assert reference.rows(texts["missing"]) == []
        assert reference.run_transaction(texts["undo"]) is None
        assert reference.rows(texts["count_table"]) == []


REFUSED = {
    "GEOGRAPHY": ([field("d", "DATE"), field("g", "GEOGRAPHY")], None, "g (GEOGRAPHY)"),
    "a place inside an array": ([field("d", "DATE"), field("r", "RECORD", "REPEATED", [field("g", "GEOGRAPHY")])],
                                None, "r.g (GEOGRAPHY)"),
    "a column that is gone": ([field("d", "DATE")], [field("d", "DATE"), field("x", "STRING")], "column x"),
    "a member that is gone": ([field("d", "DATE"), field("s", "RECORD", fields=[field("a", "STRING")])],
                              [field("d", "DATE"), field("s", "RECORD", fields=[field("a", "STRING"), field("b", "STRING")])],
                              "column s.b"),
    "a narrower type": ([field("d", "DATE"), field("x", "INTEGER")], [field("d", "DATE"), field("x", "NUMERIC")],
                        "column x"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_compared_or_put_back_is_refused_by_name(name):
    fields, staged, words = REFUSED[name]
    texts = emitted({"fields": fields, "staged_fields": staged or fields, "ids": ["20240101"],
                     "partitioning": {"kind": "DAY", "field": "d"}, "replace": [["20240101", 1, 1, 1]]})
    for statement in ("relation", "fingerprint_staging", "apply", "undo"):
        assert words in texts[statement]["error"], statement


def test_widened_types_compare_as_the_wider_one(reference):
    fields = [field("d", "DATE"), field("x", "NUMERIC")]
    staged = [field("d", "DATE"), field("x", "INTEGER")]
    texts = emitted({"table": TABLE, "staging": STAGING, "before": BEFORE, "fields": fields,
                     "staged_fields": staged, "ids": ["20240101"],
                     "partitioning": {"kind": "DAY", "field": "d"}})
    reference.set_table(TABLE, literal("d DATE, x NUMERIC", ["(DATE '2024-01-01', NUMERIC '7')"]))
    reference.set_table(STAGING, literal("d DATE, x INT64", ["(DATE '2024-01-01', 7)"]))
    assert reference.rows(texts["relation"]) == [("20240101", 1, 1, 1)]


JSON_VALUES = ["CAST(NULL AS JSON)", "JSON 'null'", "JSON '\"\"'", "JSON '\"null\"'", "JSON '0'", "JSON '\"0\"'", "JSON '{}'", "JSON '[]'",
               "JSON '[null]'", "JSON '{\"a\": null}'", "JSON '{\"a\": {\"b\": [1, 2]}}'", "JSON '{\"a\": {\"b\": [2, 1]}}'"]


@pytest.mark.parametrize("place", ["a column", "a member", "a list", "a member of a list"])
def test_json_is_compared_by_its_value_wherever_it_stands(reference, place):
    """Above all, SQL's NULL is not JSON's null."""
    json_field = field("j", "JSON")
    column, kind, wrap = {
        "a column": (json_field, "JSON", "{}"),
        "a member": (field("j", "RECORD", fields=[field("n", "INTEGER"), json_field]), "STRUCT<n INT64, j JSON>", "(1, {})"),
        "a list": (field("j", "JSON", "REPEATED"), "ARRAY<JSON>", "[{}]"),
        "a member of a list": (field("j", "RECORD", "REPEATED", [json_field]), "ARRAY<STRUCT<j JSON>>", "[STRUCT({} AS j)]"),
    }[place]
    values = JSON_VALUES[1:] if place == "a list" else JSON_VALUES  # no list holds a NULL
    fields = [field("d", "DATE"), column]
    ids = [f"202401{day:02}" for day in range(1, len(values) + 1)]
    texts = emitted({"table": TABLE, "staging": STAGING, "before": BEFORE, "fields": fields,
                     "staged_fields": fields, "ids": ids, "partitioning": {"kind": "DAY", "field": "d"},
                     "fill": [[one, 1] for one in ids]})

    def rows(shift):
        return [f"(DATE '2024-01-{day:02}', {wrap.format(values[(day - 1 + shift) % len(values)])})"
                for day in range(1, len(values) + 1)]

    kinds = f"d DATE, j {kind}"
    reference.set_table(STAGING, literal(kinds, rows(0)))
    for shift in range(len(values)):
        reference.set_table(TABLE, literal(kinds, rows(shift)))
        assert reference.rows(texts["relation"]) == [(one, 1, 1, int(shift == 0)) for one in ids], shift
        assert (reference.rows(texts["fingerprint_table"]) == reference.rows(texts["fingerprint_staging"])) == (shift == 0)
    reference.set_table(TABLE, literal(kinds, []))
    assert reference.run_transaction(texts["apply"]) is None
    assert reference.rows(texts["relation"]) == [(one, 1, 1, 1) for one in ids]
    assert reference.run_transaction(texts["undo"]) is None
    assert reference.rows(texts["count_table"]) == []


HOSTILE = ["a`; DROP TABLE x; --", "a\\", "a\nb", "a'b", "‮evil", "\x1b[31m", "sélect"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_column_name_stays_a_name(reference, name):
    fields = [field("d", "DATE"), field(name, "STRING")]
    texts = emitted({"table": TABLE, "staging": STAGING, "before": BEFORE, "fields": fields,
                     "staged_fields": fields, "ids": ["20240101"], "fill": [["20240101", 1]],
                     "partitioning": {"kind": "DAY", "field": "d"}})
    for path in (TABLE, STAGING, BEFORE):
        rows = ["(DATE '2024-01-01', 'x')"] if path == STAGING else []
        reference.set_table(path, literal(f"d DATE, {quote_name(name)} STRING", rows))
    assert reference.rows(texts["missing"]) == [("20240101", 1)]
    assert reference.run_transaction(texts["apply"]) is None
    assert [row[1] for row in reference.table(TABLE)] == ["x"]
    for text in texts.values():
        assert not any(ord(c) < 0x20 and c != "\n" or ord(c) == 0x202e for c in text)


# What a hand-written NOT IN recovery does with each trap, and what salvor's statements do. The table of
# docs/bigquery-sql.md has these answers.
DAY, EARLIER, LOST = "2024-01-02", "2016-01-01", "2024-01-01"
PLAIN = [field("day", "DATE"), field("title", "STRING"), field("note", "STRING")]
PLAIN_KINDS = "day DATE, title STRING, note STRING"
HAND_WRITTEN = """SELECT * FROM `locked-down`.`private`.`salvor_0123_1`
WHERE day NOT IN (SELECT DISTINCT day FROM `prod-1`.`derived`.`events` WHERE day > DATE '2016-01-01')"""
WITHOUT_BOUND = """SELECT * FROM `locked-down`.`private`.`salvor_0123_1`
WHERE day NOT IN (SELECT DISTINCT day FROM `prod-1`.`derived`.`events`)"""


def plain(day, title="t", note="n"):
    date = "NULL" if day is None else f"DATE '{day}'"
    return f"({date}, '{title}', '{note}')"


def total(rows):
    return "1 row" if len(rows) == 1 else f"{len(rows)} rows"


class Trap:
    def __init__(self, name, past, present, ids, query=HAND_WRITTEN, **scene):
        self.name, self.past, self.present, self.ids = name, past, present, ids
        self.query, self.scene = query, scene

    def answers(self, reference):
        """(rows that the hand-written query would insert, rows that salvor finds missing, rows of the
        table after salvor's transaction)"""
        reference.set_table(TABLE, self.present)
        reference.set_table(STAGING, literal(PLAIN_KINDS, self.past))
        reference.set_table(BEFORE, self.present)
        texts = emitted({"table": TABLE, "staging": STAGING, "before": BEFORE, "fields": PLAIN,
                         "staged_fields": PLAIN, "ids": self.ids,
                         "partitioning": {"kind": "DAY", "field": "day"}, **self.scene})
        by_hand = reference.rows(self.query)
        missing = sum(count for _, count in reference.rows(texts["missing"]))
        assert reference.run_transaction(texts["apply"]) is None, self.name
        return by_hand, missing, reference.table(TABLE)


def traps():
    stays = literal(PLAIN_KINDS, [plain(EARLIER), plain(DAY)])
    yield Trap("A row at or before the hard-coded date is still there", [plain(EARLIER), plain(DAY), plain(LOST)],
               stays, ["20240101"], fill=[["20240101", 1]])
    yield Trap("One present row has no date", [plain(LOST), plain(DAY)],
               literal(PLAIN_KINDS, [plain(None), plain(DAY)]), ["20240101"], WITHOUT_BOUND,
               fill=[["20240101", 1]])
    yield Trap("The lost rows have no date", [plain(None), plain(None), plain(DAY)],
               literal(PLAIN_KINDS, [plain(DAY)]), ["__NULL__"], fill=[["__NULL__", 2]])
    yield Trap("A day lost some of its rows", [plain(DAY, "a"), plain(DAY, "b"), plain(DAY, "b")],
               literal(PLAIN_KINDS, [plain(DAY, "a")]), ["20240102"], replace=[["20240102", 3, 1, 1]])


def test_the_documented_traps_are_what_the_evaluator_answers(reference):
    lines = []
    for trap in traps():
        by_hand, missing, after = trap.answers(reference)
        lines.append(f"| {trap.name} | inserts {total(by_hand)} | finds {missing} missing; "
                     f"{total(after)} in the table afterwards |")
    # Columns moved since the snapshot: the copy has (day, note, title).
    moved = [PLAIN[0], PLAIN[2], PLAIN[1]]
    reference.set_table(TABLE, literal(PLAIN_KINDS, []))
    reference.set_table(BEFORE, literal(PLAIN_KINDS, []))
    reference.set_table(STAGING, literal("day DATE, note STRING, title STRING",
                                         [f"(DATE '{LOST}', 'the note', 'the title')"]))
    texts = emitted({"table": TABLE, "staging": STAGING, "before": BEFORE, "fields": PLAIN,
                     "staged_fields": moved, "ids": ["20240101"], "fill": [["20240101", 1]],
                     "partitioning": {"kind": "DAY", "field": "day"}})
    by_position = reference.rows(f"SELECT * FROM `{TABLE.replace('.', '`.`')}` UNION ALL {HAND_WRITTEN}")
    assert reference.run_transaction(texts["apply"]) is None
    lines.append(f"| Two columns changed places since | title = '{by_position[0][1]}' | "
                 f"title = '{reference.table(TABLE)[0][1]}' |")
    # A guard that is a predicate on rows never fires on an empty source.
    reference.set_table(STAGING, literal(PLAIN_KINDS, []))
    guarded = reference.rows("SELECT IF(day < DATE '2024-01-01', ERROR('past retention'), day) FROM "
                             "`locked-down`.`private`.`salvor_0123_1`")
    lines.append(f"| The source is empty, and the guard looks at its rows | no error, {total(guarded)} | "
                 "brings rows back without the source |")
    assert [tuple(len(part) if isinstance(part, list) else part for part in trap.answers(reference))
            for trap in traps()] == [(2, 1, 3), (0, 1, 3), (0, 2, 3), (0, 2, 3)]
    assert by_position[0][1] == "the note" and guarded == []
    document = (Path(__file__).parents[2] / "docs" / "bigquery-sql.md").read_text()
    for line in lines:
        assert line in document, line


def made(**definition):
    fields = definition.pop("fields", [])
    return emitted({"table": TABLE, "definition": {"schema": {"fields": fields}, **definition}})


BY = {"HOUR": "TIMESTAMP", "DAY": "DATE", "MONTH": "DATETIME", "YEAR": "TIMESTAMP"}
LAYOUTS = {
    **{f"by {unit} of a {kind}": ({"timePartitioning": {"type": unit, "field": "k"}}, kind)
       for unit in BY for kind in ("DATE", "DATETIME", "TIMESTAMP") if (unit, kind) != ("HOUR", "DATE")},
    **{f"by {unit} of arrival": ({"timePartitioning": {"type": unit}}, "STRING") for unit in BY},
    "by range": ({"rangePartitioning": {"field": "k", "range": {"start": "-5", "end": "100", "interval": "7"}}},
                 "INTEGER"),
    "not at all": ({}, "GEOGRAPHY"),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_statement_that_makes_a_deleted_table_by_hand_is_googlesql(reference, name):
    """Every kind of partition, every type of column, with texts that would end a statement."""
    layout, key = LAYOUTS[name]
    hostile = "it's \"quoted\"\n\\ -- `x` ; DROP TABLE t /* é"
    kinds = ["STRING", "BYTES", "INTEGER", "FLOAT", "BOOLEAN", "TIMESTAMP", "DATE", "TIME", "DATETIME", "JSON",
             "GEOGRAPHY", "NUMERIC", "BIGNUMERIC", "INTERVAL"]
    fields = [{"name": "k", "type": key}, {"name": "c", "type": "STRING", "mode": "REQUIRED", "description": hostile},
              {"name": "s", "type": "STRING", "maxLength": "7"}, {"name": "n", "type": "NUMERIC", "precision": "9", "scale": "2"},
              {"name": "r", "type": "RANGE", "rangeElementType": {"type": "DATE"}},
              {"name": "nested", "type": "RECORD", "mode": "REPEATED", "fields": [
                  {"name": "select", "type": "INTEGER", "mode": "REQUIRED"},
                  {"name": "inner", "type": "RECORD", "fields": [{"name": "x", "type": "JSON", "mode": "REPEATED"}]}]},
              *({"name": f"c_{kind}", "type": kind} for kind in kinds)]
    if layout and "field" not in layout.get("timePartitioning", {"field": ""}):
        fields = fields[1:]
    if layout:
        layout = {**layout, "requirePartitionFilter": True}
    texts = made(fields=fields, clustering={"fields": ["c"]}, description=hostile, friendlyName="n",
                 labels={"team": "ctx"}, **layout,
                 encryptionConfiguration={"kmsKeyName": "projects/p/locations/us/keyRings/r/cryptoKeys/k"})
    assert texts.get("left_out", texts) == []
    for statement in ("create", "lift"):
        (kind, _, _), = reference.statements(texts[statement])
        assert kind == {"create": "ASTCreateTableStatement", "lift": "ASTAlterTableStatement"}[statement]
    (_, _, parsed), = reference.statements(texts["create"])
    said = {one.name.id_string: one for one in parsed.options_list.options_entries}
    assert set(said) >= {"description", "friendly_name", "labels", "kms_key_name"}
    assert ("require_partition_filter" in said) == bool(layout)
    assert (parsed.partition_by is not None) == bool(layout) and parsed.cluster_by is not None
    assert [one.name.id_string for one in parsed.table_element_list.elements] == [one["name"] for one in fields]
    if "arrival" not in name:  # _PARTITIONDATE is BigQuery's own
        reference.check_types(texts["create"])
