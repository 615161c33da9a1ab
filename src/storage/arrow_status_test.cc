#include "storage/arrow_status.h"

#include <arrow/util/io_util.h>

#include <cerrno>

#include "support/status_matchers.h"

namespace deltaic::testing {
namespace {

using ::testing::HasSubstr;

TEST(AsStatus, KeepsTheMessageAndMapsTheCode) {
  EXPECT_THAT(AsStatus(arrow::Status::OK()), IsOk());
  const struct {
    arrow::Status from;
    StatusCode to;
  } cases[] = {
      {arrow::Status::Invalid("why"), StatusCode::kInvalidArgument},
      {arrow::Status::TypeError("why"), StatusCode::kInvalidArgument},
      {arrow::Status::KeyError("why"), StatusCode::kInvalidArgument},
      {arrow::Status::IndexError("why"), StatusCode::kInvalidArgument},
      {arrow::Status::NotImplemented("why"), StatusCode::kUnsupported},
      {arrow::Status::CapacityError("why"), StatusCode::kUnsupported},
      {arrow::Status::SerializationError("why"), StatusCode::kCorruption},
      {arrow::Status::AlreadyExists("why"), StatusCode::kAlreadyExists},
      {arrow::Status::Cancelled("why"), StatusCode::kCancelled},
      {arrow::Status::IOError("why"), StatusCode::kIo},
      {arrow::Status::OutOfMemory("why"), StatusCode::kIo},
      {arrow::Status::UnknownError("why"), StatusCode::kInternal},
  };
  for (const auto& [from, to] : cases) EXPECT_THAT(AsStatus(from), StatusIs(to, "why"));
}

TEST(AsStatus, ErrnoThatIsCarriedDecidesTheCode) {
  const arrow::Status denied = arrow::internal::IOErrorFromErrno(EACCES, "opening x");
  EXPECT_THAT(AsStatus(denied), StatusIs(StatusCode::kPermissionDenied, HasSubstr("opening x")));
  const arrow::Status absent = arrow::internal::IOErrorFromErrno(ENOENT, "opening x");
  EXPECT_THAT(AsStatus(absent), StatusIs(StatusCode::kNotFound));
}

TEST(ToArrow, EveryCodeComesBackAsItWas) {
  EXPECT_TRUE(ToArrow(Status()).ok());
  for (int code = 1; code <= static_cast<int>(StatusCode::kInternal); ++code) {
    const Status status(static_cast<StatusCode>(code), "why");
    const arrow::Status there = ToArrow(status);
    EXPECT_FALSE(there.ok());
    EXPECT_EQ(AsStatus(there), status);
  }
}

Result<int> TimesTwo(const arrow::Result<int>& number) {
  DELTAIC_ASSIGN_OR_RETURN(const int value, number);
  return value * 2;
}

Status Pass(const arrow::Status& status) {
  DELTAIC_RETURN_IF_ERROR(status);
  return Status();
}

TEST(Macros, TakeArrowsOutcomes) {
  EXPECT_THAT(TimesTwo(4), IsOkAndHolds(8));
  EXPECT_THAT(TimesTwo(arrow::Status::IOError("why")), StatusIs(StatusCode::kIo, "why"));
  EXPECT_THAT(Pass(arrow::Status::OK()), IsOk());
  EXPECT_THAT(Pass(arrow::Status::Cancelled("why")), StatusIs(StatusCode::kCancelled, "why"));
}

}  // namespace
}  // namespace deltaic::testing
