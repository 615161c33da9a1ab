# frozen_string_literal: true

module Deltaic
  # The columns of a table, as the protocol's JSON describes them.
  class Schema
    include Enumerable

    # @return [Array<Hash>] a Hash for each column: "name", "type", "nullable", "metadata"
    attr_reader :fields

    # @param json [String] the protocol's JSON
    def initialize(json)
      @fields = JSON.parse(json).fetch("fields").freeze
    end

    # @return [Array<String>]
    def names = fields.map { |field| field["name"] }

    # @yieldparam field [Hash]
    def each(&block) = block ? fields.each(&block) : fields.each

    # @return [Hash{String => String, Hash}] name to type: { "id" => "long" }
    def to_h = fields.to_h { |field| [field["name"], field["type"]] }

    # @return [Hash, nil] the column of that name
    def [](name) = fields.find { |field| field["name"] == name.to_s }

    # @return [String] the protocol's JSON
    def to_json(*args) = JSON.generate({ "type" => "struct", "fields" => fields }, *args)

    def ==(other) = other.is_a?(Schema) && fields == other.fields

    # @return [String]
    def inspect = "#<Deltaic::Schema #{fields.map { |field| "#{field["name"]}: #{field["type"]}" }.join(", ")}>"
  end
end
