# frozen_string_literal: true

require_relative "test_helper"

# What is written is what is read, for each type of the table in the guide.
class TypesTest < TableTest
  RANDOM = Random.new(13)
  TEXTS = ["", "a", "ü", "日本", "x" * 300, "with \"quotes\"", "a\u0000b"].freeze
  MAKERS = {
    boolean: -> { [true, false].sample(random: RANDOM) },
    byte: -> { RANDOM.rand(-128..127) },
    short: -> { RANDOM.rand(-32_768..32_767) },
    integer: -> { RANDOM.rand((-2**31)..((2**31) - 1)) },
    long: -> { RANDOM.rand((-2**63)..((2**63) - 1)) },
    float: -> { [RANDOM.rand(-1000..1000) / 8.0, Float::INFINITY].sample(random: RANDOM) },
    double: -> { [RANDOM.rand, -Float::INFINITY, 5e-324, 1.7e308].sample(random: RANDOM) },
    "decimal(38,10)": -> { BigDecimal(RANDOM.rand((-10**37)..(10**37))) / (10**10) },
    "decimal(9,2)": -> { BigDecimal(RANDOM.rand((-10**9 + 1)..((10**9) - 1))) / 100 },
    string: -> { TEXTS.sample(random: RANDOM).dup },
    binary: -> { RANDOM.bytes(RANDOM.rand(0..40)) },
    date: -> { Date.jd(RANDOM.rand(1_721_426..5_373_484), Date::GREGORIAN) },
    timestamp: -> { Time.at(RANDOM.rand(-62_135_596_800..253_402_300_799), RANDOM.rand(0..999_999)).utc },
    timestamp_ntz: -> { Time.at(RANDOM.rand(0..4_102_444_800), RANDOM.rand(0..999_999)).utc }
  }.freeze

  def round_trip(type, values)
    name = type.to_s.gsub(/\W/, "_") + values.object_id.to_s
    Deltaic.write(path(name), values.each_with_index.map { |value, i| { i:, v: value } }, schema: { i: :long, v: type })
    sorted(Deltaic::Table.open(path(name)).scan.to_a, "i").map { |row| row["v"] }
  end

  MAKERS.each do |type, maker|
    define_method("test_#{type.to_s.gsub(/\W/, "_")}_loses_nothing") do
      values = Array.new(300) { RANDOM.rand(10).zero? ? nil : maker.call }
      assert_equal values, round_trip(type, values)
    end

    define_method("test_#{type.to_s.gsub(/\W/, "_")}_nested_loses_nothing") do
      lists = Array.new(60) { Array.new(RANDOM.rand(4)) { RANDOM.rand(5).zero? ? nil : maker.call } } << nil
      assert_equal lists, round_trip([type], lists)
      structs = Array.new(60) { { "a" => maker.call, "b" => [maker.call] } } << nil
      assert_equal structs, round_trip({ a: type, b: [type] }, structs)
      maps = Array.new(60) { Array.new(RANDOM.rand(4)) { |i| ["k#{i}", maker.call] }.to_h } << nil
      assert_equal maps, round_trip([:map, :string, type], maps)
    end
  end

  def test_variants_lose_nothing
    values = [nil, true, 1, -300, 70_000, 2**40, 1.5, "a", "x" * 100, "日本", [1, [2, nil], "z"], {},
              { "b" => 1, "a" => { "c" => [true, false] } }, BigDecimal("12.5"), Date.new(2024, 2, 29),
              Time.at(1_700_000_000, 123_456).utc, Array.new(300) { |i| i }, (0..300).to_h { |i| ["key#{i}", i] },
              "\xff\x00".b, BigDecimal(10**30)]
    read = round_trip(:variant, values)
    values.zip(read).each { |value, found| value.nil? ? assert_nil(found) : assert_equal(value, found) }
  end

  def test_inferred_types
    row = { int: 1, float: 1.5, mixed: 1, text: "a", flag: true, at: Time.at(0, 5).utc, day: Date.new(1500, 1, 1),
            price: BigDecimal("1.25"), list: [1], deep: [{ a: [1.5] }], symbol: :sym, bytes: "\xff".b }
    opened = table([row, { mixed: 2.5, price: BigDecimal("-100000.5") }])
    types = opened.schema.to_h
    assert_equal(%w[long double double string boolean timestamp date decimal(38,17)],
                 types.values_at("int", "float", "mixed", "text", "flag", "at", "day", "price"))
    assert_equal %w[string binary], types.values_at("symbol", "bytes")
    read = opened.scan.first
    assert_equal [[{ "a" => [1.5] }], Date.new(1500, 1, 1), Time.at(0, 5).utc],
                 read.values_at("deep", "day", "at")
  end

  def test_times_of_other_kinds
    zone = Time.new(2024, 1, 31, 10, 0, 0, "+05:30")
    assert_equal [zone.getutc] * 2, round_trip(:timestamp, [zone, zone.to_datetime])
    assert_equal [Time.utc(2024, 1, 31, 10)], round_trip(:timestamp_ntz, [zone])
    assert_predicate round_trip(:timestamp, [zone]).first, :utc?
  end

  def test_numbers_of_other_kinds
    assert_equal [1.0, 0.5, 2.5], round_trip(:double, [1, 1r / 2, BigDecimal("2.5")])
    assert_equal [1, 2.5, 3.25], round_trip("decimal(9,2)", [1, 2.5, "3.25"])
  end

  def test_texts_of_other_encodings
    assert_equal %w[ü ü sym], round_trip(:string, ["\xfc".dup.force_encoding("ISO-8859-1"), "ü".b, :sym])
  end

  def test_dates_are_cached_and_frozen
    days = round_trip(:date, [Date.new(2024, 1, 1)] * 3)
    assert_equal 1, days.map(&:object_id).uniq.size
    assert_predicate days.first, :frozen?
  end
end
