#include "protocol/table_features.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/schema.h"
#include "protocol/schema_json.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::deltaic::testing::IsOk;
using ::deltaic::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Names = std::vector<std::string>;

/// The same list for both sides is what (3,7) tables mostly have.
Protocol Lists(Names readers, Names writers) { return Protocol{3, 7, readers, writers}; }
Protocol Writers(Names writers) { return Protocol{1, 7, std::nullopt, writers}; }
Protocol Legacy(int32_t reader, int32_t writer) { return Protocol{reader, writer, {}, {}}; }

Metadata WithFieldMetadata(const std::string& key, const std::string& value) {
  const DataTypePtr type = DataType::Primitive(TypeId::kLong);
  const DataTypePtr inner = DataType::Struct({{"x", type, true, {{key, value}}}});
  Metadata metadata;
  metadata.schema_string =
      FormatSchema(*DataType::Struct({{"a", type}, {"list", DataType::Array(inner, true)}}));
  return metadata;
}

TEST(TableFeatures, NamesAreUniqueAndLegacyOnesConsistent) {
  const Protocol everything = Legacy(2, 6);
  EXPECT_THAT(ProtocolFeatures(everything),
              ElementsAre("appendOnly", "invariants", "checkConstraints", "changeDataFeed",
                          "generatedColumns", "columnMapping", "identityColumns"));
  const TableFeature* feature = FindTableFeature("columnMapping");
  ASSERT_NE(feature, nullptr);
  EXPECT_EQ(feature->kind, FeatureKind::kReaderWriter);
  EXPECT_EQ(feature->legacy_reader_version, 2);
  EXPECT_EQ(FindTableFeature("ColumnMapping"), nullptr);
  EXPECT_EQ(FindTableFeature(""), nullptr);
}

TEST(ProtocolFeatures, LegacyVersionsImplyTheirFeatures) {
  EXPECT_THAT(ProtocolFeatures(Legacy(1, 1)), ElementsAre());
  EXPECT_THAT(ProtocolFeatures(Legacy(1, 2)), ElementsAre("appendOnly", "invariants"));
  EXPECT_THAT(ProtocolFeatures(Legacy(1, 4)),
              ElementsAre("appendOnly", "invariants", "checkConstraints", "changeDataFeed",
                          "generatedColumns"));
  EXPECT_FALSE(ProtocolHasFeature(Legacy(1, 5), "columnMapping"));
  EXPECT_TRUE(ProtocolHasFeature(Legacy(2, 5), "columnMapping"));
  EXPECT_FALSE(ProtocolHasFeature(Legacy(2, 5), "identityColumns"));
}

TEST(ProtocolFeatures, ListsReplaceWhatVersionsImply) {
  EXPECT_THAT(ProtocolFeatures(Writers({})), ElementsAre());
  EXPECT_THAT(ProtocolFeatures(Writers({"future", "invariants"})),
              ElementsAre("invariants", "future"));
  EXPECT_THAT(ProtocolFeatures(Lists({"z", "deletionVectors"}, {"deletionVectors", "y", "z"})),
              ElementsAre("deletionVectors", "z", "y"));
  EXPECT_TRUE(ProtocolHasFeature(Lists({}, {"columnMapping"}), "columnMapping"));
  EXPECT_FALSE(ProtocolHasFeature(Lists({}, {}), "appendOnly"));
}

TEST(CheckReadable, TakesWhatThisBuildReads) {
  for (const Protocol& protocol :
       {Legacy(1, 1), Legacy(1, 2), Legacy(1, 6), Legacy(2, 5), Legacy(1, 8),
        Protocol{1, 2, Names(), Names()}, Writers({"someFutureWriterFeature", "clustering"}),
        Protocol{2, 7, std::nullopt, Names{"columnMapping"}}, Lists({}, {"columnMapping"}),
        Lists({"columnMapping", "deletionVectors", "timestampNtz", "v2Checkpoint",
               "vacuumProtocolCheck", "typeWidening", "typeWidening-preview"},
              {"columnMapping", "deletionVectors", "timestampNtz", "v2Checkpoint",
               "vacuumProtocolCheck", "typeWidening", "typeWidening-preview", "rowTracking"})}) {
    EXPECT_THAT(CheckReadable(protocol), IsOk());
  }
}

TEST(CheckReadable, RefusesReaderFeaturesByName) {
  for (const std::string name :
       {"geospatial", "redirectReaderWriter-preview", "someFutureReaderFeature"}) {
    EXPECT_THAT(CheckReadable(Lists({"deletionVectors", name}, {"deletionVectors", name})),
                StatusIs(StatusCode::kUnsupported,
                         AllOf(HasSubstr("the reader feature \"" + name + "\" ("),
                               HasSubstr("), which Deltaic 0.1.0 does not support; "))));
  }
  EXPECT_THAT(CheckReadable(Lists({"geospatial", "new"}, {"geospatial", "new"})),
              StatusIs(StatusCode::kUnsupported,
                       HasSubstr("the reader features \"geospatial\" (geometry and geography "
                                 "columns), \"new\" "
                                 "(unknown to it), which Deltaic")));
}

TEST(CheckReadable, TablesOfACatalogNeedWhatItSays) {
  for (const std::string name : {"catalogManaged", "catalogOwned", "catalogOwned-preview"}) {
    const Protocol protocol = Lists({"deletionVectors", name}, {"deletionVectors", name});
    EXPECT_THAT(CheckReadable(protocol),
                StatusIs(StatusCode::kUnsupported,
                         AllOf(HasSubstr('"' + name + "\" ("), HasSubstr("max_catalog_version"))));
    EXPECT_THAT(CheckReadable(protocol, CatalogAccess::kGiven), IsOk());
    EXPECT_THAT(CheckWritable(protocol, Metadata()),
                StatusIs(StatusCode::kUnsupported, HasSubstr("writer feature \"" + name)));
  }
  EXPECT_THAT(CheckReadable(Lists({"catalogManaged", "new"}, {"catalogManaged", "new"})),
              StatusIs(StatusCode::kUnsupported, HasSubstr("\"new\" (unknown to it), which")));
}

TEST(CheckReadable, RefusesReaderVersionsToCome) {
  EXPECT_THAT(CheckReadable(Protocol{99, 7, Names(), Names()}),
              StatusIs(StatusCode::kUnsupported, HasSubstr("reader version 99")));
}

TEST(CheckReadable, RefusesProtocolsThatContradictThemselves) {
  const std::pair<Protocol, const char*> cases[] = {
      {Legacy(0, 2), "start at 1"},
      {Legacy(1, -1), "start at 1"},
      {Protocol{3, 5, Names(), std::nullopt}, "needs writer version 7"},
      {Protocol{3, 7, std::nullopt, Names()}, "no readerFeatures"},
      {Protocol{1, 7, Names{"deletionVectors"}, Names{"deletionVectors"}}, "only reader version 3"},
      {Protocol{1, 2, std::nullopt, Names{"appendOnly"}}, "only writer version 7"},
      {Lists({"deletionVectors"}, {"appendOnly"}), "writerFeatures has not"},
      {Protocol{3, 7, Names{"deletionVectors"}, std::nullopt}, "writerFeatures has not"},
      {Writers(Names(1001, "x")), "more than 1000 features"},
  };
  for (const auto& [protocol, why] : cases) {
    EXPECT_THAT(CheckReadable(protocol), StatusIs(StatusCode::kCorruption, HasSubstr(why)));
  }
}

TEST(CheckWritable, TakesWhatThisBuildWrites) {
  const Metadata plain = WithFieldMetadata("comment", "\"c\"");
  for (const Protocol& protocol :
       {Legacy(1, 1), Legacy(1, 2), Legacy(1, 6), Legacy(2, 6),
        Writers({"appendOnly", "invariants", "checkConstraints", "generatedColumns",
                 "identityColumns", "allowColumnDefaults", "changeDataFeed", "domainMetadata",
                 "inCommitTimestamp"}),
        Lists({"columnMapping", "deletionVectors", "timestampNtz", "v2Checkpoint",
               "vacuumProtocolCheck", "typeWidening"},
              {"columnMapping", "deletionVectors", "timestampNtz", "v2Checkpoint",
               "vacuumProtocolCheck", "typeWidening"})}) {
    EXPECT_THAT(CheckWritable(protocol, plain), IsOk());
  }
  EXPECT_THAT(CheckWritable(Legacy(1, 2), Metadata()), IsOk());
}

TEST(CheckWritable, RefusesWriterFeaturesByName) {
  for (const std::string name :
       {"icebergWriterCompatV1", "collations", "collations-preview", "liquid",
        "coordinatedCommits-preview", "redirectWriterOnly-preview", "someFutureWriterFeature"}) {
    EXPECT_THAT(
        CheckWritable(Writers({"appendOnly", name}), Metadata()),
        StatusIs(StatusCode::kUnsupported, AllOf(HasSubstr("the writer feature \"" + name + "\" ("),
                                                 HasSubstr("Deltaic 0.1.0 does not support"))));
  }
  EXPECT_THAT(CheckWritable(Lists({"geospatial"}, {"geospatial"}), Metadata()),
              StatusIs(StatusCode::kUnsupported, HasSubstr("reader feature \"geospatial\"")));
}

TEST(CheckWritable, RefusesWriterVersionsToComeAndMissingLists) {
  EXPECT_THAT(CheckWritable(Legacy(1, 8), Metadata()),
              StatusIs(StatusCode::kUnsupported, HasSubstr("writer version 8")));
  EXPECT_THAT(CheckWritable(Legacy(1, 7), Metadata()),
              StatusIs(StatusCode::kCorruption, HasSubstr("no writerFeatures")));
}

TEST(CheckWritable, RefusesRulesInsideContainers) {
  const std::pair<const char*, const char*> cases[] = {
      {"delta.invariants", "invariants"},
      {"delta.generationExpression", "generatedColumns"},
      {"delta.identity.start", "identityColumns"},
      {"CURRENT_DEFAULT", "allowColumnDefaults"},
  };
  for (const auto& [key, feature] : cases) {
    EXPECT_THAT(CheckWritable(Legacy(1, 6), WithFieldMetadata(key, "\"1\"")),
                StatusIs(StatusCode::kUnsupported,
                         AllOf(HasSubstr(Concat("writer feature \"", feature, '"')),
                               HasSubstr(Concat("column 'list.x' has ", key)))));
  }
}

TEST(CheckWritable, LeavesConstraintsToTheWriteOfRows) {
  Metadata metadata;
  metadata.configuration["delta.constraints.positive"] = "a > 0";
  EXPECT_THAT(CheckWritable(Legacy(1, 3), metadata), IsOk());
}

TEST(CheckWritable, RefusesSchemasThatDoNotParse) {
  Metadata metadata;
  metadata.schema_string = "{";
  EXPECT_THAT(CheckWritable(Legacy(1, 2), metadata), StatusIs(StatusCode::kCorruption));
}

struct Upgrade {
  std::string name;
  Protocol base;
  Names features;
  Protocol expected;

  friend void PrintTo(const Upgrade& upgrade, std::ostream* out) { *out << upgrade.name; }
};

class UpgradeTest : public ::testing::TestWithParam<Upgrade> {};

TEST_P(UpgradeTest, GivesTheLowestProtocol) {
  const Protocol protocol = UpgradeProtocol(GetParam().base, GetParam().features);
  EXPECT_EQ(protocol.min_reader_version, GetParam().expected.min_reader_version);
  EXPECT_EQ(protocol.min_writer_version, GetParam().expected.min_writer_version);
  EXPECT_EQ(protocol.reader_features, GetParam().expected.reader_features);
  EXPECT_EQ(protocol.writer_features, GetParam().expected.writer_features);
  for (const std::string& name : ProtocolFeatures(GetParam().base)) {
    EXPECT_TRUE(ProtocolHasFeature(protocol, name)) << name << " was lost";
  }
  for (const std::string& name : GetParam().features) {
    EXPECT_TRUE(ProtocolHasFeature(protocol, name)) << name << " is missing";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Protocols, UpgradeTest,
    ::testing::Values(
        Upgrade{"Nothing", Legacy(1, 2), {}, Legacy(1, 2)},
        Upgrade{"AlreadyImplied", Legacy(1, 4), {"invariants", "changeDataFeed"}, Legacy(1, 4)},
        Upgrade{"AlreadyListed",
                Writers({"x", "domainMetadata"}),
                {"domainMetadata"},
                Writers({"x", "domainMetadata"})},
        Upgrade{"LegacyWriter", Legacy(1, 1), {"changeDataFeed"}, Legacy(1, 4)},
        Upgrade{"LegacyReader", Legacy(1, 2), {"columnMapping"}, Legacy(2, 5)},
        Upgrade{"LegacyMany", Legacy(1, 2), {"columnMapping", "identityColumns"}, Legacy(2, 6)},
        Upgrade{"ReaderWriter",
                Legacy(1, 2),
                {"deletionVectors"},
                Lists({"deletionVectors"}, {"appendOnly", "invariants", "deletionVectors"})},
        Upgrade{"WriterOnly",
                Legacy(1, 2),
                {"domainMetadata"},
                Writers({"appendOnly", "invariants", "domainMetadata"})},
        Upgrade{"WriterOnlyOverMapping",
                Legacy(2, 5),
                {"inCommitTimestamp"},
                Protocol{2, 7, std::nullopt,
                         Names{"appendOnly", "invariants", "checkConstraints", "changeDataFeed",
                               "generatedColumns", "columnMapping", "inCommitTimestamp"}}},
        Upgrade{"MappingOverLists",
                Writers({"appendOnly"}),
                {"columnMapping"},
                Protocol{2, 7, std::nullopt, Names{"appendOnly", "columnMapping"}}},
        Upgrade{"ReaderWriterOverMapping",
                Legacy(2, 5),
                {"timestampNtz"},
                Lists({"columnMapping", "timestampNtz"},
                      {"appendOnly", "invariants", "checkConstraints", "changeDataFeed",
                       "generatedColumns", "columnMapping", "timestampNtz"})},
        Upgrade{"MappingOverBothLists",
                Lists({"v2Checkpoint"}, {"v2Checkpoint"}),
                {"columnMapping"},
                Lists({"v2Checkpoint", "columnMapping"}, {"v2Checkpoint", "columnMapping"})},
        Upgrade{"UnknownOnesStay",
                Lists({"r"}, {"r", "w"}),
                {"deletionVectors"},
                Lists({"r", "deletionVectors"}, {"r", "w", "deletionVectors"})},
        Upgrade{"RepeatedNames",
                Writers({}),
                {"domainMetadata", "domainMetadata"},
                Writers({"domainMetadata"})},
        Upgrade{"UnknownIsForReadersToo", Legacy(1, 1), {"new"}, Lists({"new"}, {"new"})}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace deltaic
