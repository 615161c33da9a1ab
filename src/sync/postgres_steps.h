#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sync/sync_plan.h"

namespace deltaic {

/// "name" in double quotes.
std::string QuoteIdentifier(std::string_view name);
/// 'text', right whatever standard_conforming_strings says.
std::string QuoteLiteral(std::string_view text);
/// `into` as SQL: parts between dots quoted, unless it has quotes already.
std::string QuoteTable(std::string_view into);

/// Whether a column of the bare type can say that a row was deleted.
bool MarksDeletes(std::string_view bare_type);

/// Whether a column of a type that there is a binary form for takes every value that was encoded:
/// not one of a length of its own, nor JSON, which may be any text.
bool HoldsWhatIsEncoded(std::string_view type);

/// What is run and asked before a plan can be made.
struct PostgresStart {
  std::vector<std::string> begin;  ///< in the transaction: makes cursors, waits for other runs
  std::string cursor;   ///< gives table_id, version, spec of the cursor; no row: there is none
  std::string columns;  ///< gives name and type of the target's columns
  std::string unique;   ///< gives a row where the key has a unique index
  std::string status;  ///< gives table_id, version, spec, synced_at; fails where none was ever made
};
Result<PostgresStart> MakePostgresStart(const SyncOptions& options);

/// Fills in the steps of a plan that is complete but for them.
/// \param make_table  the target is not there: it is made. \param add  columns that it lacks.
Status AddPostgresSteps(const SyncOptions& options, bool make_table,
                        const std::vector<SyncColumn>& add, SyncPlan& plan);

}  // namespace deltaic
