#include "base/status.h"

#include <gtest/gtest.h>

#include <memory>
#include <sstream>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using deltaic::testing::IsOk;
using deltaic::testing::IsOkAndHolds;
using deltaic::testing::StatusIs;

TEST(StatusCode, NumbersAndNamesArePermanent) {
  const struct {
    StatusCode code;
    int number;
    std::string_view name;
  } cases[] = {
      {StatusCode::kOk, 0, "Ok"},
      {StatusCode::kInvalidArgument, 1, "InvalidArgument"},
      {StatusCode::kNotFound, 2, "NotFound"},
      {StatusCode::kAlreadyExists, 3, "AlreadyExists"},
      {StatusCode::kSchemaMismatch, 4, "SchemaMismatch"},
      {StatusCode::kConstraintViolated, 5, "ConstraintViolated"},
      {StatusCode::kUnsupported, 6, "Unsupported"},
      {StatusCode::kCorruption, 7, "Corruption"},
      {StatusCode::kConflict, 8, "Conflict"},
      {StatusCode::kCommitUnknown, 9, "CommitUnknown"},
      {StatusCode::kUnavailable, 10, "Unavailable"},
      {StatusCode::kIo, 11, "Io"},
      {StatusCode::kPermissionDenied, 12, "PermissionDenied"},
      {StatusCode::kCancelled, 13, "Cancelled"},
      {StatusCode::kInternal, 14, "Internal"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(static_cast<int>(c.code), c.number);
    EXPECT_EQ(StatusCodeName(c.code), c.name);
  }
}

TEST(Status, OkHasNoMessage) {
  const Status ok;
  EXPECT_TRUE(ok.ok());
  EXPECT_EQ(ok.code(), StatusCode::kOk);
  EXPECT_EQ(ok.message(), "");
  EXPECT_EQ(ok.ToString(), "Ok");
  EXPECT_EQ(ok, Status::Ok());
  EXPECT_EQ(Status(StatusCode::kOk, "not kept"), ok);
  EXPECT_EQ(ok.WithContext("reading"), ok);
}

TEST(Status, ConcatenatesItsMessage) {
  const std::string name = "7.json";
  const Status status = Status::Corruption(name, " line ", 12, ':', " ", std::string_view("bad"));
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.code(), StatusCode::kCorruption);
  EXPECT_EQ(status.message(), "7.json line 12: bad");
  EXPECT_EQ(status.ToString(), "Corruption: 7.json line 12: bad");
  std::ostringstream out;
  out << status;
  EXPECT_EQ(out.str(), status.ToString());
}

TEST(Status, ContextComesFirst) {
  const Status status = Status::Io("disk full").WithContext("part-1").WithContext("table t");
  EXPECT_THAT(status, StatusIs(StatusCode::kIo, "table t: part-1: disk full"));
}

TEST(Status, ComparesByCodeAndMessage) {
  EXPECT_EQ(Status::Io("a"), Status::Io("a"));
  EXPECT_FALSE(Status::Io("a") == Status::Io("b"));
  EXPECT_FALSE(Status::Io("a") == Status::Internal("a"));
  EXPECT_FALSE(Status::Io("") == Status::Ok());
}

TEST(Status, CopyKeepsTheMessage) {
  Status copy;
  {
    const Status original = Status::NotFound("gone");
    copy = original;
  }
  EXPECT_EQ(copy.message(), "gone");
}

TEST(Result, HoldsAValueOrAStatus) {
  const Result<int> value = 3;
  EXPECT_THAT(value, IsOkAndHolds(3));
  EXPECT_THAT(value.status(), IsOk());
  const Result<int> error = Status::NotFound("x");
  EXPECT_FALSE(error.ok());
  EXPECT_THAT(error, StatusIs(StatusCode::kNotFound, "x"));
}

TEST(Result, ConvertsToItsValue) {
  const Result<std::string> text = "abc";
  EXPECT_EQ(text->size(), 3u);
  const Result<std::shared_ptr<const int>> pointer = std::make_shared<int>(5);
  EXPECT_EQ(**pointer, 5);
}

TEST(Result, MovesValuesThatCannotBeCopied) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  const std::unique_ptr<int> value = *std::move(result);
  EXPECT_EQ(*value, 7);
}

TEST(Result, HoldsAStatusLikeValueApart) {
  const Result<bool> no = false;
  EXPECT_TRUE(no.ok());
  EXPECT_FALSE(*no);
}

Result<int> Half(int value) {
  if (value % 2 != 0) return Status::InvalidArgument(value, " is odd");
  return value / 2;
}

Result<int> Quarter(int value) {
  DELTAIC_ASSIGN_OR_RETURN(const int half, Half(value));
  DELTAIC_ASSIGN_OR_RETURN(const int quarter, Half(half));
  return quarter;
}

Status CheckEven(int value, int& checked) {
  DELTAIC_RETURN_IF_ERROR(Half(value));
  ++checked;
  DELTAIC_RETURN_IF_ERROR(Status::Ok());
  return Status::Ok();
}

TEST(Macros, ReturnTheFirstError) {
  EXPECT_THAT(Quarter(8), IsOkAndHolds(2));
  EXPECT_THAT(Quarter(6), StatusIs(StatusCode::kInvalidArgument, "3 is odd"));
  int checked = 0;
  EXPECT_THAT(CheckEven(2, checked), IsOk());
  EXPECT_THAT(CheckEven(3, checked), StatusIs(StatusCode::kInvalidArgument, "3 is odd"));
  EXPECT_EQ(checked, 1);
}

}  // namespace
}  // namespace deltaic
