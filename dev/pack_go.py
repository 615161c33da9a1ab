#!/usr/bin/env python3
"""Packs the Go modules: the bundle of dev/pack_native.py, compressed, into bindings/go/native/linux_amd64, and all
modules of bindings/go as zips in the layout of a module proxy, dist/go (GOPROXY=file://$PWD/dist/go).
"""

import gzip
import hashlib
import io
import pathlib
import re
import shutil
import subprocess
import tarfile
import zipfile

import pack_native

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODULE = ROOT / "bindings/go"
NATIVE = MODULE / "native/linux_amd64"
PROXY = ROOT / "dist/go"
HEADERS = ["deltaic.h", "arrow_abi.h"]
DATE = (1980, 1, 1, 0, 0, 0)
MAX_ARCHIVE_BYTES = 28_000_000


def archive_of(files: list[pathlib.Path]) -> bytes:
    """Plain files, owned by nobody and dated 1970: the same input gives the same bytes."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in files:
            entry = tarfile.TarInfo(path.name)
            entry.size, entry.mode = path.stat().st_size, 0o755
            tar.addfile(entry, path.open("rb"))
    return gzip.compress(plain.getvalue(), 9, mtime=0)


def pack_bundle() -> int:
    """Puts the archive and its digest where the native module embeds them; gives its bytes."""
    files = pack_native.bundle()
    target, key_file = NATIVE / "bundle/deltaic.tar.gz", ROOT / "build/go-bundle.key"
    key = pack_native.fingerprint([*files, pathlib.Path(__file__)])
    if not target.exists() or not key_file.exists() or key_file.read_text() != key:
        archive = archive_of(files)
        target.write_bytes(archive)
        target.with_suffix(".gz.sha256").write_text(hashlib.sha256(archive).hexdigest())
        key_file.write_text(key)
    return target.stat().st_size


def module_path(folder: pathlib.Path) -> str:
    return re.search(r"^module (\S+)", (folder / "go.mod").read_text(), re.MULTILINE)[1]


def without_replace(text: str) -> str:
    return re.sub(r"\nreplace [^\n]*\n", "\n", text).rstrip() + "\n"


def module_files(folder: pathlib.Path) -> dict[str, bytes]:
    """The files of one module as its zip has them: none of modules below, go.mod without its replacements."""
    others = [mod.parent for mod in folder.rglob("go.mod") if mod.parent != folder]
    files = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if not any(path.is_relative_to(other) for other in others):
            files[str(path.relative_to(folder))] = path.read_bytes()
    files["go.mod"] = without_replace(files["go.mod"].decode()).encode()
    return files


def publish(path: str, version: str, files: dict[str, bytes]) -> pathlib.Path:
    folder = PROXY / path / "@v"
    folder.mkdir(parents=True)
    (folder / "list").write_text(f"{version}\n")
    (folder / f"{version}.info").write_text(f'{{"Version":"{version}","Time":"1980-01-01T00:00:00Z"}}')
    (folder / f"{version}.mod").write_bytes(files["go.mod"])
    target = folder / f"{version}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            stored = zipfile.ZIP_STORED if name.endswith(".gz") else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(f"{path}@{version}/{name}", DATE), content, stored)
    return target


def main() -> None:
    size = pack_bundle()
    version = f"v{pack_native.version()}"
    shutil.rmtree(PROXY, ignore_errors=True)
    packed = {}
    for folder in sorted(path.parent for path in MODULE.rglob("go.mod")):
        files = module_files(folder)
        if folder == MODULE:  # beside what includes them: a vendored package keeps its own folder only
            files |= {f"internal/capi/{name}": (ROOT / "include/deltaic" / name).read_bytes() for name in HEADERS}
        packed[folder] = publish(module_path(folder), version, files)
    native = packed[NATIVE]
    print(f"go: {native.relative_to(ROOT)}, {native.stat().st_size / 1e6:.1f} MB")
    if size > MAX_ARCHIVE_BYTES:
        raise SystemExit(f"pack_go.py: the archive is larger than {MAX_ARCHIVE_BYTES / 1e6:.0f} MB")
    subprocess.run(["gofmt", "-l", str(MODULE)], check=True)


if __name__ == "__main__":
    main()
