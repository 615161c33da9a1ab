#!/usr/bin/env python3
"""Fails on any include that goes upward through the layers of docs/architecture.md.

A layer is a folder of src/, or a room of src/data. Its row in the table says what it may include; `data` there means
all rooms. Rows stand lowest first, so a row that allows itself only earlier rows cannot be part of a circle.
Also: bindings/ and cli/ may include nothing of src/, and include/deltaic/ only itself and the C and C++ standard
libraries. The picture of what is included, further down on that page, must be the one that --write draws there.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SRC = ROOT / "src"
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')
ROOMS = "data"
PAGE = ROOT / "docs/architecture.md"
PICTURE = re.compile(r"(<!-- drawn by dev/layers.py --write -->\n```\n).*?(```\n)", re.DOTALL)


def allowed_layers() -> dict[str, set[str]]:
    text = PAGE.read_text()
    rows = re.findall(r"^\| `([\w/]+)` \|[^|]*\|([^|]*)\|$", text, re.MULTILINE)
    if not rows:
        sys.exit("docs/architecture.md: the layer table was not found")
    allowed: dict[str, set[str]] = {}
    for name, below in rows:
        parts = {part.strip() for part in below.split(",") if part.strip()}
        if ROOMS in parts:
            parts |= {room for room in allowed if room.startswith(f"{ROOMS}/")}
            parts.discard(ROOMS)
        if unknown := parts - allowed.keys():
            sys.exit(f"docs/architecture.md: {name} may include only rows above it, not {', '.join(sorted(unknown))}")
        allowed[name] = parts | {name}
    return allowed


def layer_folders() -> list[str]:
    rooms = [f"{ROOMS}/{p.name}" for p in (SRC / ROOMS).iterdir() if p.is_dir()]
    return sorted(rooms + [p.name for p in SRC.iterdir() if p.is_dir() and p.name != ROOMS])


def layer_of(target: str, layers: set[str]) -> str | None:
    """The layer of an include such as data/read/read_plan.h; None where it is nothing of ours."""
    parts = target.split("/")
    name = "/".join(parts[:2]) if parts[0] == ROOMS else parts[0]
    return name if name in layers or parts[0] == ROOMS else None


def includes(path: pathlib.Path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1), match.group(2)


def sources(folder: pathlib.Path):
    return (p for p in sorted(folder.rglob("*")) if p.suffix in {".h", ".hpp", ".c", ".cc", ".cpp"})


def picture(included: dict[str, set[str]]) -> str:
    """One line a layer, highest first: what it includes, less what it gets through those anyway."""

    def below(name: str) -> set[str]:
        return set().union(*({other} | below(other) for other in included[name]))

    lines = []
    width = max(map(len, included))
    for name in reversed(included):
        through = set().union(*(below(other) for other in included[name]))
        direct = [other for other in reversed(included) if other in included[name] - through]
        lines.append(f"{name:{width}} ─► {', '.join(direct)}" if direct else name)
    return "\n".join(lines) + "\n"


def main() -> int:
    allowed = allowed_layers()
    included: dict[str, set[str]] = {name: set() for name in allowed}
    layers = set(layer_folders())
    problems = [f"src/{name} has no row in docs/architecture.md" for name in sorted(layers - allowed.keys())]
    problems += [
        f"{path.relative_to(ROOT)}: belongs into a room"
        for path in (SRC / ROOMS).glob("*.*")
        if path.suffix in {".h", ".cc"}
    ]

    for name in sorted(layers & allowed.keys()):
        for path in sources(SRC / name):
            for number, kind, target in includes(path):
                other = layer_of(target, layers)
                if kind != '"' or other is None or other == name:
                    continue
                if other in allowed[name]:
                    included[name].add(other)
                else:
                    problems.append(f"{path.relative_to(ROOT)}:{number}: {name} must not include {target}")

    for folder in ("bindings", "cli"):
        for path in sources(ROOT / folder):
            for number, kind, target in includes(path):
                if kind == '"' and layer_of(target, layers) is not None:
                    problems.append(f"{path.relative_to(ROOT)}:{number}: only deltaic.h may be used here, not {target}")

    for path in sources(ROOT / "include"):
        for number, _, target in includes(path):
            inside = target.startswith("deltaic/") or (path.parent / target).exists()
            if "/" in target and not inside:
                problems.append(f"{path.relative_to(ROOT)}:{number}: an installed header must not include {target}")

    page = PAGE.read_text()
    drawn = PICTURE.sub(lambda found: found[1] + picture(included) + found[2], page)
    if "--write" in sys.argv[1:]:
        PAGE.write_text(drawn)
    elif drawn != page or not PICTURE.search(page):
        problems.append("docs/architecture.md: the picture of includes is another one; run dev/layers.py --write")

    print("\n".join(problems) if problems else f"layers: {len(layers)} folders, every include goes downward")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
