"""The packed gems, installed into a folder of their own and used with an empty environment."""

import os
import pathlib
import re
import shutil
import subprocess
import sysconfig
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
GEMS = sorted((ROOT / "dist").glob("deltaic-*.gem"))
SAMPLE = """
Deltaic.write("t", [{ id: 1, name: "a", tags: ["x"] }, { id: 2, name: "b" }])
table = Deltaic::Table.open("t")
table.upsert([{ id: 2, name: "c", tags: nil }, { id: 3, name: "d", tags: nil }], key: :id)
print table.scan(where: "id >= 2").map { |row| row["name"] }.sort.join
"""

pytestmark = pytest.mark.skipif(not GEMS or shutil.which("gem") is None, reason="no gem was built; run make gem")


def run(command: list, folder: pathlib.Path, env: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def install(gem: pathlib.Path, folder: pathlib.Path, path: str) -> dict[str, str]:
    env = {"PATH": path, "HOME": str(folder), "GEM_HOME": str(folder / "gems"), "GEM_PATH": str(folder / "gems")}
    command = ["gem", "install", "--local", "--no-document", "--no-user-install", str(gem)]
    run(command, folder, {**env, "LANG": "C.UTF-8"})
    return env


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> tuple[pathlib.Path, dict[str, str], float]:
    """The gem of the platform, installed where no compiler is found."""
    folder = tmp_path_factory.mktemp("gem")
    tools = folder / "bin"
    tools.mkdir()
    for tool in ("ruby", "gem", "env", "sh"):
        (tools / tool).symlink_to(shutil.which(tool))
    start = time.monotonic()
    env = install(next(gem for gem in GEMS if "linux" in gem.name), folder, str(tools))
    return folder, env, time.monotonic() - start


def test_the_sample_runs(installed):
    folder, env, seconds = installed
    assert run(["ruby", "-rdeltaic", "-e", SAMPLE], folder, env) == "cd"
    assert seconds < 60  # ten are promised, on a machine that does nothing else


def test_nothing_but_the_system_is_linked(installed):
    folder = installed[0]
    (extension,) = folder.rglob("3.*/deltaic.so")
    linked = run(["ldd", str(extension)], folder, dict(os.environ))
    assert "not found" not in linked
    for name, path in re.findall(r"(\S+) => (\S+)", linked):
        assert path.startswith(("/lib", "/usr/lib")) or path.startswith(str(folder)), name
    assert str(folder) in linked


def test_beside_another_arrow(installed):
    folder, env, _ = installed
    pyarrow = pathlib.Path(sysconfig.get_path("purelib"), "pyarrow")
    libraries = [str(path) for path in sorted(pyarrow.glob("lib*arrow.so.*")) + sorted(pyarrow.glob("libparquet.so.*"))]
    if not libraries:
        pytest.skip("pyarrow brings no libraries here")
    code = f"require 'fiddle'\n{libraries}.each {{ |l| Fiddle::Handle.new(l, Fiddle::RTLD_NOW) }}\n"
    (folder / "t").exists() and shutil.rmtree(folder / "t")
    assert run(["ruby", "-e", code + "require 'deltaic'\n" + SAMPLE], folder, env) == "cd"


def test_the_source_gem_compiles_the_extension_alone(tmp_path):
    gem = next(gem for gem in GEMS if "linux" not in gem.name)
    env = install(gem, tmp_path, os.environ["PATH"])
    assert run(["ruby", "-rdeltaic", "-e", SAMPLE], tmp_path, env) == "cd"


def test_what_is_missing_is_said(installed):
    folder, env, _ = installed
    (library,) = folder.rglob("libdeltaic.so.0")
    hidden = library.with_suffix(".hidden")
    library.rename(hidden)
    try:
        done = subprocess.run(["ruby", "-rdeltaic", "-e", ""], cwd=folder, env=env, capture_output=True, text=True)
    finally:
        hidden.rename(library)
    assert done.returncode != 0
    assert re.search(r"deltaic 0\.1\.0 cannot be loaded: .*libdeltaic\.so\.0", done.stderr)
