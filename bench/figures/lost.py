"""Figure 7: what each lost file costs, from plan to undo: processor time and memory."""

from .lake import delete_files
from .measure import apart, fresh, salvor, table
from .persist import build

WANTED = {"verify": "below 400 MiB"}


def lost(lake, files):
    lake.mkdir(parents=True)
    delete_files(lake, 1, build(lake, files, 1000))


def verbs(place):
    case = place / "case"
    yield "status", salvor("status", place / "lake", expect=(0, 3, 4))
    yield "plan", salvor("plan", place / "lake", "--case", case, "--staging", place / "staging")
    yield "persist", salvor("persist", case)
    yield "apply", salvor("apply", case, "--yes")
    yield "verify", salvor("verify", case)
    yield "undo", salvor("undo", case, "--yes")
    yield "clean", salvor("clean", case, "--yes", "--abandon")


def run(place, scale):
    fresh(place)
    few, many = int(1_000 * scale) or 1, int(100_000 * scale)
    for name, files in (("few", few), ("many", many)):
        apart(lost, place / name / "lake", files)
    rows = []
    for (verb, small), (_, large) in zip(verbs(place / "few"), verbs(place / "many")):
        more = many - few
        rows.append([verb, f"{large.cpu:.2f}", f"{(large.cpu - small.cpu) / more * 1e6:.0f}", f"{large.mebibytes:.0f}",
                     f"{(large.mebibytes - small.mebibytes) * 1024 / more:.2f}", WANTED.get(verb, "below 1 KiB")])
    table(f"7. each of {many:,} lost files, against {few:,}",
          ["verb", "CPU s", "CPU us a file", "MiB", "KiB a file", "wanted"], rows)
