# frozen_string_literal: true

require_relative "test_helper"

class TableFactsTest < TableTest
  def test_open_knows_what_the_log_says
    opened = table([{ id: 1, day: "mon" }], partition_by: [:day], description: "d",
                                            properties: { "delta.appendOnly" => false, "mine" => 7 })
    assert_equal 0, opened.version
    assert_equal "file://#{path}", opened.uri
    assert_equal({ "id" => "long", "day" => "string" }, opened.schema.to_h)
    assert_equal %w[day], opened.partition_columns
    assert_equal "7", opened.properties["mine"]
    assert_equal 1, opened.details["numRows"]
    assert_equal 1, opened.protocol["minReaderVersion"]
    assert_equal "d", opened.metadata["description"]
    assert_match(/version=0/, opened.inspect)
  end

  def test_schema_is_enumerable
    schema = table([{ id: 1, name: "a" }]).schema
    assert_equal %w[id name], schema.names
    assert_equal %w[id name], (schema.map { |field| field["name"] })
    assert_equal "string", schema[:name]["type"]
    assert_nil schema[:nothing]
    assert_equal schema, Deltaic::Schema.new(schema.to_json)
  end

  def test_versions_stay_what_they_are
    first = table([{ id: 1 }])
    second = first.at(version: 0)
    second.write([{ id: 2 }])
    assert_equal [0, 1], [first.version, second.version]
    assert_equal [1, 2], [first.count, second.count]
    assert_equal 2, first.refresh.count
    assert_equal 1, first.at(version: 0).count
    assert_equal 1, Deltaic::Table.open(path, version: 0).count
  end

  def test_time_travel
    first = table([{ id: 1 }])
    sleep 0.01
    between = Time.now
    sleep 0.01
    first.write([{ id: 2 }])
    assert_equal 0, first.at(between).version
    assert_equal 0, Deltaic::Table.open(path, time: between).version
    assert_equal 0, first.at(between.utc.strftime("%Y-%m-%d %H:%M:%S.%3N")).version
    assert_raises(Deltaic::InvalidArgumentError) { first.at(Time.utc(2000)) }
    assert_raises(Deltaic::InvalidArgumentError) { first.at }
    assert_raises(Deltaic::InvalidArgumentError) { Deltaic::Table.open(path, version: 0, time: between) }
  end

  def test_history_and_files
    written = table([{ id: 1 }])
    written.write([{ id: 2 }], commit_info: { "job" => { "run" => 3 } })
    assert_equal([1, 0], written.history.map { |entry| entry["version"] })
    assert_equal({ "run" => 3 }, written.history(limit: 1).first["commitInfo"]["job"])
    assert_equal 2, written.files.size
    assert_equal 1, written.files(where: "id = 2").size
    assert_equal %w[path], written.files(format: :paths).first.keys
  end

  def test_table_question
    refute Deltaic.table?(path)
    table([{ id: 1 }])
    assert Deltaic.table?(path)
  end
end

class MaintenanceTest < TableTest
  def test_restore
    opened = table([{ id: 1 }])
    opened.write([{ id: 2 }], mode: :overwrite)
    assert_equal 0, opened.restore(version: 0)["restoredVersion"]
    assert_equal [[{ "id" => 1 }], 2], [opened.scan.to_a, opened.version]
    assert_raises(Deltaic::InvalidArgumentError) { opened.restore }
  end

  def test_optimize
    opened = table([{ id: 0 }])
    5.times { |i| opened.write([{ id: i + 1 }]) }
    assert_equal 6, opened.optimize(plan_only: true)["plan"].sum { |group| group["numFiles"] }
    assert_equal [1, 6], opened.optimize.values_at("numFilesAdded", "numFilesRemoved")
    assert_equal [0, 1, 2, 3, 4, 5], opened.scan.map { |row| row["id"] }.sort
    assert_equal 1, opened.files.size
  end

  def test_vacuum
    opened = table([{ id: 1 }])
    opened.write([{ id: 2 }], mode: :overwrite)
    old = File.basename(opened.at(version: 0).files(format: :paths).first["path"])
    assert_raises(Deltaic::InvalidArgumentError) { opened.vacuum(retention_hours: 0) }
    options = { retention_hours: 0, enforce_retention_duration: false }
    assert_equal [old], opened.vacuum(**options)["files"]
    assert_path_exists File.join(path, old)
    assert_equal 1, opened.vacuum(dry_run: false, **options)["numDeletedFiles"]
    refute_path_exists File.join(path, old)
    assert_equal 1, opened.count
  end

  def test_alter
    opened = table([{ id: 1 }])
    opened.alter(:add_columns, schema: "n INT, day DATE", after: :id)
    assert_equal %w[id n day], opened.schema.names
    opened.alter(:add_constraint, constraint: :small, condition: "id < 100")
    assert_raises(Deltaic::ConstraintViolatedError) { opened.append([{ id: 100 }]) }
    assert_nil opened.alter(:add_columns, schema: "n INT", if_not_exists: true)["version"]
    assert_raises(Deltaic::InvalidArgumentError) { opened.alter(:turn_round) }
  end

  def test_repair_and_logs
    opened = table([{ id: 0 }])
    3.times { |i| opened.append([{ id: i + 1 }]) }
    refute opened.compact_log(1..3)["wasThere"]
    assert_equal 4, opened.manifest["numFiles"]
    assert_empty opened.cleanup_log(dry_run: true)["files"]
    gone = File.basename(opened.files(where: "id = 0", format: :paths).first["path"])
    File.delete(File.join(path, gone))
    assert_equal [nil, [gone]], opened.repair(dry_run: true).values_at("version", "removed")
    assert_equal 4, opened.repair["version"]
    assert_equal 3, opened.count
  end

  def test_doctor
    opened = table([{ id: 0 }])
    opened.append([{ id: 1 }])
    found = opened.doctor(num_commits: 1)
    assert_equal [1, 2, 2], found.values_at("version", "numFiles", "numRows")
    assert_equal 1, found["log"]["commits"].size
    assert_includes %w[warning note good], found["findings"].first["severity"]
    assert_nil opened.doctor(list_folder: false)["reclaimable"]
    assert_raises(Deltaic::InvalidArgumentError) { opened.doctor(num_commits: -1) }
  end
end

class ScanTest < TableTest
  def setup
    super
    @table = table((1..5000).map { |i| { id: i, name: "n#{i % 3}", half: i / 2.0 } })
  end

  def test_rows_are_hashes_in_the_order_of_the_schema
    row = @table.scan(where: "id = 7").first
    assert_equal({ "id" => 7, "name" => "n1", "half" => 3.5 }, row)
    assert_equal %w[id name half], row.keys
    assert_equal Encoding::UTF_8, row["name"].encoding
  end

  def test_symbols_columns_and_limit
    rows = @table.scan(columns: [:half], symbolize_names: true, limit: 2).to_a
    assert_equal 2, rows.size
    assert_equal %i[half], rows.first.keys
    assert_equal([{}], @table.scan(columns: [], limit: 1).to_a)
  end

  def test_is_enumerable_and_can_be_read_again
    scan = @table.scan
    assert_equal 12_502_500, (scan.sum { |row| row["id"] })
    assert_equal 5000, scan.to_a.size
    assert_equal [1000] * 5, scan.each_slice(1000).map(&:size)
    assert_equal [2, 4], scan.lazy.map { |row| row["id"] }.select(&:even?).first(2)
    assert_equal 5000, scan.each.size
    assert_kind_of Enumerator, scan.each_batch
    assert_equal 3, scan.each.next["id"] + scan.first["id"] + 1
  end

  def test_count
    assert_equal 5000, @table.scan.count
    assert_equal 10, @table.scan(where: "id <= 10").count
    assert_equal 10, @table.count(where: "id <= 10")
    assert_equal 2, @table.scan(limit: 2).count
    assert_equal 1666, (@table.scan.count { |row| row["name"] == "n0" })
  end

  def test_break_ends_the_scan
    @table.scan.each { |row| break if row["id"] == 3 }
    assert_raises(IOError) { @table.scan.each { raise IOError } }
    assert_equal 5000, @table.scan.count
  end

  def test_shared_strings_are_frozen
    names = @table.scan(dictionary_columns: [:name]).map { |row| row["name"] }
    assert(names.all?(&:frozen?))
    assert_equal 3, names.map(&:object_id).uniq.size
    refute_predicate @table.scan(dictionary_strings: false).first["name"], :frozen?
  end

  def test_explain_reads_nothing
    assert_equal 5000, @table.scan(where: "id > 0").explain["rowsToRead"]
  end

  def test_arrow_stream_moves_between_tables
    stream = @table.scan(where: "id <= 5").arrow_c_stream
    assert_operator stream.to_i, :>, 0
    Deltaic.write(path("copy"), @table.scan(where: "id <= 5"))
    copy = Deltaic::Table.open(path("copy"))
    assert_equal @table.scan(where: "id <= 5").to_a, copy.scan.to_a
    assert_equal 5, copy.count
  end

  def test_threads_share_a_table
    sums = 4.times.map { Thread.new { @table.scan.sum { |row| row["id"] } } }.map(&:value)
    assert_equal [12_502_500] * 4, sums
  end

  def test_a_stream_is_one_threads_at_a_time
    stream = @table.scan.arrow_c_stream
    assert_equal 10, stream.next_rows(10).size
    assert_raises(Deltaic::InvalidArgumentError) { stream.to_i }
    stream.close
    assert_nil stream.next_rows(10)
    stream.close
  end
end
