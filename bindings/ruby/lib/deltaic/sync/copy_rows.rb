# frozen_string_literal: true

module Deltaic
  class Sync
    # Rows in the text format of PostgreSQL's COPY.
    #
    # @api private
    class CopyRows
      ESCAPES = { "\\" => "\\\\", "\t" => "\\t", "\n" => "\\n", "\r" => "\\r" }.freeze

      # @param plan [Plan]
      # @param nul [Symbol] :error or :strip
      def initialize(plan, nul:)
        @sources = plan.sources
        @kinds = plan.kinds
        @nul = nul
        @number = -1
      end

      # @return [String] one line
      def line(row, version = nil, gone = nil)
        @number += 1
        fields = []
        @sources.each_with_index do |name, i|
          value = row[name]
          # Most values need no look at their characters.
          fields << (value.is_a?(Integer) || (value.is_a?(Float) && @kinds[i].nil?) ? value : field(value, @kinds[i], name))
        end
        fields.push(version, gone ? "t" : "f") if version
        "#{fields.join("\t")}\n"
      end

      private

      def field(value, kind, name)
        return "\\N" if value.nil?

        text = text(value, kind)
        text.match?(/[\0\\\t\n\r]/) ? escaped(text, name) : text
      end

      def escaped(text, name)
        if text.include?("\0")
          raise SchemaMismatchError, "row #{@number}, column #{name}: PostgreSQL holds no NUL; nul: :strip" if @nul == :error

          text = text.delete("\0")
        end
        text.gsub(/[\\\t\n\r]/, ESCAPES)
      end

      def text(value, kind)
        return value if value.is_a?(String) && kind.nil? && value.encoding == Encoding::UTF_8
        return JSON.generate(plain(value)) if kind == :json
        return array(value) if kind == :array && value.is_a?(Array)

        case value
        when String then value.encoding == Encoding::BINARY ? "\\x#{value.unpack1("H*")}" : value
        when Time then time(value)
        when Date then date(value)
        when BigDecimal then value.to_s("F")
        when Hash, Array then JSON.generate(plain(value))
        when true then "t"
        when false then "f"
        else value.to_s
        end
      end

      # '{1,NULL,"a"}', lists of lists alike.
      def array(items)
        inner = items.map do |item|
          case item
          when nil then "NULL"
          when Array then array(item)
          else "\"#{text(item, nil).gsub(/["\\]/) { |char| "\\#{char}" }}\""
          end
        end
        "{#{inner.join(",")}}"
      end

      def time(value) = era(value.year) { |year| value.strftime("#{year}-%m-%d %H:%M:%S.%6N+00") }

      def date(value) = era(value.year) { |year| value.strftime("#{year}-%m-%d") }

      # The year 0 is 1 BC in PostgreSQL.
      def era(year)
        return yield(format("%04d", year)) if year.positive?

        "#{yield(format("%04d", 1 - year))} BC"
      end

      # What JSON has no form for, as text.
      def plain(value)
        case value
        when Hash then value.to_h { |key, inner| [key.to_s, plain(inner)] }
        when Array then value.map { |inner| plain(inner) }
        when Float then value.finite? ? value : value.to_s
        when nil, true, false, Integer then value
        when String then value.encoding == Encoding::BINARY ? "\\x#{value.unpack1("H*")}" : value
        else text(value, nil)
        end
      end
    end
  end
end
