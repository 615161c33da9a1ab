# frozen_string_literal: true

require_relative "test_helper"

class WritesTest < TableTest
  def test_few_files_of_each_partition_or_more
    rows = (0...40_000).lazy.map { |i| { p: i % 4, text: "text #{i}" } }
    counts = [true, false].map do |few|
      Deltaic.write(path(few.to_s), rows, partition_by: [:p], max_memory_bytes: 65_536, optimize_write: few)["numAddedFiles"]
    end
    assert_equal 4, counts[0]
    assert_operator counts[1], :>, 4
  end

  def test_small_files_are_joined_after_a_write_or_not
    opened = table([{ id: 0 }])
    50.times { |i| opened.write([{ id: i }], auto_compact: false) }
    assert_equal 51, opened.files.size
    opened.write([{ id: 99 }], auto_compact: true)
    assert_equal [1, 52], [opened.refresh.files.size, opened.count]
    assert_equal "OPTIMIZE", opened.history(limit: 1)[0]["commitInfo"]["operation"]
  end

  def test_modes
    assert_equal 2, Deltaic.write(path, [{ id: 1 }, { id: 2 }])["numAddedRows"]
    assert_raises(Deltaic::AlreadyExistsError) { Deltaic.write(path, [{ id: 1 }]) }
    assert Deltaic.write(path, [{ id: 1 }], mode: :ignore)["skipped"]
    assert_equal 1, Deltaic.write(path, [{ id: 3 }], mode: :append)["version"]
    opened = Deltaic::Table.open(path)
    assert_equal [1, 2, 3], opened.scan.map { |row| row["id"] }.sort
    opened.write([{ id: 9 }], mode: :overwrite)
    assert_equal [{ "id" => 9 }], opened.scan.to_a
  end

  def test_overwrite_with_another_schema
    opened = table([{ id: 1 }])
    assert_raises(Deltaic::SchemaMismatchError) { opened.write([{ name: "a" }], mode: :overwrite) }
    opened.write([{ name: "a" }], mode: :overwrite, schema_mode: :overwrite)
    assert_equal [{ "name" => "a" }], opened.scan.to_a
    opened.write([{ name: "b", size: 2 }], schema_mode: :merge)
    assert_equal [nil, 2], sorted(opened.scan.to_a, "name").map { |row| row["size"] }
  end

  def test_rows_lack_columns_and_mix_keys
    opened = table([{ id: 1, name: "a" }])
    opened.write([{ "id" => 2 }, { id: 3, "name" => "c" }])
    assert_equal ["a", nil, "c"], sorted(opened.scan.to_a).map { |row| row["name"] }
  end

  def test_columns_that_rows_lack_get_what_the_table_says
    schema = { "type" => "struct", "fields" => [
      { "name" => "id", "type" => "long", "nullable" => true, "metadata" => {} },
      { "name" => "twice", "type" => "long", "nullable" => true,
        "metadata" => { "delta.generationExpression" => "id * 2" } }
    ] }
    Deltaic.write(path, [{ id: 1, twice: 2 }], schema: { id: :long, twice: :long })
    log = File.join(path, "_delta_log/00000000000000000000.json")
    text = File.readlines(log).map do |line|
      action = JSON.parse(line)
      action["metaData"]["schemaString"] = JSON.generate(schema) if action["metaData"]
      action["protocol"] = { "minReaderVersion" => 1, "minWriterVersion" => 4 } if action["protocol"]
      JSON.generate(action)
    end
    File.write(log, text.join("\n"))
    opened = Deltaic::Table.open(path)
    opened.write([{ id: 21 }])
    assert_equal [2, 42], opened.scan.map { |row| row["twice"] }.sort
  end

  def test_enumerators_are_read_while_they_are_written
    made = 0
    rows = Enumerator.new { |out| 200_000.times { |i| out << { id: (made = i), text: "x" * 20 } } }
    assert_equal 200_000, Deltaic.write(path, rows)["numAddedRows"]
    assert_equal 199_999, made
    assert_equal 200_000, Deltaic::Table.open(path).count
  end

  def test_an_enumerator_that_raises_leaves_the_table_as_it_was
    opened = table([{ id: 1 }])
    files = Dir.glob("#{path}/**/*")
    [0, 1, 20_000, 150_000].each do |good|
      rows = Enumerator.new do |out|
        good.times { |i| out << { id: i } }
        raise KeyError, "after #{good}"
      end
      assert_equal("after #{good}", assert_raises(KeyError) { opened.write(rows) }.message)
    end
    assert_equal 0, opened.refresh.version
    assert_equal files, Dir.glob("#{path}/**/*")
    assert_raises(KeyError) { Deltaic.write(path("new"), Enumerator.new { raise KeyError }) }
    refute Deltaic.table?(path("new"))
  end

  def test_a_write_that_fails_early_ends_the_rows
    table([{ id: 1 }])
    made = 0
    rows = Enumerator.new { |out| 10_000_000.times { |i| out << { id: made = i } } }
    assert_raises(Deltaic::AlreadyExistsError) { Deltaic.write(path, rows, mode: :error) }
    assert_operator made, :<, 200_000
  end

  def test_transactions_are_written_once
    opened = table([{ id: 1 }])
    opened.write([{ id: 2 }], transaction: ["nightly", 17])
    assert_equal 17, opened.transaction_version("nightly")
    assert_nil opened.transaction_version("other")
    assert_raises(Deltaic::InvalidArgumentError) { opened.write([{ id: 2 }], transaction: %w[nightly x]) }
  end

  def test_partitions
    opened = table((0...100).map { |i| { id: i, day: Date.new(2024, 1, 1 + (i % 3)) } }, partition_by: :day)
    assert_equal 3, opened.files.size
    assert_equal 34, opened.count(where: "day = DATE '2024-01-01'")
    assert_equal Date.new(2024, 1, 2), opened.scan(where: "id = 1").first["day"]
  end

  def test_empty_rows
    assert_raises(Deltaic::InvalidArgumentError) { Deltaic.write(path, []) }
    Deltaic.write(path, [], schema: { id: :long, at: :timestamp })
    opened = Deltaic::Table.open(path)
    assert_equal 0, opened.count
    assert_equal({ "id" => "long", "at" => "timestamp" }, opened.schema.to_h)
    opened.write([])
    assert_empty opened.scan.to_a
  end

  def test_schema_as_ruby
    Deltaic.write(path, [{ id: 1, price: "1.50", tags: %w[a], spot: { x: 1.5, y: nil }, by: { "k" => 2 }, raw: "ab" }],
                  schema: { id: :int, price: "decimal(10, 2)", tags: [:string], spot: { x: :double, y: :double },
                            by: %i[map string long], raw: :binary })
    opened = Deltaic::Table.open(path)
    assert_equal "decimal(10,2)", opened.schema["price"]["type"]
    assert_equal({ "id" => 1, "price" => BigDecimal("1.5"), "tags" => %w[a], "spot" => { "x" => 1.5, "y" => nil },
                   "by" => { "k" => 2 }, "raw" => "ab".b }, opened.scan.first)
    assert_equal "1.50", opened.scan(decimals: :string).first["price"]
    Deltaic.write(path("copy"), [{ id: 1 }], schema: opened.schema)
    assert_equal opened.schema.to_h, Deltaic::Table.open(path("copy")).schema.to_h
  end

  def test_writers_at_once_all_land
    table([{ id: -1 }])
    4.times.map { |i| Thread.new { 5.times { |j| Deltaic.write(path, [{ id: (i * 10) + j }], mode: :append) } } }.each(&:join)
    assert_equal 21, Deltaic::Table.open(path).count
    assert_equal 20, Deltaic::Table.open(path).version
  end
end

class ChangesOfRowsTest < TableTest
  def setup
    super
    @table = table([{ id: 1, score: 0.5 }, { id: 2, score: -1.0 }, { id: 3, score: -2.0 }],
                   properties: { "delta.enableChangeDataFeed" => true })
  end

  def test_delete_and_update
    assert_equal 1, @table.delete("score < -1.5")["numDeletedRows"]
    assert_equal 2, @table.update({ score: "score * 10" })["numUpdatedRows"]
    assert_equal [5.0, -10.0], sorted(@table.scan.to_a).map { |row| row["score"] }
    assert_equal 2, @table.delete["numDeletedRows"]
    assert_equal 0, @table.count
  end

  def test_upsert
    metrics = @table.upsert([{ id: 2, score: 9.0 }, { id: 4, score: 4.0 }], key: :id)
    assert_equal [1, 1], metrics.values_at("numTargetRowsUpdated", "numTargetRowsInserted")
    assert_equal [0.5, 9.0, -2.0, 4.0], sorted(@table.scan.to_a).map { |row| row["score"] }
    assert_raises(Deltaic::InvalidArgumentError) { @table.upsert([{ id: 1 }, { id: 1 }], key: :id) }
    assert_raises(Deltaic::InvalidArgumentError) { @table.upsert([{ id: 1 }], key: []) }
    assert_equal 0, @table.upsert([], key: %w[id])["numSourceRows"]
  end

  def test_merge
    @table.merge([{ id: 1, gone: true }, { id: 2, gone: false }, { id: 7, gone: false }], on: "t.id = s.id")
          .when_matched_delete(where: "s.gone")
          .when_matched_update({ score: "t.score + 100" })
          .when_not_matched_insert({ id: "s.id", score: "0" })
          .when_not_matched_by_source_update({ score: "1" })
          .execute
    assert_equal [[2, 99.0], [3, 1.0], [7, 0.0]], sorted(@table.scan.to_a).map(&:values)
    assert_raises(Deltaic::InvalidArgumentError) { @table.merge([], on: "t.id = s.id").execute }
  end

  def test_changes
    @table.update({ score: "7" }, where: "id = 1")
    @table.delete("id = 2")
    changes = @table.changes(from: 1).to_a
    assert_equal(%i[update_preimage update_postimage delete], changes.map(&:type))
    assert_equal([1, 1, 2], changes.map(&:version))
    assert_equal({ "id" => 2, "score" => -1.0 }, changes.last.row)
    assert_kind_of Time, changes.last.timestamp
    assert_equal 3, @table.changes(from: 0, to: 0).count
    some = @table.changes(from: 2, columns: [:id], symbolize_names: true).to_a
    assert_equal [[:delete, 2, { id: 2 }]], (some.map { |change| [change.type, change.version, change.row] })
    assert_raises(Deltaic::NotFoundError) { @table.changes(from: 9).to_a }
  end

  def test_conflicts_have_a_class
    other = Deltaic::Table.open(path)
    @table.delete("id = 1")
    error = assert_raises(Deltaic::ConflictError) { other.delete("id = 1", max_retries: 0) }
    assert_equal "Conflict", error.code_name
    assert_kind_of Deltaic::Error, error
    assert_equal 0, other.version
  end
end
