#include "protocol/actions_json.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <thread>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using deltaic::testing::IsOk;
using deltaic::testing::IsOkAndHolds;
using deltaic::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr std::string_view kAddLine =
    R"({"add":{"path":"a%20b.parquet","partitionValues":{"p":"1","q":null},"size":10,)"
    R"("modificationTime":20,"dataChange":true}})";

std::vector<Action> Parse(std::string_view lines) {
  auto actions = ParseActions(lines, "7.json");
  EXPECT_THAT(actions, IsOk());
  return actions.ok() ? *actions : std::vector<Action>();
}

template <typename T>
T ParseOne(std::string_view line) {
  const auto actions = Parse(line);
  if (actions.size() != 1 || !std::holds_alternative<T>(actions[0])) {
    ADD_FAILURE() << "not one action of the kind: " << line;
    return T();
  }
  return std::get<T>(actions[0]);
}

/// Texts that are hard to carry through JSON; all are valid UTF-8.
const std::string kAwkward[] = {
    "",
    "plain",
    "\"quoted\" back\\slash / \b\f\n\r\t",
    std::string("nul\0in the middle\x01\x1f\x7f", 20),
    "\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80 \xF4\x8F\xBF\xBF",
    R"({"json":"inside \" of text"})",
    std::string(100'000, '\\'),
};

Action FullAdd(const std::string& text) {
  Add add;
  add.path = text;
  add.partition_values = {{text, text}, {"null " + text, std::nullopt}};
  add.size = std::numeric_limits<int64_t>::max();
  add.modification_time = std::numeric_limits<int64_t>::min();
  add.data_change = false;
  add.stats = text;
  add.tags = StringMap{{text, text}};
  add.deletion_vector = DeletionVectorDescriptor{text, text, -1, 34, 5};
  add.base_row_id = 0;
  add.default_row_commit_version = 7;
  add.clustering_provider = text;
  return add;
}

Action FullRemove(const std::string& text) {
  Remove remove;
  remove.path = text;
  remove.deletion_timestamp = 1;
  remove.data_change = false;
  remove.extended_file_metadata = true;
  remove.partition_values = PartitionValues{{text, text}};
  remove.size = 0;
  remove.stats = text;
  remove.tags = StringMap{};
  remove.deletion_vector = DeletionVectorDescriptor{"i", text, std::nullopt, 1, 1};
  remove.base_row_id = 3;
  remove.default_row_commit_version = 4;
  return remove;
}

/// Every kind of action, with all fields and with none that is optional.
std::vector<Action> ManyActions(const std::string& text) {
  CommitInfo info;
  info.timestamp = 1;
  info.in_commit_timestamp = 2;
  info.operation = text;
  info.txn_id = text;
  info.read_version = 3;
  info.isolation_level = text;
  info.is_blind_append = true;
  info.engine_info = text;
  // What FormatAction makes of the fields alone is the form that is kept.
  info.json = FormatAction(info);
  info.json = info.json.substr(14, info.json.size() - 15);
  CommitInfo empty_info;
  empty_info.json = "{}";
  return {
      Metadata{text, text, text, text, {{text, text}}, text, {text, text}, 5, {{text, text}}},
      Metadata{.id = text},
      Protocol{3, 7, std::vector<std::string>{text}, std::vector<std::string>{text, text}},
      Protocol{1, 2, std::nullopt, std::nullopt},
      FullAdd(text),
      Add{.path = text},
      FullRemove(text),
      Remove{.path = text},
      Cdc{text, {{text, text}}, 6, true, StringMap{{text, text}}},
      Cdc{.path = text},
      Txn{text, -1, 8},
      Txn{text, 0, std::nullopt},
      info,
      empty_info,
      DomainMetadata{text, text, true},
      CheckpointMetadata{9, StringMap{{text, text}}},
      CheckpointMetadata{9, std::nullopt},
      Sidecar{text, 10, 11, StringMap{{text, text}}},
      Sidecar{text, 10, 11, std::nullopt},
  };
}

TEST(FormatActions, ReadsBackTheSameWithAwkwardText) {
  for (const std::string& text : kAwkward) {
    const auto actions = ManyActions(text);
    const std::string lines = FormatActions(actions);
    const auto parsed = Parse(lines);
    ASSERT_EQ(parsed.size(), actions.size()) << lines;
    for (size_t i = 0; i < actions.size(); ++i) {
      EXPECT_TRUE(parsed[i] == actions[i]) << FormatAction(actions[i]).substr(0, 1000);
    }
    EXPECT_EQ(FormatActions(parsed), lines);
  }
}

TEST(FormatActions, ReadsBackTheSameWithRandomText) {
  std::mt19937 random(42);  // NOLINT: the same texts in each run
  for (int round = 0; round < 50; ++round) {
    std::string text;
    for (int i = 0; i < 12; ++i) {
      const auto code = static_cast<char>(random() % 128);
      text += random() % 4 == 0 ? std::string("\xF0\x9F\x8D\x8E") : std::string(1, code);
    }
    const auto actions = ManyActions(text);
    EXPECT_TRUE(Parse(FormatActions(actions)) == actions) << ::testing::PrintToString(text);
  }
}

TEST(FormatAction, ReplacesInvalidUtf8) {
  const std::string line = FormatAction(Txn{"a\xFF\xC3(\xED\xA0\x80", 1, std::nullopt});
  EXPECT_EQ(ParseOne<Txn>(line).app_id, "a\uFFFD\uFFFD(\uFFFD\uFFFD\uFFFD");
}

struct FormatCase {
  Action action;
  std::string_view line;
};

TEST(FormatAction, WritesFieldsInTheProtocolsOrder) {
  const FormatCase cases[] = {
      {Metadata{"i", "n", "d", "parquet", {}, "{}", {"p"}, 5, {{"k", "v"}}},
       R"({"metaData":{"id":"i","name":"n","description":"d","format":{"provider":"parquet","options":{}},)"
       R"("schemaString":"{}","partitionColumns":["p"],"createdTime":5,"configuration":{"k":"v"}}})"},
      {Metadata{.id = "i"},
       R"({"metaData":{"id":"i","format":{"provider":"parquet","options":{}},"partitionColumns":[],)"
       R"("configuration":{}}})"},
      {Protocol{3, 7, std::vector<std::string>{}, std::vector<std::string>{"a"}},
       R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":[],"writerFeatures":["a"]}})"},
      {Add{.path = "p", .partition_values = {{"b", "1"}, {"a", std::nullopt}}, .size = 1},
       R"({"add":{"path":"p","partitionValues":{"b":"1","a":null},"size":1,"modificationTime":0,"dataChange":true}})"},
      {Remove{.path = "p", .deletion_vector = DeletionVectorDescriptor{"u", "x", 1, 2, 3}},
       R"({"remove":{"path":"p","dataChange":true,"deletionVector":{"storageType":"u","pathOrInlineDv":"x","offset":1,)"
       R"("sizeInBytes":2,"cardinality":3}}})"},
      {Txn{"a", 1, std::nullopt}, R"({"txn":{"appId":"a","version":1}})"},
      {DomainMetadata{"d", "c", false},
       R"({"domainMetadata":{"domain":"d","configuration":"c","removed":false}})"},
      {Sidecar{"s", 1, 2, std::nullopt},
       R"({"sidecar":{"path":"s","sizeInBytes":1,"modificationTime":2}})"},
      {CommitInfo{}, R"({"commitInfo":{}})"},
      {CommitInfo{.timestamp = 1, .operation = "WRITE"},
       R"({"commitInfo":{"timestamp":1,"operation":"WRITE"}})"},
  };
  for (const auto& c : cases) EXPECT_EQ(FormatAction(c.action), c.line);
}

TEST(FormatAction, KeepsUnknownFieldsOfCommitInfo) {
  CommitInfo info = ParseOne<CommitInfo>(
      R"({"commitInfo": {"timestamp": 1, "x" : {"y": [1, 12345678901234567890123, 1e999]}, "operation":"WRITE"}})");
  const std::string_view compact =
      R"({"timestamp":1,"x":{"y":[1,12345678901234567890123,1e999]},"operation":"WRITE"})";
  EXPECT_EQ(info.json, compact);
  EXPECT_EQ(FormatAction(info), Concat(R"({"commitInfo":)", compact, "}"));

  info.timestamp = 2;
  info.txn_id = "t";
  EXPECT_EQ(FormatAction(info), R"({"commitInfo":{"timestamp":2,"operation":"WRITE","txnId":"t",)"
                                R"("x":{"y":[1,12345678901234567890123,1e999]}}})");
}

TEST(FormatAction, StaysOneLineAndValidWhateverCommitInfoHolds) {
  const std::string_view cases[][2] = {
      {"", R"({"operation":"W"})"},
      {"{\n \"a\": 1\r\n}", R"({"operation":"W","a":1})"},
      {"{\"a\":", R"({"operation":"W"})"},
      {"{}},\"add\":{\"x\":{}", R"({"operation":"W"})"},
      {"[1]", R"({"operation":"W"})"},
      {R"({"operation":"other","b":"\n"})", R"({"operation":"W","b":"\n"})"},
  };
  for (const auto& c : cases) {
    CommitInfo info{.json = std::string(c[0]), .operation = "W"};
    EXPECT_EQ(FormatAction(info), Concat(R"({"commitInfo":)", c[1], "}"));
  }
}

TEST(ParseCommit, KnowsTheFieldsOfCommitInfoAndIgnoresOtherTypes) {
  const CommitInfo info = ParseOne<CommitInfo>(
      R"({"commitInfo":{"timestamp":"2020","inCommitTimestamp":5,"operation":null,"txnId":{"a":1},"readVersion":1.5,)"
      R"("isolationLevel":"Serializable","isBlindAppend":"true","engineInfo":"e"}})");
  EXPECT_EQ(info.timestamp, std::nullopt);
  EXPECT_EQ(info.in_commit_timestamp, 5);
  EXPECT_EQ(info.operation, std::nullopt);
  EXPECT_EQ(info.txn_id, std::nullopt);
  EXPECT_EQ(info.read_version, std::nullopt);
  EXPECT_EQ(info.isolation_level, "Serializable");
  EXPECT_EQ(info.is_blind_append, std::nullopt);
  EXPECT_EQ(info.engine_info, "e");
}

TEST(ParseCommit, KeepsCommitInfoOfAnyKind) {
  for (const std::string_view json : {"[]", "[1,{\"a\":2}]", "\"text\"", "1e999", "true", "{}"}) {
    const auto info = ParseOne<CommitInfo>(Concat("{\"commitInfo\":", json, "}"));
    EXPECT_EQ(info.json, json);
    EXPECT_EQ(info.operation, std::nullopt);
  }
}

TEST(ParseCommit, ReadsAdd) {
  const Add add = ParseOne<Add>(kAddLine);
  EXPECT_EQ(add.path, "a%20b.parquet");
  EXPECT_EQ(add.partition_values, (PartitionValues{{"p", "1"}, {"q", std::nullopt}}));
  EXPECT_EQ(add.size, 10);
  EXPECT_EQ(add.modification_time, 20);
  EXPECT_TRUE(add.data_change);
  EXPECT_EQ(add.stats, std::nullopt);
}

TEST(ParseCommit, TakesNullsAsAbsent) {
  const Add add = ParseOne<Add>(
      R"({"add":{"path":"p","partitionValues":{},"size":1,"modificationTime":2,"dataChange":true,"stats":null,)"
      R"("tags":null,"deletionVector":null,"baseRowId":null,"clusteringProvider":null},"remove":null})");
  EXPECT_TRUE(add == (Add{.path = "p", .size = 1, .modification_time = 2}));
  EXPECT_EQ(ParseOne<Metadata>(R"({"metaData":{"id":"i","format":null,"partitionColumns":null}})"),
            Metadata{.id = "i"});
  EXPECT_EQ(
      ParseOne<Remove>(
          R"({"remove":{"path":"p","dataChange":true,"deletionVector":{"storageType":"i","pathOrInlineDv":"x",)"
          R"("offset":null,"sizeInBytes":1,"cardinality":2,"maxRowIndex":9}}})")
          .deletion_vector,
      (DeletionVectorDescriptor{"i", "x", std::nullopt, 1, 2}));
}

TEST(ParseCommit, LeavesOutMapEntriesWithoutValue) {
  const auto metadata =
      ParseOne<Metadata>(R"({"metaData":{"id":"i","configuration":{"a":null,"b":"1"}}})");
  EXPECT_EQ(metadata.configuration, (StringMap{{"b", "1"}}));
}

TEST(ParseCommit, ToleratesLineEndsAndBlankLines) {
  const std::string add(kAddLine);
  for (const std::string& text :
       {add + "\n" + add + "\n", add + "\r\n" + add + "\r\n", add + "\n" + add,
        "\n\n \t\r\n" + add + "\n\n  " + add + "  \n\n\n"}) {
    EXPECT_THAT(Parse(text), SizeIs(2)) << ::testing::PrintToString(text);
  }
  EXPECT_THAT(Parse(""), IsEmpty());
  EXPECT_THAT(Parse("\n\n"), IsEmpty());
}

TEST(ParseCommit, IgnoresUnknownActionsAndFields) {
  EXPECT_THAT(Parse("{}\n{\"new\":{\"a\":[1,2.5e3,null,\"\\u00e4\",{}]}}\n{\"new\":null}"),
              IsEmpty());
  EXPECT_EQ(
      ParseOne<Txn>(
          R"({"txn":{"new":[{}],"appId":"a","newer":1e400,"version":1,"z":99999999999999999999}})"),
      (Txn{"a", 1, std::nullopt}));
}

TEST(ParseCommit, LastOfEqualKeysWins) {
  EXPECT_EQ(
      ParseOne<Txn>(
          R"({"txn":{"appId":"a","version":1,"appId":"b","lastUpdated":3,"lastUpdated":null}})"),
      (Txn{"b", 1, std::nullopt}));
  EXPECT_EQ(ParseOne<Txn>(R"({"txn":{"appId":"a","version":1},"txn":{"appId":"b","version":2}})"),
            (Txn{"b", 2, std::nullopt}));
  EXPECT_THAT(Parse(R"({"txn":{"appId":"a","version":1},"txn":null})"), IsEmpty());
  EXPECT_EQ(
      ParseOne<Metadata>(R"({"metaData":{"id":"i","configuration":{"a":"1","b":"x","a":"2"}}})")
          .configuration,
      (StringMap{{"a", "2"}, {"b", "x"}}));
  EXPECT_EQ(
      ParseOne<Cdc>(
          R"({"cdc":{"path":"p","size":1,"dataChange":false,"partitionValues":{"a":"1","b":"x","a":null}}})")
          .partition_values,
      (PartitionValues{{"a", std::nullopt}, {"b", "x"}}));
}

TEST(ParseCommit, LastOfEqualPartitionColumnsWinsAmongMany) {
  std::string values;
  PartitionValues expected;
  for (int i = 0; i < 40; ++i) {
    values += Concat("\"c", i, "\":\"old\",");
    expected.emplace_back(Concat("c", i), "old");
  }
  values += R"("c1":"new","c39":"new","c40":"x","c40":"y")";
  expected[1].second = expected[39].second = "new";
  expected.emplace_back("c40", "y");
  const auto cdc = ParseOne<Cdc>(Concat(
      R"({"cdc":{"path":"p","size":1,"dataChange":false,"partitionValues":{)", values, "}}}"));
  EXPECT_EQ(cdc.partition_values, expected);
}

TEST(ParseCommit, UnescapesKeysAndText) {
  EXPECT_EQ(ParseOne<Txn>(R"({"t\u0078n":{"app\u0049d":"\ud83d\ude00\n\/","version":1}})").app_id,
            "\xF0\x9F\x98\x80\n/");
}

TEST(ParseCommit, HandsOverAllActionsOfALine) {
  EXPECT_THAT(
      Parse(
          R"({"txn":{"appId":"a","version":1},"domainMetadata":{"domain":"d","configuration":"","removed":true}})"),
      ElementsAre(Action(Txn{"a", 1, std::nullopt}), Action(DomainMetadata{"d", "", true})));
}

TEST(ParseCommit, HandsOverOnlyWantedKinds) {
  const auto all = ManyActions("x");
  const std::string lines = FormatActions(all);
  bool ActionFilter::* const kinds[] = {&ActionFilter::metadata,
                                        &ActionFilter::protocol,
                                        &ActionFilter::add,
                                        &ActionFilter::remove,
                                        &ActionFilter::cdc,
                                        &ActionFilter::txn,
                                        &ActionFilter::commit_info,
                                        &ActionFilter::domain_metadata,
                                        &ActionFilter::checkpoint_metadata,
                                        &ActionFilter::sidecar};
  for (size_t kind = 0; kind < std::size(kinds); ++kind) {
    ActionFilter filter;
    for (const auto other : kinds) filter.*other = false;
    filter.*kinds[kind] = true;
    std::vector<Action> expected, got;
    for (const Action& action : all) {
      if (action.index() == kind) expected.push_back(action);
    }
    EXPECT_THAT(ParseCommit(lines, "x", filter,
                            [&](Action&& action) {
                              got.push_back(std::move(action));
                              return Status::Ok();
                            }),
                IsOk());
    EXPECT_TRUE(got == expected) << "kind " << kind;
  }
}

TEST(ParseCommit, LeavesOutStatsIfNotWanted) {
  ActionFilter filter;
  filter.add_stats = false;
  const std::string lines = FormatActions({FullAdd("x"), FullRemove("x")});
  EXPECT_THAT(ParseCommit(lines, "x", filter,
                          [](Action&& action) {
                            if (const auto* add = std::get_if<Add>(&action)) {
                              EXPECT_EQ(add->stats, std::nullopt);
                              EXPECT_EQ(add->clustering_provider, "x");
                            } else {
                              EXPECT_EQ(std::get<Remove>(action).stats, std::nullopt);
                            }
                            return Status::Ok();
                          }),
              IsOk());
}

TEST(ParseCommit, StopsAtTheVisitorsError) {
  int calls = 0;
  const Status error = Status::Cancelled("enough");
  EXPECT_EQ(ParseCommit(Concat(kAddLine, "\n", kAddLine), "x", {},
                        [&](Action&&) {
                          ++calls;
                          return error;
                        }),
            error);
  EXPECT_EQ(calls, 1);
}

TEST(ParseCommit, VisitorMayParseToo) {
  int inner = 0;
  EXPECT_THAT(ParseCommit(Concat(kAddLine, "\n", kAddLine, "\n"), "x", {},
                          [&](Action&& action) {
                            inner +=
                                static_cast<int>(Parse(FormatActions({action, action})).size());
                            return Status::Ok();
                          }),
              IsOk());
  EXPECT_EQ(inner, 4);
}

struct BrokenCase {
  std::string_view line;
  std::string_view why;
};

TEST(ParseCommit, RefusesBrokenJson) {
  const std::string_view lines[] = {
      "{",
      "}",
      "{}}",
      "{{}",
      "{} {}",
      "{}x",
      "{}}{",
      "x{}",
      "null",
      "1",
      "\"txn\"",
      "[]",
      "[{}]",
      "tru",
      R"({"txn")",
      R"({"txn":)",
      R"({"txn":})",
      R"({"txn":{}})",
      R"({"txn":{"appId":"a","version":1})",
      R"({"txn":{"appId":"a","version":1}]})",
      R"({"txn":{"appId":"a","version":1]})",
      R"({"txn":{"appId":"a" "version":1}})",
      R"({"txn":{"appId":"a","version":1,}})",
      R"({"txn":{"appId":"a",,"version":1}})",
      R"({"txn":{"appId":"a,"version":1}})",
      R"({"txn":{"appId":"a\","version":1}})",
      R"({"txn":{"appId":"\q","version":1}})",
      R"({"txn":{"appId":"\u12","version":1}})",
      R"({"txn":{appId:"a","version":1}})",
      R"({"txn":{"appId":"a","version":01}})",
      R"({"txn":{"appId":"a","version":+1}})",
      R"({"txn":{"appId":"a","version":-}})",
      R"({"txn":{"appId":"a","version":1x}})",
      R"({"txn":nul})",
      R"({"txn":nulll})",
      R"({"new":{"a":1,}})",
      R"({"new":{"a":01}})",
      R"({"new":{"a":1.}})",
      R"({"new":{"a":1e}})",
      R"({"new":{"a":.5}})",
      R"({"new":{"a":"\x"}})",
      R"({"new":{"a":"b":1}})",
      R"({"new":{"\x":1}})",
      R"({"new":{"a":truee}})",
      R"({"new":[1 2]})",
      R"({"new":[1,]})",
      R"({"new":[}})",
      R"({"new":[1})",
      R"({"new":{]})",
      R"({"new":{"a"}})",
      R"({"new":{"a":NaN}})",
      R"({"new":{1:2}})",
      R"({"commitInfo":{"a":1,}})",
      R"({"commitInfo":{"a":"b":1}})",
      R"({"commitInfo":{"a":[1 2]}})",
      R"({"commitInfo":[1})",
      R"({"commitInfo":nul})",
      R"({"commitInfo":{"operation":"\q"}})",
      R"({"commitInfo":{"operation":[}]}})",
      "{\"new\":\"a\tb\"}",
      "{\"new\":\"\xFF\"}",
      "{\"new\":\"\xED\xA0\x80\"}",
      "{\"txn\":{\"appId\":\"\xC3\",\"version\":1}}",
      "{\"new\":1\xC2\xA0}",
  };
  for (const std::string_view line : lines) {
    // Followed by lines whose first characters must not complete the broken one.
    for (const std::string_view after : {"", "\n", "\n}\n", "\n}}}}}}\n", "\n,,,"}) {
      const std::string text = Concat(kAddLine, "\n", line, after);
      EXPECT_THAT(ParseActions(text, "7.json"),
                  StatusIs(StatusCode::kCorruption, StartsWith("7.json line 2: ")))
          << ::testing::PrintToString(text);
    }
  }
}

TEST(ParseCommit, RefusesTruncatedLines) {
  for (const Action& action : ManyActions("t\"\xC3\xA4")) {
    const std::string line = FormatAction(action);
    for (size_t length = 1; length < line.size(); ++length) {
      EXPECT_THAT(ParseActions(line.substr(0, length), "x"), StatusIs(StatusCode::kCorruption))
          << line.substr(0, length);
    }
  }
}

TEST(ParseCommit, RefusesMissingFieldsAndOtherTypes) {
  const BrokenCase cases[] = {
      {R"({"txn":{"appId":"a"}})", "txn: lacks the field version"},
      {R"({"txn":{"appId":null,"version":1}})", "txn: lacks the field appId"},
      {R"({"txn":{"appId":1,"version":1}})", "txn: appId: is not text"},
      {R"({"txn":{"appId":{},"version":1}})", "txn: appId: is not text"},
      {R"({"txn":{"appId":"a","version":"1"}})", "txn: version: is not a 64-bit integer"},
      {R"({"txn":{"appId":"a","version":1.0}})", "version: is not a 64-bit integer"},
      {R"({"txn":{"appId":"a","version":1e3}})", "version: is not a 64-bit integer"},
      {R"({"txn":{"appId":"a","version":true}})", "version: is not a 64-bit integer"},
      {R"({"txn":{"appId":"a","version":[1]}})", "version: is not a 64-bit integer"},
      {R"({"txn":{"appId":"a","version":9223372036854775808}})", "is not a 64-bit integer"},
      {R"({"txn":{"appId":"a","version":-9223372036854775809}})", "is not a 64-bit integer"},
      {R"({"txn":{"appId":"a","version":1000000000000000000000000000000}})",
       "is not a 64-bit integer"},
      {R"({"txn":[]})", "txn: is not an object"},
      {R"({"txn":"a"})", "txn: is not an object"},
      {R"({"txn":1})", "txn: is not an object"},
      {R"({"metaData":{}})", "metaData: lacks the field id"},
      {R"({"metaData":{"id":"i","partitionColumns":"a"}})", "partitionColumns: is not an array"},
      {R"({"metaData":{"id":"i","partitionColumns":[1]}})", "is not text"},
      {R"({"metaData":{"id":"i","partitionColumns":[null]}})", "is not text"},
      {R"({"metaData":{"id":"i","configuration":{"k":1}}})",
       "metaData: configuration: k: is not text"},
      {R"({"metaData":{"id":"i","format":"parquet"}})", "format: is not an object"},
      {R"({"metaData":{"id":"i","schemaString":{}}})", "schemaString: is not text"},
      {R"({"protocol":{"minReaderVersion":1}})", "lacks the field minWriterVersion"},
      {R"({"protocol":{"minReaderVersion":2147483648,"minWriterVersion":2}})",
       "is not a 32-bit integer"},
      {R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":{}}})",
       "is not an array"},
      {R"({"add":{"path":"p","partitionValues":{},"size":1,"modificationTime":2}})",
       "add: lacks the field dataChange"},
      {R"({"add":{"path":"p","size":1,"modificationTime":2,"dataChange":true}})",
       "lacks the field partitionValues"},
      {R"({"add":{"path":"p","partitionValues":{},"size":1,"modificationTime":2,"dataChange":"true"}})",
       "dataChange: is neither true nor false"},
      {R"({"add":{"path":"p","partitionValues":{"a":1},"size":1,"modificationTime":2,"dataChange":true}})",
       "partitionValues: a: is not text"},
      {R"({"add":{"path":"p","partitionValues":{},"size":1,"modificationTime":2,"dataChange":true,"stats":{}}})",
       "stats: is not text"},
      {R"({"remove":{"dataChange":true}})", "remove: lacks the field path"},
      {R"({"remove":{"path":"p","dataChange":true,"deletionVector":{"storageType":"u"}}})",
       "remove: deletionVector: lacks the field pathOrInlineDv"},
      {R"({"remove":{"path":"p","dataChange":true,"deletionVector":{"storageType":"u","pathOrInlineDv":"x",)"
       R"("sizeInBytes":2147483648,"cardinality":1}}})",
       "deletionVector: sizeInBytes: is not a 32-bit integer"},
      {R"({"remove":{"path":"p","dataChange":true,"deletionVector":{"storageType":"u","pathOrInlineDv":"x",)"
       R"("sizeInBytes":1,"cardinality":1,"offset":-2147483649}}})",
       "deletionVector: offset: is not a 32-bit integer"},
      {R"({"sidecar":{"path":"p","sizeInBytes":1}})", "sidecar: lacks the field modificationTime"},
      {R"({"domainMetadata":{"domain":"d","configuration":{},"removed":true}})",
       "configuration: is not text"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(ParseActions(Concat("\n", c.line, "\n"), "dir/7.json"),
                StatusIs(StatusCode::kCorruption,
                         AllOf(StartsWith("dir/7.json line 2: "), HasSubstr(std::string(c.why)))))
        << c.line;
  }
}

TEST(ParseCommit, LimitsDepth) {
  const auto nested = [](int depth, char open, char close) {
    // The line's object is one level.
    std::string value(static_cast<size_t>(depth - 1), open);
    value.append(static_cast<size_t>(depth - 1), close);
    return Concat(R"({"new":)", value, "}");
  };
  const auto objects = [](int depth) {
    std::string line;
    for (int i = 0; i < depth; ++i) line += R"({"a":)";
    line += "1";
    return line.append(static_cast<size_t>(depth), '}');
  };
  EXPECT_THAT(ParseActions(nested(512, '[', ']'), "x"), IsOk());
  EXPECT_THAT(ParseActions(objects(512), "x"), IsOk());
  for (const int depth : {513, 519, 520, 521, 600, 10'000, 1'000'000}) {
    EXPECT_THAT(ParseActions(nested(depth, '[', ']'), "x"),
                StatusIs(StatusCode::kCorruption, HasSubstr("deeper than 512")));
    EXPECT_THAT(ParseActions(objects(depth), "x"),
                StatusIs(StatusCode::kCorruption, HasSubstr("deeper than 512")));
    const std::string info = nested(depth, '[', ']').replace(2, 3, "commitInfo");
    EXPECT_THAT(ParseActions(info, "x"), StatusIs(StatusCode::kCorruption));
  }
  EXPECT_THAT(ParseActions(std::string(10'000, '['), "x"), StatusIs(StatusCode::kCorruption));
  EXPECT_THAT(ParseActions(R"({"new":)" + std::string(10'000, '['), "x"),
              StatusIs(StatusCode::kCorruption));
}

TEST(ParseCommit, ReadsLargeLinesThenSmallOnes) {
  Add large{.path = "large"};
  large.stats = std::string(6'000'000, '"');
  const std::vector<Action> actions = {Add{.path = "a"}, large, Add{.path = "b"}};
  EXPECT_TRUE(Parse(FormatActions(actions)) == actions);
}

TEST(ParseCommit, RunsOnManyThreads) {
  const auto actions = ManyActions("thread");
  const std::string lines = FormatActions(actions);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) EXPECT_TRUE(Parse(lines) == actions);
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace deltaic
