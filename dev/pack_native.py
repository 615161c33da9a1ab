#!/usr/bin/env python3
"""Makes dist/native/linux-x64/: libdeltaic and every library that it needs, from which wheel and gem are packed.

It holds all but the C and C++ runtimes, under names of its own: a package works beside any other Arrow in the same
process (see dev/elf_isolate.py).
"""

import hashlib
import pathlib
import re
import shutil
import subprocess
import sys

import elf_isolate

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIBRARY = ROOT / "build/release/lib/libdeltaic.so.0"
BUNDLE = ROOT / "dist/native/linux-x64"
KEYS = ROOT / "build/native-keys"
SCRIPTS = [pathlib.Path(__file__).resolve(), pathlib.Path(elf_isolate.__file__).resolve()]

# What every Linux with a C++ runtime has; the rest is packed.
SYSTEM_LIBRARIES = re.compile(
    r"(libc|libm|libdl|librt|libpthread|libstdc\+\+|libgcc_s|libz|ld-linux-x86-64|ld-linux-aarch64)\.so\.\d+|linux-vdso.*"
)
# The oldest glibc of distributions whose libstdc++ has these symbols (PEP 600: the tag promises both).
GLIBC_OF_LIBSTDCXX = {29: 34, 30: 35, 31: 38, 32: 38, 33: 39}


def run(*command: str | pathlib.Path) -> str:
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        script = pathlib.Path(sys.argv[0]).name
        sys.exit(f"{script}: {' '.join(map(str, command))}\n{result.stdout}{result.stderr}")
    return result.stdout


def version() -> str:
    header = (ROOT / "include/deltaic/deltaic.h").read_text()
    return re.search(r'DELTAIC_VERSION_STRING "([^"]+)"', header)[1]


def fingerprint(paths: list[pathlib.Path]) -> str:
    """Changes with any of the files; looks at their dates, not their content."""
    states = [f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in paths]
    return hashlib.sha256("\n".join([sys.executable, *states]).encode()).hexdigest()


def libraries_to_pack() -> dict[str, pathlib.Path]:
    """Every library that libdeltaic needs, directly or not, but the system's: SONAME -> file."""
    found = {}
    for line in run("ldd", LIBRARY).splitlines():
        match = re.match(r"\s*(\S+) => (\S+) \(0x", line)
        if match and not SYSTEM_LIBRARIES.fullmatch(match[1]):
            found[match[1]] = pathlib.Path(match[2])
        elif "not found" in line:
            sys.exit(f"pack_native.py: {line.strip()}")
    return found


def own_name(soname: str) -> str:
    """libarrow.so.2600 -> libdeltaic_arrow.so.2600: no other package has a library of this name."""
    return "libdeltaic_" + soname.removeprefix("lib")


def renamed_libraries() -> dict[str, str]:
    """SONAME -> its name in the bundle."""
    return {soname: own_name(soname) for soname in libraries_to_pack()}


def isolate(
    source: pathlib.Path, target: pathlib.Path, renamed: dict[str, str], soname: str | None, rpath: str = "$ORIGIN"
) -> None:
    """A stripped copy that finds its neighbours by their new names, at `rpath`."""
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
    run("patchelf", "--set-rpath", rpath, target)


def bundle() -> list[pathlib.Path]:
    """Brings the bundle up to date; copies of what has not changed are kept.

    Returns:
        its files.
    """
    BUNDLE.mkdir(parents=True, exist_ok=True)
    KEYS.mkdir(parents=True, exist_ok=True)
    sources = libraries_to_pack()
    renamed = renamed_libraries()
    wanted = {LIBRARY.name: (LIBRARY, None)}
    wanted |= {renamed[soname]: (source, renamed[soname]) for soname, source in sources.items()}
    for path in [p for p in BUNDLE.iterdir() if p.name not in wanted]:
        path.unlink()
    for name, (source, soname) in wanted.items():
        target, key_file = BUNDLE / name, KEYS / f"{name}.key"
        key = fingerprint([source, *SCRIPTS]) + " ".join(sorted(renamed))
        if not target.exists() or not key_file.exists() or key_file.read_text() != key:
            isolate(source, target, renamed, soname)
            key_file.write_text(key)
    return sorted(BUNDLE.iterdir())


def oldest_glibc(files: list[pathlib.Path]) -> int:
    """The oldest glibc, 2.N, that serves these libraries and the C++ runtime that they need."""
    symbols = "".join(run("readelf", "-W", "-V", path) for path in files if ".so" in path.name)
    glibc = max(int(minor) for minor in re.findall(r"GLIBC_2\.(\d+)", symbols))
    libstdcxx = max((int(minor) for minor in re.findall(r"GLIBCXX_3\.4\.(\d+)", symbols)), default=0)
    return max([glibc, *(needs for version, needs in GLIBC_OF_LIBSTDCXX.items() if version <= libstdcxx)])


def main() -> None:
    files = bundle()
    size = sum(path.stat().st_size for path in files)
    print(f"native: {BUNDLE.relative_to(ROOT)}, {len(files)} libraries, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
