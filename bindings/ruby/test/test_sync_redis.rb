# frozen_string_literal: true

require_relative "test_helper"
begin
  require "redis"
rescue LoadError
  nil
end
require "deltaic/sync"
require_relative "redis_server"

# Against a real Redis: after every run, whole or killed, the keys equal the source at the cursor's version.
class SyncRedisTest < TableTest
  TIMES = Integer(ENV.fetch("DELTAIC_TORTURE", "1"))

  def setup
    super
    skip "the gem redis is not installed" unless defined?(::Redis)
    @server = RedisServer.shared or skip "Redis is not installed"
    @redis = @server.connect
    @redis.flushall
  end

  def teardown
    @redis&.close
    super
  end

  def sync(**options) = Deltaic::Sync.new(path, to: @redis, into: "scores", key: :id, **options)

  def target
    @redis.keys("scores:*").to_h { |key| [key, @redis.hgetall(key)] }
  end

  def source(version = nil)
    Deltaic::Table.open(path, version:).scan.to_h do |row|
      ["scores:#{row["id"]}", row.compact.transform_values(&:to_s)]
    end
  end

  def rows(range) = range.map { |i| { id: i, name: "n#{i}", score: i / 2.0 } }

  def test_over_tls
    server = TlsRedisServer.new
    @redis.close
    @redis = server.connect
    table(rows(1..3000)).update({ id: "3001 - id" })
    assert_equal [nil, 1, :snapshot, 3000, 0, 0], sync.run.to_a
    assert_equal source, target
    Deltaic::Table.open(path).delete("id > 2990")
    assert_equal :changes, sync.run.how
    assert_equal source, target
    @redis.close
    @redis = server.connect(ca_file: nil)
    assert_match(/certificate/, assert_raises(StandardError) { sync.run }.message)
  ensure
    server&.stop
  end

  def test_first_run_then_changes_then_nothing
    scores = table(rows(1..100))
    @redis.hset("scores:999", "name", "stale")
    assert_equal [nil, 0, :snapshot, 100, 0, 0], sync.run.to_a
    assert_equal source, target
    scores.update({ id: "101 - id" })
    scores.delete("id > 90")
    assert_equal [0, 2, :changes, 100, 0, 0], sync.run.to_a
    assert_equal source, target
    assert_equal [2, 2, :nothing, 0, 0, 0], sync.run.to_a
    assert_equal 2, sync.cursor
  end

  def test_json_upsert_and_wrong_calls
    table([{ id: 1, name: "a\u0000ü", score: nil }], schema: { id: :long, name: :string, score: :double })
    @redis.set("scores:7", "mine")
    assert_equal 1, sync(value: :json, mode: :upsert, name: "j").run.upserted
    assert_equal({ "id" => 1, "name" => "a\u0000ü", "score" => nil }, JSON.parse(@redis.get("scores:1")))
    assert_equal "mine", @redis.get("scores:7")
    assert_equal 0, sync(name: "other").run(dry_run: true).deleted
    assert_nil sync(name: "other").cursor
    assert_raises(Deltaic::InvalidArgumentError) { sync(mode: :append).run }
    assert_raises(Deltaic::InvalidArgumentError) { Deltaic::Sync.new(path, to: Object.new, into: "x", key: :id) }
  end

  def test_two_runners_at_once
    scores = table(rows(1..1000))
    3.times do |round|
      threads = 3.times.map do
        Thread.new { Deltaic::Sync.new(path, to: @server.connect, into: "scores", key: :id).run }
      end
      assert_equal round.zero? ? 1000 : 10, threads.map(&:value).sum(&:upserted)
      assert_equal source, target
      assert_empty @redis.keys("deltaic_sync:*:stage:*")
      scores.update({ score: round.to_s }, where: "id <= 10")
    end
  end

  def test_killed_runners_leave_all_or_nothing
    scores = table(rows(1..500))
    random = Random.new(5)
    usual = seconds { sync.run }
    change_something(scores, random)
    killed = 0
    (10 * TIMES).times do
      pid = fork do
        Deltaic::Sync.new(path, to: @server.connect, into: "scores", key: :id).run
        exit!(0)
      end
      sleep random.rand(0.0..usual)
      Process.kill("KILL", pid)
      _, status = Process.wait2(pid)
      killed += 1 if status.signaled?
      sleep 0.005 while @redis.call("CLIENT", "LIST").lines.size > 1
      cursor = sync.cursor
      assert_equal(cursor ? source(cursor) : {}, target)
      change_something(scores, random)
    end
    assert_operator killed, :>, 0
    sync.run
    assert_equal source, target
  end

  def change_something(scores, random)
    case random.rand(4)
    when 0 then scores.update({ score: random.rand.to_s }, where: "id % 7 = #{random.rand(7)}")
    when 1 then scores.delete("id % 50 = #{random.rand(50)}")
    when 2 then scores.upsert(rows(random.rand(400)..600), key: :id)
    else scores.update({ id: "1000 - id" }, where: "id BETWEEN 400 AND 600")
    end
  end
end
