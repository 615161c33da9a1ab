# frozen_string_literal: true

module Deltaic
  # The version of the gem, which is the library's.
  VERSION = "0.1.0"
end
