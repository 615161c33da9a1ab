// deltaic.h as a C caller uses it: what the bindings and the command line do not try.

#include <arrow/api.h>
#include <arrow/c/bridge.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "deltaic/deltaic.h"

namespace deltaic {
namespace {

using ::testing::HasSubstr;

/// Takes the error of a failed call: its code and message.
struct Failure {
  deltaic_error* error = nullptr;
  ~Failure() { deltaic_error_free(error); }
  deltaic_error** operator&() { return &error; }  // NOLINT: the C functions take the address
  deltaic_status code() const { return deltaic_error_code(error); }
  std::string message() const { return deltaic_error_message(error); }
};

/// A stream of `num_batches` batches of the longs 0, 1, 2, ... as column "n", three each.
struct ArrowArrayStream Numbers(int num_batches) {
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  const auto schema = arrow::schema({arrow::field("n", arrow::int64())});
  for (int64_t i = 0; i < num_batches; ++i) {
    arrow::Int64Builder builder;
    EXPECT_TRUE(builder.AppendValues({3 * i, 3 * i + 1, 3 * i + 2}).ok());
    batches.push_back(arrow::RecordBatch::Make(schema, 3, {*builder.Finish()}));
  }
  struct ArrowArrayStream stream{};
  EXPECT_TRUE(
      arrow::ExportRecordBatchReader(*arrow::RecordBatchReader::Make(batches, schema), &stream)
          .ok());
  return stream;
}

class CapiTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    ASSERT_EQ(deltaic_table_at(("memory://capi-test/" + name).c_str(), nullptr, &table_, nullptr),
              DELTAIC_OK);
  }
  void TearDown() override {
    deltaic_table_free(table_);
    deltaic_options_free(options_);
  }
  void Write(int num_batches) {
    auto rows = Numbers(num_batches);
    deltaic_options* append = deltaic_options_new();
    deltaic_options_set(append, "mode", "append");
    Failure failure;
    EXPECT_EQ(deltaic_table_write(table_, &rows, append, nullptr, &failure), DELTAIC_OK)
        << failure.message();
    EXPECT_EQ(rows.release, nullptr);
    deltaic_options_free(append);
  }
  int64_t Count() {
    int64_t rows = -1;
    Failure failure;
    EXPECT_EQ(deltaic_table_count(table_, options_, &rows, &failure), DELTAIC_OK)
        << failure.message();
    return rows;
  }

  deltaic_table* table_ = nullptr;
  deltaic_options* options_ = deltaic_options_new();
};

TEST_F(CapiTest, NullArgumentsAreInvalidAndNamed) {
  Failure failure;
  EXPECT_EQ(deltaic_table_at(nullptr, nullptr, &table_, &failure), DELTAIC_ERROR_INVALID_ARGUMENT);
  EXPECT_THAT(failure.message(), HasSubstr("uri"));
  EXPECT_EQ(deltaic_table_load(nullptr, nullptr, nullptr), DELTAIC_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(deltaic_table_count(table_, nullptr, nullptr, nullptr), DELTAIC_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(deltaic_scan_open(nullptr, nullptr, nullptr, nullptr), DELTAIC_ERROR_INVALID_ARGUMENT);
}

TEST_F(CapiTest, FreeTakesNull) {
  deltaic_table_free(nullptr);
  deltaic_scan_free(nullptr);
  deltaic_task_list_free(nullptr);
  deltaic_options_free(nullptr);
  deltaic_error_free(nullptr);
  deltaic_expr_free(nullptr);
  deltaic_cancellation_free(nullptr);
  deltaic_string_free(nullptr);
}

TEST_F(CapiTest, EveryStatusHasAName) {
  for (int code = DELTAIC_OK; code <= DELTAIC_ERROR_INTERNAL; ++code) {
    EXPECT_GT(std::strlen(deltaic_status_name(static_cast<deltaic_status>(code))), 0u) << code;
  }
  EXPECT_STREQ(deltaic_status_name(DELTAIC_ERROR_SCHEMA_MISMATCH), "SchemaMismatch");
}

TEST_F(CapiTest, UsingATableBeforeLoadingSaysSo) {
  Failure failure;
  char* json = nullptr;
  EXPECT_EQ(deltaic_table_version(table_), -1);
  EXPECT_EQ(deltaic_table_schema_json(table_, &json, &failure), DELTAIC_ERROR_INVALID_ARGUMENT);
  EXPECT_THAT(failure.message(), HasSubstr("deltaic_table_load"));
  EXPECT_EQ(json, nullptr);
}

TEST_F(CapiTest, LoadOfNoTableIsNotFoundAndKeepsTheHandle) {
  Failure failure;
  EXPECT_EQ(deltaic_table_load(table_, nullptr, &failure), DELTAIC_ERROR_NOT_FOUND);
  int exists = 7;
  EXPECT_EQ(deltaic_table_exists(table_, nullptr, &exists, nullptr), DELTAIC_OK);
  EXPECT_EQ(exists, 0);
}

TEST_F(CapiTest, UnknownOptionIsNamedAndNothingIsWritten) {
  auto rows = Numbers(1);
  deltaic_options_set(options_, "mod", "append");
  Failure failure;
  EXPECT_EQ(deltaic_table_write(table_, &rows, options_, nullptr, &failure),
            DELTAIC_ERROR_INVALID_ARGUMENT);
  EXPECT_THAT(failure.message(), HasSubstr("'mod'"));
  EXPECT_EQ(rows.release, nullptr) << "the stream is moved from, also on failure";
  int exists = 1;
  deltaic_table_exists(table_, nullptr, &exists, nullptr);
  EXPECT_EQ(exists, 0);
}

TEST_F(CapiTest, OptionValuesThatDoNotParseAreNamed) {
  Write(1);
  struct Case {
    const char *key, *value;
  };
  for (const Case& bad :
       {Case{"limit", "-1"}, {"limit", "ten"}, {"ordered", "yes"}, {"threads", "99999999999"}}) {
    deltaic_options* options = deltaic_options_new();
    deltaic_options_set(options, bad.key, bad.value);
    deltaic_scan* scan = nullptr;
    Failure failure;
    EXPECT_EQ(deltaic_scan_open(table_, options, &scan, &failure), DELTAIC_ERROR_INVALID_ARGUMENT);
    EXPECT_THAT(failure.message(), HasSubstr(bad.key));
    deltaic_options_free(options);
  }
}

TEST_F(CapiTest, PredicateTreeSelectsRows) {
  Write(4);  // 0 .. 11
  const char* path[] = {"n"};
  deltaic_expr* column = deltaic_expr_column(path, 1);
  deltaic_expr* two = deltaic_expr_int64(2);
  deltaic_expr* nine = deltaic_expr_int64(9);
  const deltaic_expr* in_args[] = {column, two, nine};
  deltaic_expr* in = deltaic_expr_call("in", in_args, 3);
  const deltaic_expr* greater_args[] = {column, nine};
  deltaic_expr* greater = deltaic_expr_call(">", greater_args, 2);
  const deltaic_expr* or_args[] = {in, greater};
  deltaic_expr* either = deltaic_expr_call("or", or_args, 2);
  ASSERT_NE(either, nullptr);
  char* sql = deltaic_expr_sql(either);
  deltaic_options_set(options_, "where", sql);
  EXPECT_EQ(Count(), 4);  // 2, 9, 10, 11
  deltaic_expr* parsed = nullptr;
  EXPECT_EQ(deltaic_expr_parse(sql, &parsed, nullptr), DELTAIC_OK);
  deltaic_string_free(sql);
  for (deltaic_expr* expr : {column, two, nine, in, greater, either, parsed})
    deltaic_expr_free(expr);
}

TEST_F(CapiTest, WrongCallsOfFunctionsAreNull) {
  deltaic_expr* one = deltaic_expr_int64(1);
  const deltaic_expr* args[] = {one, one, one};
  EXPECT_EQ(deltaic_expr_call("xor", args, 2), nullptr);
  EXPECT_EQ(deltaic_expr_call("=", args, 3), nullptr);
  EXPECT_EQ(deltaic_expr_call("not", args, 0), nullptr);
  EXPECT_EQ(deltaic_expr_decimal("1.2.3"), nullptr);
  EXPECT_EQ(deltaic_expr_decimal(""), nullptr);
  deltaic_expr* decimal = deltaic_expr_decimal("-12.50");
  EXPECT_NE(decimal, nullptr);
  deltaic_expr_free(decimal);
  deltaic_expr_free(one);
}

TEST_F(CapiTest, StreamOutlivesItsHandles) {
  Write(2);
  deltaic_scan* scan = nullptr;
  ASSERT_EQ(deltaic_scan_open(table_, nullptr, &scan, nullptr), DELTAIC_OK);
  struct ArrowArrayStream stream{};
  ASSERT_EQ(deltaic_scan_stream(scan, &stream, nullptr), DELTAIC_OK);
  struct ArrowArrayStream second{};
  EXPECT_EQ(deltaic_scan_stream(scan, &second, nullptr), DELTAIC_ERROR_INVALID_ARGUMENT);
  deltaic_scan_free(scan);
  deltaic_table_free(table_);
  table_ = nullptr;
  const auto table = (*arrow::ImportRecordBatchReader(&stream))->ToTable();
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ((*table)->num_rows(), 6);
}

TEST_F(CapiTest, RowsComeInTheTypesThatAreRequested) {
  const auto wanted = [](const char* name) {
    struct ArrowSchema schema{};
    EXPECT_TRUE(
        arrow::ExportSchema(*arrow::schema({arrow::field(name, arrow::float64())}), &schema).ok());
    return schema;
  };
  auto rows = Numbers(2);
  auto schema = wanted("n");
  struct ArrowArrayStream out{};
  ASSERT_EQ(deltaic_stream_with_schema(&rows, &schema, &out, nullptr), DELTAIC_OK);
  EXPECT_EQ(rows.release, nullptr);
  EXPECT_EQ(schema.release, nullptr);
  const auto table = (*arrow::ImportRecordBatchReader(&out))->ToTable();
  ASSERT_TRUE(table.ok());
  EXPECT_EQ((*table)->num_rows(), 6);
  EXPECT_EQ((*table)->field(0)->type()->id(), arrow::Type::DOUBLE);

  rows = Numbers(1);
  schema = wanted("m");
  Failure failure;
  EXPECT_EQ(deltaic_stream_with_schema(&rows, &schema, &out, &failure),
            DELTAIC_ERROR_INVALID_ARGUMENT);
  EXPECT_THAT(failure.message(), HasSubstr("is m"));
  EXPECT_EQ(rows.release, nullptr) << "what is moved from is so also on failure";
  EXPECT_EQ(schema.release, nullptr);
}

TEST_F(CapiTest, ChangesAreAScanOfAHandleThatHasLoadedNothing) {
  deltaic_options* feed = deltaic_options_new();
  deltaic_options_set(feed, "property.delta.enableChangeDataFeed", "true");
  auto rows = Numbers(2);
  ASSERT_EQ(deltaic_table_write(table_, &rows, feed, nullptr, nullptr), DELTAIC_OK);
  deltaic_options_free(feed);
  Write(1);
  deltaic_table* unloaded = nullptr;
  const std::string uri = deltaic_table_uri(table_);
  ASSERT_EQ(deltaic_table_at(uri.c_str(), nullptr, &unloaded, nullptr), DELTAIC_OK);
  deltaic_options_set(options_, "from_timestamp", "1999-01-01");
  deltaic_options_set(options_, "to_version", "0");
  deltaic_options_set(options_, "where", "n > 1 AND _change_type = 'insert'");
  deltaic_scan* changes = nullptr;
  Failure failure;
  ASSERT_EQ(deltaic_changes_open(unloaded, options_, &changes, &failure), DELTAIC_OK)
      << failure.message();
  deltaic_table_free(unloaded);
  struct ArrowArrayStream stream{};
  ASSERT_EQ(deltaic_scan_stream(changes, &stream, nullptr), DELTAIC_OK);
  deltaic_scan_free(changes);
  const auto table = (*arrow::ImportRecordBatchReader(&stream))->ToTable();
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ((*table)->num_rows(), 4);
  EXPECT_EQ((*table)->num_columns(), 4);
}

TEST_F(CapiTest, ChangesNameTheOptionThatIsWrong) {
  Write(1);
  const std::pair<const char*, const char*> bad_options[] = {
      {"from", "1"}, {"from_version", "one"}, {"to_timestamp", "never"}};
  for (const auto& [key, value] : bad_options) {
    deltaic_options* bad = deltaic_options_new();
    deltaic_options_set(bad, key, value);
    deltaic_scan* changes = nullptr;
    Failure failure;
    EXPECT_EQ(deltaic_changes_open(table_, bad, &changes, &failure),
              DELTAIC_ERROR_INVALID_ARGUMENT);
    EXPECT_THAT(failure.message(), HasSubstr(key));
    deltaic_options_free(bad);
  }
}

TEST_F(CapiTest, CancelledScanFailsWithItsCode) {
  Write(2);
  deltaic_cancellation* cancellation = deltaic_cancellation_new();
  deltaic_options_set_cancellation(options_, cancellation);
  deltaic_cancellation_cancel(cancellation);
  deltaic_cancellation_free(cancellation);
  deltaic_scan* scan = nullptr;
  Failure failure;
  deltaic_status status = deltaic_scan_open(table_, options_, &scan, &failure);
  if (status == DELTAIC_OK) {
    struct ArrowArrayStream stream{};
    ASSERT_EQ(deltaic_scan_stream(scan, &stream, nullptr), DELTAIC_OK);
    struct ArrowArray batch{};
    EXPECT_NE(stream.get_next(&stream, &batch), 0);
    deltaic_error* error = deltaic_scan_error(scan);
    status = deltaic_error_code(error);
    deltaic_error_free(error);
    stream.release(&stream);
    deltaic_scan_free(scan);
  }
  EXPECT_EQ(status, DELTAIC_ERROR_CANCELLED);
}

TEST_F(CapiTest, ProgressCountsTheRowsWritten) {
  auto rows = Numbers(5);
  int64_t seen = 0;
  deltaic_options_set_progress(
      options_, [](void* user, int64_t done) { *static_cast<int64_t*>(user) = done; }, &seen);
  ASSERT_EQ(deltaic_table_write(table_, &rows, options_, nullptr, nullptr), DELTAIC_OK);
  EXPECT_EQ(seen, 15);
}

TEST_F(CapiTest, ProgressOfACheckpointCountsFiles) {
  Write(1);
  Write(1);
  int64_t seen = 0;
  deltaic_options_set_progress(
      options_, [](void* user, int64_t done) { *static_cast<int64_t*>(user) = done; }, &seen);
  ASSERT_EQ(deltaic_table_checkpoint(table_, options_, nullptr), DELTAIC_OK);
  EXPECT_EQ(seen, 2);
}

TEST_F(CapiTest, CancelledCheckpointIsNotWritten) {
  Write(1);
  deltaic_cancellation* cancellation = deltaic_cancellation_new();
  deltaic_options_set_cancellation(options_, cancellation);
  deltaic_cancellation_cancel(cancellation);
  deltaic_cancellation_free(cancellation);
  Failure failure;
  EXPECT_EQ(deltaic_table_checkpoint(table_, options_, &failure), DELTAIC_ERROR_CANCELLED);
  EXPECT_EQ(deltaic_table_load(table_, options_, nullptr), DELTAIC_ERROR_CANCELLED);
}

TEST_F(CapiTest, AnInputThatFailsLeavesNoTable) {
  struct ArrowArrayStream good = Numbers(2);
  struct Broken {
    struct ArrowArrayStream inner;
  };
  struct ArrowArrayStream rows{};
  rows.private_data = new Broken{good};
  rows.get_schema = [](struct ArrowArrayStream* self, struct ArrowSchema* out) {
    auto* inner = &static_cast<Broken*>(self->private_data)->inner;
    return inner->get_schema(inner, out);
  };
  rows.get_next = [](struct ArrowArrayStream*, struct ArrowArray*) { return 5; };
  rows.get_last_error = [](struct ArrowArrayStream*) { return "the source broke"; };
  rows.release = [](struct ArrowArrayStream* self) {
    auto* broken = static_cast<Broken*>(self->private_data);
    broken->inner.release(&broken->inner);
    delete broken;
    self->release = nullptr;
  };
  Failure failure;
  EXPECT_NE(deltaic_table_write(table_, &rows, nullptr, nullptr, &failure), DELTAIC_OK);
  EXPECT_THAT(failure.message(), HasSubstr("the source broke"));
  int exists = 1;
  deltaic_table_exists(table_, nullptr, &exists, nullptr);
  EXPECT_EQ(exists, 0);
}

TEST_F(CapiTest, TasksOutliveTheListAndTheTableInAnotherHandle) {
  Write(2);
  Write(1);
  deltaic_options_set(options_, "tasks", "2");
  deltaic_task_list* list = nullptr;
  ASSERT_EQ(deltaic_scan_tasks(table_, options_, &list, nullptr), DELTAIC_OK);
  ASSERT_EQ(deltaic_task_list_length(list), 2u);
  EXPECT_EQ(deltaic_task_list_bytes(list, 2, nullptr), nullptr);
  std::vector<std::string> tasks;
  for (size_t i = 0; i < 2; ++i) {
    size_t length = 0;
    const void* bytes = deltaic_task_list_bytes(list, i, &length);
    tasks.emplace_back(static_cast<const char*>(bytes), length);
  }
  deltaic_task_list_free(list);
  int64_t rows = 0;
  for (const std::string& task : tasks) {
    deltaic_scan* scan = nullptr;
    ASSERT_EQ(deltaic_task_open(task.data(), task.size(), nullptr, nullptr, &scan, nullptr),
              DELTAIC_OK);
    struct ArrowArrayStream stream{};
    ASSERT_EQ(deltaic_scan_stream(scan, &stream, nullptr), DELTAIC_OK);
    deltaic_scan_free(scan);
    rows += (*arrow::ImportRecordBatchReader(&stream))->ToTable().ValueOrDie()->num_rows();
  }
  EXPECT_EQ(rows, 9);
  Failure failure;
  deltaic_scan* scan = nullptr;
  deltaic_options_set(options_, "where", "n > 1");
  EXPECT_EQ(deltaic_task_open(tasks[0].data(), tasks[0].size(), nullptr, options_, &scan, &failure),
            DELTAIC_ERROR_INVALID_ARGUMENT);
  EXPECT_THAT(failure.message(), HasSubstr("tasks"));
}

TEST_F(CapiTest, CopyOfAHandleStaysAtItsVersion) {
  Write(1);
  deltaic_table* copy = nullptr;
  ASSERT_EQ(deltaic_table_copy(table_, &copy, nullptr), DELTAIC_OK);
  Write(1);
  EXPECT_EQ(deltaic_table_version(table_), 1);
  EXPECT_EQ(deltaic_table_version(copy), 0);
  EXPECT_EQ(deltaic_table_load(copy, nullptr, nullptr), DELTAIC_OK);
  EXPECT_EQ(deltaic_table_version(copy), 1);
  deltaic_table_free(copy);
}

/// Every call that takes options, with what else it needs.
class CallTest : public CapiTest {
 protected:
  using Call = std::function<deltaic_status(const deltaic_options*, deltaic_error**)>;
  std::vector<std::pair<const char*, Call>> Calls() {
    return {
        {"deltaic_table_open",
         [this](auto* options, auto** error) {
           deltaic_table* opened = nullptr;
           const std::string uri = deltaic_table_uri(table_);
           const auto code = deltaic_table_open(uri.c_str(), nullptr, options, &opened, error);
           deltaic_table_free(opened);
           return code;
         }},
        {"deltaic_table_exists",
         [this](auto* options, auto** error) {
           return deltaic_table_exists(table_, options, &number_, error);
         }},
        {"deltaic_table_load",
         [this](auto* options, auto** error) {
           return deltaic_table_load(table_, options, error);
         }},
        {"deltaic_table_load_version",
         [this](auto* options, auto** error) {
           return deltaic_table_load_version(table_, 0, options, error);
         }},
        {"deltaic_table_load_timestamp",
         [this](auto* options, auto** error) {
           return deltaic_table_load_timestamp(table_, 0, options, error);
         }},
        {"deltaic_table_domains_json", Json(deltaic_table_domains_json)},
        {"deltaic_table_details_json", Json(deltaic_table_details_json)},
        {"deltaic_table_history_json", Json(deltaic_table_history_json)},
        {"deltaic_scan_explain_json", Json(deltaic_scan_explain_json)},
        {"deltaic_table_transaction_version",
         [this](auto* options, auto** error) {
           int64_t version = 0;
           return deltaic_table_transaction_version(table_, "app", options, &version, error);
         }},
        {"deltaic_table_files",
         [this](auto* options, auto** error) {
           struct ArrowArrayStream files{};
           const auto code = deltaic_table_files(table_, options, &files, error);
           if (files.release != nullptr) files.release(&files);
           return code;
         }},
        {"deltaic_table_checkpoint",
         [this](auto* options, auto** error) {
           return deltaic_table_checkpoint(table_, options, error);
         }},
        {"deltaic_scan_open", ScanBy(deltaic_scan_open)},
        {"deltaic_changes_open", ScanBy(deltaic_changes_open)},
        {"deltaic_scan_tasks",
         [this](auto* options, auto** error) {
           deltaic_task_list* tasks = nullptr;
           const auto code = deltaic_scan_tasks(table_, options, &tasks, error);
           deltaic_task_list_free(tasks);
           return code;
         }},
        {"deltaic_table_count",
         [this](auto* options, auto** error) {
           int64_t rows = 0;
           return deltaic_table_count(table_, options, &rows, error);
         }},
        {"deltaic_table_create",
         [this](auto* options, auto** error) {
           return deltaic_table_create(table_, nullptr, options, error);
         }},
        {"deltaic_table_write",
         [this](auto* options, auto** error) {
           auto rows = Numbers(1);
           return deltaic_table_write(table_, &rows, options, nullptr, error);
         }},
    };
  }

 private:
  template <typename Function>
  Call Json(Function function) {
    return [this, function](auto* options, auto** error) {
      char* json = nullptr;
      const auto code = function(table_, options, &json, error);
      deltaic_string_free(json);
      return code;
    };
  }
  template <typename Function>
  Call ScanBy(Function function) {
    return [this, function](auto* options, auto** error) {
      deltaic_scan* scan = nullptr;
      const auto code = function(table_, options, &scan, error);
      deltaic_scan_free(scan);
      return code;
    };
  }
  int number_ = 0;
};

TEST_F(CallTest, EveryCallNamesAnUnknownOptionAndItself) {
  Write(1);
  deltaic_options_set(options_, "no_such_option", "1");
  for (const auto& [name, call] : Calls()) {
    Failure failure;
    EXPECT_EQ(call(options_, &failure), DELTAIC_ERROR_INVALID_ARGUMENT) << name;
    EXPECT_THAT(failure.message(), HasSubstr("'no_such_option' of " + std::string(name)));
  }
  EXPECT_EQ(deltaic_table_version(table_), 0);
}

TEST_F(CallTest, TheNearestOptionIsNamed) {
  Write(1);
  const std::pair<const char*, const char*> slips[] = {{"colums", "columns"},
                                                       {"WHERE", "where"},
                                                       {"max_memory", "max_memory_bytes"},
                                                       {"tread", "threads"},
                                                       {"batch_row", "batch_rows"}};
  for (const auto& [slip, meant] : slips) {
    deltaic_options* options = deltaic_options_new();
    deltaic_options_set(options, slip, "1");
    deltaic_scan* scan = nullptr;
    Failure failure;
    EXPECT_EQ(deltaic_scan_open(table_, options, &scan, &failure), DELTAIC_ERROR_INVALID_ARGUMENT);
    EXPECT_THAT(failure.message(), HasSubstr("did you mean " + std::string(meant) + "?"));
    deltaic_options_free(options);
  }
  deltaic_options_set(options_, "mode", "overwite");
  auto rows = Numbers(1);
  Failure failure;
  EXPECT_EQ(deltaic_table_write(table_, &rows, options_, nullptr, &failure),
            DELTAIC_ERROR_INVALID_ARGUMENT);
  EXPECT_THAT(failure.message(), HasSubstr("did you mean overwrite?"));
}

TEST_F(CapiTest, AFamilyOfKeysNeedsAName) {
  auto rows = Numbers(1);
  deltaic_options_set(options_, "property.", "1");
  EXPECT_EQ(deltaic_table_write(table_, &rows, options_, nullptr, nullptr),
            DELTAIC_ERROR_INVALID_ARGUMENT);
}

TEST_F(CapiTest, ChangesHaveMetadataColumns) {
  deltaic_options* feed = deltaic_options_new();
  deltaic_options_set(feed, "property.delta.enableChangeDataFeed", "true");
  auto rows = Numbers(2);
  ASSERT_EQ(deltaic_table_write(table_, &rows, feed, nullptr, nullptr), DELTAIC_OK);
  deltaic_options_free(feed);
  deltaic_options_add(options_, "metadata_columns", "file_path");
  deltaic_options_add(options_, "metadata_columns", "row_index");
  deltaic_scan* changes = nullptr;
  Failure failure;
  ASSERT_EQ(deltaic_changes_open(table_, options_, &changes, &failure), DELTAIC_OK)
      << failure.message();
  struct ArrowArrayStream stream{};
  ASSERT_EQ(deltaic_scan_stream(changes, &stream, nullptr), DELTAIC_OK);
  deltaic_scan_free(changes);
  const auto table = (*arrow::ImportRecordBatchReader(&stream))->ToTable();
  ASSERT_TRUE(table.ok()) << table.status();
  const std::vector<std::string> names = (*table)->schema()->field_names();
  EXPECT_THAT(names,
              ::testing::ElementsAre("n", "_change_type", "_commit_version", "_commit_timestamp",
                                     "_metadata.file_path", "_metadata.row_index"));
  EXPECT_EQ((*table)->num_rows(), 6);
}

TEST_F(CapiTest, HistoryTakesALimit) {
  Write(1);
  Write(1);
  char* json = nullptr;
  deltaic_options_set(options_, "limit", "1");
  ASSERT_EQ(deltaic_table_history_json(table_, options_, &json, nullptr), DELTAIC_OK);
  EXPECT_THAT(json, HasSubstr("\"version\":1"));
  EXPECT_THAT(json, ::testing::Not(HasSubstr("\"version\":0")));
  deltaic_string_free(json);
}

TEST_F(CapiTest, LogMessagesReachTheCallback) {
  std::vector<std::string> messages;
  deltaic_set_log_callback(
      [](void* user, deltaic_log_level, const char* message) {
        static_cast<std::vector<std::string>*>(user)->emplace_back(message);
      },
      &messages);
  Write(1);
  deltaic_set_log_callback(nullptr, nullptr);
  const size_t before = messages.size();
  Write(1);
  EXPECT_EQ(messages.size(), before) << "nothing is logged once the callback is gone";
}

}  // namespace
}  // namespace deltaic
