# frozen_string_literal: true

require_relative "test_helper"

class BadInputTest < TableTest
  MISFITS = {
    boolean: [1, "true", :yes], byte: [128, 1.0, "1"], short: [-32_769], integer: [2**31, "7"],
    long: [2**63, -2**63 - 1, 1.5, "1", Object.new], float: ["1.5", 1e300, 16_777_217, true], double: ["x", nil.to_a],
    "decimal(5,2)": ["abc", 1000, 1.005, BigDecimal("NaN"), BigDecimal("1e10"), Time.now],
    string: [1, ["a"], "\xff".b, { a: 1 }], binary: [5], date: ["2024-01-31", Time.now, 5],
    timestamp: [Date.new(2024, 1, 1), 5, "2024-01-01"], timestamp_ntz: [1.5]
  }.freeze

  MISFITS.each do |type, values|
    define_method("test_misfits_of_#{type.to_s.gsub(/\W/, "_")}") do
      opened = table([], schema: { id: :long, value: type })
      values.each do |value|
        error = assert_raises(Deltaic::SchemaMismatchError, value.inspect) do
          opened.write([{ id: 1, value: nil }, { id: 2, value: }])
        end
        assert_match(/\Arow 1, column value: .* does not fit the type #{Regexp.escape(type.to_s)}\z/m, error.message)
      end
      assert_equal 0, opened.refresh.version
      assert_empty Dir.glob("#{path}/*.parquet")
    end
  end

  def test_misfits_inside_say_where
    opened = table([], schema: { list: [{ zip: :long }], map: %i[map string long], s: { a: :long } })
    {
      { list: [{ zip: 1 }, { zip: "x" }] } => "row 0, column list[1].zip: \"x\" does not fit the type array<struct<zip:long>>",
      { list: 5 } => "row 0, column list: 5 does not fit",
      { map: { "a" => "b" } } => "row 0, column map[\"a\"]: \"b\" does not fit the type map<string,long>",
      { s: { a: 1, b: 2 } } => "row 0, column s: {:a=>1, :b=>2} does not fit the type struct<a:long>"
    }.each do |row, message|
      assert_includes assert_raises(Deltaic::SchemaMismatchError) { opened.write([row]) }.message, message
    end
  end

  def test_rows_that_are_none
    opened = table([{ id: 1 }])
    [[5], ["a"], [[1]], [nil]].each do |rows|
      assert_raises(Deltaic::SchemaMismatchError, rows.inspect) { opened.write(rows) }
    end
    assert_raises(Deltaic::InvalidArgumentError) { opened.write(5) }
    assert_raises(Deltaic::SchemaMismatchError) { Deltaic.write(path("new"), [1, 2]) }
    assert_equal 0, opened.refresh.version
  end

  def test_keys_that_are_no_columns
    opened = table([{ id: 1 }])
    error = assert_raises(Deltaic::SchemaMismatchError) { opened.write([{ id: 1 }, { id: 2, nome: 3 }]) }
    assert_equal "row 1 has :nome, and there is no column of this name", error.message
    error = assert_raises(Deltaic::SchemaMismatchError) { opened.write([{ id: 1, "id" => 2 }]) }
    assert_match(/twice/, error.message)
  end

  def test_types_that_cannot_be_found
    assert_match(/column a: .*schema:/, assert_raises(Deltaic::InvalidArgumentError) do
                                          Deltaic.write(path, [{ a: nil }])
                                        end.message)
    assert_raises(Deltaic::SchemaMismatchError) { Deltaic.write(path, [{ a: 1 }, { a: "x" }]) }
    assert_raises(Deltaic::SchemaMismatchError) { Deltaic.write(path, [{ a: Object.new }]) }
    assert_raises(Deltaic::SchemaMismatchError) { Deltaic.write(path, [{ a: 2**70 }]) }
    assert_raises(Deltaic::InvalidArgumentError) { Deltaic.write(path, [{ a: 1 }], schema: { a: :nonsense }) }
    assert_raises(Deltaic::InvalidArgumentError) { Deltaic.write(path, [{ a: 1 }], schema: { a: "decimal(40,2)" }) }
    assert_raises(Deltaic::InvalidArgumentError) { Deltaic.write(path, [{ a: 1 }], schema: 5) }
    refute Deltaic.table?(path)
  end

  def test_calls_that_are_wrong
    opened = table([{ id: 1 }])
    assert_raises(Deltaic::InvalidArgumentError) { opened.scan(where: "id >").to_a }
    assert_raises(Deltaic::InvalidArgumentError) { opened.scan(columns: [:nope]).to_a }
    assert_raises(Deltaic::InvalidArgumentError) { opened.scan(no_such_option: 1).to_a }
    assert_raises(Deltaic::InvalidArgumentError) { opened.scan(decimals: :float) }
    assert_raises(Deltaic::InvalidArgumentError) { opened.write([{ id: 1 }], mode: :upsert) }
    assert_raises(Deltaic::InvalidArgumentError) { opened.write([{ id: 1 }], nonsense: true) }
    assert_raises(Deltaic::NotFoundError) { opened.at(version: 7) }
    assert_raises(Deltaic::NotFoundError) { Deltaic::Table.open(path("nothing")) }
    assert_raises(ArgumentError) { Deltaic::Table.open("a\0b") }
    assert_raises(Deltaic::UnsupportedError, Deltaic::InvalidArgumentError) { Deltaic::Table.open("gopher://x/y") }
    assert_raises(ArgumentError) { opened.scan(where: "a\0b").to_a }
  end

  def test_native_classes_guard_themselves
    assert_raises(TypeError, NoMethodError) { Deltaic::Native::Stream.new }
    assert_raises(TypeError, NoMethodError) { Deltaic::Native::Table.new }
    feed = Deltaic::Native::RowFeed.new(Deltaic::Native::Table.at(path, nil), nil, nil)
    assert_raises(Deltaic::InvalidArgumentError) { feed.append([]) }
    assert_raises(Deltaic::InvalidArgumentError) { feed.finish }
    assert_nil feed.stop
    assert_raises(TypeError) { Deltaic::Native::Table.at(path, 5) }
    assert_raises(Deltaic::InvalidArgumentError) { feed.start_stream(0) }
  end

  def test_a_consumed_stream_is_refused
    opened = table([{ id: 1 }])
    stream = opened.arrow_c_stream
    holder = Struct.new(:arrow_c_stream).new(stream)
    assert_equal 1, opened.write(holder)["numAddedRows"]
    assert_raises(Deltaic::InvalidArgumentError) { opened.write(holder) }
    assert_equal 2, opened.count
  end

  def test_damaged_variants_raise
    opened = table([{ v: { "a" => 1 } }], schema: { v: :variant })
    assert_equal({ "a" => 1 }, opened.scan.first["v"])
  end

  def test_errors_all_have_classes
    names = %w[InvalidArgument NotFound AlreadyExists SchemaMismatch ConstraintViolated Unsupported Corruption Conflict
               CommitUnknown Unavailable Io PermissionDenied Cancelled Internal]
    names.each { |name| assert_equal name, Deltaic.error_of(name, "x").code_name }
    assert_equal "Internal", Deltaic.error_of("Nonsense", "x").code_name
  end
end
