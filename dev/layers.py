#!/usr/bin/env python3
"""Fails on any include that goes upward through the layers of docs/architecture.md.

Also: bindings/ and cli/ may include nothing of src/, and include/deltaic/ only itself and the C and C++ standard
libraries.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def allowed_layers() -> dict[str, set[str]]:
    text = (ROOT / "docs/architecture.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|$", text, re.MULTILINE)
    if not rows:
        sys.exit("docs/architecture.md: the layer table was not found")
    return {name: {part.strip() for part in below.split(",") if part.strip()} | {name} for name, below in rows}


def includes(path: pathlib.Path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1), match.group(2)


def sources(folder: pathlib.Path):
    return (p for p in sorted(folder.rglob("*")) if p.suffix in {".h", ".hpp", ".c", ".cc", ".cpp"})


def main() -> int:
    allowed = allowed_layers()
    layers = {p.name for p in (ROOT / "src").iterdir() if p.is_dir()}
    problems = [f"src/{name} has no row in docs/architecture.md" for name in sorted(layers - allowed.keys())]

    for name in sorted(layers & allowed.keys()):
        for path in sources(ROOT / "src" / name):
            for number, kind, target in includes(path):
                other = target.split("/")[0]
                if kind == '"' and other in layers and other not in allowed[name]:
                    problems.append(f"{path.relative_to(ROOT)}:{number}: {name} must not include {target}")

    for folder in ("bindings", "cli"):
        for path in sources(ROOT / folder):
            for number, kind, target in includes(path):
                if kind == '"' and target.split("/")[0] in layers:
                    problems.append(f"{path.relative_to(ROOT)}:{number}: only deltaic.h may be used here, not {target}")

    for path in sources(ROOT / "include"):
        for number, _, target in includes(path):
            inside = target.startswith("deltaic/") or (path.parent / target).exists()
            if "/" in target and not inside:
                problems.append(f"{path.relative_to(ROOT)}:{number}: an installed header must not include {target}")

    print("\n".join(problems) if problems else f"layers: {len(layers)} folders, every include goes downward")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
