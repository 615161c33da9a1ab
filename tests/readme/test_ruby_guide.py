"""The snippets of docs/ruby.md, each run in a folder of its own, as a reader would."""

import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SNIPPETS = re.findall(r"^```ruby\n(.*?)^```$", (ROOT / "docs/ruby.md").read_text(), re.MULTILINE | re.DOTALL)
EXTENSION = ROOT / "build/ruby"

pytestmark = pytest.mark.skipif(
    not (EXTENSION / "deltaic.so").exists() or shutil.which("ruby") is None, reason="no Ruby extension; run make gem"
)


@pytest.mark.parametrize("number", range(len(SNIPPETS)))
def test_snippet(number: int, tmp_path):
    command = ["ruby", "-w", f"-I{ROOT / 'bindings/ruby/lib'}", f"-I{EXTENSION}", "-e", SNIPPETS[number]]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout
