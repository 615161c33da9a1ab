# frozen_string_literal: true

require "time"

module Deltaic
  # Functions that hand out credentials of a storage, as the C interface asks them.
  #
  # @api private
  module Credentials
    module_function

    # @param provider [#call] gives a Hash of storage options
    # @return [Proc] gives a Hash of Strings; what it raises is one line
    def asking(provider)
      unless provider.respond_to?(:call)
        raise InvalidArgumentError,
              "credential_provider: is something with #call, that returns storage options, not #{provider.class}"
      end

      lambda do
        options(provider.call)
      rescue StandardError, ScriptError => e
        # The first line alone, and no cause: others may show what the program works on.
        raise IOError, "#{e.class}: #{e.message.lines.first.to_s.strip.delete("\0")}", cause: nil
      end
    end

    def options(given)
      raise TypeError, "the credential_provider returned #{given.class}, not a Hash of storage options" unless given.is_a?(Hash)

      given = given.transform_keys(&:to_s)
      expires = given.delete("expires_at")
      texts = given.compact.each { |key, value| check(key, value) }
      expires.nil? ? texts : texts.merge("expires_at_ms" => milliseconds(expires).to_s)
    end

    def check(key, value)
      raise TypeError, "the credential_provider returned no text for #{key}" unless value.is_a?(String)
      raise ArgumentError, "the credential_provider returned a NUL byte in #{key}" if value.include?("\0")
    end

    def milliseconds(expires)
      expires = Time.iso8601(expires) if expires.is_a?(String)
      raise TypeError, "expires_at is a Time, not #{expires.class}" unless expires.respond_to?(:to_time)

      (expires.to_time.to_r * 1000).floor
    end
  end
end
