# frozen_string_literal: true

require "deltaic"
require_relative "sync/postgres"
require_relative "sync/copy_rows"

module Deltaic
  # Keeps a PostgreSQL table in step with a Delta table, over the application's own connection: exactly once, since how far
  # it has come is committed in the transaction that brings the rows. Needs the gem pg; `require "deltaic/sync"`.
  #
  #   Deltaic::Sync.new("s3://lake/scores", to: connection, into: "scores", key: :user_id).run
  #   # => #<struct from=41, to=57, how=:changes, upserted=10412, deleted=31>
  #
  # A run brings the target from the version of the last run to the newest as one transaction, or joins the one that is
  # open on the connection. Where the table's change data feed covers these versions, only what changed is sent; else all
  # rows are, and those that are equal stay untouched. Two runs at once wait for each other.
  class Sync
    # What a run did: versions (`from` is nil for the first), :nothing, :changes or :snapshot, and rows of the target.
    Result = Struct.new(:from, :to, :how, :upserted, :deleted)

    # mirror: the target has the source's rows and no others. upsert: rows are never deleted. update: nor inserted.
    # insert: nor updated.
    MODES = %i[mirror upsert update insert].freeze

    # @param table [String, Table] the source
    # @param to [PG::Connection, Class] the target: a connection, or an ActiveRecord model (its connection and table)
    # @param key [Symbol, String, Array] columns that name a row; the target has a unique index over them
    # @param into [String, nil] the target's table, "scores" or "public.scores"; a model knows its own
    # @param name [String, nil] what the cursor is kept under; by default the target's table
    # @param mode [Symbol] one of MODES
    # @param columns [Array, Hash, nil] the source's columns, or `{ source: :target }`; by default all that both have
    # @param where [String, nil] SQL over the source: only these rows
    # @param on_gap [Symbol] what to do where versions since the last run are gone: :snapshot, or :error
    # @param nul [Symbol] NUL in texts, which PostgreSQL cannot hold: :error, or :strip
    # @param storage_options [Hash]
    def initialize(table, to:, key:, into: nil, name: nil, mode: :mirror, columns: nil, where: nil, on_gap: :snapshot,
                   nul: :error, storage_options: {})
      raise InvalidArgumentError, "mode: is one of #{MODES.join(", ")}, not #{mode}" unless MODES.include?(mode)
      raise InvalidArgumentError, "on_gap: is :snapshot or :error" unless %i[snapshot error].include?(on_gap)

      @source = table
      @storage_options = storage_options
      @target = Postgres.new(to, into, Array(key).map(&:to_s), mode)
      @name = (name || @target.table).to_s
      @columns = columns
      @where = where
      @on_gap = on_gap
      @nul = nul
    end

    # Brings the target to the newest version.
    #
    # @param dry_run [Boolean] does everything and rolls it back
    # @param resync [Boolean] forgets the cursor: all rows are compared
    # @return [Result]
    # @raise [InvalidArgumentError] another table than last time, no unique index over the key
    # @raise [ConstraintViolatedError] a key that is null, or twice
    def run(dry_run: false, resync: false)
      source = open_source
      result = nil
      @target.transaction(dry_run:) do
        cursor = @target.lock_cursor(@name, source.metadata["id"], resync:)
        result = bring(source, cursor)
        @target.move_cursor(@name, source.metadata["id"], source.version)
      end
      result
    end

    # @return [Integer, nil] the version that the target has
    def cursor = @target.cursor(@name)

    private

    def open_source
      return @source.at(version: @source.version).refresh if @source.is_a?(Table)

      Table.open(@source, storage_options: @storage_options)
    end

    def bring(source, cursor)
      if cursor && cursor > source.version
        raise InvalidArgumentError, "the target has version #{cursor}, and the table only #{source.version}; run(resync: true)"
      end
      return Result.new(cursor, source.version, :nothing, 0, 0) if cursor == source.version

      plan = @target.plan(mapping(source))
      changed = cursor && bring_changes(source, cursor, plan)
      upserted, deleted = changed || bring_snapshot(source, plan)
      Result.new(cursor, source.version, changed ? :changes : :snapshot, upserted, deleted)
    end

    # nil where the feed does not cover the versions.
    def bring_changes(source, cursor, plan)
      return unless source.properties["delta.enableChangeDataFeed"] == "true"

      @target.savepoint do
        rows = source.changes(from: cursor + 1, to: source.version, columns: plan.sources, where: @where).rows
        @target.stage(plan, with_versions: true) do |copy|
          encoder = CopyRows.new(plan, nul: @nul)
          rows.each do |row|
            gone = %w[delete update_preimage].include?(row["_change_type"])
            copy.call(encoder.line(row, row["_commit_version"], gone))
          end
        end
        @target.apply_changes(plan)
      end
    rescue NotFoundError, InvalidArgumentError
      # Versions are gone, or had no feed, or other columns. What is wrong with the call fails again below.
      raise if @on_gap == :error

      nil
    end

    def bring_snapshot(source, plan)
      @target.stage(plan, with_versions: false) do |copy|
        encoder = CopyRows.new(plan, nul: @nul)
        source.scan(columns: plan.sources, where: @where).each { |row| copy.call(encoder.line(row)) }
      end
      @target.apply_snapshot(plan)
    end

    # Source column => target column.
    def mapping(source)
      names = source.schema.names
      given =
        case @columns
        when nil then (names & @target.column_names).to_h { |name| [name, name] }
        when Hash then @columns.to_h { |from, to| [from.to_s, to.to_s] }
        else Array(@columns).to_h { |name| [name.to_s, name.to_s] }
        end
      missing = given.keys - names
      raise InvalidArgumentError, "the table has no column #{missing.join(", ")}" unless missing.empty?

      given
    end
  end
end
