#!/usr/bin/env python3
"""Deltaic beside deltalake on an S3 server behind a proxy that makes it far; docs/benchmarks.md explains."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

import cases
from far_server import ROOT, FarServer

HERE = Path(__file__).resolve().parent
OURS, PEER = "deltaic", "deltalake"
MAX_MEMORY = 0.5  # of the peer's growth
MIB = 1 << 20
NOT_JUDGED = 4 * MIB  # such growth says more of the allocator than of the work


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    names = [case.name for case in cases.CASES]
    parser.add_argument("--only", action="append", choices=names, metavar="NAME", help=f"of {', '.join(names)}")
    parser.add_argument("--latency", action="append", type=int, metavar="MS", help="default: 0, then 30")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each side (default 5)")
    parser.add_argument("--sides", default=f"{OURS},{PEER}", help="comma-separated")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there, each request among them")
    parser.add_argument("--results", type=Path, metavar="FILE", help="write the page there")
    return parser.parse_args()


def _environment() -> dict[str, str]:
    """Nothing of this machine's clouds."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    paths = [str(ROOT / "build/python"), os.environ.get("PYTHONPATH", "")]
    quiet = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null"}
    return kept | quiet | {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}


def _make_tables(server: FarServer, chosen: list[cases.Case]) -> None:
    """By the peer, past the proxy."""
    from deltalake import write_deltalake

    for name in {case.table for case in chosen if case.table}:
        cases.TABLES[name](write_deltalake, f"s3://bench/{name}", server.options(far=False))


def _run_once(server: FarServer, case: cases.Case, side: str, number: int) -> dict:
    own = f"s3://bench/runs/{case.name}-{side}-{number}"
    given = {
        "case": case.name,
        "side": side,
        "uri": f"s3://bench/{case.table}" if case.table else own,
        "warm_uri": own + "-warm",
        "options": server.options(far=True),
        "admin": server.admin,
    }
    command = [sys.executable, str(HERE / "measure.py")]
    done = subprocess.run(
        command, input=json.dumps(given), capture_output=True, text=True, env=_environment(), timeout=600
    )
    if done.returncode != 0:
        raise SystemExit(f"{case.name}, {side}: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _summary(case: cases.Case, runs: dict[str, list[dict]]) -> dict:
    if len({run["shown"] for done in runs.values() for run in done}) > 1:
        raise SystemExit(f"{case.name}: the sides did not do the same work")
    keys = ("seconds", "cpu_seconds", "grown_bytes", "peak_bytes", "requests")
    sides = {side: {key: median(run[key] for run in done) for key in keys} for side, done in runs.items()}
    return {"name": case.name, "title": case.title, "sides": sides, "runs": runs, "target": case.target}


def _row(summary: dict, is_far: bool) -> str:
    ours, peer = (summary["sides"].get(side) for side in (OURS, PEER))

    def both(form) -> str:
        return " | ".join(form(side) if side else "-" for side in (ours, peer))

    faster = memory = verdict = "-"
    if ours and peer:
        times, part = peer["seconds"] / ours["seconds"], ours["grown_bytes"] / max(peer["grown_bytes"], 1)
        faster, memory = f"{times:.1f}x", f"{part:.2f}"
        is_large = part > MAX_MEMORY and ours["grown_bytes"] > NOT_JUDGED
        missed = [what for what, bad in (("time", times < summary["target"]), ("memory", is_large)) if bad]
        verdict = ("no: " + ", ".join(missed) if missed else "yes") if is_far else "-"
    times = both(lambda side: f"{side['seconds'] * 1000:.0f} ms")
    counts = both(lambda side: f"{side['requests']:g}")
    memories = both(lambda side: f"{side['grown_bytes'] / MIB:.1f}")
    target = f"{summary['target']:g}x" if is_far else "-"
    return f"| {summary['title']} | {times} | {faster} | {target} | {counts} | {memories} | {memory} | {verdict} |"


def _table(summaries: list[dict], latency: int) -> list[str]:
    names = ["deltaic", "deltalake", "faster", "target", "requests", "deltalake's", "MiB", "deltalake's", "part", "met"]
    head = "| at {} ms | " + " | ".join(names) + " |"
    rule = "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|"
    return [head.format(latency), rule, *[_row(summary, latency == 30) for summary in summaries]]


def _head(rounds: int) -> list[str]:
    sys.path.insert(0, str(HERE.parent))
    import report

    where = report.environment()
    versions = ", ".join(f"{name} {where['versions'][name]}" for name in ("deltaic", "deltalake", "pyarrow"))
    return [
        f"# {where['date']}, an S3 server far away",
        "",
        f"- command: `benchmarks/cloud/run.py --rounds {rounds}`, medians, each run a process of its own",
        f"- hardware: {where['cpu']}, {where['cores']} cores, {where['memory_gib']} GiB; {where['system']}",
        f"- versions: {versions}, Python {where['python']}",
        "",
        "[docs/benchmarks.md](../../docs/benchmarks.md) says what each call does.",
        "",
    ]


def main() -> int:
    arguments = _arguments()
    chosen = [case for case in cases.CASES if not arguments.only or case.name in arguments.only]
    sides = arguments.sides.split(",")
    lines, figures, number = [], {}, 0
    with FarServer() as server:
        server.set_latency(0)
        _make_tables(server, chosen)
        for latency in arguments.latency or [0, 30]:
            server.set_latency(latency)
            summaries = []
            for case in chosen:
                print(f"{case.name} at {latency} ms", file=sys.stderr)
                runs = {side: [] for side in sides}
                for _ in range(arguments.rounds):
                    for side in sides:
                        number += 1
                        runs[side].append(_run_once(server, case, side, number))
                summaries.append(_summary(case, runs))
            figures[latency] = summaries
            lines += [*_table(summaries, latency), ""]
    print("\n".join(lines))
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")
    if arguments.results:
        arguments.results.write_text("\n".join([*_head(arguments.rounds), *lines[:-1]]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
