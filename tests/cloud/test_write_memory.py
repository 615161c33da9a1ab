"""What a write to S3 takes of memory: a row group while it is encoded, and then parts of it on their way."""

import json
import subprocess
import sys

WRITE = """
import json, sys
import pyarrow as pa
from deltaic import write_deltalake

def kilobytes(key):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(key))

uri, options = sys.argv[1], json.loads(sys.argv[2])
# No value twice, and none that compression makes shorter.
noise = [(i * 2654435761 + 12345) % (1 << 62) * 2862933555777941757 % (1 << 62) for i in range(1_200_000)]
rows = pa.table({f"c{i}": pa.array(noise[i:] + noise[:i], pa.int64()) for i in range(4)})
del noise
write_deltalake(uri + "-small", rows.slice(0, 10), storage_options=options)
open("/proc/self/clear_refs", "w").write("5")
before = kilobytes("VmRSS")
write_deltalake(uri, rows, storage_options=options)
print(kilobytes("VmHWM") - before, rows.nbytes)
"""


def test_twice_the_rows_at_most(uri, options):
    command = [sys.executable, "-c", WRITE, uri, json.dumps(options)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    grown, rows = map(int, done.stdout.split())
    assert rows > 38_000_000
    assert grown * 1024 < 2.2 * rows
