# frozen_string_literal: true

require "open3"
require "socket"

# A PostgreSQL of the tests' own, in a temporary folder, reached by a socket there. PostgreSQL refuses to run as root, so
# that root runs it as the user postgres.
class PostgresServer
  BINARIES = [*Dir.glob("/usr/lib/postgresql/*/bin"), "/usr/local/bin", "/usr/bin"].find do |folder|
    File.exist?(File.join(folder, "initdb")) && File.exist?(File.join(folder, "postgres"))
  end

  attr_reader :folder

  # @return [PostgresServer, nil] the one of this process, stopped when it ends; nil where there is none
  def self.shared
    return unless BINARIES

    @shared ||= new.tap { |server| Minitest.after_run { server.stop } }
  end

  def initialize
    @folder = Dir.mktmpdir("deltaic-postgres")
    FileUtils.chown("postgres", nil, @folder) if Process.uid.zero?
    run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync")
    run("pg_ctl", "-D", data, "-w", "-l", File.join(@folder, "log"), "-o",
        "-c listen_addresses='' -c unix_socket_directories=#{@folder} -c fsync=off -c max_connections=30", "start")
  end

  def connect = PG.connect(host: @folder, user: "postgres", dbname: "postgres")

  def stop
    run("pg_ctl", "-D", data, "-m", "immediate", "stop")
    FileUtils.rm_rf(@folder)
  end

  private

  def data = File.join(@folder, "data")

  def run(tool, *arguments)
    command = [File.join(BINARIES, tool), *arguments]
    command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command] if Process.uid.zero?
    out, status = Open3.capture2e(*command, chdir: "/", stdin_data: "") if tool != "pg_ctl" || arguments.last != "start"
    return system(*command, chdir: "/", in: :close, out: File::NULL, err: File::NULL) || raise("#{tool} failed") if status.nil?

    raise "#{tool}: #{out}" unless status.success?
  end
end
