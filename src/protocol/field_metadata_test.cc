#include "protocol/field_metadata.h"

#include <gtest/gtest.h>

#include <string>

namespace deltaic {
namespace {

TEST(FieldMetadata, TextsOfArrowComeBackAsTheyWere) {
  for (const char* text :
       {"",     "the key",   "5",          "-0",    "1.50",  "1e400", "true",
        "null", "{\"a\":1}", "{\"a\": 1}", "[1,2]", "\"x\"", "\"5\"", "\"\\\"5\\\"\"",
        "\"",   "{",         "1,2",        "1],[2", "[",     " 5",    "\xC3\xA9"}) {
    for (const char* key : {"comment", "mine"}) {
      const std::string json = FieldMetadataFromText(key, text);
      EXPECT_EQ(FieldMetadataToText(key, json), text) << key << " as " << json;
    }
  }
}

TEST(FieldMetadata, ValuesOfTheLogComeBackAsTheyWere) {
  for (const char* json :
       {"\"\"", "\"the key\"", "\"5\"", "5", "1.5", "true", "\"true\"", "{\"a\":[1,\"x\"]}",
        "\"{\\\"a\\\":1}\"", "\"\\\"5\\\"\"", "\"null\"", "[]"}) {
    EXPECT_EQ(FieldMetadataFromText("mine", FieldMetadataToText("mine", json)), json) << json;
  }
}

TEST(FieldMetadata, KnownTextsAreTextsWhateverTheyLookLike) {
  EXPECT_EQ(FieldMetadataFromText("comment", "5"), "\"5\"");
  EXPECT_EQ(FieldMetadataFromText("delta.invariants", R"({"expression":{}})"),
            R"("{\"expression\":{}}")");
  EXPECT_EQ(FieldMetadataFromText("CURRENT_DEFAULT", "true"), "\"true\"");
  EXPECT_EQ(FieldMetadataFromText("delta.identity.start", "5"), "5");
}

TEST(FieldMetadata, WhatDescribesFilesOrOtherLibrariesStaysBehind) {
  for (const char* key : {"comment", "delta.generationExpression", "mine", "ARROW", "parquet.x"}) {
    EXPECT_TRUE(IsPortableFieldMetadata(key)) << key;
  }
  for (const char* key :
       {"PARQUET:field_id", "ARROW:extension:name", "_PL_ENUM_VALUES", "delta.columnMapping.id",
        "delta.columnMapping.physicalName", "delta.typeChanges"}) {
    EXPECT_FALSE(IsPortableFieldMetadata(key)) << key;
  }
}

}  // namespace
}  // namespace deltaic
