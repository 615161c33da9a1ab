"""docs/options.md against the library's own list of options, and the sources of the Node package and the Go module."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HEADER = (ROOT / "include/deltaic/deltaic.h").read_text()
ROWS = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \| (.+) \|$", (ROOT / "docs/options.md").read_text(), re.MULTILINE)
NODE = (ROOT / "bindings/node/lib/index.d.ts").read_text()
GO = "".join(path.read_text() for path in (ROOT / "bindings/go").glob("*.go"))


def test_there_are_rows():
    assert len(ROWS) > 30


def test_each_is_an_option_of_the_header():
    assert [c for c, _, _ in ROWS if not re.search(rf"^ \* +{re.escape(c)} \(", HEADER, re.MULTILINE)] == []


def test_each_is_an_option_of_the_node_package():
    assert [node for _, node, _ in ROWS if not re.search(rf"\b{node}(\??:|\()", NODE)] == []


def test_each_is_a_name_of_the_go_module():
    names = [name for _, _, go in ROWS for name in re.findall(r"`(\w+)`", go)]
    declared = set(re.findall(r"^(?:func (?:\([^)]*\) )?|var |\t)(\w+)(?:\[|\(| += )", GO, re.MULTILINE))
    assert names
    assert [name for name in names if name not in declared] == []
