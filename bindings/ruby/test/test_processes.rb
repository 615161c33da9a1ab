# frozen_string_literal: true

require_relative "test_helper"

# Threads, signals and forks: what a Sidekiq or Puma does to a library.
class ProcessesTest < TableTest
  # Rows that never end, so that only an interrupt does.
  def endless = Enumerator.new { |out| loop { out << { id: 1, text: "x" * 100 } } }

  # The library's own OpenSSL must not become Ruby's.
  def test_openssl_may_be_loaded_afterwards
    paths = $LOAD_PATH.grep(/bindings|build/).map { |folder| "-I#{folder}" }
    code = 'require "deltaic"; require "openssl"; OpenSSL::X509::Store.new.set_default_paths; print "fine"'
    assert_equal "fine", IO.popen([RbConfig.ruby, *paths, "-e", code], &:read)
  end

  def test_timeout_ends_a_scan
    opened = large_table(200_000)
    took = seconds { assert_raises(Timeout::Error) { Timeout.timeout(0.2) { loop { opened.scan.each { |row| row } } } } }
    assert_operator took, :<, 1.5
    assert_equal 200_000, opened.scan.count
  end

  def test_timeout_ends_a_write_and_leaves_the_table
    opened = table([{ id: 1, text: "a" }])
    took = seconds { assert_raises(Timeout::Error) { Timeout.timeout(0.3) { opened.write(endless) } } }
    assert_operator took, :<, 1.5
    assert_equal 0, opened.refresh.version
    assert_equal 1, Dir.glob("#{path}/*.parquet").size
  end

  def test_a_killed_thread_ends_its_write
    opened = table([{ id: 1, text: "a" }])
    thread = Thread.new { opened.write(endless) }
    sleep 0.2
    took = seconds { thread.kill.join }
    assert_operator took, :<, 1.0
    assert_equal 0, opened.refresh.version
    assert_equal 1, Dir.glob("#{path}/*.parquet").size
  end

  def test_a_raise_into_a_waiting_thread_ends_its_scan
    opened = large_table(100_000)
    thread = Thread.new { loop { opened.scan(where: "sqrt(score) < 0").each { |row| row } } }
    thread.report_on_exception = false
    sleep 0.1
    thread.raise(IOError, "stop")
    assert_raises(IOError) { thread.join }
  end

  def test_a_signal_that_raises_nothing_cancels_nothing
    opened = table([{ id: 1, text: "a" }])
    seen = 0
    before = trap("USR1") { seen += 1 }
    sender = Thread.new do
      20.times do
        sleep 0.01
        Process.kill("USR1", Process.pid)
      end
    end
    rows = Enumerator.new { |out| 200_000.times { |i| out << { id: i, text: "x" * 50 } } }
    assert_equal 200_000, opened.write(rows)["numAddedRows"]
    assert_equal 200_001, opened.scan.count { true }
    sender.join
    assert_operator seen, :>, 0
  ensure
    trap("USR1", before || "DEFAULT")
  end

  def test_wakeup_cancels_nothing
    opened = large_table(100_000)
    thread = Thread.new { opened.scan.sum { |row| row["id"] } }
    begin
      loop do
        thread.wakeup
        sleep 0.001
      end
    rescue ThreadError
      nil # it has ended
    end
    assert_equal 4_999_950_000, thread.value
  end

  def test_other_threads_run_meanwhile
    opened = large_table(300_000)
    ticks = 0
    ticker = Thread.new { loop { sleep(0.001) && ticks += 1 } }
    opened.scan(where: "sqrt(score) + sqrt(score + 1) < 0").each { |row| row }
    opened.write(opened.scan)
    ticker.kill
    assert_operator ticks, :>, 5
  end

  def in_child
    reader, writer = IO.pipe
    pid = fork do
      reader.close
      writer.write(Marshal.dump(yield))
      writer.close
      exit!(0)
    end
    writer.close
    out = Timeout.timeout(30) { reader.read }
    Process.wait(pid)
    out.empty? ? nil : Marshal.load(out) # rubocop:disable Security/MarshalLoad
  end

  def test_children_of_fork_read_and_write
    opened = large_table(50_000)
    opened.scan.first(3)
    assert_equal(1_249_975_000, in_child { opened.scan.sum { |row| row["id"] } })
    assert_equal(1, in_child { opened.write([{ id: -1, name: "n", score: 0.0 }])["numAddedRows"] })
    assert_equal 50_001, opened.refresh.count
    sums = 3.times.map { Thread.new { in_child { opened.scan(columns: [:id]).count { true } } } }.map(&:value)
    assert_equal [50_001] * 3, sums
  end

  def test_a_stream_from_before_fork_raises_in_the_child
    stream = large_table(50_000).scan.arrow_c_stream
    stream.next_rows(5)
    message = in_child do
      stream.next_rows(5)
    rescue Deltaic::InvalidArgumentError => e
      GC.start
      e.message
    end
    assert_match(/before fork/, message)
    assert_equal 5, stream.next_rows(5).size
  end

  def test_a_child_that_exits_normally_does_not_hang
    opened = large_table(50_000)
    stream = opened.scan.arrow_c_stream
    stream.next_rows(1)
    pid = fork { GC.start }
    Timeout.timeout(20) { Process.wait(pid) }
    assert stream.next_rows(1)
  end

  def test_ractors_read
    opened = table((1..1000).map { |i| { id: i, day: Date.new(2024, 1, 1), price: BigDecimal("1.5") } })
    assert_equal 1000, opened.count
    script = <<~RUBY
      require "deltaic"
      Warning[:experimental] = false
      sums = 2.times.map do
        Ractor.new(#{path.dump}) { |path| Deltaic::Table.open(path).scan.sum { |row| row["id"] } }
      end
      print sums.map(&:take).inspect
    RUBY
    libraries = $LOAD_PATH.grep(/deltaic|bindings|build/).map { |dir| "-I#{dir}" }
    assert_equal "[500500, 500500]", IO.popen([RbConfig.ruby, *libraries, "-e", script], err: %i[child out], &:read)
  end
end
