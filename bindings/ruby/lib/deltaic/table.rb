# frozen_string_literal: true

module Deltaic
  # A table, and the version of it that is loaded. Threads may share one: writing and #refresh put another version in
  # its place, and scans keep the one they began with.
  class Table
    include Maintenance

    # Opens a table with its newest version, or another.
    #
    # @param uri [String] "scores", "/data/scores", "s3://lake/scores"
    # @param version [Integer, nil]
    # @param time [Time, String, nil] the newest version committed then or before
    # @param storage_options [Hash] credentials and settings of the storage, and `credential_provider:`, as Deltaic.write
    # @param catalog [Hash, nil] of a table that a catalog manages: `catalog_commits:`, `max_catalog_version:`
    # @return [Table]
    # @raise [NotFoundError] no table, or no such version
    # @raise [UnsupportedError] it needs a feature that this build lacks
    def self.open(uri, version: nil, time: nil, storage_options: {}, catalog: nil)
      native = Native::Table.at(uri.to_s, Settings.storage(storage_options))
      native.set_catalog(Settings.options(catalog)) if catalog
      new(load(native, version, time))
    end

    # @api private
    def self.load(native, version, time)
      raise InvalidArgumentError, "version: and time: exclude each other" if version && time
      return native.load_version(version, Settings.options({})) if version
      return native.load(Settings.options({})) unless time

      milliseconds = time.is_a?(String) ? Native.parse_timestamp(time) : (time.to_time.to_r * 1000).floor
      native.load_timestamp(milliseconds, Settings.options({}))
    end

    # @api private
    def initialize(native)
      @native = native
    end

    # @api private
    attr_reader :native

    # ---- what is loaded

    # @return [Integer]
    def version = @native.version

    # @return [String] the root, without credentials
    def uri = @native.uri

    # @return [Schema]
    def schema = Schema.new(@native.schema_json)

    # @return [Hash{String => Object}] id, name, description, partitionColumns, createdTime, configuration
    def metadata = JSON.parse(@native.metadata_json)

    # @return [Hash{String => String}] the table's properties
    def properties = metadata["configuration"]

    # @return [Array<String>]
    def partition_columns = metadata["partitionColumns"]

    # @return [Hash{String => Object}] minReaderVersion, minWriterVersion, readerFeatures, writerFeatures
    def protocol = JSON.parse(@native.protocol_json)

    # @return [Hash{String => String}] the metadata of domains
    def domains = JSON.parse(@native.domains_json(Settings.options({})))

    # @return [Hash{String => Object}] version, timestamp, numFiles, totalBytes, numRows, features
    def details = JSON.parse(@native.details_json(Settings.options({})))

    # @param application [String]
    # @return [Integer, nil] the version that it has come to, as `transaction:` of a write says
    def transaction_version(application) = @native.transaction_version(application.to_s, Settings.options({}))

    # The commits that the log still holds, newest first.
    #
    # @param limit [Integer, nil]
    # @return [Array<Hash>] "version", "timestamp" (milliseconds since 1970-01-01 UTC), "commitInfo"
    def history(limit: nil) = JSON.parse(@native.history_json(Settings.options(limit:)))

    # The live files.
    #
    # @param where [String, nil] files that cannot match are left out
    # @param options [Hash] any option of deltaic_table_files: format: ...
    # @return [Array<Hash>]
    def files(where: nil, **options)
      stream = @native.files(Settings.options(where:, **options))
      rows = []
      while (some = stream.next_rows(Scan::DECODED_ROWS))
        rows.concat(some)
      end
      rows
    ensure
      stream&.close
    end

    # ---- other versions

    # The table at another version; this one stays as it is.
    #
    # @overload at(version:)
    #   @param version [Integer]
    # @overload at(time)
    #   @param time [Time, String] the newest version committed then or before
    # @return [Table]
    def at(time = nil, version: nil)
      raise InvalidArgumentError, "at takes a time or version:" if time.nil? && version.nil?

      Table.new(Table.load(@native.copy, version, time))
    end

    # Loads the newest version, and reads only the commits that are new.
    #
    # @return [self]
    def refresh
      change { |native| native.load(Settings.options({})) }
      self
    end

    # ---- reading

    # The rows, read while they are consumed.
    #
    # @param columns [Array, nil] all by default
    # @param where [String, nil] SQL
    # @param symbolize_names [Boolean] keys of hashes are Symbols
    # @param decimals [Symbol] :big_decimal, or :string
    # @param options [Hash] any option of deltaic_scan_open: limit:, ordered:, threads: ...
    # @return [Scan]
    def scan(columns: nil, where: nil, symbolize_names: false, decimals: :big_decimal, **options)
      given = { columns:, where:, **options }.compact
      Scan.new(@native, given, symbolize_names:, decimals:)
    end

    # The rows that a range of versions inserted, deleted and updated.
    #
    # @param from [Integer, Time, nil] the first version, or time
    # @param to [Integer, Time, nil] the last
    # @param options [Hash] any option of deltaic_changes_open: columns:, where: ...
    # @return [Changes]
    def changes(from: nil, to: nil, symbolize_names: false, decimals: :big_decimal, **options)
      given = { **edge("from", from), **edge("to", to), **options }.compact
      Changes.new(@native, given, symbolize_names:, decimals:)
    end

    # @param where [String, nil] SQL
    # @return [Integer] rows, from the log alone where it knows
    def count(where: nil) = @native.count(Settings.options(where:))

    # @return [#to_i] all rows, as Scan#arrow_c_stream
    def arrow_c_stream = scan.arrow_c_stream

    # ---- writing; each is one commit, and the new version is loaded

    # Adds rows, or with `mode: :overwrite` puts them in the place of those there are.
    #
    # @param rows [Enumerable<Hash>, #arrow_c_stream]
    # @param options [Hash] as Deltaic.write takes them
    # @return [Hash{String => Object}] metrics
    def write(rows, mode: :append, schema: nil, transaction: nil, **options)
      change do |native|
        Writing.write(native, rows, mode:, schema:, transaction:, options:)
      end
    end
    alias append write

    # Deletes rows.
    #
    # @param where [String, nil] SQL; all rows by default
    # @return [Hash{String => Object}] "numDeletedRows" ... as deltaic_table_delete documents them
    def delete(where = nil, transaction: nil, **options)
      settings = Settings.options({ where:, **options, **Settings.transaction(transaction) })
      change { |native| JSON.parse(native.delete(settings)) }
    end

    # Changes columns of rows.
    #
    # @param set [Hash{String, Symbol => String}] SQL for each column, which sees the row as it was
    # @param where [String, nil] SQL; all rows by default
    # @return [Hash{String => Object}] "numUpdatedRows" ... as deltaic_table_update documents them
    def update(set, where: nil, transaction: nil, **options)
      settings = Settings.options({ set:, where:, **options, **Settings.transaction(transaction) })
      change { |native| JSON.parse(native.update(settings)) }
    end

    # Begins a MERGE. In SQL the table is `t` and the rows are `s`.
    #
    # @param rows [Enumerable<Hash>, #arrow_c_stream]
    # @param on [String] SQL: which rows match
    # @param schema [Hash, nil] the types of the rows; by default the table's, and found for other columns
    # @param options [Hash] any option of deltaic_table_merge
    # @return [Merge]
    def merge(rows, on:, schema: nil, transaction: nil, **options)
      given = { target_alias: "t", source_alias: "s", on:, **options, **Settings.transaction(transaction) }
      Merge.new(self, rows, given, schema)
    end

    # Rows whose key is there replace what is there, others are added.
    #
    # @param rows [Enumerable<Hash>, #arrow_c_stream]
    # @param key [Symbol, String, Array] the columns that name a row
    # @return [Hash{String => Object}] metrics, as of #merge
    def upsert(rows, key:, **options)
      on = Array(key).map { |name| "t.#{quoted(name)} = s.#{quoted(name)}" }.join(" AND ")
      raise InvalidArgumentError, "key: names no column" if on.empty?

      merge(rows, on:, **options).when_matched_update_all.when_not_matched_insert_all.execute
    end

    # @api private
    # Runs a call that loads another version, on a copy that takes this one's place where the call succeeds.
    def change
      native = @native.copy
      result = yield native
      @native = native
      result
    end

    # @return [String]
    def inspect = "#<Deltaic::Table #{uri} version=#{version}>"

    private

    def quoted(name) = "`#{name.to_s.gsub("`", "``")}`"

    def edge(name, value)
      value.is_a?(Integer) ? { "#{name}_version": value } : { "#{name}_timestamp": value }
    end
  end
end
