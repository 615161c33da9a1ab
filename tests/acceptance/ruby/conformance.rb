# frozen_string_literal: true

# Reads the conformance tables through the Ruby gem, as its users do; the last line is `N passed, N failed, N skipped`.
#
# For each table: what the log says of it, its rows as hashes, their number, and the rows of each listed version. A case is
# skipped only where the gem refuses a feature by name. `--cases DIR` is a folder with `cases.json`; names, or parts of
# names, as arguments run these cases only.

require "deltaic"
require "tmpdir"
require "uri"
require_relative "canonical_rows"

ERRORS = {
  "UNSUPPORTED_READER_FEATURE" => "Unsupported", "UNSUPPORTED_READER_VERSION" => "Unsupported",
  "CATALOG_REQUIRED" => "Unsupported", "BAD_SCHEMA" => "Corruption", "MISSING_METADATA" => "Corruption",
  "VERSIONS_NOT_CONTIGUOUS" => "Corruption", "DV_CORRUPT" => "Corruption", "TABLE_NOT_FOUND" => "NotFound"
}.freeze

# The gem gave something else than was expected.
class Wrong < StandardError; end

def check(what, expected, found)
  raise Wrong, "#{what}: expected #{expected.inspect[0, 300]}, got #{found.inspect[0, 300]}" unless expected == found
end

def check_facts(table, expected)
  protocol = table.protocol
  check("version", expected["version"], table.version)
  check("minReaderVersion", expected["min_reader"], protocol["minReaderVersion"])
  check("minWriterVersion", expected["min_writer"], protocol["minWriterVersion"])
  check("readerFeatures", expected["reader_features"].sort, (protocol["readerFeatures"] || []).sort)
  check("writerFeatures", expected["writer_features"].sort, (protocol["writerFeatures"] || []).sort)
  check("partition columns", expected["partition_columns"], table.partition_columns)
  check("table id", expected["table_id"], table.metadata["id"])
  check("properties", expected["properties"], table.properties)
  expected["txns"].each { |app, version| check("transaction of #{app}", version, table.transaction_version(app)) }
  check("domains", expected["domains"], table.domains)
  files = table.files(format: :paths).size
  check("files", expected["num_files"], files)
  check("bytes", expected["total_size"], table.details["totalBytes"]) if files.positive?
end

def check_rows(table, expected)
  canonical = CanonicalRows.new(table.schema)
  texts = table.scan(decimals: :string).map { |row| canonical.text(row) }
  check("rows", expected["rows"], texts.size)
  check("count", expected["rows"], table.count)
  digests = [expected["sha256"], *expected["sha256_alternatives"]]
  return if digests.include?(CanonicalRows.digest(texts))

  raise Wrong, "values differ; first row: #{texts.min.to_s[0, 300]}"
end

def check_versions(table, rows_by_version)
  rows_by_version.each do |version, expected|
    begin
      found = table.at(version: version.to_i)
      rows = found.scan.sum { 1 }
    rescue Deltaic::Error => e
      next if expected.is_a?(String)

      raise Wrong, "version #{version}: #{e.message}"
    end
    check("rows of version #{version}", expected, rows)
    check("count of version #{version}", expected, found.count)
  end
end

def check_error(path, expected)
  code_name = ERRORS.fetch(expected) { raise Wrong, "this runner has no meaning for #{expected}" }
  begin
    Deltaic::Table.open(path).scan.to_a
  rescue Deltaic::Error => e
    return check("error", code_name, e.code_name)
  end
  raise Wrong, "it reads, but should fail with #{expected}"
end

def check_all(table, expected)
  check_facts(table, expected["snapshot"]) if expected["snapshot"]
  check_rows(table, expected) if expected["sha256"]
  check_versions(table, expected["rows_by_version"] || {})
end

def run(path, kase)
  expected = kase["expected"]
  case kase["kind"]
  when "error", "data-error"
    Deltaic::Table.open(path) if kase["kind"] == "data-error"
    check_error(path, expected["error"])
  when "catalog"
    check_error(path, "CATALOG_REQUIRED")
    catalog = kase["catalog"]
    given = { catalog_commits: catalog["ratified_staged_commits"], max_catalog_version: catalog["max_catalog_version"] }
    check_all(Deltaic::Table.open(path, catalog: given), expected)
  when "implementation-defined"
    begin
      table = Deltaic::Table.open(path)
    rescue Deltaic::Error
      return
    end
    check_facts(table, expected["snapshot"]) if expected["snapshot"]
  else
    check_all(Deltaic::Table.open(path), expected)
  end
end

# A table whose log names files by where the table is.
def run_template(path, kase)
  Dir.mktmpdir do |scratch|
    copy = File.join(scratch, "delta")
    FileUtils.cp_r(path, copy)
    parts = File.join(copy, "folder&with%special char").split("/")
    special = parts.map { |part| URI.encode_www_form_component(part).gsub("+", "%20") }.join("/")
    values = { "{{TABLE_ROOT_URI}}" => "file://#{copy}", "{{FOLDER_WITH_SPECIAL_CHAR}}" => special }
    Dir.glob("#{copy}/_delta_log/*.json") do |commit|
      text = File.read(commit)
      kase["template"].each_key { |placeholder| text = text.gsub(placeholder) { values[placeholder] } }
      File.write(commit, text)
    end
    run(copy, kase)
  end
end

def main(arguments)
  at = arguments.index("--cases") or abort "conformance.rb: --cases DIR is needed"
  _, folder = arguments.slice!(at, 2)
  passed = failed = skipped = 0
  JSON.parse(File.read(File.join(folder, "cases.json")))["cases"].each do |kase|
    name = kase["name"]
    next if !arguments.empty? && arguments.none? { |part| name.include?(part) }

    begin
      path = File.join(folder, kase["path"])
      kase["template"] ? run_template(path, kase) : run(path, kase)
      passed += 1
    rescue Deltaic::UnsupportedError => e
      skipped += 1
      puts "skip #{name}: #{e.message}"
    rescue StandardError => e
      failed += 1
      puts "FAIL #{name}: #{e.class}: #{e.message}"
    end
  end
  puts "#{passed} passed, #{failed} failed, #{skipped} skipped"
  failed.zero?
end

exit(main(ARGV.dup))
