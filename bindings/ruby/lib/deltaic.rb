# frozen_string_literal: true

require "bigdecimal"
require "date"
require "json"
require "set"

require_relative "deltaic/version"
require_relative "deltaic/errors"
require_relative "deltaic/native_loader"
require_relative "deltaic/credentials"
require_relative "deltaic/settings"
require_relative "deltaic/column_types"
require_relative "deltaic/variant_bytes"
require_relative "deltaic/schema"
require_relative "deltaic/scan"
require_relative "deltaic/change"
require_relative "deltaic/writing"
require_relative "deltaic/merge"
require_relative "deltaic/maintenance"
require_relative "deltaic/table"

# Delta Lake tables, natively.
#
#   Deltaic.write("scores", [{ user_id: 1, score: 0.9 }])
#   Deltaic::Table.open("scores").scan(where: "score > 0.5").each { |row| p row }
#
# Rows are hashes. Every failure is a Deltaic::Error, of a class that says what to do next.
module Deltaic
  # Writes rows as one commit; creates the table where there is none. On failure the table is as it was.
  #
  # @param uri [String] where the table is: "scores", "/data/scores", "s3://lake/scores"
  # @param rows [Enumerable<Hash>, #arrow_c_stream] an Array, an Enumerator, a scan, or anything with an Arrow stream;
  #   an Enumerator is read while it is written, and never held in memory
  # @param mode [Symbol] what to do where the table is there: :error, :append, :overwrite or :ignore
  # @param schema [Hash, Schema, nil] the columns of a new table, `{ id: :long, tags: [:string] }`; by default found from
  #   the first 10,000 rows
  # @param transaction [Array(String, Integer), nil] an application and the version that it has come to: its write is
  #   skipped where the table has it already
  # @param storage_options [Hash] credentials and settings of the storage. `credential_provider:` is something with #call
  #   that returns credentials in place of those: a Hash of such options, with `expires_at:` (a Time) where that is known
  # @param options [Hash] any option of deltaic_table_write: partition_by:, schema_mode:, properties:, compression: ...
  # @return [Hash{String => Object}] "version", "numAddedRows" ... as deltaic_table_write documents them
  # @raise [AlreadyExistsError, SchemaMismatchError, ConstraintViolatedError, ConflictError]
  def self.write(uri, rows, mode: :error, schema: nil, transaction: nil, storage_options: {}, **options)
    native = Native::Table.at(uri.to_s, Settings.storage(storage_options))
    Writing.write(native, rows, mode:, schema:, transaction:, options:)
  end

  # @param uri [String]
  # @param storage_options [Hash]
  # @return [Boolean] whether there is a table
  def self.table?(uri, storage_options: {})
    Native::Table.at(uri.to_s, Settings.storage(storage_options)).exists?(Settings.options({}))
  end
end
