"""The programs in examples/ruby."""

import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EXTENSION = ROOT / "build/ruby"

pytestmark = pytest.mark.skipif(
    not (EXTENSION / "deltaic.so").exists() or shutil.which("ruby") is None, reason="no Ruby extension; run make gem"
)


def test_boundary_job(tmp_path):
    paths = [f"-I{ROOT / 'bindings/ruby/lib'}", f"-I{EXTENSION}"]
    command = ["ruby", "-w", *paths, ROOT / "examples/ruby/boundary_job.rb", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "first run: 1000 rows",
        "second run: 20 rows",
        "third run: 0 rows",
        'served: 990 rows, the best of them {"user_id"=>990, "score"=>0.99}',
    ]
