# frozen_string_literal: true

module Deltaic
  # One change of a row, out of the change data feed.
  #
  # @!attribute type
  #   @return [Symbol] :insert, :delete, :update_preimage or :update_postimage
  # @!attribute version
  #   @return [Integer] the commit that made it
  # @!attribute timestamp
  #   @return [Time] when that was committed
  # @!attribute row
  #   @return [Hash] the row, without the columns of the feed
  Change = Struct.new(:type, :version, :timestamp, :row)

  # The change data feed of a range of versions, as an Enumerable of Change.
  class Changes
    include Enumerable

    # What the feed says of a change, as columns.
    COLUMNS = %w[_change_type _commit_version _commit_timestamp].freeze

    # @api private
    def initialize(native, options, symbolize_names: false, decimals: :big_decimal)
      options = { **options, columns: [*options[:columns], *COLUMNS].uniq(&:to_s) } if options[:columns]
      @scan = Scan.new(native, options, symbolize_names:, decimals:, opener: :changes)
      @keys = symbolize_names ? COLUMNS.map(&:to_sym) : COLUMNS
    end

    # @yieldparam change [Change] by version; within one, deletes before inserts
    # @return [self, Enumerator]
    def each
      return to_enum(:each) unless block_given?

      @scan.each do |row|
        type, version, timestamp = @keys.map { |key| row.delete(key) }
        yield Change.new(type&.to_sym, version, timestamp, row)
      end
      self
    end

    # @return [Scan] the same as rows, with the columns _change_type, _commit_version and _commit_timestamp
    def rows = @scan

    # @return [#to_i] as Scan#arrow_c_stream
    def arrow_c_stream = @scan.arrow_c_stream
  end
end
