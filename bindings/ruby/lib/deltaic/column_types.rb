# frozen_string_literal: true

module Deltaic
  # Types of columns as the extension takes them: [name, word, nullable, children], with Delta's words for types.
  #
  # @api private
  module ColumnTypes
    # Other names that people use.
    ALIASES = { "int" => "integer", "bigint" => "long", "smallint" => "short", "tinyint" => "byte", "text" => "string",
                "bool" => "boolean", "real" => "float", "datetime" => "timestamp", "blob" => "binary",
                "decimal" => "decimal(38,18)" }.freeze

    module_function

    # @param schema [Hash, Schema] `{ id: :long, price: "decimal(10,2)", tags: [:string], address: { zip: :string } }`
    # @return [Array] a column each
    def of_schema(schema)
      return schema.fields.map { |field| of_delta(field["name"], field["type"], field["nullable"]) } if schema.is_a?(Schema)
      raise InvalidArgumentError, "schema: takes a Hash of columns, not #{schema.class}" unless schema.respond_to?(:to_h)

      schema.to_h.map { |name, type| of_ruby(name.to_s, type) }
    end

    # A type as people write it: :long, "decimal(10,2)", [:string] for a list, { a: :long } for a struct,
    # [:map, :string, :long] for a map.
    def of_ruby(name, type)
      case type
      when Hash then [name, "struct", true, type.map { |member, inner| of_ruby(member.to_s, inner) }]
      when Array then of_ruby_list(name, type)
      else [name, word(type), true, []]
      end
    end

    def of_ruby_list(name, type)
      kind, *inner = type
      return [name, "map", true, [of_ruby("key", inner[0]), of_ruby("value", inner[1])]] if kind == :map && inner.size == 2
      raise InvalidArgumentError, "column #{name}: a list is [TYPE], a map [:map, KEY, VALUE]" unless type.size == 1

      [name, "array", true, [of_ruby("element", kind)]]
    end

    # A type as the protocol's JSON has it.
    def of_delta(name, type, nullable)
      return [name, word(type), nullable, []] unless type.is_a?(Hash)

      children =
        case type["type"]
        when "array" then [of_delta("element", type["elementType"], type["containsNull"])]
        when "map" then [of_delta("key", type["keyType"], false), of_delta("value", type["valueType"], type["valueContainsNull"])]
        else type["fields"].map { |field| of_delta(field["name"], field["type"], field["nullable"]) }
        end
      [name, type["type"], nullable, children]
    end

    def word(type)
      text = type.to_s.delete(" ").downcase
      ALIASES.fetch(text, text)
    end
  end

  # Finds types from values.
  #
  # @api private
  class InferredType
    # Decimals that are found get these digits.
    DECIMAL_DIGITS = 38

    # @param rows [Array<Hash>]
    # @return [Array] columns as the extension takes them
    # @raise [InvalidArgumentError] a column with no value in any row
    def self.columns(rows)
      root = new("row")
      rows.each { |row| root.add(row) }
      root.members
    end

    def initialize(path)
      @path = path
      @kind = nil
      @children = {}
      @whole_digits = @fraction_digits = 0
    end

    # Looks at one more value.
    def add(value)
      kind = kind_of(value)
      return if kind.nil?

      @kind = @kind.nil? ? kind : merged(kind)
      case kind
      when "array" then value.each { |item| child("element").add(item) }
      when "struct" then value.each { |key, item| child(key.to_s).add(item) }
      when "decimal" then count_digits(value)
      end
    end

    # The columns of a row, or the members of a struct.
    def members = @children.map { |name, inner| inner.spec(name) }

    # @return [Array] [name, word, nullable, children]
    def spec(name)
      raise InvalidArgumentError, "#{@path}: nothing but nil, so that its type must be given: schema:" if @kind.nil?
      return [name, "decimal(#{DECIMAL_DIGITS},#{scale})", true, []] if @kind == "decimal"
      raise InvalidArgumentError, "#{@path}: a struct without members; give schema:" if @kind == "struct" && @children.empty?

      [name, @kind, true, @kind == "array" ? [child("element").spec("element")] : members]
    end

    private

    def child(name)
      @children[name] ||= InferredType.new(@path == "row" ? "column #{name}" : "#{@path}.#{name}")
    end

    def kind_of(value)
      case value
      when nil then nil
      when true, false then "boolean"
      when Integer then value.bit_length > 63 ? raise_type(value) : "long"
      when Float then "double"
      when BigDecimal then "decimal"
      when String then value.encoding == Encoding::BINARY && !value.ascii_only? ? "binary" : "string"
      when Symbol then "string"
      when DateTime, Time then "timestamp"
      when Date then "date"
      when Hash then "struct"
      when Array then "array"
      else value.respond_to?(:acts_like_time?) ? "timestamp" : raise_type(value)
      end
    end

    def merged(kind)
      return kind if kind == @kind

      pair = [kind, @kind].sort
      return "double" if pair == %w[double long]
      return "decimal" if pair == %w[decimal long]
      return "binary" if pair == %w[binary string]

      raise SchemaMismatchError, "#{@path} is #{@kind} in one row and #{kind} in another; give schema:"
    end

    def count_digits(value)
      _, digits, _, exponent = value.split
      @whole_digits = [@whole_digits, exponent].max
      @fraction_digits = [@fraction_digits, digits.length - exponent].max
    end

    def scale
      if @whole_digits + @fraction_digits > DECIMAL_DIGITS
        raise SchemaMismatchError, "#{@path}: more than 38 digits; give schema:"
      end

      # Half of the room that is left over goes to either side of the point.
      @fraction_digits + ((DECIMAL_DIGITS - @whole_digits - @fraction_digits) / 2)
    end

    def raise_type(value)
      raise SchemaMismatchError, "#{@path}: #{value.class} #{value.inspect[0, 50]} has no column type"
    end
  end
end
