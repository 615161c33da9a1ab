#!/usr/bin/env python3
"""Deltaic beside deltalake and Arrow, on the same data in the same run; docs/benchmarks.md explains."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import report
from scenario import ALL_SIDES, OURS, Scenario
from scenarios import SCENARIOS
from sizes import CACHE, ROOT, SIZES

HERE = Path(__file__).resolve().parent


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=SCENARIOS, metavar="NAME", help=f"of {', '.join(SCENARIOS)}")
    parser.add_argument("--scale", choices=SIZES, default="full", help="small: seconds, to see that everything runs")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each side (default 5)")
    parser.add_argument("--sides", default=",".join(ALL_SIDES), help="comma-separated; default all")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="write the page there; a full run keeps it in results/"
    )
    return parser.parse_args()


def _child_environment() -> dict:
    paths = [str(ROOT / "build/python"), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}


def _warm(fixture: Path) -> None:
    """Reads all files once, so that the first side to run does not pay for the disk."""
    for path in fixture.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                while file.read(1 << 20):
                    pass


def _run_once(scenario: Scenario, side: str, scale: str, fixture: Path | None) -> dict:
    # Beside the data: the same file system, and not a memory disk that a machine's /tmp may be.
    CACHE.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="scratch-", dir=CACHE))
    try:
        command = [sys.executable, HERE / "measure.py", scale, scenario.name, side, str(fixture or ""), scratch]
        done = subprocess.run(command, capture_output=True, text=True, env=_child_environment(), timeout=900)
        if done.returncode != 0:
            raise RuntimeError(f"{scenario.name}, {side}: {done.stderr.strip().splitlines()[-1:] or done.returncode}")
        return json.loads(done.stdout.splitlines()[-1])
    finally:
        shutil.rmtree(scratch)


def _run(scenario: Scenario, sides: list[str], scale: str, rounds: int) -> dict[str, list[dict]]:
    fixture = scenario.fixture(SIZES[scale]) if scenario.fixture else None
    if fixture:
        _warm(fixture)
    runs = {side: [] for side in scenario.sides if side in sides}
    for _ in range(rounds):
        for side, done in runs.items():
            done.append(_run_once(scenario, side, scale, fixture))
    shown = {side: {run["shown"] for run in done} for side, done in runs.items()}
    if len(set().union(*shown.values())) > 1:
        raise RuntimeError(f"{scenario.name}: the sides did not do the same work: {shown}")
    return runs


def main() -> int:
    arguments = _arguments()
    sys.path.insert(0, str(ROOT / "build/python"))
    sides = arguments.sides.split(",")
    chosen = [scenario for name, scenario in SCENARIOS.items() if not arguments.only or name in arguments.only]
    judge = arguments.scale == "full"
    summaries, failures = [], []
    for scenario in chosen:
        print(f"{scenario.name}: {scenario.title}", file=sys.stderr)
        try:
            runs = _run(scenario, sides, arguments.scale, arguments.rounds)
            summaries.append(report.summarize(scenario, runs, judge))
        except (RuntimeError, ImportError, subprocess.TimeoutExpired) as error:
            failures.append(str(error))
            print(f"  failed: {error}", file=sys.stderr)
    print("\n".join(report.tables(summaries)))
    where = report.environment()
    chosen_by = [f"--only {name}" for name in arguments.only or []] + [f"--rounds {arguments.rounds}"]
    command = f"make bench ARGS='{' '.join(chosen_by)}'"
    if arguments.json:
        figures = where | {"scale": arguments.scale, "rounds": arguments.rounds, "scenarios": summaries}
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")
    whole = judge and not arguments.only and OURS in sides and not failures
    results = arguments.results or (HERE / "results" / f"{where['date']}.md" if whole else None)
    if results:
        results.write_text(report.page(summaries, command, where, arguments.rounds))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
