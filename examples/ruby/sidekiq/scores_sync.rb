# frozen_string_literal: true

# A Sidekiq job that serves a table of the warehouse from the application's own PostgreSQL; README.md says how to run it.
require "sidekiq"
require "pg"
require "deltaic/sync"

# Brings the table scores to the newest version of the Delta table. How far it is stands in PostgreSQL and moves in the
# same transaction as the rows: a job that dies, is shut down or runs twice does no harm.
class ScoresSync
  include Sidekiq::Job
  sidekiq_options retry: 5, queue: "warehouse"

  def perform(source = ENV.fetch("SCORES"))
    done = Deltaic::Sync.new(source, to: connection, into: "scores", key: :user_id, soft_delete: :gone_at,
                                     rejects: "rejects.jsonl").run
    logger.info("scores: #{done.how} to version #{done.to}, #{done.upserted} rows new or changed, #{done.deleted} gone")
  end

  private

  # In Rails: `to: Score`, the model, in the place of a connection and the table's name.
  def connection = Thread.current[:scores_connection] ||= PG.connect
end
