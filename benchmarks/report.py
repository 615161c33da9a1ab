"""Figures of runs, as a table for people and as JSON for programs."""

import datetime
import os
import platform
from importlib import metadata
from pathlib import Path
from statistics import median

from scenario import ARROW, BEFORE, DUCKDB, OURS, PEER, POLARS, Scenario

MIB = 1 << 20
_COLUMNS = [
    ("scenario", str.ljust),
    ("deltaic", str.rjust),
    ("deltalake", str.rjust),
    ("faster", str.rjust),
    ("target", str.rjust),
    ("Arrow alone", str.rjust),
    ("memory", str.rjust),
    ("deltalake's", str.rjust),
    ("part", str.rjust),
    ("target", str.rjust),
    ("peaks", str.rjust),
    ("met", str.ljust),
]


def summarize(scenario: Scenario, runs: dict[str, list[dict]], judge: bool) -> dict:
    """Medians, ratios, and whether the targets are met: None where there is nothing to compare with, or to judge."""
    sides = {
        side: {key: median(run[key] for run in done) for key in ("seconds", "cpu_seconds", "peak_bytes", "grown_bytes")}
        | {"all_seconds": [run["seconds"] for run in done]}
        for side, done in runs.items()
        if done
    }
    ours, peer, arrow = (sides.get(side) for side in (OURS, PEER, ARROW))
    summary = {
        "name": scenario.name,
        "title": scenario.title,
        "sides": sides,
        "times_faster": peer["seconds"] / ours["seconds"] if ours and peer else None,
        "of_arrow": ours["seconds"] / arrow["seconds"] if ours and arrow else None,
        "memory_part": ours["grown_bytes"] / max(peer["grown_bytes"], 1) if ours and peer else None,
        "target_times_faster": scenario.target,
        "target_of_arrow": scenario.arrow_limit,
        "target_memory_part": scenario.memory_target,
        "target_seconds": scenario.max_seconds,
        "target_peak_bytes": scenario.max_peak_bytes,
    }
    checks = [
        ("time", summary["times_faster"], scenario.target, lambda value, target: value >= target),
        ("Arrow", summary["of_arrow"], scenario.arrow_limit, lambda value, target: value <= target),
        ("memory", summary["memory_part"], summary["target_memory_part"], lambda value, target: value <= target),
        ("time", ours and ours["seconds"], scenario.max_seconds, lambda value, target: value <= target),
        ("memory", ours and ours["peak_bytes"], scenario.max_peak_bytes, lambda value, target: value <= target),
    ]
    judged = [
        (what, met(value, target)) for what, value, target, met in checks if value is not None and target is not None
    ]
    summary["missed"] = [what for what, met in judged if not met] if judge and judged else None
    return summary


def _seconds(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def _cells(summary: dict) -> list[str]:
    ours, peer, arrow = (summary["sides"].get(side, {}) for side in (OURS, PEER, ARROW))

    def memory(side: dict, key: str) -> str:
        return f"{side[key] / MIB:.0f}" if side else "-"

    def number(key: str, form: str) -> str:
        return form.format(summary[key]) if summary[key] is not None else "-"

    alone = _seconds(arrow.get("seconds"))
    if summary["of_arrow"] is not None:
        limit = number("target_of_arrow", ", at most {:g}") if summary["target_of_arrow"] else ""
        alone += f" ({summary['of_arrow']:.2f}x{limit})"
    target = number("target_times_faster", "{:g}x")
    if summary["target_seconds"] is not None:
        target = _seconds(summary["target_seconds"])
    memory_target = number("target_memory_part", "{:.2f}")
    if summary["target_peak_bytes"] is not None:
        memory_target = f"{summary['target_peak_bytes'] / MIB:.0f}"
    missed = summary["missed"]
    return [
        summary["title"],
        _seconds(ours.get("seconds")),
        _seconds(peer.get("seconds")),
        number("times_faster", "{:.1f}x"),
        target,
        alone,
        memory(ours, "grown_bytes"),
        memory(peer, "grown_bytes"),
        number("memory_part", "{:.2f}"),
        memory_target,
        f"{memory(ours, 'peak_bytes')} / {memory(peer, 'peak_bytes')}",
        "-" if missed is None else "no: " + ", ".join(missed) if missed else "yes",
    ]


def table_lines(summaries: list[dict]) -> list[str]:
    """A Markdown table, with the columns also lined up for a terminal."""
    rows = [[name for name, _ in _COLUMNS], *[_cells(summary) for summary in summaries]]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_COLUMNS))]
    lines = [
        "| "
        + " | ".join(align(cell, width) for cell, width, (_, align) in zip(row, widths, _COLUMNS, strict=True))
        + " |"
        for row in rows
    ]
    rule = [
        "-" * (w - 1) + ":" if align is str.rjust else "-" * w for w, (_, align) in zip(widths, _COLUMNS, strict=True)
    ]
    return [lines[0], "| " + " | ".join(rule) + " |", *lines[1:]]


def side_lines(summaries: list[dict]) -> list[str]:
    """Every side of the scenarios that have others than the peer and Arrow: beside ours, as parts of their time."""
    lines = ["| scenario | side | time | ours / it | CPU | memory | peak |", "|---|---|---:|---:|---:|---:|---:|"]
    for summary in summaries:
        if not set(summary["sides"]) & {POLARS, DUCKDB, BEFORE}:
            continue
        ours = summary["sides"].get(OURS)
        for name, side in summary["sides"].items():
            part = f"{ours['seconds'] / side['seconds']:.2f}" if ours else "-"
            sizes = f"{side['grown_bytes'] / MIB:.0f} | {side['peak_bytes'] / MIB:.0f}"
            times = f"{_seconds(side['seconds'])} | {part} | {_seconds(side['cpu_seconds'])}"
            lines.append(f"| {summary['title']} | {name} | {times} | {sizes} |")
    return lines if len(lines) > 2 else []


def tables(summaries: list[dict]) -> list[str]:
    """What is compared with the peer and Arrow, then what is beside other readers."""
    others = {POLARS, DUCKDB, BEFORE}
    first = [summary for summary in summaries if not set(summary["sides"]) & others]
    lines = table_lines(first) if first else []
    sides = side_lines(summaries)
    return [*lines, *([""] if lines and sides else []), *sides]


def environment() -> dict:
    """Hardware and versions; nothing that names the machine or its folders."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    versions = {}
    for package in ("deltaic", "deltalake", "pyarrow", "polars", "duckdb"):
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "not installed"
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
        "cpu": model,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "versions": versions,
    }


def page(summaries: list[dict], command: str, where: dict, rounds: int) -> str:
    """The Markdown page kept in results/."""
    versions = ", ".join(f"{name} {version}" for name, version in where["versions"].items())
    lines = [
        f"# {where['date']}",
        "",
        f"- command: `{command}`, medians of {rounds} alternating rounds, each run in a process of its own",
        f"- hardware: {where['cpu']}, {where['cores']} cores, {where['memory_gib']} GiB; {where['system']}",
        f"- versions: {versions}, Python {where['python']}",
        "",
        "Memory in MiB: growth of the resident set during the scenario; peaks are those of the whole processes.",
        "[docs/benchmarks.md](../../docs/benchmarks.md) says what each scenario does.",
        "",
        *tables(summaries),
    ]
    return "\n".join(lines) + "\n"
