# frozen_string_literal: true

module Deltaic
  # Loads the extension, and says in words why where it cannot be.
  #
  # @api private
  module NativeLoader
    # What the library is compiled for (docs/decisions/0006-x86-64-v2.md).
    PROCESSOR_FLAGS = %w[cx16 popcnt sse4_1 sse4_2 ssse3 pclmulqdq].freeze

    module_function

    # @return [void]
    # @raise [LoadError] naming what the machine lacks
    def load
      load_apart(candidate)
    rescue LoadError => e
      raise LoadError, "deltaic #{VERSION} cannot be loaded: #{reason || e.message}", cause: e
    end

    # Ruby loads extensions with RTLD_GLOBAL, and libparquet brings an OpenSSL of its own: Ruby's, loaded later, would take
    # its functions for its own, and crash. So it is loaded with what it needs to itself, where Fiddle is there.
    #
    # @param feature [String]
    # @return [void]
    def load_apart(feature)
      path = $LOAD_PATH.resolve_feature_path(feature)&.last
      return require(feature) unless path && fiddle?
      return if $LOADED_FEATURES.include?(path)

      Fiddle::Function.new(open_alone(path)["Init_deltaic"], [], Fiddle::TYPE_VOID, need_gvl: true).call
      $LOADED_FEATURES << path
    end

    def open_alone(path)
      Fiddle::Handle.new(path, Fiddle::RTLD_NOW)
    rescue Fiddle::DLError => e
      raise LoadError, e.message
    end

    def fiddle?
      require "fiddle"
      true
    rescue LoadError
      false
    end

    # The extension built for this Ruby in a packed gem, else the one that was compiled at installation.
    def candidate
      series = RUBY_VERSION[/\A\d+\.\d+/]
      packed = File.join(__dir__, series, "deltaic.so")
      File.exist?(packed) ? packed : "deltaic/deltaic"
    end

    # @return [String, nil] what is missing, where that can be told
    def reason
      platform_problem || ruby_problem || processor_problem
    end

    def platform_problem
      return "it is built for Linux on x86-64, and this is #{RUBY_PLATFORM}" unless RUBY_PLATFORM.match?(/x86_64-linux/)
      return unless RUBY_PLATFORM.include?("musl") || !Dir.glob("/lib/ld-musl-*").empty?

      "it is built for glibc 2.35 or newer, and this system has musl (Alpine); use an image with glibc, such as debian"
    end

    def ruby_problem
      built = Dir.glob(File.join(__dir__, "[0-9]*.[0-9]*")).map { |path| File.basename(path) }
      return if built.empty? || built.include?(RUBY_VERSION[/\A\d+\.\d+/])

      "this gem is built for Ruby #{built.join(", ")}, and this is #{RUBY_VERSION}; " \
        "install it with `gem install deltaic --platform ruby`, which compiles a small extension"
    end

    def processor_problem
      flags = File.foreach("/proc/cpuinfo").find { |line| line.start_with?("flags") }.to_s.split
      missing = PROCESSOR_FLAGS - flags
      return if flags.empty? || missing.empty?

      "it needs a processor of x86-64-v2 with PCLMULQDQ, and this one lacks #{missing.join(", ")}"
    rescue SystemCallError
      nil
    end
  end

  NativeLoader.load
end
