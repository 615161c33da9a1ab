#!/usr/bin/env python3
"""Packs the Node packages into dist/node: `deltaic`, and `@deltaic/linux-x64-gnu` out of the bundle of
dev/pack_native.py and what dev/build_node has compiled.
"""

import gzip
import json
import pathlib
import shutil
import subprocess
import sys

import pack_native

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "bindings/node"
MODULE = ROOT / "build/node/deltaic.node"
STAGE = ROOT / "build/npm-packages"
OUT = ROOT / "dist/node"
PLATFORM = "@deltaic/linux-x64-gnu"
MAX_PACKED_BYTES = 28_000_000


def stage_platform(version: str) -> pathlib.Path:
    folder = STAGE / "linux-x64-gnu"
    folder.mkdir(parents=True)
    files = pack_native.bundle()
    for path in files:
        shutil.copyfile(path, folder / path.name)
    pack_native.isolate(MODULE, folder / MODULE.name, pack_native.renamed_libraries(), None)
    description = {
        "name": PLATFORM,
        "version": version,
        "description": "The native library of deltaic for Linux on x86-64 with glibc",
        "os": ["linux"],
        "cpu": ["x64"],
        "libc": ["glibc"],
        "main": MODULE.name,
        "files": [MODULE.name, "*.so.*"],
        "glibc": f"2.{pack_native.oldest_glibc([*files, folder / MODULE.name])}",
    }
    (folder / "package.json").write_text(json.dumps(description, indent=2) + "\n")
    (folder / "README.md").write_text(
        f"# {PLATFORM}\n\nThe native library of the package `deltaic`, which installs it.\n"
    )
    return folder


def stage_main(version: str) -> pathlib.Path:
    folder = STAGE / "deltaic"
    folder.mkdir(parents=True)
    shutil.copytree(PACKAGE / "lib", folder / "lib")
    shutil.copyfile(PACKAGE / "README.md", folder / "README.md")
    description = json.loads((PACKAGE / "package.json").read_text())
    for key in ("devDependencies", "prettier"):
        description.pop(key)
    description["version"] = version
    description["optionalDependencies"] = {PLATFORM: version}
    (folder / "package.json").write_text(json.dumps(description, indent=2) + "\n")
    return folder


def squeeze(package: pathlib.Path) -> None:
    """Compressed as far as the format goes: npm's compressor is in more of a hurry."""
    package.write_bytes(gzip.compress(gzip.decompress(package.read_bytes()), 9, mtime=0))


def main() -> None:
    version = pack_native.version()
    for folder in (STAGE, OUT):
        shutil.rmtree(folder, ignore_errors=True)
    OUT.mkdir(parents=True)
    for folder in (stage_main(version), stage_platform(version)):
        command = ["npm", "pack", "--silent", "--pack-destination", str(OUT)]
        if subprocess.run(command, cwd=folder, check=False, stdout=subprocess.DEVNULL).returncode != 0:
            sys.exit(f"pack_node.py: npm pack failed in {folder.relative_to(ROOT)}")
    total = 0
    for path in sorted(OUT.iterdir()):
        squeeze(path)
        total += path.stat().st_size
        print(f"node: {path.relative_to(ROOT)}, {path.stat().st_size / 1e6:.1f} MB")
    if total > MAX_PACKED_BYTES:
        sys.exit(f"pack_node.py: the packages are larger than {MAX_PACKED_BYTES / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
