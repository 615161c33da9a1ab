# frozen_string_literal: true

require "digest"

# Rows in the canonical form of the conformance tables: one JSON text each, keys in the order of the schema.
class CanonicalRows
  ESCAPES = (0...0x20).to_h { |code| [code.chr, format("\\u%04x", code)] }
                      .merge('"' => '\\"', "\\" => "\\\\", "\b" => "\\b", "\f" => "\\f", "\n" => "\\n", "\r" => "\\r",
                             "\t" => "\\t").freeze

  # SHA-256 over the rows sorted by their bytes, a line each.
  def self.digest(texts)
    digest = Digest::SHA256.new
    texts.map(&:b).sort.each { |text| digest << text << "\n" }
    digest.hexdigest
  end

  def initialize(schema)
    @type = { "type" => "struct", "fields" => schema.fields }
  end

  def text(row) = value(row, @type)

  private

  def value(item, type)
    return "null" if item.nil?
    return nested(item, type) if type.is_a?(Hash)

    case type
    when "boolean", "byte", "short", "integer", "long" then item.to_s
    when "float" then float(item, 9)
    when "double" then float(item, 17)
    when "string" then quoted(item)
    when "binary" then "\"#{item.unpack1("H*")}\""
    when "date" then "\"#{date(item)}\""
    when "timestamp" then "\"#{timestamp(item)}Z\""
    when "timestamp_ntz" then "\"#{timestamp(item)}\""
    when "variant" then "{\"$variant\":#{variant(item)}}"
    else decimal(item, type)
    end
  end

  def nested(item, type)
    case type["type"]
    when "struct"
      "{#{type["fields"].map { |field| "#{quoted(field["name"])}:#{value(item[field["name"]], field["type"])}" }.join(",")}}"
    when "array" then "[#{item.map { |inner| value(inner, type["elementType"]) }.join(",")}]"
    else
      pairs = item.map { |key, inner| "[#{value(key, type["keyType"])},#{value(inner, type["valueType"])}]" }
      "[#{pairs.sort_by(&:b).join(",")}]"
    end
  end

  def decimal(item, type)
    raise "no canonical form for #{type}" unless type.start_with?("decimal")

    "\"#{item.match?(/\A-[0.]+\z/) ? item.delete_prefix("-") : item}\""
  end

  def float(item, digits)
    return '"NaN"' if item.nan?
    return item.positive? ? '"Infinity"' : '"-Infinity"' if item.infinite?

    format("%.#{digits}g", item)
  end

  def quoted(text) = "\"#{text.gsub(/["\\\u0000-\u001f]/) { |char| ESCAPES[char] }}\""

  def date(day) = civil(day.year, day.month, day.day)

  def timestamp(time)
    civil(time.year, time.month, time.day) + time.strftime("T%H:%M:%S.%6N")
  end

  def civil(year, month, day)
    sign = if year.negative?
             "-"
           else
             year > 9999 ? "+" : ""
           end
    format("%s%04d-%02d-%02d", sign, year.abs, month, day)
  end

  # What a variant holds, as far as a plain value tells: object keys sorted by their bytes.
  def variant(item)
    case item
    when nil then "null"
    when true, false, Integer then item.to_s
    when Float then float(item, 17)
    when String then variant_text(item)
    when Array then "[#{item.map { |inner| variant(inner) }.join(",")}]"
    when Hash then "{#{item.sort_by { |key, _| key.b }.map { |key, inner| "#{quoted(key)}:#{variant(inner)}" }.join(",")}}"
    when Date then "\"#{date(item)}\""
    when Time then "\"#{timestamp(item)}Z\""
    else raise "no canonical form for #{item.class}"
    end
  end

  def variant_text(item)
    return "\"#{item.unpack1("H*")}\"" if item.encoding == Encoding::BINARY
    return quoted(item) unless item.encoding == Encoding::US_ASCII # a decimal

    item.include?(".") ? item.sub(/0+\z/, "").delete_suffix(".") : item
  end
end
