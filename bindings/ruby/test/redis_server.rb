# frozen_string_literal: true

# A Redis of the tests' own, in a temporary folder, reached by a socket there.
class RedisServer
  # @return [RedisServer, nil] the one of this process, stopped when it ends; nil where there is none
  def self.shared
    return unless system("which redis-server", out: File::NULL)

    @shared ||= new.tap { |server| Minitest.after_run { server.stop } }
  end

  def initialize
    @folder = Dir.mktmpdir("deltaic-redis")
    @socket = File.join(@folder, "redis.sock")
    @pid = spawn("redis-server", "--port", "0", "--unixsocket", @socket, "--save", "", "--dir", @folder, out: File::NULL)
    sleep 0.02 until File.exist?(@socket)
  end

  def connect = Redis.new(path: @socket)

  def stop
    Process.kill("TERM", @pid)
    Process.wait(@pid)
    FileUtils.rm_rf(@folder)
  end
end
