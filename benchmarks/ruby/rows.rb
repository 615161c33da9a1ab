# frozen_string_literal: true

# Rows as Ruby hashes, beside what Ruby people use: ruby -Ibindings/ruby/lib -Ibuild/ruby benchmarks/ruby/rows.rb [ROWS]
#
# The same rows of 8 columns (long, int, two strings, double, boolean, timestamp, date) out of a Delta table, a file of JSON
# lines (Oj, json) and PostgreSQL (pg, rows with its type map, all in memory as it works). Each side is a process of its own,
# rounds alternate, the median counts: processor time, wall time, and how much memory grew at its peak.

require "deltaic"
require "tmpdir"
$LOAD_PATH << File.expand_path("../../bindings/ruby/test", __dir__)

ROUNDS = 3
COLUMNS = { id: :long, count: :int, name: :string, country: :string, score: :double, flag: :boolean, at: :timestamp,
            day: :date }.freeze

def rows(number)
  start = Time.utc(2024)
  day = Date.new(2024, 1, 1)
  (0...number).lazy.map do |i|
    { id: i * 7, count: i % 1000, name: "name of user #{i}", country: %w[PE NO JP][i % 3], score: i / 7.0, flag: i.even?,
      at: start + i, day: day + (i % 365) }
  end
end

def status(key) = File.read("/proc/self/status")[/#{key}:\s+(\d+)/, 1].to_i

# What a side costs in a process of its own, which has held nothing before: [cpu seconds, wall seconds, megabytes, rows].
def measure(*side)
  libraries = $LOAD_PATH.grep(/bindings|build/).map { |folder| "-I#{folder}" }
  JSON.parse(IO.popen([RbConfig.ruby, *libraries, __FILE__, *side.map(&:to_s)], &:read))
end

def measured
  before = status("VmRSS")
  wall = Process.clock_gettime(Process::CLOCK_MONOTONIC)
  cpu = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
  count = yield
  cpu = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) - cpu
  wall = Process.clock_gettime(Process::CLOCK_MONOTONIC) - wall
  puts JSON.generate([cpu, wall, (status("VmHWM") - before) / 1024.0, count])
end

def each_row(source)
  count = 0
  source.each { count += 1 }
  count
end

def postgres(number)
  require "pg"
  require "minitest"
  require "postgres_server"
  server = PostgresServer.new
  db = server.connect
  db.exec("CREATE TABLE t (id bigint, count int, name text, country text, score float8, flag bool, at timestamptz, day date)")
  db.copy_data("COPY t FROM STDIN") do
    rows(number).each do |row|
      db.put_copy_data("#{row.values.map { |value| value.is_a?(Time) ? value.strftime("%FT%T.%6NZ") : value }.join("\t")}\n")
    end
  end
  db.close
  server
rescue LoadError
  nil
end

def read_postgres(server)
  db = PG.connect(host: server, user: "postgres", dbname: "postgres")
  db.type_map_for_results = PG::BasicTypeMapForResults.new(db)
  db.send_query("SELECT * FROM t")
  db.set_single_row_mode
  count = 0
  while (result = db.get_result)
    result.each { count += 1 }
  end
  count
end

def sides(folder, number, server)
  table = File.join(folder, "table")
  lines = File.join(folder, "rows.jsonl")
  all = {
    "deltaic, hashes streamed" => -> { each_row(Deltaic::Table.open(table).scan) },
    "deltaic, symbol keys" => -> { each_row(Deltaic::Table.open(table).scan(symbolize_names: true)) },
    "deltaic, to_a" => -> { Deltaic::Table.open(table).scan.to_a.size },
    "json, lines" => -> { each_row(File.foreach(lines).lazy.map { |line| JSON.parse(line) }) },
    "deltaic, write of hashes" => lambda do
      Deltaic.write(File.join(folder, "copy#{rand(1 << 30)}"), rows(number))["numAddedRows"]
    end
  }
  begin
    require "oj"
    all["Oj, lines"] = -> { each_row(File.foreach(lines).lazy.map { |line| Oj.load(line, mode: :strict) }) }
  rescue LoadError
    warn "the gem oj is not installed"
  end
  begin
    require "pg"
    all["pg, single rows"] = -> { read_postgres(server) } unless server.to_s.empty?
  rescue LoadError
    warn "the gem pg is not installed"
  end
  all
end

def main(number)
  Dir.mktmpdir("deltaic-bench") do |folder|
    Deltaic.write(File.join(folder, "table"), rows(number), schema: COLUMNS)
    File.open(File.join(folder, "rows.jsonl"), "w") { |file| rows(number).each { |row| file.puts(JSON.generate(row)) } }
    server = postgres(number)
    figures = Hash.new { |hash, name| hash[name] = [] }
    names = sides(folder, number, server&.folder).keys
    ROUNDS.times { names.each { |name| figures[name] << measure(number, name, folder, server&.folder) } }
    puts format("%-28s %10s %10s %10s", "#{number} rows", "cpu s", "wall s", "grown MB")
    figures.each do |name, runs|
      raise "#{name}: #{runs.map(&:last)}" unless runs.all? { |run| run.last == number }

      cpu, wall, grown = runs.transpose.first(3).map { |values| values.sort[values.size / 2] }
      puts format("%-28s %10.2f %10.2f %10.0f", name, cpu, wall, grown)
    end
  ensure
    server&.stop
  end
end

number = Integer(ARGV.fetch(0, "1000000"))
if ARGV.size > 1
  side = sides(ARGV[2], number, ARGV[3]).fetch(ARGV[1])
  measured(&side)
else
  main(number)
end
