# frozen_string_literal: true

require_relative "test_helper"
begin
  require "pg"
rescue LoadError
  nil
end
require "deltaic/sync"
require_relative "postgres_server"

# Against a real PostgreSQL: after every run, whole or killed, the target equals the source at the cursor's version.
class SyncTest < TableTest
  FEED = { "delta.enableChangeDataFeed" => true }.freeze
  # How often as much as in a usual run.
  TIMES = Integer(ENV.fetch("DELTAIC_TORTURE", "1"))

  def setup
    super
    skip "the gem pg is not installed" unless defined?(PG)
    @server = PostgresServer.shared or skip "PostgreSQL is not installed"
    @db = @server.connect
    @db.exec("SET client_min_messages = warning; DROP TABLE IF EXISTS scores, deltaic_sync;
              CREATE TABLE scores (id bigint PRIMARY KEY, name text, score double precision)")
  end

  def teardown
    @db&.close
    super
  end

  def sync(**options) = Deltaic::Sync.new(path, to: @db, into: "scores", key: :id, **options)

  def target
    @db.exec("SELECT id, name, score FROM scores ORDER BY id").map do |row|
      [row["id"].to_i, row["name"], row["score"]&.to_f]
    end
  end

  def source(version = nil)
    Deltaic::Table.open(path, version:).scan.map { |row| row.values_at("id", "name", "score") }.sort
  end

  def rows(range) = range.map { |i| { id: i, name: "n#{i}", score: i / 2.0 } }

  def test_first_run_then_changes_then_nothing
    scores = table(rows(1..100), properties: FEED)
    assert_equal [nil, 0, :snapshot, 100, 0, 0], sync.run.to_a
    assert_equal source, target
    scores.update({ score: "-1" }, where: "id <= 3")
    scores.delete("id > 90")
    scores.write(rows(200..201))
    assert_equal [0, 3, :changes, 5, 10, 0], sync.run.to_a
    assert_equal source, target
    assert_equal [3, 3, :nothing, 0, 0, 0], sync.run.to_a
    assert_equal 3, sync.cursor
  end

  def test_without_a_feed_equal_rows_stay_untouched
    scores = table(rows(1..1000))
    sync.run
    scores.write(rows(2..1000) + [{ id: 2000, name: "new", score: nil }], mode: :overwrite)
    scores.update({ name: "'changed'" }, where: "id = 7")
    before = @db.exec("SELECT id, xmin FROM scores WHERE id NOT IN (1, 7, 2000)").to_a
    assert_equal [0, 2, :changes, 2, 1, 0], sync.run.to_a
    assert_equal source, target
    assert_equal before, @db.exec("SELECT id, xmin FROM scores WHERE id NOT IN (1, 7, 2000)").to_a
  end

  def test_rows_are_marked_instead_of_deleted
    @db.exec("ALTER TABLE scores ADD COLUMN gone boolean")
    table(rows(1..4)).delete("id > 3")
    sync(soft_delete: :gone).run
    Deltaic::Table.open(path).delete("id = 1")
    assert_equal 1, sync(soft_delete: :gone).run.deleted
    assert_equal ["1"], @db.exec("SELECT id FROM scores WHERE gone").column_values(0)
    assert_raises(Deltaic::InvalidArgumentError) { sync(soft_delete: :nope).run }
  end

  def test_rows_that_do_not_fit_go_to_a_file
    rejects = "#{path}.jsonl"
    table([{ id: 1, name: "a", score: 1.0 }, { id: 2, name: "b\0", score: 1.0 }])
    done = sync(rejects:).run
    assert_equal [1, 1], [done.upserted, done.rejected]
    assert_equal [2], File.readlines(rejects).map { |line| JSON.parse(line)["row"]["id"] }
  end

  def test_rows_that_postgres_refuses_go_to_a_file
    @db.exec("ALTER TABLE scores ADD CHECK (score < 10)")
    rejects = "#{path}.jsonl"
    table([*rows(1..30), { id: 5, name: "twice", score: 1.0 }])
    done = sync(rejects:).run
    assert_equal [18, 0, 13], [done.upserted, done.deleted, done.rejected]
    lines = File.readlines(rejects).map { |line| JSON.parse(line) }
    assert_equal [5, *20..30, 5], lines.map { |line| line["row"]["id"] }
    assert_match(/check constraint/, lines[1]["reason"])
    assert_raises(PG::RaiseException) { sync(rejects:, max_rejects: 3).run(full: true) }
  end

  def test_keys_that_swap
    scores = table(rows(1..2), properties: FEED)
    sync.run
    scores.update({ id: "3 - id" })
    assert_equal [0, 1, :changes, 2, 0, 0], sync.run.to_a
    assert_equal source, target
  end

  def test_a_key_that_comes_and_goes
    scores = table(rows(1..3), properties: FEED)
    sync.run
    scores.delete("id = 1")
    scores.write([{ id: 1, name: "again", score: 1.0 }])
    scores.write([{ id: 9, name: "short", score: 1.0 }])
    scores.delete("id = 9")
    scores.update({ id: "30" }, where: "id = 3")
    sync.run
    assert_equal source, target
  end

  def test_modes
    scores = table(rows(1..3), properties: FEED)
    @db.exec("INSERT INTO scores VALUES (50, 'mine', 1), (1, 'old', 0)")
    assert_equal [1, 0], sync(mode: :update, name: "u").run.to_a[3, 2]
    assert_equal [[1, "n1", 0.5], [50, "mine", 1.0]], target
    @db.exec("UPDATE scores SET name = 'kept' WHERE id = 1")
    assert_equal [2, 0], sync(mode: :insert, name: "i").run.to_a[3, 2]
    assert_equal [[1, "kept", 0.5], [2, "n2", 1.0], [3, "n3", 1.5], [50, "mine", 1.0]], target
    assert_equal [1, 0], sync(mode: :upsert, name: "p").run.to_a[3, 2]
    scores.delete("id = 2")
    assert_equal [0, 0], sync(mode: :upsert, name: "p").run.to_a[3, 2]
    assert_equal [0, 2], sync.run.to_a[3, 2]
    assert_equal source, target
    assert_raises(Deltaic::InvalidArgumentError) { sync(mode: :nope) }
  end

  def test_where_and_columns
    scores = table(rows(1..10), properties: FEED)
    part = sync(where: "score > 2", columns: { id: :id, score: :score })
    part.run
    assert_equal (5..10).map { |i| [i, nil, i / 2.0] }, target
    scores.update({ score: "0" }, where: "id = 5")
    scores.update({ score: "9" }, where: "id = 1")
    assert_equal [1, 1], part.run.to_a[3, 2]
    assert_equal [1, 6, 7, 8, 9, 10], target.map(&:first)
  end

  def test_values_of_every_kind
    @db.exec("DROP TABLE IF EXISTS kinds; CREATE TABLE kinds (id int PRIMARY KEY, t text, b bytea, d date, at timestamptz,
              n numeric, f float8, flag bool, list text[], nested jsonb, longs bigint[])")
    row = { id: 1, t: "tab\tnew\nline\\ \"q\" ü", b: "\x00\xff\\".b, d: Date.new(2024, 2, 29), at: Time.at(1, 5).utc,
            n: BigDecimal("-1.50"), f: Float::INFINITY, flag: true, list: ["a\"b", nil, "c\\d", "NULL", ""],
            nested: { a: [1.5], at: Time.at(0).utc }, longs: [1, nil] }
    odd = { id: 2, d: Date.new(-43, 3, 15, Date::GREGORIAN), at: Time.utc(1, 1, 1), t: "" }
    table([row, odd])
    Deltaic::Sync.new(path, to: @db, into: "kinds", key: :id).run
    found = @db.exec("SELECT *, encode(b, 'hex') AS hex, list[1] || list[3] || list[4] AS joined, list[2] IS NULL AS none,
                      longs[1] AS one, nested->'a'->>0 AS deep, extract(epoch FROM at) AS epoch FROM kinds ORDER BY id").to_a
    assert_equal [row[:t], "00ff5c", "2024-02-29", "Infinity", "t"], found[0].values_at("t", "hex", "d", "f", "flag")
    assert_equal BigDecimal("-1.5"), BigDecimal(found[0]["n"])
    assert_equal ["a\"bc\\dNULL", "t", "1", "1.5", "1.000005"], found[0].values_at("joined", "none", "one", "deep", "epoch")
    assert_equal ["", "0044-03-15 BC"], found[1].values_at("t", "d")
  end

  def test_what_postgres_cannot_hold
    table([{ id: 1, name: "a\u0000b", score: nil }], schema: { id: :long, name: :string, score: :double })
    assert_raises(Deltaic::SchemaMismatchError) { sync.run }
    assert_empty target
    assert_equal 1, sync(nul: :strip).run.upserted
    assert_equal [[1, "ab", nil]], target
  end

  def test_keys_that_are_null_or_twice
    table([{ id: nil, name: "a", score: nil }], schema: { id: :long, name: :string, score: :double })
    assert_match(/null/, assert_raises(Deltaic::ConstraintViolatedError) { sync.run }.message)
    Deltaic.write(path, rows(1..1) * 2, mode: :overwrite)
    assert_match(/id = 1 is there twice/, assert_raises(Deltaic::ConstraintViolatedError) { sync.run }.message)
    assert_empty target
    assert_nil sync.cursor
  end

  def test_wrong_targets
    table(rows(1..1))
    assert_match(/unique index/, assert_raises(Deltaic::InvalidArgumentError) { other_key }.message)
    assert_raises(Deltaic::InvalidArgumentError) { Deltaic::Sync.new(path, to: @db, into: "nowhere", key: :id).run }
    assert_raises(Deltaic::InvalidArgumentError) { sync(columns: %i[id nope]).run }
    assert_raises(Deltaic::InvalidArgumentError) { sync(columns: { id: :id, name: :nope }).run }
    assert_raises(Deltaic::InvalidArgumentError) { sync(columns: %i[name]).run }
    assert_empty target
  end

  def other_key = Deltaic::Sync.new(path, to: @db, into: "scores", key: :name).run

  def test_another_table_is_refused_until_resync
    table(rows(1..5))
    sync.run
    FileUtils.rm_rf(path)
    table(rows(4..6))
    assert_match(/another table/, assert_raises(Deltaic::InvalidArgumentError) { sync.run }.message)
    assert_equal [nil, 0, :snapshot, 1, 3, 0], sync.run(resync: true).to_a
    assert_equal source, target
  end

  def test_gaps
    scores = table(rows(1..5), properties: FEED)
    sync.run
    3.times { |i| scores.update({ score: i.to_s }) }
    scores.checkpoint
    [0, 1].each { |version| FileUtils.rm(File.join(path, format("_delta_log/%020d.json", version))) }
    assert_raises(Deltaic::Error) { sync(on_gap: :error).run }
    assert_equal 0, sync.cursor
    result = sync.run
    assert_equal :snapshot, result.how
    assert_equal source, target
  end

  def test_without_a_feed_a_gap_of_commits_is_none
    scores = table(rows(1..5))
    sync.run
    scores.delete("id = 2")
    scores.write(rows(7..7))
    scores.checkpoint
    FileUtils.rm(File.join(path, "_delta_log/00000000000000000001.json"))
    assert_equal [0, 2, :changes, 1, 1, 0], sync.run.to_a
    assert_equal source, target
  end

  def test_another_condition_or_other_columns_compare_all_rows
    table(rows(1..10))
    sync.run
    assert_equal [0, 0, :snapshot, 0, 5, 0], sync(where: "score > 3 OR id = 1").run.to_a
    assert_equal [0, 0, :nothing, 0, 0, 0], sync(where: "score > 3 OR id = 1").run.to_a
    assert_equal :snapshot, sync(where: "score > 3 OR id = 1", columns: %i[id name]).run.how
  end

  def test_a_table_that_is_made
    table(rows(1..3))
    @db.exec("DROP TABLE scores")
    assert_equal 3, sync(new_columns: :add).run.upserted
    assert_equal source, target
  end

  def test_interrupted_runs_leave_nothing_open
    table(rows(1..50_000))
    assert_raises(Timeout::Error) { Timeout.timeout(0.001) { sync.run } }
    assert_equal PG::PQTRANS_IDLE, @db.transaction_status
    assert_nil sync.cursor
    assert_equal 50_000, sync.run.upserted
  end

  def test_joins_an_open_transaction
    table(rows(1..5))
    @db.exec("BEGIN")
    @db.exec("INSERT INTO scores VALUES (99, 'x', 1)")
    assert_equal 5, sync.run.upserted
    @db.exec("ROLLBACK")
    assert_empty target
    assert_nil sync.cursor
    @db.transaction { sync.run }
    assert_equal source, target
  end

  def test_dry_run_counts_and_changes_nothing
    table(rows(1..5))
    assert_equal 5, sync.run(dry_run: true).upserted
    assert_empty target
    assert_nil sync.cursor
  end

  def test_two_runners_at_once
    scores = table(rows(1..2000), properties: FEED)
    5.times do |round|
      threads = 3.times.map do
        Thread.new do
          db = @server.connect
          Deltaic::Sync.new(path, to: db, into: "scores", key: :id).run
        ensure
          db.close
        end
      end
      upserted = threads.map(&:value).sum(&:upserted)
      assert_equal round.zero? ? 2000 : 10, upserted
      assert_equal source, target
      scores.update({ score: round.to_s }, where: "id <= 10")
    end
  end

  # A runner in a process of its own, killed whenever; then the target is at the cursor's version, whatever that is.
  def test_killed_runners_leave_all_or_nothing
    scores = table(rows(1..500), properties: FEED)
    random = Random.new(5)
    usual = seconds { sync.run }
    change_something(scores, random)
    killed = 0
    (15 * TIMES).times do
      pid = fork do
        db = @server.connect
        Deltaic::Sync.new(path, to: db, into: "scores", key: :id).run
        exit!(0)
      end
      sleep random.rand(0.0..usual)
      Process.kill("KILL", pid)
      _, status = Process.wait2(pid)
      killed += 1 if status.signaled?
      cursor = settled_cursor
      assert_equal(cursor ? source(cursor) : [], target)
      change_something(scores, random)
    end
    assert_operator killed, :>, 0
    sync.run
    assert_equal source, target
  end

  # The cursor once no other backend is at work any more.
  def settled_cursor
    busy = "SELECT count(*) AS n FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    sleep 0.005 while @db.exec(busy).first["n"].to_i.positive?
    sync.cursor
  end

  def change_something(scores, random)
    case random.rand(4)
    when 0 then scores.update({ score: random.rand.to_s }, where: "id % 7 = #{random.rand(7)}")
    when 1 then scores.delete("id % 50 = #{random.rand(50)}")
    when 2 then scores.upsert(rows(random.rand(400)..600), key: :id)
    else scores.update({ id: "1000 - id" }, where: "id BETWEEN 400 AND 600")
    end
  end

  # Random histories, each run of the sync against the source.
  def test_random_histories
    scores = table(rows(1..300), properties: FEED)
    random = Random.new(11)
    (8 * TIMES).times do
      random.rand(1..3).times { change_something(scores, random) }
      sync.run
      assert_equal source, target
    end
  end
end
