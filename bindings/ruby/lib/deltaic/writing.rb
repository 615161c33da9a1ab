# frozen_string_literal: true

module Deltaic
  # Rows on their way into a table.
  #
  # @api private
  module Writing
    # Rows that a schema is found from.
    INFERRED_ROWS = 10_000
    # Rows handed to the extension at a time.
    SLICE = 1024

    module_function

    # @return [Hash] metrics
    def write(native, rows, mode:, schema:, transaction:, options:)
      given = { mode:, **options, **Settings.transaction(transaction) }
      settings = Settings.options(given)
      feed = Native::RowFeed.new(native, settings, nil)
      JSON.parse(run(feed, rows) { |head| columns_of_write(native, head, given, schema) })
    end

    # @return [Hash] metrics
    def merge(native, rows, options:, clauses:, schema: nil)
      feed = Native::RowFeed.new(native, Settings.options(options), clauses.map { |clause| Settings.options(clause) })
      JSON.parse(run(feed, rows) { |head| columns_of_source(native, head, schema) })
    end

    # Feeds all rows, with the columns that the block finds from the first of them.
    def run(feed, rows, &)
      if rows.respond_to?(:arrow_c_stream)
        stream = rows.arrow_c_stream
        feed.start_stream(stream.to_i)
      else
        feed_rows(feed, rows, &)
      end
      feed.finish
    ensure
      feed.stop
    end

    def feed_rows(feed, rows)
      head = []
      started = false
      rows = [rows] if rows.is_a?(Hash)
      raise InvalidArgumentError, "rows are an Enumerable of hashes, not #{rows.class}" unless rows.respond_to?(:each_slice)

      rows.each_slice(SLICE) do |slice|
        next feed.append(slice) || break if started

        head.concat(slice)
        next if head.size < INFERRED_ROWS

        feed.start(yield(head))
        started = true
        feed.append(head) || break
        head = []
      end
      return if started

      feed.start(yield(head))
      feed.append(head)
    end

    def columns_of_write(native, head, given, schema)
      return ColumnTypes.of_schema(schema) if schema

      known = existing_columns(native)
      replaces = given[:schema_mode].to_s == "overwrite"
      return infer(head) if known.nil? || replaces

      columns = used(known, head)
      given[:schema_mode].to_s == "merge" ? columns + infer_new(known, head) : columns
    end

    # The source of a MERGE has the target's types where names agree, and types of its own elsewhere.
    def columns_of_source(native, head, schema)
      return ColumnTypes.of_schema(schema) if schema

      known = existing_columns(native) || []
      columns = used(known, head) + infer_new(known, head)
      columns.empty? ? known : columns
    end

    # @return [Array, nil] the table's columns; nil where there is no table
    def existing_columns(native)
      probe = native.copy
      return nil unless probe.exists?(Settings.options({}))

      probe.load(Settings.options({})) if probe.version.negative?
      ColumnTypes.of_schema(Schema.new(probe.schema_json))
    end

    # Those of the columns that a row has, so that others get what the table says: defaults, generated values, null.
    def used(known, head)
      return known if head.empty?

      names = names_of(head)
      known.select { |name, *| names.include?(name) }
    end

    def infer_new(known, head)
      names = known.map(&:first)
      rows = head.map { |row| row.to_h.reject { |key, _| names.include?(key.to_s) } }
      rows.all?(&:empty?) ? [] : infer(rows)
    end

    def infer(head)
      raise InvalidArgumentError, "no rows, so that the columns of a new table must be given: schema:" if head.empty?

      bad = head.find { |row| !row.is_a?(Hash) }
      raise SchemaMismatchError, "row #{head.index(bad)} is a #{bad.class}, and no Hash" if bad

      InferredType.columns(head)
    end

    def names_of(head)
      head.each_with_object(Set.new) { |row, out| row.each_key { |key| out << key.to_s } if row.is_a?(Hash) }
    end
  end
end
