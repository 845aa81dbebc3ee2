"""Figure 3: rows that verify reads in a second, against bare DuckDB over the same columns."""

from .lake import COLUMNS, build_rows, delete_files
from .measure import best, fresh, python, salvor, table

BARE = """
import sys, duckdb
c = duckdb.connect()
columns = sys.argv[2]
print(c.execute(f"SELECT count(*), bit_xor(h), sum(h) FROM (SELECT hash({columns}) AS h FROM read_parquet(?, "
                "hive_partitioning=false))", [sys.argv[1] + '/*/*.parquet']).fetchone())
"""


def run(place, scale):
    fresh(place)
    days, rows_a_day = 400, max(1, int(50000 * scale))
    lake = place / "lake"
    files = build_rows(lake, days, rows_a_day)
    columns = ", ".join(name for name, _ in COLUMNS)
    bare = best(lambda: python(BARE, lake, columns))
    delete_files(lake, 1, files)
    salvor("plan", lake, "--case", place / "case", "--staging", place / "staging")
    salvor("persist", place / "case")
    salvor("apply", place / "case", "--yes")
    verify = best(lambda: salvor("verify", place / "case"))
    rows = days * rows_a_day
    speed, bare_speed = rows / verify.seconds / 1e6, rows / bare.seconds / 1e6
    table(f"3. verify of {rows:,} rows, {len(COLUMNS)} flat columns (whole processes, start included)",
          ["way", "seconds", "million rows/s", "ratio", "wanted"],
          [["DuckDB: count, xor and sum of hash()", f"{bare.seconds:.2f}", f"{bare_speed:.1f}", "1", ""],
           ["salvor verify", f"{verify.seconds:.2f}", f"{speed:.1f}", f"{bare_speed / speed:.2f}", "at most 1.5"]])
