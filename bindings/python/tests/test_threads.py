"""Long calls give up the GIL, can be interrupted, and may share a table."""

import concurrent.futures
import os
import signal
import subprocess
import sys
import textwrap
import threading

import pyarrow as pa
import pytest
from deltaic import DeltaTable, _native, write_deltalake

SCHEMA = pa.schema({"id": pa.int64()})
TIMEOUT_SECONDS = 60


def reader(batches) -> pa.RecordBatchReader:
    return pa.RecordBatchReader.from_batches(SCHEMA, batches)


def batch(*ids: int) -> pa.RecordBatch:
    return pa.record_batch({"id": pa.array(ids, pa.int64())})


def test_other_threads_run_while_a_write_waits_for_its_input(uri):
    """The input waits for a thread that needs the GIL: with the GIL held the write would never end."""
    asked, answered = threading.Event(), threading.Event()

    def answer() -> None:
        assert asked.wait(TIMEOUT_SECONDS)
        answered.set()

    def batches():
        asked.set()
        assert answered.wait(TIMEOUT_SECONDS)
        yield batch(1)

    thread = threading.Thread(target=answer)
    thread.start()
    write_deltalake(uri, reader(batches()))
    thread.join()
    assert DeltaTable(uri).count() == 1


def test_table_can_be_asked_while_it_is_written_to(uri):
    """The input itself asks the table that is being written: a lock around the handle would never be free."""
    write_deltalake(uri, pa.table({"id": [0]}))
    table = DeltaTable(uri)
    seen = []

    def batches():
        seen.append((table.version(), table.count(), table.schema().fields[0].name))
        yield batch(table.version() + 1)

    write_deltalake(table, reader(batches()), mode="append")
    assert seen == [(0, 1, "id")]
    assert (table.version(), table.count()) == (1, 2)


def test_threads_share_one_table_object(uri):
    write_deltalake(uri, pa.table({"id": [0]}))
    table = DeltaTable(uri)

    def work(number: int) -> int:
        if number % 4 == 0:
            write_deltalake(table, pa.table({"id": [number]}), mode="append")
        elif number % 4 == 1:
            table.update_incremental()
        return table.to_pyarrow_table().num_rows

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(work, range(16), timeout=TIMEOUT_SECONDS))
    assert all(1 <= count <= 5 for count in counts)
    assert DeltaTable(uri).count() == 5


@pytest.fixture
def interruptible():
    """Ctrl-C raises, also where a shell started the tests in the background and made all of them ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_interrupt_stops_a_write_and_leaves_nothing(uri):
    def batches():
        yield batch(1)
        os.kill(os.getpid(), signal.SIGINT)
        while not stop.wait(0.01):
            yield batch(2)

    stop = threading.Event()
    timer = threading.Timer(TIMEOUT_SECONDS, stop.set)
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            write_deltalake(uri, reader(batches()))
        assert not stop.is_set(), "the write ran until its input ended"
    finally:
        timer.cancel()
    assert not DeltaTable.is_deltatable(uri)


def test_interrupt_stops_reading(uri):
    """In a process of its own: the interrupt arrives while pyarrow pulls batches without the GIL."""
    write_deltalake(uri, pa.table({"id": range(300_000)}))
    code = """
        import os, signal, sys, threading, time
        from deltaic import DeltaTable
        from deltaic._scan import open_scan
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stream = open_scan(DeltaTable(sys.argv[1])._table, None, None, batch_rows=1)
        def interrupt_once_rows_flow():
            while stream.metrics()["rowsReturned"] == 0:
                time.sleep(0.001)
            os.kill(os.getpid(), signal.SIGINT)
        try:
            threading.Thread(target=interrupt_once_rows_flow, daemon=True).start()
            stream.read_all()
        except KeyboardInterrupt:
            print("interrupted", stream.metrics()["rowsReturned"])
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), uri], capture_output=True, text=True, timeout=TIMEOUT_SECONDS
    )
    word, returned = run.stdout.split()
    assert (word, int(returned) < 300_000) == ("interrupted", True)


def test_cancellation_stops_a_scan(uri):
    write_deltalake(uri, pa.table({"id": range(1000)}))
    options, cancellation = _native.Options(), _native.Cancellation()
    options.set_cancellation(cancellation)
    scan = DeltaTable(uri)._table.native.scan(options)
    cancellation.cancel()
    with pytest.raises(Exception, match="cancelled"):
        pa.RecordBatchReader.from_stream(_Once(scan.stream())).read_all()
    assert scan.error().code_name == "Cancelled"


class _Once:
    def __init__(self, capsule) -> None:
        self.capsule = capsule

    def __arrow_c_stream__(self, requested_schema=None):
        return self.capsule


def test_forked_process_reads_and_writes(uri):
    """In a process of its own: with threads of Arrow started, a child must not wait for any of them."""
    code = """
        import os, sys
        import pyarrow as pa
        from deltaic import DeltaTable, write_deltalake
        write_deltalake(sys.argv[1], pa.table({"id": range(1000)}))
        assert DeltaTable(sys.argv[1]).to_pyarrow_table().num_rows == 1000
        child = os.fork()
        if child == 0:
            rows = DeltaTable(sys.argv[1]).to_pyarrow_table()
            write_deltalake(sys.argv[1], rows, mode="append")
            os._exit(0)
        print(os.waitpid(child, 0)[1], DeltaTable(sys.argv[1]).count())
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), uri], capture_output=True, text=True, timeout=TIMEOUT_SECONDS
    )
    assert run.stdout.split() == ["0", "2000"], run.stderr


def test_exit_leaves_no_complaint(uri):
    """Nothing is printed on the way out, whatever is still alive."""
    write_deltalake(uri, pa.table({"id": [1]}))
    code = """
        import sys
        import deltaic
        kept = [deltaic.DeltaTable(sys.argv[1])]
        kept += [kept[0].scan(), kept[0].__arrow_c_stream__(), kept[0].schema(), deltaic._native.Options()]
        sys.kept = kept
    """
    run = subprocess.run(
        [sys.executable, "-X", "dev", "-c", textwrap.dedent(code), uri], capture_output=True, text=True, timeout=60
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_streams_outlive_their_table(uri):
    write_deltalake(uri, pa.table({"id": [1, 2]}))
    capsules = [DeltaTable(uri).scan().__arrow_c_stream__() for _ in range(3)]
    assert pa.RecordBatchReader.from_stream(_Once(capsules.pop())).read_all().num_rows == 2
    del capsules  # never consumed: released with the capsule


def test_interpreter_ends_quietly_while_a_daemon_thread_reads(uri):
    """Through this package alone: before Python 3.14 a thread that is in pyarrow then may abort the process."""
    write_deltalake(uri, [batch(*range(1000))])
    code = """
        import sys, threading
        from deltaic import DeltaTable

        reading = threading.Event()

        def read():
            while True:
                assert DeltaTable(sys.argv[1]).count() == 1000
                reading.set()

        threading.Thread(target=read, daemon=True).start()
        assert reading.wait(60)
        """
    command = [sys.executable, "-c", textwrap.dedent(code), uri]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
    assert (ended.returncode, ended.stderr) == (0, "")


FIRST_USES = {
    "to_pyarrow_table": "table.to_pyarrow_table().num_rows",
    "filters": "table.to_pyarrow_table(filters=[('i', '>=', 0)]).num_rows",
    "to_pandas": "len(table.to_pandas())",
    "to_pyarrow_dataset": "table.to_pyarrow_dataset().to_table().num_rows",
    "fragments": "sum(f.count_rows() for f in table.to_pyarrow_dataset().get_fragments())",
    "scan": "table.scan().read_all().num_rows",
    "stream to pandas": "len(table.scan().to_pandas())",
    "schema": "table.schema().to_arrow() and table.count()",
    "get_add_actions": "sum(table.get_add_actions()['num_records'].to_pylist())",
    "query": "QueryBuilder().register('t', table).execute('SELECT * FROM t').read_all().num_rows",
}


@pytest.mark.parametrize("use", FIRST_USES)
def test_fork_during_the_first_use_leaves_a_child_that_can_do_the_same(uri, use):
    """What a first use imports is half imported in a child that is forked meanwhile."""
    write_deltalake(uri, pa.table({"i": range(5000)}))
    code = f"""
        import os, sys, threading, time
        from deltaic import DeltaTable, QueryBuilder
        table = DeltaTable(sys.argv[1])
        def use():
            return {FIRST_USES[use]}
        for delay in (0, 0.02, 0.05, 0.1, 0.2, 0.4):
            if delay == 0:
                thread = threading.Thread(target=use)
                thread.start()
            time.sleep(delay)
            child = os.fork()
            if child == 0:
                os._exit(0 if use() == 5000 else 3)
            assert os.waitpid(child, 0)[1] == 0
        thread.join()
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code), uri], check=True, timeout=TIMEOUT_SECONDS)
