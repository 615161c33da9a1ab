# frozen_string_literal: true

require "socket"
require_relative "test_helper"

# Credentials by a function, against a server that says of every object of S3 that it is not there. That what they sign is
# accepted, too, tests/cloud/test_credential_languages.py shows on a real server.
class CredentialsTest < TableTest
  # Answers requests, and keeps whose keys signed them.
  class EmptyStore
    attr_reader :signers

    def initialize
      @signers = Queue.new
      @server = TCPServer.new("127.0.0.1", 0)
      @thread = Thread.new { loop { Thread.new(@server.accept) { |client| serve(client) } } }
      @thread.report_on_exception = false
    end

    def options
      { aws_endpoint: "http://127.0.0.1:#{@server.addr[1]}", aws_region: "us-east-1", allow_http: true, max_retries: 0 }
    end

    def stop
      @thread.kill
      @server.close
    end

    def serve(client)
      while (line = client.gets)
        head = line
        head += line while (line = client.gets) && line != "\r\n"
        @signers << head[%r{Credential=([^/]*)/}, 1]
        listing = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
        status, body = head.include?("list-type") ? ["200 OK", listing] : ["404 Not Found", ""]
        client.write("HTTP/1.1 #{status}\r\nContent-Length: #{body.size}\r\n\r\n#{body}")
      end
    rescue SystemCallError, IOError
      nil
    ensure
      client.close
    end
  end

  KEYS = { aws_access_key_id: "AKRUBY", aws_secret_access_key: "canary-secret" }.freeze

  def setup
    super
    @store = EmptyStore.new
  end

  def teardown
    @store.stop
    super
  end

  def signers = Array.new(@store.signers.size) { @store.signers.pop }

  def open_with(provider, uri = "s3://b/t")
    Deltaic::Table.open(uri, storage_options: { **@store.options, credential_provider: provider })
  end

  def test_credentials_of_a_function_sign
    asked = 0
    provider = lambda do
      asked += 1
      { **KEYS, aws_session_token: nil, expires_at: Time.now + 3600 }
    end
    assert_raises(Deltaic::NotFoundError) { open_with(provider) }
    refute Deltaic.table?("s3://b/t", storage_options: { **@store.options, "credential_provider" => provider })
    assert_equal 2, asked
    assert_equal ["AKRUBY"], signers.uniq
  end

  def test_other_forms
    [
      KEYS.transform_keys(&:to_s),
      { **KEYS, expires_at: (Time.now + 3600).utc.iso8601 },
      { **KEYS, expires_at: DateTime.now + 1 },
      { access_key_id: "AKRUBY", secret_access_key: "s", token: nil }
    ].each { |given| assert_raises(Deltaic::NotFoundError) { open_with(-> { given }) } }
    assert_equal ["AKRUBY"], signers.uniq
    assert_raises(Deltaic::NotFoundError) do
      Deltaic::Table.open("s3://b/t", storage_options: { **@store.options, **KEYS, credential_provider: nil })
    end
  end

  WRONG = {
    "RuntimeError: the vault is sealed" => -> { raise "the vault is sealed\nsecond line" },
    "NotImplementedError: later" => -> { raise NotImplementedError, "later" },
    "String, not a Hash" => -> { "canary" },
    "no text for aws_access_key_id" => -> { { aws_access_key_id: 7 } },
    "NUL byte in aws_session_token" => -> { { **KEYS, aws_session_token: "canary\0" } },
    "expires_at is a Time" => -> { { **KEYS, expires_at: 12 } },
    "expired already" => -> { { **KEYS, expires_at: Time.at(1) } },
    "aws_regoin" => -> { { **KEYS, aws_regoin: "canary" } },
    "was ended" => -> { Thread.current.kill },
    "must hold" => -> { {} }
  }.freeze

  def test_what_goes_wrong_in_it_is_one_line
    WRONG.each do |says, provider|
      error = assert_raises(Deltaic::PermissionDeniedError, Deltaic::InvalidArgumentError, says) { open_with(provider) }
      assert_includes error.message, says
      refute_match(/second line|canary|\n/, error.message)
    end
    assert_empty signers
  end

  def test_not_a_function_and_where_there_is_no_cloud
    assert_match(/#call/, assert_raises(Deltaic::InvalidArgumentError) { open_with("keys") }.message)
    assert_match(/credentials provider/, assert_raises(Deltaic::Error) { open_with(-> { KEYS }, path) }.message)
  end

  # Which it could not be if the thread that waits had to answer by itself, or held the lock.
  def test_it_may_use_other_tables_and_threads_run_meanwhile
    small = table([{ id: 1, key: "AKFROMTABLE" }], "keys")
    ticks = 0
    ticker = Thread.new { loop { sleep(0.001) && ticks += 1 } }
    provider = lambda do
      sleep 0.1
      { **KEYS, aws_access_key_id: small.scan.first["key"] }
    end
    nested = lambda do
      assert_raises(Deltaic::NotFoundError) { open_with(provider) }
      KEYS
    end
    assert_raises(Deltaic::NotFoundError) { open_with(nested) }
    ticker.kill
    assert_operator ticks, :>, 5
    assert_equal %w[AKFROMTABLE AKRUBY], signers.uniq
  end

  def test_many_threads_at_once
    asked = Queue.new
    threads = Array.new(8) do |i|
      Thread.new do
        10.times do
          provider = -> { (asked << i) && { **KEYS, aws_access_key_id: "AK#{i}" } }
          assert_raises(Deltaic::NotFoundError) { open_with(provider) }
        end
      end
    end
    threads.each(&:join)
    assert_equal 80, asked.size
    assert_equal (0..7).map { |i| "AK#{i}" }, signers.uniq.sort
  end

  # The function itself is not interrupted, so the call ends after it.
  def test_an_interrupt_ends_the_call_and_not_the_function
    finished = false
    provider = lambda do
      sleep 0.3
      finished = true
      KEYS
    end
    assert_raises(Timeout::Error) { Timeout.timeout(0.05) { open_with(provider) } }
    assert finished
  end

  def test_children_of_fork_ask_again
    native = Deltaic::Native::Table.at(
      "s3://b/t", Deltaic::Settings.storage({ **@store.options, credential_provider: -> { KEYS } })
    )
    waiting = Thread.new { assert_raises(Deltaic::NotFoundError) { open_with(-> { sleep(0.5) && KEYS }) } }
    sleep 0.1 # so that a question is open while the process forks
    pid = fork do
      found = native.exists?(Deltaic::Settings.options({}))
      GC.start
      exit!(found ? 1 : 0)
    end
    Timeout.timeout(20) { Process.wait(pid) }
    assert_equal 0, $?.exitstatus # rubocop:disable Style/SpecialGlobalVars
    waiting.join
  end

  def test_the_function_lives_as_long_as_the_table_and_no_longer
    ids = Array.new(50) { asked_once }
    GC.start
    GC.start
    alive = ids.count { |id| ObjectSpace.each_object(Provider).any? { |provider| provider.object_id == id } }
    assert_operator alive, :<, 25
  end

  # Something with #call that is no Proc.
  class Provider
    def call = KEYS
  end

  def asked_once
    provider = Provider.new
    native = Deltaic::Native::Table.at(
      "s3://b/t", Deltaic::Settings.storage({ **@store.options, credential_provider: provider })
    )
    id = provider.object_id
    provider = nil # rubocop:disable Lint/UselessAssignment
    GC.start
    refute native.exists?(Deltaic::Settings.options({}))
    id
  end

  def test_under_stress_of_the_collector
    GC.stress = true
    assert_raises(Deltaic::NotFoundError) { open_with(-> { { **KEYS, expires_at: Time.now + 3600 } }) }
  ensure
    GC.stress = false
  end

  def test_other_ractors_are_told
    script = <<~RUBY
      require "deltaic"
      Warning[:experimental] = false
      ractor = Ractor.new do
        Deltaic::Table.open("s3://b/t", storage_options: { credential_provider: -> { {} } })
      rescue Deltaic::Error => e
        e.message
      end
      print ractor.take
    RUBY
    libraries = $LOAD_PATH.grep(/deltaic|bindings|build/).map { |dir| "-I#{dir}" }
    assert_match(/main Ractor/, IO.popen([RbConfig.ruby, *libraries, "-e", script], err: %i[child out], &:read))
  end

  # At the end of a process nobody answers any more.
  def test_a_process_ends_while_a_question_is_open
    script = <<~RUBY
      require "deltaic"
      Thread.new do
        Deltaic::Table.open("s3://b/t", storage_options: { aws_region: "x", credential_provider: -> { sleep } })
      end
      sleep 0.2
      print "fine"
    RUBY
    libraries = $LOAD_PATH.grep(/deltaic|bindings|build/).map { |dir| "-I#{dir}" }
    5.times { assert_equal "fine", IO.popen(["timeout", "20", RbConfig.ruby, *libraries, "-e", script], &:read) }
    assert_predicate $?, :success? # rubocop:disable Style/SpecialGlobalVars
  end
end
