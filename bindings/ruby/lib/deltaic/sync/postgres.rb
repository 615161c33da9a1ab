# frozen_string_literal: true

module Deltaic
  class Sync
    # Columns on their way: source names, and what the target calls and holds them as.
    #
    # @api private
    Plan = Struct.new(:sources, :targets, :kinds)

    # The target's side: SQL around COPY, on a connection of the gem pg.
    #
    # @api private
    class Postgres
      STAGE = "deltaic_sync_stage"
      CURSORS = "deltaic_sync"
      # So that two first runs do not create the table of cursors at once.
      CREATION_LOCK = 7_204_310_415

      # @return [String] as it was given
      attr_reader :table

      def initialize(target, table, key, mode)
        raise InvalidArgumentError, "key: names no column" if key.empty?

        @target = target
        @table = (table || (target.respond_to?(:table_name) ? target.table_name : nil)).to_s
        raise InvalidArgumentError, "into: names no table" if @table.empty?

        @key = key
        @mode = mode
        @quoted_table = @table.split(".").map { |part| quoted(part) }.join(".")
      end

      # Runs the block in a transaction of its own, or in the one that is open.
      def transaction(dry_run: false, &block)
        return savepoint(roll_back: dry_run, &block) unless connection.transaction_status.zero?

        execute("BEGIN")
        begin
          yield
          execute(dry_run ? "ROLLBACK" : "COMMIT")
        rescue Exception # rubocop:disable Lint/RescueException -- Timeout and Thread#kill must not leave it open
          execute("ROLLBACK") unless connection.finished?
          raise
        end
      end

      # Runs the block so that its failure undoes it alone.
      def savepoint(roll_back: false)
        execute("SAVEPOINT deltaic_sync")
        result = yield
        execute("ROLLBACK TO SAVEPOINT deltaic_sync") if roll_back
        execute("RELEASE SAVEPOINT deltaic_sync")
        result
      rescue Deltaic::Error
        execute("ROLLBACK TO SAVEPOINT deltaic_sync")
        execute("RELEASE SAVEPOINT deltaic_sync")
        raise
      end

      # Waits until no other run of this name is under way.
      #
      # @return [Integer, nil] the version that the target has
      def lock_cursor(name, table_id, resync:)
        create_cursors
        execute("SELECT pg_advisory_xact_lock(hashtext($1), hashtext($2))", [CURSORS, name])
        found = execute("SELECT table_id, version FROM #{CURSORS} WHERE name = $1 FOR UPDATE", [name]).first
        return if found.nil? || resync
        return found["version"].to_i if found["table_id"] == table_id

        raise InvalidArgumentError, "#{name} was synced from another table, #{found["table_id"]}, and this is #{table_id}; " \
                                    "run(resync: true) takes it"
      end

      def move_cursor(name, table_id, version)
        execute(<<~SQL, [name, table_id, version])
          INSERT INTO #{CURSORS} (name, table_id, version, synced_at) VALUES ($1, $2, $3, now())
          ON CONFLICT (name) DO UPDATE SET table_id = excluded.table_id, version = excluded.version, synced_at = excluded.synced_at
        SQL
      end

      def cursor(name)
        return unless there?(CURSORS)

        execute("SELECT version FROM #{CURSORS} WHERE name = $1", [name]).first&.fetch("version")&.to_i
      end

      def column_names = column_kinds.keys

      # @param mapping [Hash] source column => target column
      # @return [Plan]
      def plan(mapping)
        missing = mapping.values - column_names
        raise InvalidArgumentError, "#{@table} has no column #{missing.join(", ")}" unless missing.empty?

        unmapped = @key - mapping.values
        raise InvalidArgumentError, "the key #{unmapped.join(", ")} is not among the columns" unless unmapped.empty?

        check_unique
        Plan.new(mapping.keys, mapping.values, mapping.values.map { |name| column_kinds[name] })
      end

      # Copies lines that the block gives to a temporary table.
      def stage(plan, with_versions:)
        # Not IF EXISTS, which would print a notice.
        execute("DROP TABLE pg_temp.#{STAGE}") if there?("pg_temp.#{STAGE}")
        versions = with_versions ? ", 0::bigint AS deltaic_version, false AS deltaic_gone" : ""
        execute("CREATE TEMPORARY TABLE #{STAGE} ON COMMIT DROP AS " \
                "SELECT #{list(plan.targets)}#{versions} FROM #{@quoted_table} WITH NO DATA")
        raw = connection
        raw.copy_data("COPY #{STAGE} FROM STDIN") { yield ->(line) { raw.put_copy_data(line) } }
        check_keys(with_versions)
      end

      # The last version of a key wins; within it an upsert beats a delete, which is how an update of keys looks.
      def apply_changes(plan)
        execute(<<~SQL)
          CREATE TEMPORARY TABLE #{STAGE}_net ON COMMIT DROP AS
          SELECT DISTINCT ON (#{list(@key)}) * FROM #{STAGE} ORDER BY #{list(@key)}, deltaic_version DESC, deltaic_gone
        SQL
        deleted = @mode == :mirror ? delete("#{STAGE}_net s WHERE s.deltaic_gone AND") : 0
        counts = [put(plan, "#{STAGE}_net", "WHERE NOT deltaic_gone"), deleted]
        execute("DROP TABLE pg_temp.#{STAGE}_net")
        counts
      end

      def apply_snapshot(plan)
        execute("ANALYZE #{STAGE}")
        deleted = @mode == :mirror ? delete_absent : 0
        [put(plan, STAGE, ""), deleted]
      end

      private

      def connection
        return @target unless @target.respond_to?(:connection) && !@target.respond_to?(:exec_params)

        @target.connection.raw_connection
      end

      def execute(sql, parameters = []) = connection.exec_params(sql, parameters)

      def there?(name) = !execute("SELECT to_regclass($1) AS found", [name]).first["found"].nil?

      def quoted(name) = "\"#{name.to_s.gsub("\"", "\"\"")}\""

      def list(names, prefix = "") = names.map { |name| "#{prefix}#{quoted(name)}" }.join(", ")

      def same_key(one, other) = @key.map { |name| "#{one}.#{quoted(name)} = #{other}.#{quoted(name)}" }.join(" AND ")

      def create_cursors
        return if there?(CURSORS)

        execute("SELECT pg_advisory_xact_lock($1)", [CREATION_LOCK])
        # Another run may have been faster, and what there? knows be older than the lock.
        execute("CREATE TABLE IF NOT EXISTS #{CURSORS} (name text PRIMARY KEY, table_id text NOT NULL, " \
                "version bigint NOT NULL, synced_at timestamptz NOT NULL)")
      end

      # Target column => :array, :json or nil.
      def column_kinds
        rows = execute(<<~SQL, [@quoted_table])
          SELECT a.attname AS name, t.typname AS type, t.typcategory AS category
          FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
          WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum
        SQL
        raise InvalidArgumentError, "there is no table #{@table}" if rows.ntuples.zero?

        rows.to_h do |row|
          kind = row["category"] == "A" ? :array : nil
          [row["name"], %w[json jsonb].include?(row["type"]) ? :json : kind]
        end
      end

      def check_unique
        found = execute(<<~SQL, [@quoted_table])
          SELECT array_to_json(array_agg(a.attname ORDER BY a.attname)) AS names
          FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
          WHERE i.indrelid = to_regclass($1) AND i.indisunique AND i.indpred IS NULL GROUP BY i.indexrelid
        SQL
        return if found.any? { |row| JSON.parse(row["names"]) == @key.sort }

        raise InvalidArgumentError, "#{@table} has no unique index over #{@key.join(", ")}; the key needs one"
      end

      def check_keys(with_versions)
        nulls = @key.map { |name| "#{quoted(name)} IS NULL" }.join(" OR ")
        if execute("SELECT 1 FROM #{STAGE} WHERE #{nulls} LIMIT 1").ntuples.positive?
          raise ConstraintViolatedError, "a row has no #{@key.join(", ")}: keys must not be null"
        end

        group = list(@key) + (with_versions ? ", deltaic_version" : "")
        filter = with_versions ? "WHERE NOT deltaic_gone " : ""
        twice = execute("SELECT #{list(@key)} FROM #{STAGE} #{filter}GROUP BY #{group} HAVING count(*) > 1 LIMIT 1").first
        return unless twice

        raise ConstraintViolatedError, "the key #{twice.map { |name, value| "#{name} = #{value}" }.join(", ")} is there twice"
      end

      def delete(source_and)
        execute("DELETE FROM #{@quoted_table} t USING #{source_and} #{same_key("t", "s")}").cmd_tuples
      end

      def delete_absent
        execute("DELETE FROM #{@quoted_table} t WHERE NOT EXISTS (SELECT 1 FROM #{STAGE} s WHERE #{same_key("t",
                                                                                                            "s")})").cmd_tuples
      end

      # Rows that are equal already are left alone, so that neither triggers nor WAL see them.
      def put(plan, from, condition)
        others = plan.targets - @key
        return update(others, from, condition) if @mode == :update

        names = list(plan.targets)
        insert = "INSERT INTO #{@quoted_table} AS t (#{names}) SELECT #{names} FROM #{from} #{condition}"
        action =
          if others.empty? || @mode == :insert
            "DO NOTHING"
          else
            "DO UPDATE SET #{others.map { |name| "#{quoted(name)} = excluded.#{quoted(name)}" }.join(", ")} " \
              "WHERE (#{list(others, "t.")}) IS DISTINCT FROM (#{list(others, "excluded.")})"
          end
        execute("#{insert} ON CONFLICT (#{list(@key)}) #{action}").cmd_tuples
      end

      def update(others, from, condition)
        return 0 if others.empty?

        set = others.map { |name| "#{quoted(name)} = s.#{quoted(name)}" }.join(", ")
        rows = "(SELECT * FROM #{from} #{condition}) s"
        execute("UPDATE #{@quoted_table} t SET #{set} FROM #{rows} " \
                "WHERE #{same_key("t", "s")} " \
                "AND (#{list(others, "t.")}) IS DISTINCT FROM (#{list(others, "s.")})").cmd_tuples
      end
    end
  end
end
