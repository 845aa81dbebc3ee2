#!/usr/bin/env python3
"""Holds the walls of the house: which room may see which, and what may touch the outside world.

    layering_test.py ROOT         checks the repository; prints each violation, exit code 1 if any
    layering_test.py --self-test  plants one violation of each kind and expects it to be found

The table below is the wall. CMakeLists.txt and every #include must agree with it: an arrow that is
only added there is a violation here.
"""

import re
import sys
import tempfile
import unittest
from pathlib import Path

# room -> the rooms that it may see directly; what those see comes with them.
ARROWS = {
    "base": [],
    "model": ["base"],
    "io": ["base"],
    "http": ["io"],
    "objects": ["http"],
    "journal": ["model", "io"],
    "warehouse": ["model"],
    "triage": ["model"],
    "config": ["model", "io"],
    "custody": ["model", "io"],
    "recovery": ["warehouse", "journal", "custody", "triage", "io"],
    "delta": ["warehouse", "io", "objects"],
    "bigquery": ["warehouse", "http"],
    "ticket": ["recovery", "http"],
    "report": ["model"],
    "demo": ["delta", "http"],
    "workspace": ["recovery", "delta", "bigquery", "config", "objects"],
    "library": ["workspace"],
    "cli": ["workspace", "ticket", "report", "demo"],
}

# room -> its inner rooms, bottom up, and which of them each may see; nothing comes with them. What lies in
# the room's own folder sees all of them and is seen by none.
INNER = {
    "objects": {
        "store": [],
        "aws": [],
        "s3": ["store", "aws"],
    },
    "delta": {
        "protocol": [],
        "files": [],
        "parquet": ["files"],
        "duckdb": ["protocol", "parquet"],
        "log": ["protocol", "files", "parquet", "duckdb"],
        "rows": ["protocol", "parquet", "duckdb"],
        "table": ["protocol", "files", "parquet", "duckdb", "log"],
        "commit": ["protocol", "log", "table"],
        "staging": ["protocol", "parquet", "duckdb", "log", "rows", "table", "commit"],
        "recovery": ["protocol", "parquet", "duckdb", "log", "rows", "table", "commit", "staging"],
    },
    "bigquery": {
        "rest": [],
        "auth": [],
        "jobs": ["rest"],
        "sql": ["rest"],
        "table": ["rest", "jobs", "sql"],
        "access": ["rest", "jobs"],
        "history": ["rest", "jobs", "sql", "table", "access"],
        "plan": ["rest", "jobs", "sql", "table", "history"],
        "recovery": ["rest", "jobs", "sql", "table", "access", "history"],
        "script": ["rest", "jobs", "sql", "table", "recovery"],
    },
}

# Which room's a header of include/salvor is; the others are `library`'s. They show nothing of the house.
PUBLIC = {"error": "base", "result": "base", "instant": "base"}
PUBLIC_LIBRARIES = {"tl/expected.hpp"}

MAIN_CC_LINES = 30
NO_DRAWERS = {"util", "utils", "helper", "helpers", "manager", "managers", "common", "misc"}
NAMED_FOLDERS = ["include", "src", "testing", "tests", "fuzz", "bench", "tools", "cmake", "docs", "examples"]

# (what, pattern, rooms where it is at home)
SEAMS = [
    ("duckdb.h", r'#\s*include\s*[<"]duckdb', {"delta"}),
    ("<fstream>", r"#\s*include\s*<fstream>", {"io"}),
    ("<filesystem>", r"#\s*include\s*<filesystem>", {"io"}),
    ("open()", r"(?<![\w.>:])(?:::)?(?:std::)?f?open(?:at)?\s*\(", {"io"}),
    ("a clock", r"\bchrono::(?:system|steady|high_resolution)_clock::now", {"io"}),
    ("std::random_device", r"\bstd::random_device\b", {"io"}),
    ("curl/", r"#\s*include\s*<curl/", {"http"}),
    ("httplib.h", r'#\s*include\s*[<"]httplib', set()),
    ("getenv()", r"\bgetenv\s*\(", {"io", "cli"}),
]


# header prefix -> the CMake target that brings it; all of them lie in one system folder, so the compiler
# would not notice a room that uses a library without naming it in LIBS.
LIBRARIES = {
    "CLI/": "CLI11::CLI11",
    "curl/": "curl::headers",
    "date/": "date::date",
    "expat.h": "EXPAT::EXPAT",
    "duckdb": "duckdb::headers",
    "fmt/": "fmt::fmt",
    "nlohmann/": "nlohmann_json::nlohmann_json",
    "openssl/": "OpenSSL::",
    "roaring/": "roaring::roaring",
    "simdjson": "simdjson::simdjson",
    "tl/": "tl::expected",
    "yaml-cpp/": "yaml-cpp",
}


def reachable(room):
    seen, todo = set(), [room]
    while todo:
        current = todo.pop()
        if current not in seen:
            seen.add(current)
            todo.extend(ARROWS[current])
    return seen


def strip_comments(text):
    """Blanks out comments and the insides of strings, keeping line numbers."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'',
        re.S)

    def blank(match):
        found = match.group(0)
        line_start = text.rfind("\n", 0, match.start()) + 1
        if re.match(r"\s*#\s*include", text[line_start:match.start()]):
            return found
        return re.sub(r"[^\n]", " ", found)

    return pattern.sub(blank, text)


def check_sources(root):
    for path in sorted((root / "src").rglob("*")):
        if path.suffix not in {".h", ".cc"}:
            continue
        where, room = path.relative_to(root), path.relative_to(root / "src").parts[0]
        if room not in ARROWS:
            yield f"{where}: room '{room}' is not in the table of tests/layering_test.py"
            continue
        is_test = path.name.endswith(("_test.cc", "_test.h"))
        for number, line in enumerate(strip_comments(path.read_text()).splitlines(), 1):
            included = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
            if included:
                target = included.group(1).split("/")[0]
                if target == "salvor":
                    target = PUBLIC.get(Path(included.group(1)).stem, "library")
                allowed = reachable(room) | ({"testing"} if is_test else set())
                if "/" not in included.group(1) and target != "duckdb.h":
                    yield f'{where}:{number}: name the room in #include "{included.group(1)}"'
                elif (target in ARROWS or target in {"testing", "tests"}) and target not in allowed:
                    yield f"{where}:{number}: room '{room}' may not see '{target}'"
            for what, pattern, homes in SEAMS:
                if is_test and what != "duckdb.h":
                    continue
                if room not in homes and re.search(pattern, line):
                    yield f"{where}:{number}: {what} belongs to {' or '.join(sorted(homes)) or 'tests'} only"
        if path.name == "main.cc" and len(path.read_text().splitlines()) >= MAIN_CC_LINES:
            yield f"{where}: {MAIN_CC_LINES} lines or more; move the work into the room"


def check_public(root):
    """include/salvor: what somebody else's compiler sees."""
    for path in sorted((root / "include").rglob("*")):
        if not path.is_file():
            continue
        where = path.relative_to(root)
        if path.parent != root / "include" / "salvor" or path.suffix != ".h":
            yield f"{where}: only include/salvor/*.h is installed"
            continue
        for number, line in enumerate(strip_comments(path.read_text()).splitlines(), 1):
            included = re.match(r'\s*#\s*include\s*(["<])([^">]+)', line)
            if included and included.group(1) == '"':
                home = PUBLIC.get(path.stem, "library")
                if not included.group(2).startswith("salvor/"):
                    yield f'{where}:{number}: shows the inside: "{included.group(2)}"'
                elif PUBLIC.get(Path(included.group(2)).stem, "library") not in reachable(home):
                    yield f"{where}:{number}: '{home}' may not see '{included.group(2)}'"
            elif included and re.search(r"[/.]", included.group(2)) and included.group(2) not in PUBLIC_LIBRARIES:
                yield f"{where}:{number}: asks others for <{included.group(2)}>"
            if re.match(r"\s*#\s*define\b", line):
                yield f"{where}:{number}: no macros"


def inner_room(path):
    """The inner room of a path below src as in an #include, or None where it lies in the room's own folder."""
    parts = path.split("/")
    return parts[1] if len(parts) > 2 else None


def check_inner(root):
    for room, arrows in INNER.items():
        for path in sorted((root / "src" / room).rglob("*")):
            if path.suffix not in {".h", ".cc"}:
                continue
            where, inner = path.relative_to(root), inner_room(path.relative_to(root / "src").as_posix())
            if inner is None:
                continue
            if inner not in arrows:
                yield f"{where}: inner room '{inner}' is not in the table of tests/layering_test.py"
                continue
            if path.name.endswith(("_test.cc", "_test.h")):
                continue
            for number, line in enumerate(strip_comments(path.read_text()).splitlines(), 1):
                included = re.match(r'\s*#\s*include\s*"(' + room + r'/[^"]+)"', line)
                target = inner_room(included.group(1)) if included else inner
                if target not in {inner, *arrows[inner]}:
                    yield f"{where}:{number}: '{room}/{inner}' may not see '{target or included.group(1)}'"


def check_told(root):
    """ARCHITECTURE.md has the inner rooms in a table for each room, and the table is this one."""
    document = root / "ARCHITECTURE.md"
    text = document.read_text() if document.exists() else ""
    for room, arrows in INNER.items():
        if not (root / "src" / room).is_dir() or not text:
            continue
        section = text.partition(f"\n## Inside `{room}`\n")[2].partition("\n## ")[0]
        rows = re.findall(r"^\| `(\w+)/` \|[^|]*\|([^|]*)\|$", section, re.M)
        told = {name: re.findall(r"\w+", seen) for name, seen in rows}
        for inner in arrows | told:
            if told.get(inner) != arrows.get(inner):
                yield (f"ARCHITECTURE.md: {room}/{inner} sees {told.get(inner)}, and in "
                       f"tests/layering_test.py {arrows.get(inner)}")


def check_testing(root):
    """The fakes stand in for engines; they must not lean on one. The BigQuery server keeps its rows
    in DuckDB through delta's wrapper, and takes nothing else from there."""
    fakes = reachable("warehouse") | reachable("http") | {"testing"}
    for path in sorted((root / "testing").rglob("*")):
        if path.suffix not in {".h", ".cc"}:
            continue
        is_server = "bigquery_server" in path.relative_to(root).parts
        for number, line in enumerate(strip_comments(path.read_text()).splitlines(), 1):
            included = re.match(r'\s*#\s*include\s*"([^"/]+)/([^"]+)"', line)
            if is_server and included and included.groups() == ("delta", "duckdb/database.h"):
                continue
            if included and included.group(1) in ARROWS and included.group(1) not in fakes:
                yield f"{path.relative_to(root)}:{number}: testing may not see '{included.group(1)}'"


def declared_rooms(root):
    """room -> {keyword: words}, as CMakeLists.txt declares it."""
    text = re.sub(r"#[^\n]*", "", (root / "CMakeLists.txt").read_text())
    rooms = {}
    for name, body in re.findall(r"\bsalvor_room\s*\(\s*(\w+)([^)]*)\)", text):
        sections = re.split(r"\b(TEST_DEPENDS|TEST_LIBS|DEPENDS|LIBS)\b", body)
        rooms[name] = {key: words.split() for key, words in zip(sections[1::2], sections[2::2])}
    return rooms


def check_cmake(root):
    rooms = declared_rooms(root)
    for name, keywords in rooms.items():
        if name not in ARROWS:
            yield f"CMakeLists.txt: room '{name}' is not in the table of tests/layering_test.py"
            continue
        for target in keywords.get("DEPENDS", []):
            if target not in reachable(name) - {name}:
                yield f"CMakeLists.txt: room '{name}' may not depend on '{target}'"
        if any(lib.startswith("duckdb::") for lib in keywords.get("LIBS", [])) and name != "delta":
            yield f"CMakeLists.txt: room '{name}' may not link duckdb"


def linked_libraries(room, rooms):
    """What the room's library sees: its own LIBS and those of the rooms that it depends on."""
    keywords = rooms.get(room, {})
    libraries = set(keywords.get("LIBS", []))
    for dependency in keywords.get("DEPENDS", []):
        libraries |= linked_libraries(dependency, rooms)
    return libraries


def check_libraries(root):
    rooms = declared_rooms(root)
    for folder in sorted((root / "src").glob("*/")):
        room = folder.name
        if room in ARROWS and room not in rooms:
            yield f"src/{room}: CMakeLists.txt has no salvor_room({room} ...)"
        libraries = linked_libraries(room, rooms)
        for path in sorted([*folder.rglob("*.h"), *folder.rglob("*.cc")]):
            for header in re.findall(r"^\s*#\s*include\s*<([^>]+)>", path.read_text(), re.M):
                for prefix, target in LIBRARIES.items():
                    if header.startswith(prefix) and not any(l.startswith(target) for l in libraries):
                        yield (f"{path.relative_to(root)}: <{header}> needs {target} in the LIBS of "
                               f"salvor_room({room})")


def check_names(root):
    for folder in NAMED_FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            words = set(re.split(r"[_.\-]", path.name.lower()))
            if words & NO_DRAWERS and "__pycache__" not in path.parts:
                yield f"{path.relative_to(root)}: name the thing, not the drawer"


def check(root):
    checks = [check_sources, check_public, check_inner, check_told, check_testing, check_cmake, check_libraries, check_names]
    return [violation for one in checks for violation in one(root)]


class PlantedViolations(unittest.TestCase):
    BUILD = "".join(f"salvor_room({room})\n" for room in ARROWS if room != "delta") + (
        "salvor_room(delta LIBS duckdb::headers)\n")

    def violations(self, files):
        files = {"CMakeLists.txt": self.BUILD, **files}
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return check(Path(folder))

    def assert_clean(self, files):
        self.assertEqual(self.violations(files), [])

    def assert_found(self, files, *words):
        found = self.violations(files)
        self.assertEqual(len(found), 1, found)
        for word in words:
            self.assertIn(word, found[0])

    def test_downward_include_is_allowed(self):
        self.assert_clean({"src/recovery/apply.cc": '#include "base/result.h"\n'})

    def test_upward_include(self):
        self.assert_found({"src/base/text.cc": '\n#include "model/plan.h"\n'},
                          "src/base/text.cc:2", "'model'")

    def test_sideways_include(self):
        self.assert_found({"src/recovery/apply.cc": '#include "delta/table/table_log.h"\n'}, "'delta'")

    def test_upward_include_in_an_inner_room(self):
        self.assert_found({"src/delta/protocol/action.cc": '\n#include "delta/log/listing.h"\n'},
                          "src/delta/protocol/action.cc:2", "'delta/protocol'", "'log'")
        self.assert_found({"src/bigquery/history/look.cc": '#include "bigquery/plan/examine.h"\n'}, "'plan'")
        self.assert_clean({"src/delta/log/listing.cc": '#include "delta/protocol/action.h"\n'})
        self.assert_clean({"src/delta/log/listing.cc": '#include "delta/log/replay.h"\n#include "io/fs.h"\n'})

    def test_inner_room_that_sees_the_room_s_own_folder(self):
        self.assert_found({"src/bigquery/sql/quoting.cc": '#include "bigquery/words.h"\n'}, "bigquery/words.h")
        self.assert_clean({"src/bigquery/words.cc": '#include "bigquery/sql/quoting.h"\n'})

    def test_tests_of_an_inner_room_may_set_the_scene_from_above(self):
        self.assert_clean({"src/delta/log/listing_test.cc": '#include "delta/table/table_log.h"\n'})

    def test_inner_rooms_told_otherwise(self):
        rows = "".join(f"| `{inner}/` | what | {', '.join(seen)} |\n" for inner, seen in INNER["delta"].items())
        files = {"src/delta/words.h": "\n", "ARCHITECTURE.md": "\n## Inside `delta`\n\n" + rows + "\n## Next\n"}
        self.assert_clean(files)
        files["ARCHITECTURE.md"] = files["ARCHITECTURE.md"].replace("| protocol, log, table |", "| protocol, log |")
        self.assert_found(files, "ARCHITECTURE.md", "delta/commit")

    def test_unknown_inner_room(self):
        self.assert_found({"src/delta/attic/a.h": "\n"}, "'attic'")

    def test_commented_include_is_no_include(self):
        self.assert_clean({"src/base/text.cc": '// #include "model/plan.h"\n'})

    def test_include_without_a_room(self):
        self.assert_found({"src/base/text.cc": '#include "text.h"\n'}, "name the room")

    def test_unknown_room(self):
        self.assert_found({"src/attic/a.h": "\n"}, "'attic'")

    def test_fakes_in_production_code(self):
        self.assert_found({"src/io/fs.cc": '#include "testing/mem_fs.h"\n'}, "'testing'")
        self.assert_clean({"src/io/fs_test.cc": '#include "testing/mem_fs.h"\n'})
        self.assert_clean({"src/io/scene_test.h": '#include "testing/mem_fs.h"\n'})

    def test_fakes_that_lean_on_an_engine(self):
        self.assert_found({"testing/fake.cc": '#include "delta/table/table_log.h"\n'}, "'delta'")

    def test_server_takes_the_wrapper_of_duckdb_alone(self):
        self.assert_clean({"testing/bigquery_server/a.cc": '#include "delta/duckdb/database.h"\n'})
        self.assert_found({"testing/bigquery_server/a.cc": '#include "delta/table/table_log.h"\n'}, "'delta'")

    def test_upward_arrow_in_cmake(self):
        self.assert_found({"CMakeLists.txt": "salvor_room(base DEPENDS model LIBS fmt::fmt)"},
                          "'base' may not depend on 'model'")

    def test_duckdb_linked_outside_delta(self):
        self.assert_found({"CMakeLists.txt": "salvor_room(report LIBS duckdb::duckdb)"}, "duckdb")

    def test_duckdb_outside_delta(self):
        self.assert_found({"src/cli/a.cc": '#include "duckdb.h"\n'}, "duckdb.h")
        self.assert_clean({"src/delta/a.cc": "#include <duckdb.h>\n"})

    def test_public_header_that_shows_the_inside(self):
        self.assert_clean({"include/salvor/plan.h": '#include <vector>\n#include <tl/expected.hpp>\n'
                                                    '#include "salvor/instant.h"\n'})
        for line, word in [('#include "model/plan.h"', "inside"), ("#include <nlohmann/json.hpp>", "nlohmann"),
                           ("#define SALVOR_X", "macros")]:
            with self.subTest(line):
                self.assert_found({"include/salvor/plan.h": line + "\n"}, "plan.h:1", word)
        self.assert_found({"include/salvor/error.h": '#include "salvor/plan.h"\n'}, "'base'")
        self.assert_found({"include/extra.h": "\n"}, "include/extra.h")

    def test_public_header_above_the_room(self):
        self.assert_clean({"src/io/fs.h": '#include "salvor/result.h"\n'})
        self.assert_found({"src/io/fs.h": '#include "salvor/table.h"\n'}, "'library'")

    def test_library_that_the_room_does_not_name(self):
        files = {"src/model/a.cc": "#include <nlohmann/json.hpp>\n",
                 "src/triage/a.cc": "#include <nlohmann/json.hpp>\n"}
        named = ("salvor_room(model LIBS nlohmann_json::nlohmann_json)\n"
                 "salvor_room(triage DEPENDS model TEST_DEPENDS testing)\n")
        self.assert_clean({"CMakeLists.txt": named, **files})
        self.assert_found({"CMakeLists.txt": named.replace("DEPENDS model ", ""), **files},
                          "src/triage/a.cc", "nlohmann_json::nlohmann_json")

    def test_room_that_is_not_built(self):
        self.assert_found({"CMakeLists.txt": "salvor_room(base)", "src/io/fs.h": "\n"},
                          "no salvor_room(io")

    def test_outside_world_outside_io(self):
        for line in ["#include <fstream>", "#include <filesystem>", "int f = ::open(p, 0);",
                     "auto f = std::fopen(p, m);", "auto t = std::chrono::system_clock::now();",
                     "std::random_device d;", "auto e = std::getenv(n);"]:
            with self.subTest(line):
                self.assert_found({"src/triage/a.cc": line + "\n"}, "belongs to")
                self.assert_clean({"src/io/a.cc": line + "\n"})

    def test_words_that_only_look_like_system_calls(self):
        self.assert_clean({"src/triage/a.cc": 'fs.open(1); Reopen(2); x = "open(3)"; // open(4)\n'})

    def test_getenv_in_cli_is_allowed(self):
        self.assert_clean({"src/cli/a.cc": 'auto e = std::getenv("NO_COLOR");\n'})

    def test_long_main(self):
        self.assert_found({"src/cli/main.cc": "int a;\n" * 30}, "main.cc")
        self.assert_clean({"src/cli/main.cc": "int a;\n" * 29})

    def test_drawers(self):
        for name in ["src/base/string_util.h", "tools/common/x.sh", "tests/misc.py"]:
            with self.subTest(name):
                self.assertTrue(self.violations({name: "\n"}))
        self.assert_clean({"src/base/utility_rates.h": "\n"})


def main():
    if sys.argv[1:] == ["--self-test"]:
        unittest.main(argv=sys.argv[:1])
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    violations = check(Path(sys.argv[1]))
    print("\n".join(violations) or "layering: clean")
    sys.exit(1 if violations else 0)


if __name__ == "__main__":
    main()
