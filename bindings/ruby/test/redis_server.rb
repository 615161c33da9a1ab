# frozen_string_literal: true

require "socket"

# A Redis of the tests' own, in a temporary folder, reached by a socket there.
class RedisServer
  # @return [RedisServer, nil] the one of this process, stopped when it ends; nil where there is none
  def self.shared
    return unless system("which redis-server", out: File::NULL)

    @shared ||= new.tap { |server| Minitest.after_run { server.stop } }
  end

  def initialize(*arguments, folder: Dir.mktmpdir("deltaic-redis"))
    @folder = folder
    @socket = File.join(@folder, "redis.sock")
    @pid = spawn("redis-server", "--port", "0", "--unixsocket", @socket, "--save", "", "--dir", @folder, *arguments,
                 out: File::NULL)
    sleep 0.02 until File.exist?(@socket)
  end

  def connect = Redis.new(path: @socket)

  def stop
    Process.kill("TERM", @pid)
    Process.wait(@pid)
    FileUtils.rm_rf(@folder)
  end
end

# One that speaks TLS, too, with a certificate for localhost by an authority of its own.
class TlsRedisServer < RedisServer
  NEW = %w[openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2].freeze

  def initialize
    folder = Dir.mktmpdir("deltaic-redis")
    @authority = make_keys(folder)
    @port = TCPServer.open("127.0.0.1", 0) { |probe| probe.addr[1] }
    super("--tls-port", @port.to_s, "--tls-auth-clients", "no", "--tls-ca-cert-file", @authority,
          "--tls-cert-file", "#{folder}/server.pem", "--tls-key-file", "#{folder}/server.key", folder:)
  end

  # @param ca_file [String, nil] who is trusted; by default its own authority
  def connect(ca_file: @authority)
    Redis.new(url: "rediss://localhost:#{@port}", ssl_params: { ca_file: }.compact, reconnect_attempts: 0)
  end

  private

  def make_keys(folder)
    authority = "#{folder}/ca.pem"
    make("-subj", "/CN=deltaic tests", "-keyout", "#{folder}/ca.key", "-out", authority)
    make("-subj", "/CN=localhost", "-CA", authority, "-CAkey", "#{folder}/ca.key",
         "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=CA:FALSE",
         "-keyout", "#{folder}/server.key", "-out", "#{folder}/server.pem")
    authority
  end

  def make(*arguments) = system(*NEW, *arguments, err: File::NULL, exception: true)
end
