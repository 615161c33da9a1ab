# frozen_string_literal: true

require "securerandom"

module Deltaic
  class Sync
    # The target's side in Redis, on a client of the gem redis or redis-client.
    #
    # Commands go into a list there, which nobody reads and which expires, and one script runs them all and moves the cursor,
    # if it is still where the plan began: so it does not matter whether all calls have one connection, or are tried again.
    #
    # @api private
    class Redis
      # Kept for so many seconds after a run that died.
      STAGE_TTL = 3600
      # Runs of others in the meantime, after which a run gives up.
      MAX_TRIES = 100

      # KEYS: cursor, list of commands. ARGV: version and table id of the cursor as planned, the pattern of keys to clear,
      # then commands to finish with.
      APPLY = <<~LUA
        local cursor = redis.call('HMGET', KEYS[1], 'version', 'table_id')
        if (cursor[1] or '') ~= ARGV[1] or (cursor[2] or '') ~= ARGV[2] then
          redis.call('DEL', KEYS[2])
          return 0
        end
        if ARGV[3] ~= '' then
          for _, key in ipairs(redis.call('KEYS', ARGV[3])) do redis.call('DEL', key) end
        end
        local commands = redis.call('LPOP', KEYS[2])
        while commands do
          for command in string.gmatch(commands, '[^\\n]+') do redis.call(unpack(cjson.decode(command))) end
          commands = redis.call('LPOP', KEYS[2])
        end
        for i = 4, #ARGV do redis.call(unpack(cjson.decode(ARGV[i]))) end
        return 1
      LUA

      # @param client [#call]
      # @param start [Hash] options of deltaic_sync_start_json
      # @param plan [Hash] options of deltaic_sync_plan
      def initialize(client, start, plan)
        @client = client
        @key = JSON.parse(Native.sync_start_json(Settings.options(start)))["cursorKey"]
        @options = { **plan, commands: :json }
      end

      # @return [Array] the plan, rows sent, 0, rows rejected
      def run(source, more, dry_run:)
        MAX_TRIES.times do
          version, table_id, spec = @client.call("HMGET", @key, "version", "table_id", "spec")
          cursor = { cursor_version: version, cursor_table_id: table_id, cursor_spec: spec }.compact
          plan = Native::Sync.plan(source.native, Settings.options({ **@options, **cursor, **more }))
          steps = JSON.parse(plan.json)
          return [steps, 0, 0, 0] if steps["action"] == "nothing"

          sent = bring(plan, steps, [version.to_s, table_id.to_s], dry_run:)
          return [steps, sent[0], 0, sent[1]] if sent

          source = source.refresh
        end
        raise ConflictError, "other runs moved the cursor again and again; run it when they are done"
      end

      def cursor = @client.call("HGET", @key, "version")&.to_i

      private

      # nil where another run was faster.
      def bring(plan, steps, cursor, dry_run:)
        stage = "#{@key}:stage:#{SecureRandom.uuid}"
        rows = plan.copy(Settings.options({}))
        while (commands = rows.next)
          next if dry_run

          @client.call("RPUSH", stage, commands)
          @client.call("EXPIRE", stage, STAGE_TTL)
        end
        sent = [rows.num_rows, rows.num_rejected]
        return sent if dry_run

        finish = steps["finish"].map { |command| JSON.generate(command) }
        sent if @client.call("EVAL", APPLY, 2, @key, stage, *cursor, steps["clear"], *finish) == 1
      ensure
        rows&.close
      end
    end
  end
end
