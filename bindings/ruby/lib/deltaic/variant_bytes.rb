# frozen_string_literal: true

module Deltaic
  # Plain values as the bytes of a variant. Source: parquet-format, VariantEncoding.md.
  #
  # @api private
  module VariantBytes
    # Of whole numbers: bits, header byte, how to pack them.
    INTEGERS = [[7, 3, "c"], [15, 4, "s<"], [31, 5, "l<"], [63, 6, "q<"]].freeze
    # Days from Julian day 0 to 1970-01-01.
    EPOCH = 2_440_588

    module_function

    # @return [Array(String, String), nil] metadata and value; nil for what no variant can hold
    def encode(value)
      names = {}
      collect(value, names)
      sorted = names.keys.sort
      sorted.each_with_index { |name, id| names[name] = id }
      [metadata(sorted), bytes(value, names)]
    rescue ArgumentError, RangeError, TypeError
      nil
    end

    def collect(value, names)
      case value
      when Hash
        value.each do |key, inner|
          names[utf8(key.to_s)] = 0
          collect(inner, names)
        end
      when Array then value.each { |inner| collect(inner, names) }
      end
    end

    def metadata(names)
      offsets = names.each_with_object([0]) { |name, out| out << (out.last + name.bytesize) }
      width = width_of([offsets.last, names.size].max)
      [0x11 | ((width - 1) << 6)].pack("C") + numbers([names.size, *offsets], width) + names.join.b
    end

    def bytes(value, names)
      case value
      when nil then "\x00".b
      when true then "\x04".b
      when false then "\x08".b
      when Integer then integer(value)
      when Float then [7 << 2, value].pack("CE")
      when BigDecimal then decimal(value)
      when String, Symbol then text(value.to_s)
      when DateTime then bytes(value.to_time, names)
      when Time then [12 << 2, (value.to_i * 1_000_000) + value.usec].pack("Cq<")
      when Date then [11 << 2, value.jd - EPOCH].pack("Cl<")
      when Array then array(value, names)
      when Hash then object(value, names)
      else raise TypeError
      end
    end

    def integer(value)
      _, kind, format = INTEGERS.find { |bits, _, _| value.bit_length <= bits }
      return decimal(BigDecimal(value)) if kind.nil?

      [kind << 2, value].pack("C#{format}")
    end

    def decimal(value)
      sign, digits, _, exponent = value.split
      scale = [digits.length - exponent, 0].max
      raise RangeError if sign.zero? || scale > 38

      unscaled = (value * (10**scale)).to_i
      raise RangeError if unscaled.abs >= 10**38
      return [8 << 2, scale, unscaled].pack("CCl<") if unscaled.abs < 10**9
      return [9 << 2, scale, unscaled].pack("CCq<") if unscaled.abs < 10**18

      [10 << 2, scale, unscaled & ((1 << 64) - 1), unscaled >> 64].pack("CCQ<q<")
    end

    def text(value)
      return [(15 << 2), value.bytesize].pack("CL<") + value if value.encoding == Encoding::BINARY && !value.ascii_only?

      utf8 = utf8(value)
      return [(utf8.bytesize << 2) | 1].pack("C") + utf8.b if utf8.bytesize < 64

      [16 << 2, utf8.bytesize].pack("CL<") + utf8.b
    end

    def array(value, names)
      items = value.map { |item| bytes(item, names) }
      nested(3, items, "".b, 0)
    end

    def object(value, names)
      members = value.to_h { |key, inner| [utf8(key.to_s), bytes(inner, names)] }.sort
      id_width = width_of(names.size)
      nested(2, members.map(&:last), numbers(members.map { |name, _| names.fetch(name) }, id_width), id_width)
    end

    def nested(kind, items, ids, id_width)
      offsets = items.each_with_object([0]) { |item, out| out << (out.last + item.bytesize) }
      width = width_of(offsets.last)
      large = items.size > 255
      header = width - 1
      header |= (id_width - 1) << 2 if kind == 2
      header |= (kind == 2 ? 16 : 4) if large
      [(header << 2) | kind].pack("C") + [items.size].pack(large ? "L<" : "C") + ids + numbers(offsets, width) + items.join
    end

    # The least number of bytes for `largest`, 1 to 4.
    def width_of(largest) = [(largest.bit_length + 7) / 8, 1].max

    def numbers(values, width) = values.map { |value| [value].pack("L<")[0, width] }.join.b

    def utf8(text)
      out = text.encode(Encoding::UTF_8)
      raise ArgumentError unless out.valid_encoding?

      out
    rescue EncodingError
      raise ArgumentError
    end
  end
end
