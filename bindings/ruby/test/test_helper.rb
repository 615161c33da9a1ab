# frozen_string_literal: true

require "deltaic"
require "minitest/autorun"
require "tmpdir"
require "timeout"

# A folder of its own for each test, and what tests have in common.
class TableTest < Minitest::Test
  def setup
    @folder = Dir.mktmpdir("deltaic-ruby")
  end

  def teardown
    FileUtils.remove_entry(@folder)
  end

  # A path in the test's folder.
  def path(name = "table") = File.join(@folder, name)

  # A table of these rows.
  def table(rows, name = "table", **options)
    Deltaic.write(path(name), rows, **options)
    Deltaic::Table.open(path(name))
  end

  # A table of `count` rows in one file, quickly: { id:, name:, score: }.
  def large_table(count)
    table((0...count).lazy.map { |i| { id: i, name: "name #{i % 1000}", score: i / 7.0 } })
  end

  # Kilobytes that the process holds.
  def resident_kilobytes = File.read("/proc/self/status")[/VmRSS:\s+(\d+)/, 1].to_i

  # How long the block takes.
  def seconds
    begun = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    yield
    Process.clock_gettime(Process::CLOCK_MONOTONIC) - begun
  end

  def sorted(rows, key = "id") = rows.sort_by { |row| row[key] }
end
