# frozen_string_literal: true

require_relative "test_helper"

class MemoryTest < TableTest
  # How often as much as in a usual run.
  TIMES = Integer(ENV.fetch("DELTAIC_TORTURE", "1"))

  def stressed
    GC.stress = true
    yield
  ensure
    GC.stress = false
  end

  def rich_rows
    [{ id: 1, text: "a" * 30, list: ["x", nil], spot: { a: 1 }, day: Date.new(2024, 1, 1), at: Time.at(5).utc,
       price: BigDecimal("1.5"), raw: "\xff".b, v: { "k" => [1, "z"] }, by: { "m" => 1 } },
     { id: 2, text: "b" }]
  end

  def schema
    { id: :long, text: :string, list: [:string], spot: { a: :long }, day: :date, at: :timestamp, price: "decimal(9,2)",
      raw: :binary, v: :variant, by: %i[map string long] }
  end

  def test_values_survive_a_collector_that_always_runs
    expected = nil
    stressed { Deltaic.write(path, rich_rows, schema:) }
    opened = Deltaic::Table.open(path)
    expected = opened.scan.to_a
    stressed do
      assert_equal expected, opened.scan.to_a
      assert_equal expected.first["text"], opened.scan(symbolize_names: true, where: "id = 1").first[:text]
    end
    assert_equal rich_rows.first[:v], expected.first["v"]
  end

  def test_errors_survive_a_collector_that_always_runs
    opened = table(rich_rows, schema:)
    stressed do
      assert_raises(Deltaic::SchemaMismatchError) { opened.write([{ id: "x" }]) }
      assert_raises(Deltaic::InvalidArgumentError) { opened.scan(where: "id >").first }
      assert_raises(Deltaic::NotFoundError) { Deltaic::Table.open(path("no")) }
    end
  end

  def test_values_survive_compaction
    skip "this Ruby cannot compact" unless GC.respond_to?(:compact)
    opened = table((0...3000).map { |i| { id: i, name: "n#{i % 7}", day: Date.new(2024, 1, 1) + (i % 9) } })
    rows = []
    opened.scan.each_batch do |batch|
      rows.concat(batch)
      GC.compact
    end
    assert_equal (0...3000).to_a, rows.map { |row| row["id"] }.sort
    assert_equal 7, rows.map { |row| row["name"] }.uniq.size
  end

  def test_abandoned_scans_leave_nothing
    opened = large_table(20_000)
    abandon = lambda do |times|
      times.times do |i|
        opened.scan.each { break }
        opened.scan.arrow_c_stream if (i % 5).zero? # never read, never closed
        opened.scan.each.next if (i % 50).zero?
      end
      GC.start
    end
    abandon.call(300)
    before = resident_kilobytes
    abandon.call(700 * TIMES)
    assert_operator resident_kilobytes - before, :<, 30_000
  end

  # Also those that come just as a scan has been opened: then nobody has it.
  def test_interrupted_scans_leave_nothing
    opened = large_table(200_000)
    interrupt = lambda do |times|
      times.times do |i|
        Timeout.timeout(0.0001 + ((i % 40) * 0.00005)) { opened.scan.first }
      rescue Timeout::Error
        nil
      end
      GC.start
    end
    interrupt.call(400)
    before = resident_kilobytes
    interrupt.call(800 * TIMES)
    assert_operator resident_kilobytes - before, :<, 80_000
  end

  def test_failed_writes_leave_nothing
    opened = table([{ id: 1 }])
    fail_often = lambda do |times|
      times.times do
        assert_raises(Deltaic::SchemaMismatchError) { opened.write(([{ id: 1 }] * 100) + [{ id: "x" }]) }
      end
      GC.start
    end
    fail_often.call(100)
    before = resident_kilobytes
    fail_often.call(200 * TIMES)
    assert_operator resident_kilobytes - before, :<, 20_000
  end

  def test_a_scan_of_many_rows_takes_little
    opened = large_table(1_000_000)
    GC.start
    before = resident_kilobytes
    rows = 0
    opened.scan.each { rows += 1 }
    assert_equal 1_000_000, rows
    assert_operator resident_kilobytes - before, :<, 120_000
  end
end
