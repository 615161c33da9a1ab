"""One run of one side of one scenario: measure.py SIZE SCENARIO SIDE FIXTURE SCRATCH. The last line printed is JSON."""

import json
import os
import sys
import warnings
from pathlib import Path

from scenario import Job
from scenarios import SCENARIOS
from sizes import SIZES


def main() -> None:
    size, name, side, fixture, scratch = sys.argv[1:]
    warnings.simplefilter("ignore", DeprecationWarning)
    job = Job(SIZES[size], Path(fixture) if fixture else None, Path(scratch))
    shown = SCENARIOS[name].sides[side](job)
    print(json.dumps(job.result | {"shown": str(shown)}), flush=True)
    # The measuring is done: threads that a package leaves behind may not fail the run while the interpreter ends.
    os._exit(0)


if __name__ == "__main__":
    main()
