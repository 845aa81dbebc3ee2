"""Figure 4: files that persist links in a second, against a bare loop of link(2)."""

import subprocess
from pathlib import Path

from .lake import commit, delete_files, opening
from .measure import best, fresh, run as run_command, salvor, table

LOOP = r"""
#include <stdio.h>
#include <unistd.h>
int main(int argc, char** argv) {
  char from[4096], to[4096];
  long count = 0;
  while (scanf("%4095s", from) == 1) {
    snprintf(to, sizeof to, "%s/%08ld", argv[1], count++);
    if (link(from, to) != 0) return 1;
  }
  return argc == 2 ? 0 : 2;
}
"""


def build(lake, files, days):
    """Small files of equal content, of which persist reads the footers."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    sample = lake.parent / "sample.parquet"
    parquet.write_table(pa.table({"value": pa.array([1], pa.int64())}), sample)
    content = sample.read_bytes()
    actions = opening([("day", "long"), ("value", "long")], "day")
    for day in range(days):
        (lake / f"day={day}").mkdir(parents=True)
    for i in range(files):
        path = f"day={i % days}/part-{i:08}.parquet"
        (lake / path).write_bytes(content)
        actions.append('{"add":{"path":"%s","partitionValues":{"day":"%d"},"size":%d,"modificationTime":1,'
                       '"dataChange":true,"stats":"{\\"numRecords\\":1}"}}' % (path, i % days, len(content)))
    commit(lake, 0, actions)
    return [(f"day={i % days}/part-{i:08}.parquet", {"day": str(i % days)}, len(content)) for i in range(files)]


def run(place, scale):
    fresh(place)
    count, days = int(100_000 * scale), 1000
    lake = place / "lake"
    files = build(lake, count, days)
    delete_files(lake, 1, files)
    source = place / "loop.c"
    source.write_text(LOOP)
    subprocess.run(["cc", "-O2", "-o", str(place / "loop"), str(source)], check=True)
    names = place / "names"
    names.write_text("\n".join(str(lake / path) for path, _, _ in files))

    def loop():
        target = fresh(place / "links")
        with open(names) as paths:
            return run_command([place / "loop", target], stdin=paths)

    attempt = iter(range(1000))

    def persist():
        number = next(attempt)
        salvor("plan", lake, "--case", place / f"case{number}", "--staging", Path(place / f"staging{number}"))
        return salvor("persist", place / f"case{number}")

    bare, ours = best(loop), best(persist)
    table(f"4. persist of {count:,} files (whole processes, start included)",
          ["way", "seconds", "files/s", "ratio", "wanted"],
          [["a bare loop of link(2)", f"{bare.seconds:.2f}", f"{count / bare.seconds:,.0f}", "1", ""],
           ["salvor persist", f"{ours.seconds:.2f}", f"{count / ours.seconds:,.0f}",
            f"{ours.seconds / bare.seconds:.2f}", "at most 2"]])
