# frozen_string_literal: true

module Deltaic
  class Sync
    # The target's side in PostgreSQL: runs the steps of a plan on a connection of the gem pg.
    #
    # @api private
    class Postgres
      CURSORS = "deltaic_sync"

      # @param target [PG::Connection, Class]
      # @param start [Hash] options of deltaic_sync_start_json
      # @param plan [Hash] options of deltaic_sync_plan
      def initialize(target, start, plan)
        @target = target
        @start = JSON.parse(Native.sync_start_json(Settings.options(start)))
        @options = plan
      end

      # @return [Array] the plan, rows upserted, rows deleted, rows rejected
      def run(source, more, dry_run:)
        transaction(dry_run:) do
          @start["begin"].each { |sql| execute(sql) }
          plan = Native::Sync.plan(source.native, Settings.options({ **@options, **asked, **more }))
          steps = JSON.parse(plan.json)
          steps["action"] == "nothing" ? [steps, 0, 0, 0] : [steps, *bring(plan, steps)]
        end
      end

      def cursor
        return if execute("SELECT to_regclass('#{CURSORS}') AS found").first["found"].nil?

        execute(@start["status"]).first&.fetch("version")&.to_i
      end

      private

      # What the target says of itself.
      def asked
        found = execute(@start["cursor"]).first
        cursor = found ? found.transform_keys { |name| "cursor_#{name}" } : {}
        types = execute(@start["columns"]).to_h { |row| ["target_column.#{row["name"]}", row["type"]] }
        { **cursor, **types, "has_unique_key" => execute(@start["unique"]).ntuples.positive? }
      end

      def bring(plan, steps)
        steps["prepare"].each { |sql| execute(sql) }
        rejected = copy(plan, steps["copy"])
        steps["checks"].each do |sql|
          wrong = execute(sql).first
          raise ConstraintViolatedError, wrong.values.first if wrong
        end
        counts = apply(steps["apply"])
        steps["finish"].each { |sql| execute(sql) }
        [counts["upserted"], counts["deleted"], rejected + counts["rejected"]]
      end

      # What each kind of step touched.
      def apply(steps)
        steps.each_with_object(Hash.new(0)) do |step, counts|
          done = execute(step["sql"])
          case step["counts"]
          when "told" then done.first.each { |kind, count| counts[kind] += count.to_i }
          when "rejected" then counts["rejected"] += append_rejects(done)
          else counts[step["counts"]] += done.cmd_tuples
          end
        end
      end

      def append_rejects(lines)
        File.open(@options[:rejects], "a") { |file| lines.each { |line| file.puts(line.values.first) } }
        lines.ntuples
      end

      def copy(plan, sql)
        rows = plan.copy(Settings.options({}))
        raw = connection
        raw.copy_data(sql) do
          while (bytes = rows.next)
            raw.put_copy_data(bytes)
          end
        end
        rows.num_rejected
      ensure
        rows&.close
      end

      # Runs the block in a transaction of its own, or in the one that is open.
      def transaction(dry_run:, &block)
        return savepoint(roll_back: dry_run, &block) unless connection.transaction_status.zero?

        is_done = false
        begin
          execute("BEGIN")
          result = yield
          execute(dry_run ? "ROLLBACK" : "COMMIT")
          is_done = true
          result
        ensure
          # Not rescue: a Timeout leaves by throw.
          execute("ROLLBACK") unless is_done || connection.finished? || connection.transaction_status.zero?
        end
      end

      # Runs the block so that its failure undoes it alone.
      def savepoint(roll_back:)
        execute("SAVEPOINT deltaic_sync")
        is_done = false
        begin
          result = yield
          is_done = !roll_back
          result
        ensure
          unless connection.finished?
            execute("ROLLBACK TO SAVEPOINT deltaic_sync") unless is_done
            execute("RELEASE SAVEPOINT deltaic_sync")
          end
        end
      end

      def connection = @target.respond_to?(:exec_params) ? @target : @target.connection.raw_connection

      # Parameters or not, one statement: exec_params takes no list of them.
      def execute(sql) = connection.exec_params(sql, [])
    end
  end
end
