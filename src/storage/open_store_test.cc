#include "storage/open_store.h"

#include <filesystem>

#include "storage/object_store.h"
#include "support/status_matchers.h"

namespace deltaic::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(OpenObjectStore, LocalPathsAndFileUrisNameTheSameRoot) {
  const std::string here = "file://" + std::filesystem::current_path().string();
  const struct {
    std::string uri;
    std::string root_uri;
  } cases[] = {
      {"/tmp/t", "file:///tmp/t"},
      {"/tmp/t/", "file:///tmp/t"},
      {"/tmp/t x", "file:///tmp/t%20x"},
      {"/tmp/t%20x", "file:///tmp/t%2520x"},
      {"file:///tmp/t%20x", "file:///tmp/t%20x"},
      {"file:///tmp/t x/", "file:///tmp/t%20x"},
      {"FILE://localhost/tmp/t", "file:///tmp/t"},
      {"file:/tmp/t", "file:///tmp/t"},
      {"t", here + "/t"},
      {"./t/../u", here + "/t/../u"},
      {"a:b", here + "/a:b"},
      {"s3:b", here + "/s3:b"},
      {"memory://name/t", "memory://name/t"},
      {"memory://name/t/", "memory://name/t"},
  };
  for (const auto& [uri, root_uri] : cases) {
    const auto store = OpenObjectStore(uri, {});
    ASSERT_THAT(store, IsOk()) << uri;
    EXPECT_EQ((*store)->root_uri(), root_uri) << uri;
  }
}

TEST(OpenObjectStore, UriThatNamesNoRootIsRefused) {
  for (const std::string_view uri :
       {"", "file://", "file://otherhost/tmp/t", "file:///tmp/a%00b", "file:///tmp/t?x=1",
        "file:///tmp/t#x", "memory://", "memory:///", "memory://a/../b", "memory://a//b"}) {
    EXPECT_THAT(OpenObjectStore(uri, {}), StatusIs(StatusCode::kInvalidArgument)) << uri;
  }
}

TEST(OpenObjectStore, SchemeWithoutStorageIsNamedAndTheRestIsNot) {
  for (const std::string scheme : {"dbfs", "ftp", "wasbs", "oss"}) {
    EXPECT_THAT(
        OpenObjectStore(scheme + "://key:secret@bucket/t", {{"secret_key", "secret"}}),
        StatusIs(StatusCode::kUnsupported, AllOf(HasSubstr(scheme + "://"), HasSubstr("local path"),
                                                 Not(HasSubstr("secret")))));
  }
}

TEST(OpenObjectStore, S3OpensWithoutARequestAndRefusesWhatIsInTheUri) {
  const auto store = OpenObjectStore("S3A://bucket/a%20b/", {{"aws_region", "eu-west-1"}});
  ASSERT_THAT(store, IsOk());
  EXPECT_EQ((*store)->root_uri(), "s3a://bucket/a b");
  EXPECT_THAT(OpenObjectStore("s3://key:hunter2@bucket/t", {}),
              StatusIs(StatusCode::kInvalidArgument, Not(HasSubstr("hunter2"))));
  EXPECT_THAT(OpenObjectStore("s3://bucket/t", {{"aws_secret", "hunter2"}}),
              StatusIs(StatusCode::kInvalidArgument, Not(HasSubstr("hunter2"))));
}

TEST(OpenObjectStore, OtherCloudsOpenWithoutARequestAndRefuseWhatIsInTheUri) {
  const StorageOptions account = {{"azure_storage_account_name", "acc"}};
  for (const auto& [uri, root, options] :
       {std::tuple("az://c/a%20b/", "az://c/a%20b", account),
        std::tuple("gs://bucket/t/", "gs://bucket/t", StorageOptions()),
        std::tuple("webhdfs://h:9870/t", "webhdfs://h:9870/t", StorageOptions()),
        std::tuple("https://h/t/", "https://h/t", StorageOptions())}) {
    const auto store = OpenObjectStore(uri, options);
    ASSERT_THAT(store, IsOk()) << uri;
    EXPECT_EQ((*store)->root_uri(), root);
    EXPECT_THAT(OpenObjectStore(uri, {{"aws_secret", "hunter2"}}),
                StatusIs(StatusCode::kInvalidArgument,
                         AllOf(HasSubstr("aws_secret"), Not(HasSubstr("hunter2")))));
  }
  for (const std::string scheme : {"az", "abfss", "gs", "hdfs", "webhdfs", "https"}) {
    EXPECT_THAT(OpenObjectStore(scheme + "://key:hunter2@bucket/t", account),
                StatusIs(StatusCode::kInvalidArgument, Not(HasSubstr("hunter2"))))
        << scheme;
  }
}

TEST(OpenObjectStore, UnknownOptionIsNamedWithoutItsValue) {
  for (const std::string_view uri : {"/tmp/t", "file:///tmp/t", "memory://name/t"}) {
    EXPECT_THAT(OpenObjectStore(uri, {{"aws_secret", "hunter2"}}),
                StatusIs(StatusCode::kInvalidArgument,
                         AllOf(HasSubstr("aws_secret"), Not(HasSubstr("hunter2")))));
  }
}

TEST(OpenObjectStore, MemoryRootKeepsItsObjectsBetweenOpenings) {
  ASSERT_THAT(OpenObjectStore("memory://kept/t", {}).value()->Put("x", "bytes"), IsOk());
  EXPECT_THAT(OpenObjectStore("memory://kept/t/", {}).value()->Read("x", 100),
              IsOkAndHolds("bytes"));
  EXPECT_THAT(OpenObjectStore("memory://kept/u", {}).value()->Read("x", 100),
              StatusIs(StatusCode::kNotFound));
}

}  // namespace
}  // namespace deltaic::testing
