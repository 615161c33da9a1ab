# frozen_string_literal: true

module Deltaic
  # The rows of one version of a table, as an Enumerable of hashes. Every pass is a new scan, which reads while it is
  # consumed: memory stays flat, and `break` ends it.
  #
  #   table.scan(where: "score > 0.5").each_slice(1_000) { |rows| Score.upsert_all(rows) }
  class Scan
    include Enumerable

    # Rows decoded at a time: few enough that they die young.
    DECODED_ROWS = 1024

    # @api private
    def initialize(native, options, symbolize_names: false, decimals: :big_decimal, opener: :scan)
      unless %i[big_decimal string].include?(decimals)
        raise InvalidArgumentError, "decimals: is :big_decimal or :string, not #{decimals.inspect}"
      end

      @native = native
      @options = options.freeze
      @look = [symbolize_names, decimals == :string].freeze
      @opener = opener
    end

    # @yieldparam row [Hash] keys are Strings, Symbols with symbolize_names; Strings of columns with few values are
    #   shared and frozen
    # @return [self, Enumerator]
    def each(&block)
      return to_enum(:each) { @opener == :scan ? count : nil } unless block

      each_batch { |rows| rows.each(&block) }
      self
    end

    # Rows as they are decoded, up to 1,024 at a time.
    #
    # @yieldparam rows [Array<Hash>]
    # @return [self, Enumerator]
    def each_batch
      return to_enum(:each_batch) unless block_given?

      stream = open({ dictionary_strings: true }).look(*@look)
      begin
        while (rows = stream.next_rows(DECODED_ROWS))
          yield rows
        end
      ensure
        stream.close
      end
      self
    end

    # The number of rows, where the log knows it without reading them.
    #
    # @return [Integer]
    def count(*arguments, &block)
      return super if block || !arguments.empty? || @opener != :scan || @options.key?(:limit)

      @native.count(Settings.options(@options.slice(:where, :timezone, :threads, :max_memory_bytes)))
    end

    # The rows as an Arrow C stream, for Polars, DuckDB or red-arrow: an object whose `to_i` is the address of an
    # ArrowArrayStream. It is consumed once, and must be kept until it is.
    #
    # @return [#to_i]
    def arrow_c_stream = open({})

    # @return [Polars::DataFrame] needs the gem polars-df
    def to_polars
      require "polars-df"
      Polars::DataFrame.new(self)
    end

    # @return [Arrow::Table] needs the gem red-arrow
    def to_arrow
      require "arrow"
      stream = arrow_c_stream
      Arrow::RecordBatchReader.import(stream.to_i).read_all
    end

    # What the scan would read, without reading rows.
    #
    # @return [Hash{String => Object}] as deltaic_scan_explain_json documents it
    def explain = JSON.parse(@native.explain_json(Settings.options(@options)))

    private

    def open(defaults) = @native.public_send(@opener, Settings.options(defaults.merge(@options)))
  end
end
