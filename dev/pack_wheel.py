#!/usr/bin/env python3
"""Packs dist/deltaic-*.whl out of what dev/build_wheel has compiled, and installs it into build/python.

The wheel holds every library that it needs but the C and C++ runtimes, under names of its own: it works without
pyarrow, and beside any pyarrow in the same process (see dev/elf_isolate.py).
"""

import base64
import hashlib
import pathlib
import shutil
import sys
import sysconfig
import zipfile

import pack_native
from pack_native import LIBRARY, ROOT, fingerprint, isolate, run, version

PACKAGE = ROOT / "bindings/python/deltaic"
NATIVE = ROOT / "build/python-native"
STAGE = ROOT / "build/wheel"
INSTALLED = ROOT / "build/python"
STAMP = ROOT / "build/wheel.stamp"
MAX_WHEEL_BYTES = 52_000_000


def native_module() -> pathlib.Path:
    modules = sorted(NATIVE.glob("_native*.so"))
    if len(modules) != 1:
        sys.exit(f"pack_wheel.py: expected one _native*.so in {NATIVE.relative_to(ROOT)}, found {len(modules)}")
    return modules[0]


def package_files() -> list[pathlib.Path]:
    return sorted(p for p in PACKAGE.rglob("*") if p.suffix in {".py", ".pyi", ".typed"} or p.name == "py.typed")


def stage() -> list[pathlib.Path]:
    """The package's folder as it is in the wheel."""
    folder = STAGE / "deltaic"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in pack_native.bundle():
        shutil.copy(path, folder / path.name)
    isolate(native_module(), folder / native_module().name, pack_native.renamed_libraries(), None)
    for path in package_files():
        target = folder / path.relative_to(PACKAGE)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return sorted(p for p in folder.rglob("*") if p.is_file())


def tag_of(files: list[pathlib.Path]) -> str:
    """cp311-cp311-manylinux_2_36_x86_64: the interpreter the module is for, and the oldest glibc that serves."""
    module = native_module().name
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    interpreter = "cp312-abi3" if ".abi3." in module else f"{python}-{python}"
    glibc = pack_native.oldest_glibc(files)
    machine = sysconfig.get_platform().split("-")[-1]
    return f"{interpreter}-manylinux_2_{glibc}_{machine}"


def metadata() -> str:
    readme = (ROOT / "bindings/python/README.md").read_text()
    return (
        "Metadata-Version: 2.1\n"
        "Name: deltaic\n"
        f"Version: {version()}\n"
        "Summary: Delta Lake tables, natively: read and write without a JVM and without dependencies\n"
        "Requires-Python: >=3.10\n"
        "Provides-Extra: pyarrow\n"
        'Requires-Dist: pyarrow>=14; extra == "pyarrow"\n'
        "Provides-Extra: pandas\n"
        'Requires-Dist: pyarrow>=14; extra == "pandas"\n'
        'Requires-Dist: pandas; extra == "pandas"\n'
        "Classifier: Programming Language :: Python :: 3\n"
        "Classifier: Typing :: Typed\n"
        "Description-Content-Type: text/markdown\n"
        f"\n{readme}"
    )


def write_wheel(files: list[pathlib.Path]) -> pathlib.Path:
    tag = tag_of(files)
    (ROOT / "dist").mkdir(exist_ok=True)
    for old in (ROOT / "dist").glob("deltaic-*.whl"):
        old.unlink()
    info = f"deltaic-{version()}.dist-info"
    wheel = ROOT / "dist" / f"deltaic-{version()}-{tag}.whl"
    record = []
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:

        def add(name: str, content: bytes, mode: int) -> None:
            entry = zipfile.ZipInfo(name)  # dated 1980: the same input gives the same wheel
            entry.external_attr = mode << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            record.append(f"{name},sha256={digest},{len(content)}\n")

        for path in files:
            add(str(path.relative_to(STAGE)), path.read_bytes(), 0o755 if ".so" in path.name else 0o644)
        add(f"{info}/METADATA", metadata().encode(), 0o644)
        root = f"Wheel-Version: 1.0\nGenerator: deltaic\nRoot-Is-Purelib: false\nTag: {tag}\n"
        add(f"{info}/WHEEL", root.encode(), 0o644)
        archive.writestr(f"{info}/RECORD", "".join(record) + f"{info}/RECORD,,\n")
    return wheel


def install(wheel: pathlib.Path) -> None:
    shutil.rmtree(INSTALLED, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "--no-compile"]
    run(*pip, "--target", INSTALLED, wheel)


SCRIPTS = [pathlib.Path(__file__).resolve(), *pack_native.SCRIPTS]


def main() -> None:
    readme = ROOT / "bindings/python/README.md"
    state = fingerprint(
        [LIBRARY, native_module(), readme, *SCRIPTS, *package_files(), *pack_native.libraries_to_pack().values()]
    )
    built = sorted((ROOT / "dist").glob("deltaic-*.whl"))
    if built and INSTALLED.exists() and STAMP.exists() and STAMP.read_text() == state:
        wheel = built[0]
    else:
        wheel = write_wheel(stage())
        install(wheel)
        STAMP.write_text(state)
    size = wheel.stat().st_size
    print(f"wheel: {wheel.relative_to(ROOT)}, {size / 1e6:.1f} MB")
    if size > MAX_WHEEL_BYTES:
        sys.exit(f"pack_wheel.py: the wheel is larger than {MAX_WHEEL_BYTES / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
