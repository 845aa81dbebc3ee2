#!/usr/bin/env python3
"""One type to one qualified name. Two types of one name in two sources break the one-definition rule, and no linker
says so: it keeps either one's functions, and the program does what neither source says.

    one_definition_test.py ROOT         checks src/ and testing/; prints each double, exit code 1 if any
    one_definition_test.py --self-test  plants doubles and what only looks like one
"""

import re
import sys
import tempfile
import unittest
from collections import defaultdict
from pathlib import Path

from layering_test import strip_comments

FOLDERS = ["src", "testing"]
ANONYMOUS, TRANSPARENT, OTHER = object(), object(), object()

TOKEN = re.compile(r"[{};]")
NAMESPACE = re.compile(r"\b(?:inline\s+)?namespace\s*(?P<name>[\w:]*)\s*$")
NAME = r"(?:::)?[A-Za-z_]\w*(?:\s*<[^;{}]*>)?(?:\s*::\s*[A-Za-z_]\w*(?:\s*<[^;{}]*>)?)*"
TYPE = re.compile(r"(?:^|[\s;>}])(?:class|struct|union|enum(?:\s+(?:class|struct))?)\s+(?:\[\[[^\]]*\]\]\s*|alignas\([^)]*\)\s*)*"
                  rf"(?P<name>{NAME})\s*(?:final\s*)?(?::(?!:)[^;{{}}]*)?$")


def opened(head):
    """What a brace after `head` opens: a name, or one of the marks above."""
    head = re.sub(r"^\s*#.*$", "", head, flags=re.M).strip()
    if namespace := NAMESPACE.search(head):
        return namespace["name"] or ANONYMOUS
    if re.search(r'\bextern\s+"\s*"$', head):
        return TRANSPARENT
    if (kind := TYPE.search(head)) and "(" not in head[kind.start("name"):].split(":")[0] and "=" not in head:
        return (re.sub(r"\s+", "", kind["name"]).removeprefix("::"),)
    return OTHER


def definitions(text):
    """(qualified name, line) of each type that the source defines and others may see."""
    stack, head_start = [], 0
    text = strip_comments(text)
    for token in TOKEN.finditer(text):
        head, head_start = text[head_start:token.start()], token.end()
        if token[0] == "}" and stack:
            stack.pop()
        if token[0] != "{":
            continue
        scope = opened(head)
        hidden = any(one in (ANONYMOUS, OTHER) for one in stack)
        if isinstance(scope, tuple) and not hidden:
            names = [one for one in stack if one is not TRANSPARENT]
            yield "::".join([*names, scope[0]]), text.count("\n", 0, token.start()) + 1
        stack.append(scope[0] if isinstance(scope, tuple) else scope)


def check(root):
    places = defaultdict(list)
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in {".h", ".cc"}:
                continue
            for name, line in definitions(path.read_text()):
                places[name].append(f"{path.relative_to(root)}:{line}")
    return [f"{name} is defined twice: {', '.join(where)}" for name, where in sorted(places.items()) if len(where) > 1]


class SelfTest(unittest.TestCase):
    def doubles(self, *sources):
        with tempfile.TemporaryDirectory() as folder:
            for number, source in enumerate(sources):
                path = Path(folder, "src", "delta", f"{number}.cc")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(source)
            return check(Path(folder))

    def test_two_types_of_one_name(self):
        for a, b in [("struct Content { int a; };", "class Content final : public Base<int> {\n};"),
                     ("enum class Content : char { kA };", "enum Content { kB };"),
                     ("template <typename T>\nstruct Content {};", "union Content { int a; };"),
                     ("class Outer { struct Content { int a; }; };", "struct Outer::Content {};"),
                     ("struct A { int f() { return 1; } };\nstruct Content {};", "struct Content {};")]:
            with self.subTest(a):
                found = self.doubles(f"namespace salvor::delta {{\n{a}\n}}", f"namespace salvor {{ namespace delta {{\n{b}\n}} }}")
                self.assertEqual(len(found), 1, found)
                self.assertIn("Content is defined twice: src/delta/0.cc:", found[0])

    def test_what_others_cannot_see_or_is_no_definition(self):
        for other in ["namespace {\nstruct Content {};\n}", "class Content;", "enum class Content : char;",
                      "namespace x { struct Content {}; }", "void F() { struct Content {}; }",
                      "Content Make() { return {}; }", "struct Content F(int a) { return {}; }",
                      "struct Outer { struct Content {}; };", "// struct Content {};", 'auto t = "struct Content {";',
                      "template <>\nstruct Content<int> {};", "enum { kA };"]:
            with self.subTest(other):
                self.assertEqual(self.doubles("namespace salvor::delta { struct Content {}; }",
                                              f"namespace salvor::delta {{\n{other}\n}}"), [])


def main():
    if sys.argv[1:] == ["--self-test"]:
        unittest.main(argv=sys.argv[:1])
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    doubles = check(Path(sys.argv[1]))
    print("\n".join(doubles) or "one definition: clean")
    sys.exit(1 if doubles else 0)


if __name__ == "__main__":
    main()
