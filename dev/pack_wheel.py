#!/usr/bin/env python3
"""Packs dist/deltaic-*.whl out of what dev/build_wheel has compiled, and installs it into build/python.

The wheel holds every library that it needs but the C and C++ runtimes, under names of its own: it works without
pyarrow, and beside any pyarrow in the same process (see dev/elf_isolate.py).
"""

import base64
import hashlib
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile

import elf_isolate

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "bindings/python/deltaic"
NATIVE = ROOT / "build/python-native"
LIBRARY = ROOT / "build/release/lib/libdeltaic.so.0"
STAGE = ROOT / "build/wheel"
INSTALLED = ROOT / "build/python"
STAMP = ROOT / "build/wheel.stamp"
MAX_WHEEL_BYTES = 52_000_000

# What every Linux with a C++ runtime has; the rest is packed.
SYSTEM_LIBRARIES = re.compile(
    r"(libc|libm|libdl|librt|libpthread|libstdc\+\+|libgcc_s|libz|ld-linux-x86-64|ld-linux-aarch64)\.so\.\d+|linux-vdso.*"
)
# The oldest glibc of distributions whose libstdc++ has these symbols (PEP 600: the tag promises both).
GLIBC_OF_LIBSTDCXX = {29: 34, 30: 35, 31: 38, 32: 38, 33: 39}


def run(*command: str | pathlib.Path) -> str:
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"pack_wheel.py: {' '.join(map(str, command))}\n{result.stdout}{result.stderr}")
    return result.stdout


def native_module() -> pathlib.Path:
    modules = sorted(NATIVE.glob("_native*.so"))
    if len(modules) != 1:
        sys.exit(f"pack_wheel.py: expected one _native*.so in {NATIVE.relative_to(ROOT)}, found {len(modules)}")
    return modules[0]


def package_files() -> list[pathlib.Path]:
    return sorted(p for p in PACKAGE.rglob("*") if p.suffix in {".py", ".pyi", ".typed"} or p.name == "py.typed")


def libraries_to_pack() -> dict[str, pathlib.Path]:
    """Every library that libdeltaic needs, directly or not, but the system's: SONAME -> file."""
    found = {}
    for line in run("ldd", LIBRARY).splitlines():
        match = re.match(r"\s*(\S+) => (\S+) \(0x", line)
        if match and not SYSTEM_LIBRARIES.fullmatch(match[1]):
            found[match[1]] = pathlib.Path(match[2])
        elif "not found" in line:
            sys.exit(f"pack_wheel.py: {line.strip()}")
    return found


def own_name(soname: str) -> str:
    """libarrow.so.2600 -> libdeltaic_arrow.so.2600: no other package has a library of this name."""
    return "libdeltaic_" + soname.removeprefix("lib")


def isolate(source: pathlib.Path, target: pathlib.Path, renamed: dict[str, str], soname: str | None) -> None:
    """A stripped copy that finds its neighbours beside itself, by their new names."""
    shutil.copyfile(source, target)
    target.chmod(0o755)
    run("strip", "--strip-all", target)  # before patchelf, whose layout strip does not understand
    elf_isolate.weaken_unique_symbols(target)
    # One change a call: patchelf 0.14 mixes up the names when it makes several.
    for old in run("patchelf", "--print-needed", target).split():
        if old in renamed:
            run("patchelf", "--replace-needed", old, renamed[old], target)
    if soname:
        run("patchelf", "--set-soname", soname, target)
    run("patchelf", "--set-rpath", "$ORIGIN", target)


def stage() -> list[pathlib.Path]:
    """The package's folder as it is in the wheel; copies of Arrow are kept for the next time."""
    folder = STAGE / "deltaic"
    folder.mkdir(parents=True, exist_ok=True)
    sources = libraries_to_pack()
    renamed = {soname: own_name(soname) for soname in sources}
    for path in [p for p in folder.rglob("*") if p.is_file() and p.name not in renamed.values()]:
        path.unlink()
    for soname, source in sources.items():
        target = folder / renamed[soname]
        key, key_file = fingerprint([source, *SCRIPTS]) + " ".join(sorted(renamed)), STAGE / (target.name + ".key")
        if not target.exists() or not key_file.exists() or key_file.read_text() != key:
            isolate(source, target, renamed, renamed[soname])
            key_file.write_text(key)
    isolate(LIBRARY, folder / LIBRARY.name, renamed, None)
    isolate(native_module(), folder / native_module().name, renamed, None)
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
    symbols = "".join(run("readelf", "-W", "-V", path) for path in files if ".so" in path.name)
    glibc = max(int(minor) for minor in re.findall(r"GLIBC_2\.(\d+)", symbols))
    libstdcxx = max((int(minor) for minor in re.findall(r"GLIBCXX_3\.4\.(\d+)", symbols)), default=0)
    glibc = max([glibc, *(needs for version, needs in GLIBC_OF_LIBSTDCXX.items() if version <= libstdcxx)])
    machine = sysconfig.get_platform().split("-")[-1]
    return f"{interpreter}-manylinux_2_{glibc}_{machine}"


def version() -> str:
    header = (ROOT / "include/deltaic/deltaic.h").read_text()
    return re.search(r'DELTAIC_VERSION_STRING "([^"]+)"', header)[1]


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


def fingerprint(paths: list[pathlib.Path]) -> str:
    """Changes with any of the files; looks at their dates, not their content."""
    states = [f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in paths]
    return hashlib.sha256("\n".join([sys.executable, *states]).encode()).hexdigest()


SCRIPTS = [pathlib.Path(__file__).resolve(), pathlib.Path(elf_isolate.__file__).resolve()]


def main() -> None:
    readme = ROOT / "bindings/python/README.md"
    state = fingerprint([LIBRARY, native_module(), readme, *SCRIPTS, *package_files(), *libraries_to_pack().values()])
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
