#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <utility>

#include "base/status.h"

/// gmock matchers for Status and Result that print the reason:
/// `EXPECT_THAT(r, IsOkAndHolds(3)); EXPECT_THAT(r, StatusIs(StatusCode::kConflict,
/// HasSubstr("part-0001")));`
namespace deltaic::testing {

namespace internal {

inline const Status& StatusOf(const Status& status) { return status; }
template <typename T>
Status StatusOf(const Result<T>& result) {
  return result.status();
}

template <typename T>
class IsOkAndHoldsImpl : public ::testing::MatcherInterface<T> {
 public:
  using Value = std::decay_t<decltype(std::declval<T>().value())>;

  template <typename Inner>
  explicit IsOkAndHoldsImpl(const Inner& inner)
      : inner_(::testing::SafeMatcherCast<const Value&>(inner)) {}

  bool MatchAndExplain(T result, ::testing::MatchResultListener* listener) const override {
    if (!result.ok()) {
      *listener << "which has the status " << result.status();
      return false;
    }
    return inner_.MatchAndExplain(result.value(), listener);
  }
  void DescribeTo(std::ostream* os) const override {
    *os << "is ok and holds a value that ";
    inner_.DescribeTo(os);
  }
  void DescribeNegationTo(std::ostream* os) const override {
    *os << "is not ok, or holds a value that ";
    inner_.DescribeNegationTo(os);
  }

 private:
  ::testing::Matcher<const Value&> inner_;
};

template <typename Inner>
class IsOkAndHoldsMatcher {
 public:
  explicit IsOkAndHoldsMatcher(Inner inner) : inner_(std::move(inner)) {}
  template <typename T>
  operator ::testing::Matcher<T>() const {  // NOLINT: implicit by gmock's design
    return ::testing::Matcher<T>(new IsOkAndHoldsImpl<const T&>(inner_));
  }

 private:
  Inner inner_;
};

}  // namespace internal

/// Matches an ok Status or Result.
MATCHER(IsOk, negation ? "is not ok" : "is ok") {
  const Status status = internal::StatusOf(arg);
  if (!status.ok()) *result_listener << "which has the status " << status;
  return status.ok();
}

/// Matches an ok Result whose value matches `inner` (a value or a matcher).
template <typename Inner>
internal::IsOkAndHoldsMatcher<std::decay_t<Inner>> IsOkAndHolds(Inner&& inner) {
  return internal::IsOkAndHoldsMatcher<std::decay_t<Inner>>(std::forward<Inner>(inner));
}

/// Matches a Status or Result with this code and a message that matches (a text or a matcher).
MATCHER_P2(StatusIs, code, message_matcher,
           ::testing::PrintToString(StatusCodeName(code)) + " with a message that " +
               ::testing::DescribeMatcher<const std::string&>(message_matcher, negation)) {
  const Status status = internal::StatusOf(arg);
  *result_listener << "which has the status " << status;
  return status.code() == code &&
         ::testing::ExplainMatchResult(message_matcher, status.message(), result_listener);
}

/// Matches a Status or Result with this code, whatever the message.
inline auto StatusIs(StatusCode code) { return StatusIs(code, ::testing::_); }

}  // namespace deltaic::testing
