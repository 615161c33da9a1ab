#include "scan/column_names.h"

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IsOkAndHolds;
using testing::StatusIs;

using Names = std::vector<std::string>;

const SchemaPtr& TableSchema() {
  static const SchemaPtr schema =
      DataType::Struct({{"Id", DataType::Primitive(TypeId::kLong)},
                        {"customer", DataType::Primitive(TypeId::kString)}});
  return schema;
}

TEST(ResolveColumnNames, UnsetIsAllAndCaseIsTheSchemas) {
  EXPECT_THAT(ResolveColumnNames(*TableSchema(), std::nullopt),
              IsOkAndHolds(ElementsAre("Id", "customer")));
  EXPECT_THAT(ResolveColumnNames(*TableSchema(), Names{"CUSTOMER", "id"}),
              IsOkAndHolds(ElementsAre("customer", "Id")));
  EXPECT_THAT(ResolveColumnNames(*TableSchema(), Names{}), IsOkAndHolds(ElementsAre()));
}

TEST(ResolveColumnNames, UnknownAndRepeatedColumnsAreNamed) {
  EXPECT_THAT(ResolveColumnNames(*TableSchema(), Names{"custmer"}),
              StatusIs(StatusCode::kInvalidArgument,
                       HasSubstr("columns: there is no column custmer; did you mean customer?")));
  EXPECT_THAT(ResolveColumnNames(*TableSchema(), Names{"id", "ID"}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("ID")));
}

TEST(ResolveStringColumns, OnlyStringsAreTaken) {
  EXPECT_THAT(ResolveStringColumns(*TableSchema(), {"CUSTOMER"}),
              IsOkAndHolds(ElementsAre("customer")));
  EXPECT_THAT(ResolveStringColumns(*TableSchema(), {"customer", "id"}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("Id is no string")));
}

}  // namespace
}  // namespace deltaic
