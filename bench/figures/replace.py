"""Figure 8: 200 of 2,000 daily partitions hold wrong rows and become again what they were, against delta-rs's
own overwrite of them from the old version."""

from .lake import build_rows
from .measure import fresh, linked_copy, python, salvor, table

FIRST, LAST = "2019-04-11", "2019-10-27"  # the days numbered 100 to 299 of those that begin on 2019-01-01

OLD_ROWS = """
import sys, deltalake, pyarrow.compute as pc, datetime
first, last = (datetime.date.fromisoformat(day) for day in sys.argv[2:4])
old = deltalake.DeltaTable(sys.argv[1], version=0).to_pyarrow_dataset()
rows = old.to_table(filter=(pc.field("submission_date") >= first) & (pc.field("submission_date") <= last))
"""
OVERWRITE = """
deltalake.write_deltalake(sys.argv[1], rows, mode="overwrite", predicate=
    f"submission_date >= date '{first}' AND submission_date <= date '{last}'")
"""
# The half of each day that is right, and as many rows that are not.
SPOIL = OLD_ROWS + """
index = rows.schema.get_field_index("event_count")
wrong = pc.if_else(pc.equal(pc.bit_wise_and(rows["event_count"], 1), 0), rows["event_count"],
                   pc.add(rows["event_count"], 100000))
rows = rows.set_column(index, rows.schema.field(index), wrong)
""" + OVERWRITE
BY_DELTA_RS = OLD_ROWS + OVERWRITE
TOTALS = """
import sys, deltalake, pyarrow.compute as pc
rows = deltalake.DeltaTable(sys.argv[1]).to_pyarrow_dataset().to_table(columns=["event_count"])
print(rows.num_rows, pc.sum(rows["event_count"]).as_py())
"""


def replace(lake, name):
    """Seconds by verb, and the table."""
    folder = linked_copy(lake / "spoilt", lake / name)
    case, staging = lake / f"{name}.case", lake / f"{name}.staging"
    took = {"plan": salvor("plan", folder, "--case", case, "--staging", staging, "--replace",
                           f"{FIRST}..{LAST}").seconds}
    took["persist"] = salvor("persist", case).seconds
    took["apply"] = salvor("apply", case, "--yes").seconds
    took["verify"] = salvor("verify", case).seconds
    return took, folder, case


def run(place, scale):
    fresh(place)
    days, rows_a_day = 2000, max(1, int(10000 * scale))
    build_rows(place / "whole", days, rows_a_day)
    right = python(TOTALS, place / "whole").out
    linked_copy(place / "whole", place / "spoilt")
    python(SPOIL, place / "spoilt", FIRST, LAST)
    assert python(TOTALS, place / "spoilt").out != right

    attempts = [replace(place, f"salvor{i}") for i in range(3)]
    took = {verb: min(attempt[0][verb] for attempt in attempts) for verb in attempts[0][0]}
    _, folder, case = attempts[-1]
    assert python(TOTALS, folder).out == right
    undone = salvor("undo", case, "--yes").seconds
    assert python(TOTALS, folder).out == python(TOTALS, place / "spoilt").out

    by_hand = linked_copy(place / "spoilt", place / "by_hand")
    hand = python(BY_DELTA_RS, by_hand, FIRST, LAST)
    assert python(TOTALS, by_hand).out == right

    replaced = took["persist"] + took["apply"]
    planned = took["plan"] + replaced
    rows = [["salvor persist + apply", f"{replaced:.2f}", "1", ""],
            ["  and plan, which compares the rows of both sides", f"{planned:.2f}", f"{planned / replaced:.1f}", ""],
            ["  and verify, which reads both sides", f"{planned + took['verify']:.2f}",
             f"{(planned + took['verify']) / replaced:.1f}", ""],
            ["salvor undo", f"{undone:.2f}", f"{undone / replaced:.1f}", ""],
            ["delta-rs: overwrite from the old version", f"{hand.seconds:.2f}", f"{hand.seconds / replaced:.0f}",
             "at least 20"],
            ["  against salvor with plan", f"{hand.seconds:.2f}", f"{hand.seconds / planned:.1f}", ""]]
    table(f"8. {days * rows_a_day:,} rows, {days:,} days, 200 of them with wrong rows (seconds; each process's start "
          "included)", ["way", "seconds", "ratio to salvor", "wanted"], rows)
    print("salvor by verb:", ", ".join(f"{verb} {seconds:.3f}" for verb, seconds in took.items()))
