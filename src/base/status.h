#pragma once

#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace deltaic {

/// What went wrong, chosen by what the caller does next. The numbers are permanent and equal those
/// of `deltaic_status` in `deltaic.h`.
enum class StatusCode : int {
  kOk = 0,
  kInvalidArgument = 1,     ///< the call itself is wrong: fix the call
  kNotFound = 2,            ///< table, version or file is absent
  kAlreadyExists = 3,       ///< table or file is present
  kSchemaMismatch = 4,      ///< the data does not have the table's schema: fix the data
  kConstraintViolated = 5,  ///< the data breaks a rule of the table: fix the data
  kUnsupported = 6,         ///< the table needs a feature this build lacks: upgrade
  kCorruption = 7,          ///< log or file breaks the specification: repair
  kConflict = 8,            ///< a newer commit overlaps: rerun on the new version
  kCommitUnknown = 9,       ///< the reply to a put was lost: read that version and compare
  kUnavailable = 10,        ///< throttled or timed out: retry the same call
  kIo = 11,                 ///< storage said no
  kPermissionDenied = 12,   ///< storage refused the credentials
  kCancelled = 13,          ///< the caller asked to stop
  kInternal = 14,           ///< a bug in this library
};

/// The code's name as users meet it, for example "SchemaMismatch".
std::string_view StatusCodeName(StatusCode code);

namespace internal {
inline void AppendPart(std::string& out, std::string_view part) { out.append(part); }
inline void AppendPart(std::string& out, const char* part) { out.append(part); }
inline void AppendPart(std::string& out, const std::string& part) { out.append(part); }
inline void AppendPart(std::string& out, char part) { out.push_back(part); }
template <typename T>
  requires std::is_arithmetic_v<T>
void AppendPart(std::string& out, T part) {
  out.append(std::to_string(part));
}
}  // namespace internal

/// Joins strings and numbers into one message.
template <typename... Parts>
std::string Concat(const Parts&... parts) {
  std::string out;
  (internal::AppendPart(out, parts), ...);
  return out;
}

/// The outcome of a call: ok, or a code and a message that says what, where, and what now.
/// A value type; copying is cheap. Ok holds no allocation.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message);

  static Status Ok() { return Status(); }

#define DELTAIC_STATUS_FACTORY(Name)                      \
  template <typename... Parts>                            \
  static Status Name(const Parts&... parts) {             \
    return Status(StatusCode::k##Name, Concat(parts...)); \
  }
  DELTAIC_STATUS_FACTORY(InvalidArgument)
  DELTAIC_STATUS_FACTORY(NotFound)
  DELTAIC_STATUS_FACTORY(AlreadyExists)
  DELTAIC_STATUS_FACTORY(SchemaMismatch)
  DELTAIC_STATUS_FACTORY(ConstraintViolated)
  DELTAIC_STATUS_FACTORY(Unsupported)
  DELTAIC_STATUS_FACTORY(Corruption)
  DELTAIC_STATUS_FACTORY(Conflict)
  DELTAIC_STATUS_FACTORY(CommitUnknown)
  DELTAIC_STATUS_FACTORY(Unavailable)
  DELTAIC_STATUS_FACTORY(Io)
  DELTAIC_STATUS_FACTORY(PermissionDenied)
  DELTAIC_STATUS_FACTORY(Cancelled)
  DELTAIC_STATUS_FACTORY(Internal)
#undef DELTAIC_STATUS_FACTORY

  bool ok() const { return rep_ == nullptr; }
  StatusCode code() const { return ok() ? StatusCode::kOk : rep_->code; }
  /// Empty when ok.
  const std::string& message() const;
  /// "SchemaMismatch: column a ..." or "Ok".
  std::string ToString() const;
  /// The same code with `context` and ": " before the message; ok stays ok.
  Status WithContext(std::string_view context) const;

  bool operator==(const Status& other) const {
    return code() == other.code() && message() == other.message();
  }

 private:
  struct Rep {
    StatusCode code;
    std::string message;
  };
  std::shared_ptr<const Rep> rep_;
};

std::ostream& operator<<(std::ostream& os, const Status& status);

/// A value or the Status that says why there is none (never ok).
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(Status status)
      : state_(std::in_place_index<0>, std::move(status)) {}  // NOLINT: implicit by design
  Result(T value)
      : state_(std::in_place_index<1>, std::move(value)) {}  // NOLINT: implicit by design
  template <typename U>
    requires(std::is_convertible_v<U &&, T> && !std::is_same_v<std::decay_t<U>, T> &&
             !std::is_same_v<std::decay_t<U>, Status> &&
             !std::is_same_v<std::decay_t<U>, Result<T>>)
  Result(U&& value) : state_(std::in_place_index<1>, T(std::forward<U>(value))) {}  // NOLINT

  bool ok() const { return state_.index() == 1; }
  Status status() const { return ok() ? Status() : std::get<0>(state_); }

  /// The value; only when ok().
  const T& value() const& { return std::get<1>(state_); }
  T& value() & { return std::get<1>(state_); }
  T&& value() && { return std::get<1>(std::move(state_)); }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

 private:
  std::variant<Status, T> state_;
};

// Overloads that the macros below use. Layers with Arrow add one for arrow::Status and
// arrow::Result in data/arrow_status.h, found by argument-dependent lookup.
inline const Status& AsStatus(const Status& status) { return status; }
template <typename T>
Status AsStatus(const Result<T>& result) {
  return result.status();
}

#define DELTAIC_CONCAT_INNER(a, b) a##b
#define DELTAIC_CONCAT(a, b) DELTAIC_CONCAT_INNER(a, b)

/// Returns from the enclosing function if `expr` (Status, Result, or an Arrow one) failed.
#define DELTAIC_RETURN_IF_ERROR(expr)            \
  do {                                           \
    auto&& deltaic_status_value = (expr);        \
    if (!deltaic_status_value.ok()) [[unlikely]] \
      return AsStatus(deltaic_status_value);     \
  } while (false)

#define DELTAIC_ASSIGN_OR_RETURN_IMPL(result, lhs, expr) \
  auto&& result = (expr);                                \
  if (!result.ok()) [[unlikely]]                         \
    return AsStatus(result);                             \
  lhs = *std::move(result)

/// `DELTAIC_ASSIGN_OR_RETURN(auto x, F())`: x is F's value, or the enclosing function returns F's
/// error.
#define DELTAIC_ASSIGN_OR_RETURN(lhs, expr) \
  DELTAIC_ASSIGN_OR_RETURN_IMPL(DELTAIC_CONCAT(deltaic_result_, __COUNTER__), lhs, expr)

/// States what only a bug of ours could break. Never for input.
#ifdef NDEBUG
#define DELTAIC_DCHECK(condition) static_cast<void>(0)
#else
#define DELTAIC_DCHECK(condition) ((condition) ? static_cast<void>(0) : __builtin_trap())
#endif

}  // namespace deltaic
