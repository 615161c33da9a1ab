# frozen_string_literal: true

module Deltaic
  # Keyword arguments as options of the C interface.
  #
  # @api private
  module Settings
    # Keywords whose name in C is another one, or that hold names of their own.
    PREFIXES = { "properties" => "property", "commit_info" => "commit", "set" => "set" }.freeze

    module_function

    # @param values [Hash] keys of C; true, numbers, symbols and times become text, Arrays lists, Hashes "key.NAME"
    # @return [Native::Options]
    def options(values)
      values.each_with_object(Native::Options.new) { |(key, value), out| put(out, key.to_s, value) }
    end

    # @param values [Hash] credentials and settings of a storage
    # @return [Native::Options]
    def storage(values)
      values.to_h.each_with_object(Native::Options.new) do |(key, value), out|
        next out.set(key.to_s, value.to_s) unless key.to_s == "credential_provider"

        out.set_credentials(Credentials.asking(value)) unless value.nil?
      end
    end

    # @return [Hash] `transaction: ["nightly", 17]` as C has it
    def transaction(pair)
      return {} if pair.nil?

      application, version = pair
      raise InvalidArgumentError, "transaction: takes [application, version]" unless version.is_a?(Integer)

      { "txn.#{application}" => version }
    end

    def put(out, key, value)
      case value
      when nil then nil
      when Hash then put_members(out, PREFIXES.fetch(key, key), value)
      when Array, Set then put_list(out, key, value)
      else out.set(key, text(value))
      end
    end

    def put_members(out, prefix, members)
      members.each do |name, value|
        out.set("#{prefix}.#{name}", prefix == "commit" ? JSON.generate(value) : text(value))
      end
    end

    def put_list(out, key, values)
      out.set_empty_list(key)
      values.each { |value| out.add(key, text(value)) }
    end

    def text(value)
      case value
      when Time then value.getutc.strftime("%Y-%m-%dT%H:%M:%S.%6NZ")
      when DateTime then text(value.to_time)
      when Date then value.strftime("%Y-%m-%d")
      else value.to_s
      end
    end
  end
end
