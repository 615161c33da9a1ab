#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/strong_types.h"
#include "capi/option_values.h"
#include "capi/options.h"

namespace deltaic::capi {

/// What deltaic.h says of one option.
struct OptionDoc {
  std::string key;    ///< "columns"; "property.KEY" stands for all keys that begin with "property."
  std::string takes;  ///< "list", "true | false"
  std::string meaning;  ///< one phrase
};

/// kInvalidArgument for the first key of `given` that `known` lacks, with the nearest one.
/// \param call  the C function.  \param given  NULL for none.
Status CheckKeys(std::string_view call, const deltaic_options* given,
                 const std::vector<OptionDoc>& known);

/// The start of a call whose options are only those that every call takes: what may stop it.
/// \retval kInvalidArgument  any key.  \retval kCancelled  it is stopped already.
Result<CancellationToken> BeginCall(std::string_view call, const deltaic_options* given);

/// One key of `given` that is, or belongs to, `doc.key`; `name` is what KEY stands for there.
struct GivenOption {
  std::string key, name;
  const std::vector<std::string>& values;  ///< one at least, unless a list is empty
};
std::vector<GivenOption> GivenOptions(const deltaic_options* given, const OptionDoc& doc);

namespace detail {
template <typename V>
struct Unwrapped {
  using Type = V;
};
template <typename V>
struct Unwrapped<std::optional<V>> {
  using Type = V;
};
}  // namespace detail

/// The options of one C call, each declared once: how it is read into `T`, and what deltaic.h says
/// of it (tests/abi compares). Immutable once built: safe from any thread.
///
/// `member` is a pointer to a member of T, or a function that takes T& and gives a reference; it
/// may be a std::optional. An option that is not given leaves it alone.
template <typename T>
class OptionTable {
  template <typename M>
  using FieldOf = std::remove_cvref_t<std::invoke_result_t<M, T&>>;

 public:
  /// \param call  the C function, for errors.
  explicit OptionTable(std::string_view call) : call_(call) {}

  template <typename M>
  OptionTable& Text(std::string_view key, M member, std::string_view meaning,
                    std::string_view takes = "text") {
    return Custom(key, takes, meaning, [member](const GivenOption& given, T& out) {
      std::invoke(member, out) = given.values.back();
      return Status();
    });
  }
  template <typename M>
  OptionTable& List(std::string_view key, M member, std::string_view meaning) {
    return Add({std::string(key), "list", std::string(meaning)},
               [member](const GivenOption& given, T& out) {
                 std::invoke(member, out) = given.values;
                 return Status();
               });
  }
  /// \param min  the smallest number allowed.
  template <typename M>
  OptionTable& Number(std::string_view key, M member, int64_t min, std::string_view meaning) {
    const std::string takes = min <= INT32_MIN ? "number" : Concat("number >= ", min);
    return Custom(key, takes, meaning, [member, min](const GivenOption& given, T& out) -> Status {
      using Value = typename detail::Unwrapped<FieldOf<M>>::Type;
      if constexpr (std::is_same_v<Value, int>) {
        DELTAIC_ASSIGN_OR_RETURN(std::invoke(member, out),
                                 SmallNumberOption(given.key, given.values.back(), min));
      } else {
        DELTAIC_ASSIGN_OR_RETURN(const int64_t number,
                                 NumberOption(given.key, given.values.back(), min));
        std::invoke(member, out) = Value{number};
      }
      return Status();
    });
  }
  template <typename M>
  OptionTable& Flag(std::string_view key, M member, std::string_view meaning) {
    return Custom(key, "true | false", meaning, [member](const GivenOption& given, T& out) {
      auto flag = FlagOption(given.key, given.values.back());
      if (flag.ok()) std::invoke(member, out) = *flag;
      return flag.status();
    });
  }
  /// \param choices  each by its name; of the member's type.
  template <typename M>
  OptionTable& Choice(std::string_view key, M member,
                      std::vector<std::pair<std::string_view, FieldOf<M>>> choices,
                      std::string_view meaning) {
    std::vector<std::string_view> names;
    names.reserve(choices.size());
    for (const auto& choice : choices) names.push_back(choice.first);
    return Custom(key, JoinChoices(names), meaning,
                  [member, choices, names](const GivenOption& given, T& out) {
                    const auto at = ChoiceOption(given.key, given.values.back(), names);
                    if (at.ok()) std::invoke(member, out) = choices[*at].second;
                    return at.status();
                  });
  }
  template <typename M>
  OptionTable& Time(std::string_view key, M member, std::string_view meaning) {
    return Custom(key, "time", meaning, [member](const GivenOption& given, T& out) {
      const auto time = TimeOption(given.key, given.values.back());
      if (time.ok()) std::invoke(member, out) = *time;
      return time.status();
    });
  }

  /// Any other: `read` gets one value at least.
  OptionTable& Custom(std::string_view key, std::string_view takes, std::string_view meaning,
                      std::function<Status(const GivenOption& given, T& out)> read) {
    return Add({std::string(key), std::string(takes), std::string(meaning)},
               [read = std::move(read)](const GivenOption& given, T& out) {
                 return given.values.empty() ? Status() : read(given, out);
               });
  }

  /// All options of `other`, for the part of T that `member` names.
  template <typename U, typename M>
  OptionTable& Include(const OptionTable<U>& other, M member) {
    for (size_t i = 0; i < other.docs_.size(); ++i) {
      Add(other.docs_[i], [read = other.reads_[i], member](const GivenOption& given, T& out) {
        return read(given, std::invoke(member, out));
      });
    }
    return *this;
  }

  /// \param given  NULL for none.
  /// \retval kInvalidArgument  an unknown key, with the nearest one, or a value that is none.
  Status Read(const deltaic_options* given, T& out) const {
    DELTAIC_RETURN_IF_ERROR(CheckKeys(call_, given, docs_));
    for (size_t i = 0; i < docs_.size(); ++i) {
      for (const GivenOption& option : GivenOptions(given, docs_[i])) {
        DELTAIC_RETURN_IF_ERROR(reads_[i](option, out));
      }
    }
    return Status();
  }
  Result<T> Read(const deltaic_options* given) const {
    T out;
    DELTAIC_RETURN_IF_ERROR(Read(given, out));
    return out;
  }

  const std::vector<OptionDoc>& docs() const { return docs_; }

 private:
  template <typename U>
  friend class OptionTable;
  using ReadValues = std::function<Status(const GivenOption& given, T& out)>;

  OptionTable& Add(OptionDoc doc, ReadValues read) {
    docs_.push_back(std::move(doc));
    reads_.push_back(std::move(read));
    return *this;
  }

  std::string_view call_;
  std::vector<OptionDoc> docs_;
  std::vector<ReadValues> reads_;  ///< of docs_
};

}  // namespace deltaic::capi
