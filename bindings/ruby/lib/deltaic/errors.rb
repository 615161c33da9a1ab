# frozen_string_literal: true

module Deltaic
  # What went wrong, in one line: what, where, what now. The class says what to do next.
  class Error < StandardError
    # @return [String] the name of the code in deltaic.h: "Conflict", "SchemaMismatch"
    def code_name = self.class.name.delete_prefix("Deltaic::").delete_suffix("Error")
  end

  # The call itself is wrong: fix the call.
  class InvalidArgumentError < Error; end
  # Table, version or file is absent.
  class NotFoundError < Error; end
  # Table or file is present.
  class AlreadyExistsError < Error; end
  # The data does not have the table's schema: fix the data.
  class SchemaMismatchError < Error; end
  # The data breaks a rule of the table: fix the data.
  class ConstraintViolatedError < Error; end
  # The table needs a feature that this build lacks: upgrade.
  class UnsupportedError < Error; end
  # Log or file breaks the specification: repair.
  class CorruptionError < Error; end
  # A newer commit overlaps: run it again on the new version.
  class ConflictError < Error; end
  # The reply to a commit was lost: read that version and compare.
  class CommitUnknownError < Error; end
  # Throttled or timed out: try the same call again.
  class UnavailableError < Error; end
  # Storage said no.
  class IoError < Error; end
  # Storage refused the credentials.
  class PermissionDeniedError < Error; end
  # The caller asked to stop.
  class CancelledError < Error; end
  # A bug in the library: report it.
  class InternalError < Error; end

  # @api private
  # @param code_name [String] as deltaic_status_name gives it
  # @param message [String]
  # @return [Error]
  def self.error_of(code_name, message)
    const_get("#{code_name}Error").new(message)
  rescue NameError
    InternalError.new(message)
  end
end
