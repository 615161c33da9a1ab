#include <string>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "expr/parser.h"
#include "expr/sql_parser.h"

namespace deltaic {

Result<SchemaPtr> SqlParser::RunColumns() {
  std::vector<StructField> fields;
  do {
    const Token& name = Peek();
    const bool is_name = name.kind == TokenKind::kQuotedName || name.kind == TokenKind::kWord;
    if (!is_name || name.text.empty()) return Unexpected("the name of a column");
    for (const StructField& field : fields) {
      if (EqualsIgnoringCase(field.name, name.text)) {
        return Error(name, Concat("there are two columns ", name.text));
      }
    }
    StructField& field = fields.emplace_back(StructField{.name = Take().text, .type = nullptr});
    DELTAIC_ASSIGN_OR_RETURN(field.type, ParseType());
    if (TakeWord("NOT")) {
      DELTAIC_RETURN_IF_ERROR(ExpectWord("NULL"));
      field.nullable = false;
    }
  } while (TakeSymbol(","));
  if (!IsEnd()) return Unexpected("a comma or the end of the columns");
  return DataType::Struct(std::move(fields));
}

Result<SchemaPtr> ParseColumnList(std::string_view sql) {
  constexpr size_t kMaxTextBytes = 1 << 20;
  if (sql.size() > kMaxTextBytes) {
    return Status::InvalidArgument("schema: the text has ", sql.size(), " bytes; at most ",
                                   kMaxTextBytes, " are read");
  }
  DELTAIC_ASSIGN_OR_RETURN(std::vector<Token> tokens, Tokenize(sql, "schema"));
  return SqlParser(sql, std::move(tokens), "schema").RunColumns();
}

}  // namespace deltaic
