"""docs/options.md against the library's own list of options, and the sources of the gem, the Node package and the
Go modules."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HEADER = (ROOT / "include/deltaic/deltaic.h").read_text()
TABLE = (ROOT / "docs/options.md").read_text()
ROWS = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \| `([^`]+)` \| (.+) \|$", TABLE, re.MULTILINE)
RUBY = "".join(path.read_text() for path in (ROOT / "bindings/ruby/lib").rglob("*.rb"))
NODE = "".join(path.read_text() for path in (ROOT / "bindings/node/lib/declarations").glob("*.d.ts"))
GO = "".join(path.read_text() for path in (ROOT / "bindings/go").rglob("*.go"))


def test_there_are_rows():
    assert len(ROWS) > 30


def test_each_is_an_option_of_the_header():
    assert [c for c, *_ in ROWS if not re.search(rf"^ \* +{re.escape(c)} \(", HEADER, re.MULTILINE)] == []


def test_each_is_a_keyword_or_a_method_of_the_gem():
    # What has no name of its own is handed on to C as it is.
    named = [ruby for c, ruby, *_ in ROWS if ruby != c]
    assert named
    said = r"\b{0}:|def {0}\b|\"{0}\" =>|edge\(\"{0}\""
    assert [ruby for ruby in named if not re.search(said.format(ruby), RUBY)] == []


def test_each_is_an_option_of_the_node_package():
    assert [node for _, _, node, _ in ROWS if not re.search(rf"\b{node}(\??:|\()", NODE)] == []


def test_each_is_a_name_of_the_go_module():
    names = [name for *_, go in ROWS for name in re.findall(r"`(\w+)`", go)]
    declared = set(re.findall(r"^(?:func (?:\([^)]*\) )?|var |\t)(\w+)(?:\[|\(| += | +\S)", GO, re.MULTILINE))
    assert names
    assert [name for name in names if name not in declared] == []
