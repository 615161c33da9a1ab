#pragma once

#include <string>
#include <string_view>

namespace deltaic {

/// An expression as Spark has it in a table's metadata (constraints, generated columns, defaults),
/// in the words of ParsePredicate: texts in "double quotes" become 'texts', and the escapes that
/// Spark reads in texts (\n, \', \\, \u00e9 ...) become what they stand for. A text that does not
/// end is left as it is, for the parser to refuse.
/// Source: Spark's unescapeSQLString, with spark.sql.ansi.doubleQuotedIdentifiers off.
std::string FromSparkText(std::string_view sql);

}  // namespace deltaic
