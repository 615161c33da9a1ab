# frozen_string_literal: true

# A job at the boundary between warehouse and application: takes a table that others compute, adds what is missing, and
# hands the changes since its last run to the application, in batches.
#
#   ruby examples/ruby/boundary_job.rb FOLDER
require "deltaic"

# Keeps in a table of its own how far it has come, so that a run that dies is simply run again.
class BoundaryJob
  APPLICATION = "boundary-job"

  def initialize(scores, served)
    @scores = scores
    @served = served
  end

  def perform
    from = Deltaic.table?(@served) ? Deltaic::Table.open(@served).transaction_version(APPLICATION) : nil
    scores = Deltaic::Table.open(@scores)
    return 0 if from == scores.version

    changes = scores.changes(from: (from || -1) + 1, to: scores.version, symbolize_names: true)
    rows = changes.reject { |change| change.type == :update_preimage }.to_h { |change| [change.row[:user_id], change] }
    apply(rows.values, scores.version)
    rows.size
  end

  private

  # One commit, which also says how far we have come: all of it or nothing.
  def apply(changes, version)
    rows = changes.map { |change| change.row.merge(gone: change.type == :delete) }
    Deltaic.write(@served, [], schema: { user_id: :long, score: :double }, mode: :ignore)
    Deltaic::Table.open(@served).merge(rows, on: "t.user_id = s.user_id", transaction: [APPLICATION, version])
                  .when_matched_delete(where: "s.gone")
                  .when_matched_update_all(except: [:gone])
                  .when_not_matched_insert_all(where: "NOT s.gone", except: [:gone])
                  .execute
  end
end

folder = ARGV.fetch(0)
scores = File.join(folder, "scores")
job = BoundaryJob.new(scores, File.join(folder, "served"))

Deltaic.write(scores, (1..1000).map { |id| { user_id: id, score: id / 1000.0 } },
              properties: { "delta.enableChangeDataFeed" => true })
puts "first run: #{job.perform} rows"
table = Deltaic::Table.open(scores)
table.update({ score: "score / 2" }, where: "user_id <= 10")
table.delete("user_id > 990")
puts "second run: #{job.perform} rows"
puts "third run: #{job.perform} rows"
served = Deltaic::Table.open(File.join(folder, "served"))
puts "served: #{served.count} rows, the best of them #{served.scan.max_by { |row| row["score"] }}"
