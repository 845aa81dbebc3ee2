"""The library as somebody else gets it: installed, found by CMake and pkg-config, linked, run."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import salvor_run as salvor
from daily_lake import DailyLake
from row_multiset import difference

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(salvor.binary()).parent
HEADERS = sorted(path.name for path in (ROOT / "include/salvor").glob("*.h"))


def done(*command, cwd=None, env=None, expect=0):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=600,
                            cwd=cwd, env={**os.environ, **(env or {})})
    assert result.returncode == expect, f"$ {command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed") / "prefix"
    done("cmake", "--install", BUILD, "--prefix", folder, "--strip")
    return folder


@pytest.fixture(scope="module")
def example(prefix, tmp_path_factory):
    """Built outside of the tree, with what was installed and nothing else."""
    source = tmp_path_factory.mktemp("example")
    for name in ["CMakeLists.txt", "recover_table.cc"]:
        shutil.copy(ROOT / "examples" / name, source)
    done("cmake", "-S", source, "-B", source / "build", f"-DCMAKE_PREFIX_PATH={prefix}",
         "-DCMAKE_BUILD_TYPE=Release")
    done("cmake", "--build", source / "build")
    return source / "build/recover_table"


def rows_of(table):
    return table.read()


def test_the_example_brings_a_lost_table_back(example, table, case):
    before = rows_of(table)
    table.delete(2, 4)
    said = done(example, table.path, case, "t")
    assert "2024-01-02: missing, 0 rows now, 10 before, recoverable" in said
    assert "2024-01-04: proven" in said
    assert not difference(rows_of(table), before)
    salvor.status(table.path, expect=salvor.DONE)
    assert salvor.run("show", case, expect=salvor.DONE).out


def test_a_whole_table_is_left_alone(example, table, case):
    version = table.version()
    assert "missing" not in done(example, table.path, case, "t")
    assert table.version() == version and not case.exists()


def test_another_name_confirms_nothing(example, table, case):
    table.delete(2)
    version = table.version()
    result = subprocess.run([example, table.path, case, "other"], capture_output=True, text=True, timeout=60)
    assert result.returncode == 1 and result.stderr.startswith("refused: that is not the table's name")
    assert table.version() == version
    # What was begun goes on with the program, and the plan is the one that the program makes.
    assert salvor.run("apply", case, "--yes", expect=salvor.DONE)


def test_library_and_program_make_one_plan(example, table, tmp_path):
    table.delete(3)
    subprocess.run([example, table.path, tmp_path / "one", "other"], capture_output=True, timeout=60)
    salvor.plan(table.path, tmp_path / "two")
    assert (tmp_path / "one/plan.json").read_bytes() == (tmp_path / "two/plan.json").read_bytes()


def test_what_there_is_not_is_an_error_with_a_code(example, tmp_path):
    result = subprocess.run([example, tmp_path / "none", tmp_path / "case", "t"], capture_output=True, text=True,
                            timeout=60)
    assert result.returncode == 1 and result.stderr.startswith("not_found: ")


def test_pkg_config_finds_it_too(prefix, table, case, tmp_path):
    table.delete(5)
    found = {"PKG_CONFIG_PATH": f"{prefix}/lib/pkgconfig"}
    assert done("pkg-config", "--modversion", "salvor", env=found).strip()
    flags = done("pkg-config", "--cflags", "--libs", "salvor", env=found).split()
    program = tmp_path / "recover"
    done("c++", "-std=c++20", ROOT / "examples/recover_table.cc", *flags, "-o", program)
    done(program, table.path, case, "t", env={"LD_LIBRARY_PATH": f"{prefix}/lib"})
    assert DailyLake.delta(table).to_pyarrow_table().num_rows == 50


@pytest.mark.parametrize("header", HEADERS)
def test_every_header_stands_alone(prefix, header, tmp_path):
    source = tmp_path / "alone.cc"
    source.write_text(f"#include <salvor/{header}>\n#include <salvor/{header}>\n")
    done("c++", "-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror",
         "-fsyntax-only", f"-I{prefix}/include", source)


def test_only_what_the_headers_declare_is_shown(prefix):
    library = next((prefix / "lib").glob("libsalvor.so.*.*.*"))
    shown = done("nm", "-DC", "--defined-only", library).splitlines()
    names = [line.split(" ", 2)[2] for line in shown]
    assert any(name.startswith("salvor::Case::Apply(") for name in names)
    inside = [name for name in names
              if not re.match(r"((vtable|typeinfo|typeinfo name) for )?salvor::(?![a-z_]+::)", name)]
    assert not inside, inside[:20]


def test_the_installed_program_and_library_are_stripped(prefix):
    for path in [prefix / "bin/salvor", next((prefix / "lib").glob("libsalvor.so.*.*.*"))]:
        assert ".debug_info" not in done("readelf", "-SW", path)


def test_the_reference_builds_without_a_warning(tmp_path):
    if not shutil.which("doxygen"):
        assert not os.environ.get("SALVOR_CI")
        pytest.skip("doxygen is not installed: tools/setup --judges")
    done("doxygen", ROOT / "docs/Doxyfile", cwd=ROOT, env={"SALVOR_REFERENCE": str(tmp_path)})
    page = (tmp_path / "html/classsalvor_1_1Case.html").read_text()
    assert "May be killed anywhere" in page or "may be killed anywhere" in page
