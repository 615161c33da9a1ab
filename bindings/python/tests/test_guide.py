"""The snippets of docs/python.md run, in their order."""

import os
import pathlib
import re

ROOT = pathlib.Path(os.environ.get("DELTAIC_ROOT", pathlib.Path(__file__).resolve().parents[3]))


def test_snippets_of_the_guide_run(tmp_path, monkeypatch):
    guide = ROOT / "docs/python.md"
    text = guide.read_text()
    snippets = list(re.finditer(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    assert len(snippets) > 5
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for snippet in snippets:
        line = text.count("\n", 0, snippet.start(1))
        exec(compile("\n" * line + snippet[1], str(guide), "exec"), names)
