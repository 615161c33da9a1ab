# frozen_string_literal: true

require_relative "lib/deltaic/version"

# The source gem, which compiles the extension; dev/pack_gem.py turns it into the gem of a platform.
Gem::Specification.new do |spec|
  spec.name = "deltaic"
  spec.version = Deltaic::VERSION
  spec.authors = ["Deltaic"]
  spec.summary = "Delta Lake tables, natively: read and write as hashes, without other gems"
  spec.description = "Reads and writes Delta Lake tables: scans as Enumerable, time travel, append, overwrite, delete, update, " \
                     "merge, upsert, the change data feed, and Arrow C streams."
  spec.license = "Apache-2.0"
  spec.required_ruby_version = ">= 3.1"
  spec.files = Dir.chdir(__dir__) { Dir["README.md", "lib/**/*.rb", "sig/**/*.rbs", "ext/**/*.{rb,cc,h}", "include/**/*.h"] }
  spec.extensions = ["ext/deltaic/extconf.rb"]
  spec.require_paths = ["lib"]
  spec.metadata["rubygems_mfa_required"] = "true"
end
