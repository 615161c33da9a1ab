#pragma once

#include <cstdint>
#include <string>

namespace deltaic {

/// The number that each staged row has, in the order in which rows came.
inline constexpr std::string_view kRowNumber = "_deltaic_row";
/// In `refused`: why, and by whom: "type", "twice" or "row".
inline constexpr std::string_view kReason = "_deltaic_reason";
inline constexpr std::string_view kRefusal = "_deltaic_refusal";

/// The rows of a statement that are to be tried: put where it names them.
inline constexpr std::string_view kRange =
    "\"_deltaic_row\" BETWEEN _deltaic_low AND _deltaic_high";

/// Pieces of SQL, of which a script is made that leaves out the rows which PostgreSQL refuses.
struct RefusalPieces {
  std::string stage;           ///< typed rows, numbered
  std::string raw;             ///< where they come from as text; empty: they are in `stage` already
  std::string refused;         ///< as `stage`, with kReason and kRefusal
  std::string told;            ///< gets how many rows were deleted and upserted
  std::string columns;         ///< of all three, and the change type where there is one
  std::string key, typed_key;  ///< columns; the same out of `raw`
  std::string same_key;        ///< of `s` and `t`
  std::string shown_key;       ///< "id = 2", an expression
  std::string typed_columns;   ///< `columns` out of `raw`
  std::string change_type;     ///< the column; empty: all rows came
  std::string deletes;         ///< of rows that went; empty: none do
  std::string upserts;         ///< out of `stage`, of kRange
  std::string upserts_of_refused;  ///< out of `refused`, of kRange
  std::string deletes_of_refused;  ///< what the target has of them; empty: it stays
  int64_t max_rejects = 0;
};

/// PL/pgSQL as a DO statement: makes values of what came as text, sets aside rows whose key is
/// there twice, deletes, upserts. Of rows that PostgreSQL refuses (for a value, a constraint, a
/// trigger) the bad ones are found by halves, each try undone alone. Once all others are there,
/// they are tried again as long as one of them gets in: what was in the way may be gone.
std::string FormatRefusalScript(const RefusalPieces& pieces);

}  // namespace deltaic
