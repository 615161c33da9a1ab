#!/usr/bin/env python3
"""Runs every test suite and sums them up; the last line is `N passed, N failed, N skipped`.

Called by `make test`, which has built what is tested: build/dev (AddressSanitizer and UBSan), build/release and the
wheel in dist/.
Names of suites as arguments run these only.
"""

import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "build/test-results"
CONFORMANCE = pathlib.Path(os.environ.get("DELTAIC_CONFORMANCE_DIR", ROOT.parent / "shared/conformance"))


RUBY_PATHS = ["-Ibindings/ruby/lib", "-Ibuild/ruby", "-Ibindings/ruby/test"]


@dataclasses.dataclass
class Outcome:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    notes: list[str] = dataclasses.field(default_factory=list)


def run(command: list[str], log: pathlib.Path, env: dict[str, str] | None = None) -> int:
    with log.open("w") as out:
        return subprocess.run(
            command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, **(env or {})}, check=False
        ).returncode


def tail(log: pathlib.Path, lines: int = 60) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def unit() -> Outcome:
    """Every GoogleTest program and fuzz corpus of the dev preset, through ctest."""
    folder, log = RESULTS / "unit", RESULTS / "unit.log"
    folder.mkdir(parents=True)
    jobs = str(os.cpu_count() or 2)
    code = run(
        ["ctest", "--test-dir", "build/dev", "-j", jobs, "--output-on-failure"],
        log,
        {"GTEST_OUTPUT": f"json:{folder}/"},
    )
    outcome = Outcome()
    for report in folder.glob("*.json"):
        tests = [case for suite in json.loads(report.read_text())["testsuites"] for case in suite["testsuite"]]
        for case in tests:
            if case.get("failures"):
                outcome.failed += 1
                outcome.notes.append(f"{case['classname']}.{case['name']}")
            elif case["result"] == "SKIPPED":
                outcome.skipped += 1
                outcome.notes.append(f"skipped: {case['classname']}.{case['name']}")
            else:
                outcome.passed += 1
    if code != 0 and not outcome.failed:  # a crash leaves no report
        outcome.failed += 1
    if code != 0:
        outcome.notes.append(tail(log))
    return outcome


def conformance_run(name: str, command: list[str]) -> Outcome:
    """A runner over the conformance tables; what the build refuses by name is skipped by name."""
    if not (CONFORMANCE / "cases.json").exists():
        return Outcome(skipped=1, notes=[f"no conformance tables at {CONFORMANCE.name}/; set DELTAIC_CONFORMANCE_DIR"])
    log = RESULTS / f"{name}.log"
    code = run([*command, "--cases", str(CONFORMANCE)], log, {"PYTHONPATH": str(ROOT / "build/python")})
    match = re.search(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", log.read_text(), re.MULTILINE)
    if not match:
        return Outcome(failed=1, notes=[tail(log)])
    outcome = Outcome(*map(int, match.groups()))
    if code != 0 or outcome.failed:
        outcome.failed = max(outcome.failed, 1)
        outcome.notes.append(tail(log))
    return outcome


def conformance() -> Outcome:
    """The conformance tables through C++."""
    return conformance_run("conformance", ["build/release/bin/deltaic-conformance"])


def conformance_python() -> Outcome:
    """The conformance tables through the Python package."""
    return conformance_run("conformance-python", [sys.executable, "tests/acceptance/python/conformance.py"])


def conformance_ruby() -> Outcome:
    """The conformance tables through the Ruby gem."""
    return conformance_run("conformance-ruby", ["ruby", *RUBY_PATHS, "tests/acceptance/ruby/conformance.rb"])


def ruby() -> Outcome:
    """The tests of the Ruby gem, which dev/build_ruby has compiled, by minitest."""
    log = RESULTS / "ruby.log"
    tests = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "bindings/ruby/test").glob("test_*.rb"))
    code = run(["ruby", "-w", *RUBY_PATHS, *(f"-r./{path}" for path in tests), "-e", ""], log)
    match = re.search(
        r"^(\d+) runs, \d+ assertions, (\d+) failures, (\d+) errors, (\d+) skips$", log.read_text(), re.MULTILINE
    )
    if not match:
        return Outcome(failed=1, notes=[tail(log)])
    runs, failures, errors, skipped = map(int, match.groups())
    outcome = Outcome(runs - failures - errors - skipped, failures + errors, skipped)
    if code != 0:
        outcome.failed = max(outcome.failed, 1)
        outcome.notes.append(tail(log))
    return outcome


def pytest(folder: str):
    """A folder of pytest files, run in an environment that has the wheel."""

    def suite() -> Outcome:
        if not (ROOT / folder).exists():
            return Outcome(skipped=1, notes=[f"{folder} is not there"])
        name = folder.replace("/", "-")
        report, log = RESULTS / f"{name}.xml", RESULTS / f"{name}.log"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", folder]
        code = run(command, log, {"PYTHONPATH": str(ROOT / "build/python"), "DELTAIC_ROOT": str(ROOT)})
        if not report.exists():
            return Outcome(failed=1, notes=[tail(log)])
        tree = ElementTree.parse(report).getroot()
        totals = tree.find("testsuite").attrib
        failed = int(totals["failures"]) + int(totals["errors"])
        skipped = int(totals["skipped"])
        outcome = Outcome(int(totals["tests"]) - failed - skipped, failed, skipped)
        reasons = sorted({case.attrib.get("message", "") for case in tree.iter("skipped")})
        outcome.notes += [f"skipped: {reason}" for reason in reasons]
        if code not in (0, 5):
            outcome.failed = max(outcome.failed, 1)
            outcome.notes.append(tail(log))
        return outcome

    suite.__doc__ = f"pytest {folder}"
    return suite


def go() -> Outcome:
    """The Go modules: vet, and their tests under the race detector, with the stricter check of what C gets of Go."""
    if not shutil.which("go"):
        return Outcome(skipped=1, notes=["skipped: there is no go"])
    total = Outcome()
    for module in ("bindings/go", "bindings/go/arrow"):
        one = go_module(module)
        total.passed, total.failed = total.passed + one.passed, total.failed + one.failed
        total.skipped += one.skipped
        total.notes += one.notes
    return total


def go_module(module: str) -> Outcome:
    log, folder = RESULTS / f"{module.replace('/', '-')}.log", ROOT / module
    env = {
        "GOEXPERIMENT": "cgocheck2",
        "DELTAIC_LIBRARY": str(ROOT / "build/release/lib/libdeltaic.so.0"),
        "DELTAIC_CONFORMANCE_DIR": str(CONFORMANCE),
        "CGO_ENABLED": "1",
    }
    if run(["go", "-C", str(folder), "vet", "./..."], log, env) != 0:
        return Outcome(failed=1, notes=[tail(log)])
    code = run(["go", "-C", str(folder), "test", "-race", "-count=1", "-json", "./..."], log, env)
    outcome, output = Outcome(), {}
    for line in log.read_text().splitlines():
        if not line.startswith("{"):
            outcome.notes.append(line)
            continue
        event = json.loads(line)
        name, action = event.get("Test"), event["Action"]
        output.setdefault(name, []).append(event.get("Output", ""))
        if name is None or action not in ("pass", "fail", "skip"):
            continue
        outcome.passed += action == "pass"
        outcome.failed += action == "fail"
        outcome.skipped += action == "skip"
        if action != "pass":
            outcome.notes.append(f"{action}: {name}: " + "".join(output[name]).strip())
    if code != 0:
        outcome.failed = max(outcome.failed, 1)
        outcome.notes.append("".join(output.get(None, []))[-3000:])
    return outcome


def node() -> Outcome:
    """The Node package: its tests, with the garbage collector exposed, the conformance tables, and its types by tsc."""
    if not shutil.which("node") or not shutil.which("npm"):
        return Outcome(skipped=1, notes=["skipped: there is no node with npm"])
    log, folder = RESULTS / "node.log", ROOT / "bindings/node"
    env = {"DELTAIC_NODE_ADDON": str(ROOT / "build/node/deltaic.node"), "DELTAIC_CONFORMANCE_DIR": str(CONFORMANCE)}
    if run(["dev/build_node"], log) != 0:
        return Outcome(failed=1, notes=[tail(log)])
    tests = sorted(str(path) for path in (folder / "test").glob("*.test.js"))
    code = run(["node", "--expose-gc", "--test", "--test-reporter=tap", *tests], log, env)
    totals = {name: int(n) for name, n in re.findall(r"^# (pass|fail|cancelled|skipped) (\d+)$", log.read_text(), re.M)}
    outcome = Outcome(
        totals.get("pass", 0), totals.get("fail", 0) + totals.get("cancelled", 0), totals.get("skipped", 0)
    )
    if code != 0 or not outcome.passed:
        outcome.failed = max(outcome.failed, 1)
        failed = re.findall(r"^not ok .*\n(?: .*\n)*", log.read_text(errors="replace"), re.M)
        outcome.notes.append("".join(failed) or tail(log))
    types = RESULTS / "node-types"
    (types / "node_modules").mkdir(parents=True)
    (types / "node_modules/deltaic").symlink_to(folder)
    shutil.copyfile(folder / "test/types.ts", types / "types.ts")
    tsc = [str(ROOT / "build/node/npm/node_modules/.bin/tsc"), "--strict", "--noEmit", "--noUncheckedIndexedAccess"]
    tsc += ["--module", "nodenext", "--target", "es2022", "--lib", "es2022,esnext.disposable", "--types", "node"]
    tsc += ["--typeRoots", str(ROOT / "build/node/npm/node_modules/@types")]
    passed = run([*tsc, str(types / "types.ts")], RESULTS / "node-types.log") == 0
    outcome.passed += passed
    outcome.failed += not passed
    if not passed:
        outcome.notes.append(tail(RESULTS / "node-types.log"))
    return outcome


SUITES = {
    "unit": unit,
    "conformance": conformance,
    "conformance-python": conformance_python,
    "abi": pytest("tests/abi"),
    "install": pytest("tests/install"),
    "cli": pytest("tests/cli"),
    "python": pytest("bindings/python/tests"),
    "interop": pytest("tests/interop"),
    "cloud": pytest("tests/cloud"),
    "torture": pytest("tests/torture"),
    "ingest": pytest("tests/ingest"),
    "sync": pytest("tests/sync"),
    "readme": pytest("tests/readme"),
    "go": go,
    "node": node,
    "drivers": pytest("tests/drivers"),
    "ruby": ruby,
    "conformance-ruby": conformance_ruby,
}


LONGEST_FIRST = [
    "interop",
    "python",
    "ruby",
    "go",
    "node",
    "drivers",
    "sync",
    "torture",
    "ingest",
    "cli",
    "readme",
    "cloud",
]
LONGEST_FIRST += ["install", "conformance-python", "conformance-ruby", "conformance", "abi"]


def timed(name: str) -> tuple[str, Outcome, float]:
    start = time.monotonic()
    outcome = SUITES[name]()
    return name, outcome, time.monotonic() - start


def finished(names: list[str]):
    """Runs suites and gives each as it ends. `unit` uses all cores by itself; of the others, which are one process
    each, as many run at once as there are cores, the longest first."""
    alone = [name for name in names if name == "unit"]
    beside = sorted((name for name in names if name != "unit"), key=lambda name: LONGEST_FIRST.index(name))
    for name in alone:
        yield timed(name)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for suite in concurrent.futures.as_completed([pool.submit(timed, name) for name in beside]):
            yield suite.result()


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in SUITES]
    if unknown:
        sys.exit(f"run_tests.py: no suite {', '.join(unknown)}; there are {', '.join(SUITES)}")
    shutil.rmtree(RESULTS, ignore_errors=True)
    RESULTS.mkdir(parents=True)
    total = Outcome()
    for name, outcome, seconds in finished(names or list(SUITES)):
        state = "FAIL" if outcome.failed else "ok"
        print(
            f"{state:5}{name:19}{outcome.passed:6} passed {outcome.failed:4} failed {outcome.skipped:4} skipped"
            f"  {seconds:6.1f} s",
            flush=True,
        )
        for note in outcome.notes:
            print("      " + note.replace("\n", "\n      "))
        total.passed += outcome.passed
        total.failed += outcome.failed
        total.skipped += outcome.skipped
    print(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped")
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
