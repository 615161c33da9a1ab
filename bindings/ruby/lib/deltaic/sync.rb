# frozen_string_literal: true

require "deltaic"
require_relative "sync/postgres"
require_relative "sync/redis"

module Deltaic
  # Keeps a PostgreSQL table, or keys in Redis, in step with a Delta table, over the application's own connection: exactly
  # once, since how far it has come is committed with the rows. Needs the gem pg, redis or redis-client;
  # `require "deltaic/sync"`.
  #
  #   Deltaic::Sync.new("s3://lake/scores", to: connection, into: "scores", key: :user_id).run
  #   # => #<struct from=41, to=57, how=:changes, upserted=10412, deleted=31, rejected=0>
  #
  # A run brings the target from the version of the last run to the newest: by the net changes between the two, which needs
  # no change data feed, or by all rows where that is not possible. In PostgreSQL that is one transaction, or joins the one
  # that is open on the connection, rows that are equal stay untouched, and two runs at once wait for each other. In Redis
  # it is one step, too, and of two runs at once the later one begins anew.
  class Sync
    # What a run did: versions (`from` is nil for the first), :nothing, :changes or :snapshot, and rows of the target. In
    # Redis `upserted` are the rows sent, and `deleted` is always 0. `rejected` are those that went to the file `rejects:`.
    Result = Struct.new(:from, :to, :how, :upserted, :deleted, :rejected)

    # mirror: the target has the source's rows and no others. upsert: rows are never deleted. append: nor updated.
    # update: never deleted nor inserted.
    MODES = %i[mirror upsert append update].freeze

    HOW = { "nothing" => :nothing, "snapshot" => :snapshot, "incremental" => :changes }.freeze

    # @param table [String, Table] the source
    # @param to [PG::Connection, Class, Redis, RedisClient] the target: a connection, or an ActiveRecord model (its
    #   connection and table)
    # @param key [Symbol, String, Array] the source's columns that name a row; in PostgreSQL the target has a unique index
    #   over them
    # @param into [String, nil] the target's table, "scores" or "public.scores"; a model knows its own. In Redis what keys
    #   begin with: "scores" for scores:17
    # @param name [String, nil] what the cursor is kept under; by default `into`
    # @param mode [Symbol] one of MODES; :insert is another name of :append
    # @param columns [Array, Hash, nil] the source's columns, or `{ source: :target }`; by default all that both have
    # @param where [String, nil] SQL over the source: only these rows
    # @param on_gap [Symbol] what to do where versions since the last run are gone: :snapshot, or :error
    # @param nul [Symbol] NUL in texts, which PostgreSQL cannot hold: :error, or :strip
    # @param value [Symbol] in Redis a row is a :hash, or a string with :json
    # @param soft_delete [Symbol, String, nil] in PostgreSQL, mode :mirror, a column of the target, boolean or timestamp, that
    #   is set where a row would be deleted, and reset where it comes again
    # @param rejects [String, Pathname, nil] a file to append rows to, as JSON lines, that the target cannot hold, or whose
    #   key is null or, in PostgreSQL, there twice; by default they fail the run
    # @param options [Hash] other options of deltaic_sync_plan: `new_columns: :add`, `max_rejects: 100`, ...
    # @param storage_options [Hash]
    def initialize(table, to:, key:, into: nil, name: nil, mode: :mirror, columns: nil, where: nil, on_gap: :snapshot,
                   nul: :error, value: :hash, soft_delete: nil, rejects: nil, storage_options: {}, **options)
      mode = :append if mode == :insert
      raise InvalidArgumentError, "mode: is one of #{MODES.join(", ")}, not #{mode}" unless MODES.include?(mode)

      @source = table
      @storage_options = storage_options
      into = (into || (to.respond_to?(:table_name) ? to.table_name : nil)).to_s
      start = { target: kind_of(to), into:, name:, key: Array(key), columns: column_list(columns) }.compact
      plan = { **start, mode:, where:, on_gap:, nul:, value:, soft_delete:, rejects: rejects&.to_s, **options }.compact
      @target = (kind_of(to) == :redis ? Redis : Postgres).new(to, start, plan)
    end

    # Brings the target to the newest version.
    #
    # @param dry_run [Boolean] does everything and rolls it back; in Redis counts what would be sent
    # @param resync [Boolean] forgets the cursor, as for a table that was made anew: all rows are compared
    # @param full [Boolean] compares all rows
    # @return [Result]
    # @raise [InvalidArgumentError] another table than last time, no unique index over the key
    # @raise [ConstraintViolatedError] a key that is null, or twice
    # @raise [SchemaMismatchError] a value that the target cannot hold
    def run(dry_run: false, resync: false, full: false)
      plan, *counts = @target.run(open_source, { resync:, full: }, dry_run:)
      Result.new(plan["from"], plan["to"], HOW.fetch(plan["action"]), *counts)
    end

    # @return [Integer, nil] the version that the target has
    def cursor = @target.cursor

    private

    def open_source
      return @source.at(version: @source.version).refresh if @source.is_a?(Table)

      Table.open(@source, storage_options: @storage_options)
    end

    def kind_of(target)
      return :postgres if target.respond_to?(:exec_params) || target.respond_to?(:table_name)
      return :redis if target.respond_to?(:call)

      raise InvalidArgumentError, "to: is a connection of pg, a model, or a client of redis or redis-client"
    end

    def column_list(columns)
      case columns
      when nil then nil
      when Hash then columns.map { |from, to| "#{from}=#{to}" }
      else Array(columns)
      end
    end
  end
end
