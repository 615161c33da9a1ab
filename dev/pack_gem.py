#!/usr/bin/env python3
"""Packs two gems out of the Ruby package and the native bundle of dev/pack_native.py.

dist/deltaic-*-x86_64-linux.gem has the extension that dev/build_ruby has compiled for this Ruby: installing it compiles
nothing. dist/deltaic-*.gem, for other Rubies, has its source: installing it compiles that alone, in seconds.
"""

import pathlib
import shutil
import subprocess
import sys

import pack_native
from pack_native import ROOT, fingerprint, version

PACKAGE = ROOT / "bindings/ruby"
EXTENSION = ROOT / "build/ruby/deltaic.so"
STAGE = ROOT / "build/gem"
STAMP = ROOT / "build/gem.stamp"
MAX_GEM_BYTES = 52_000_000

PACK = """
spec = Gem::Specification.load("deltaic.gemspec")
if ARGV.fetch(1) == "binary"
  series = RUBY_VERSION[/\\A\\d+\\.\\d+/]
  following = series.sub(/\\d+\\z/) { |minor| minor.to_i.next.to_s }
  spec.platform = "x86_64-linux"
  spec.extensions = []
  spec.required_ruby_version = [">= #{series}", "< #{following}.dev"]
end
spec.files = Dir["README.md", "{lib,sig,ext,include}/**/*"].select { |path| File.file?(path) }
require "rubygems/package"
Gem::Package.build(spec, false, false, ARGV.fetch(0))
"""


def ruby(*arguments: str, cwd: pathlib.Path) -> str:
    result = subprocess.run(["ruby", *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"pack_gem.py: ruby {arguments[0]}\n{result.stdout}{result.stderr}")
    return result.stdout


def package_files() -> list[pathlib.Path]:
    folders = [p for name in ("lib", "sig") for p in (PACKAGE / name).rglob("*") if p.suffix in {".rb", ".rbs"}]
    return sorted([*folders, PACKAGE / "README.md", PACKAGE / "deltaic.gemspec"])


def copy(source: pathlib.Path, target: pathlib.Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)


def stage(kind: str) -> None:
    """The gem's folder as it is packed; "binary" or "source"."""
    shutil.rmtree(STAGE, ignore_errors=True)
    for path in package_files():
        copy(path, STAGE / path.relative_to(PACKAGE))
    for path in pack_native.bundle():
        copy(path, STAGE / "lib/deltaic/native" / path.name)
    if kind == "source":
        for path in [p for p in (PACKAGE / "ext").rglob("*") if p.suffix in {".rb", ".h", ".cc"}]:
            copy(path, STAGE / path.relative_to(PACKAGE))
        for path in [p for p in (ROOT / "bindings/common").iterdir() if p.suffix in {".h", ".cc"}]:
            if "test" not in path.stem:
                copy(path, STAGE / "ext/deltaic/common" / path.name)
        for path in (ROOT / "include/deltaic").glob("*.h"):
            copy(path, STAGE / "include/deltaic" / path.name)
        return
    series = ruby("-e", "print RUBY_VERSION[/\\A\\d+\\.\\d+/]", cwd=ROOT)
    extension = STAGE / "lib/deltaic" / series / "deltaic.so"
    extension.parent.mkdir()
    pack_native.isolate(EXTENSION, extension, pack_native.renamed_libraries(), None, rpath="$ORIGIN/../native")


def main() -> None:
    sources = [pack_native.LIBRARY, EXTENSION, pathlib.Path(__file__).resolve(), *pack_native.SCRIPTS, *package_files()]
    state = fingerprint([*sources, *pack_native.libraries_to_pack().values()])
    name = f"deltaic-{version()}"
    gems = {"binary": ROOT / f"dist/{name}-x86_64-linux.gem", "source": ROOT / f"dist/{name}.gem"}
    if not all(gem.exists() for gem in gems.values()) or not STAMP.exists() or STAMP.read_text() != state:
        for old in (ROOT / "dist").glob("deltaic-*.gem"):
            old.unlink()
        for kind, gem in gems.items():
            stage(kind)
            ruby("-rrubygems", "-e", PACK, str(gem), kind, cwd=STAGE)
        STAMP.write_text(state)
    for gem in gems.values():
        size = gem.stat().st_size
        print(f"gem: {gem.relative_to(ROOT)}, {size / 1e6:.1f} MB")
        if size > MAX_GEM_BYTES:
            sys.exit(f"pack_gem.py: {gem.name} is larger than {MAX_GEM_BYTES / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
