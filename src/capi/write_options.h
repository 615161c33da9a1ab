#pragma once

#include "capi/option_table.h"
#include "data/write/data_file_writer.h"
#include "table/transaction.h"

namespace deltaic::capi {

/// The options that every call has which commits.
const OptionTable<CommitSpec>& CommitOptionTable();
/// The options that every call has which writes data files.
const OptionTable<DataFileOptions>& DataFileOptionTable();

/// Adds "txn.APP_ID", kept in `T::transactions`.
template <typename T>
OptionTable<T>& AddTransactionOption(OptionTable<T>& table) {
  return table.Custom("txn.APP_ID", "number", "the version that an application has come to",
                      [](const GivenOption& given, T& out) -> Status {
                        DELTAIC_ASSIGN_OR_RETURN(
                            const int64_t version,
                            NumberOption(given.key, given.values.back(), INT64_MIN));
                        out.transactions.push_back({.app_id = given.name, .version = version});
                        return Status();
                      });
}

}  // namespace deltaic::capi
