"""One run of one side of one case. Its settings are JSON on standard input; the last line printed is JSON."""

import importlib
import json
import os
import sys
import tempfile
import time
import warnings
from pathlib import Path

import far_server
from cases import BY_NAME, Place

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from scenario import Job


def _warm_up(package, uri: str, options: dict) -> None:
    """Imports, code and connections as they are in a process that has worked for a while."""
    import pyarrow.dataset  # noqa: F401  (both packages import it on their first read)
    from cases import _ten_rows

    package.write_deltalake(uri, _ten_rows(), storage_options=options)
    for _ in range(15):
        package.write_deltalake(uri, _ten_rows(), mode="append", storage_options=options)
    table = package.DeltaTable(uri, storage_options=options)
    table.update_incremental()
    table.to_pyarrow_table()


def main() -> None:
    warnings.simplefilter("ignore")
    given = json.load(sys.stdin)
    case, package = BY_NAME[given["case"]], importlib.import_module(given["side"])
    place = Place(package, given["uri"], given["options"])
    _warm_up(package, given["warm_uri"], place.options)
    ready = case.before(place) if case.before else None
    time.sleep(0.2)  # what goes on in the background belongs to what came before
    far_server.clear_log(given["admin"])
    job = Job(None, None, Path(tempfile.gettempdir()))
    with job.measured():
        shown = case.run(place, ready)
    time.sleep(0.1)
    log = far_server.requests(given["admin"])
    print(json.dumps(job.result | {"shown": shown, "requests": len(log), "kinds": far_server.by_kind(log), "log": log}))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
