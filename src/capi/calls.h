#pragma once

#include <string>
#include <vector>

#include "capi/json_table.h"
#include "capi/option_table.h"

namespace deltaic::capi {

/// What deltaic.h says of the options of a C call, and of the JSON that it hands out.
struct CallDoc {
  std::string function;
  std::vector<OptionDoc> options;
  std::vector<KeyDoc> json;
};

/// Each gives the calls of one file.
std::vector<CallDoc> AlterCalls();
std::vector<CallDoc> ChangesCalls();
std::vector<CallDoc> CommitFilesCalls();
std::vector<CallDoc> ConvertCalls();
std::vector<CallDoc> DoctorCalls();
std::vector<CallDoc> FilesCalls();
std::vector<CallDoc> RestoreCalls();
std::vector<CallDoc> OptimizeCalls();
std::vector<CallDoc> RowChangeCalls();
std::vector<CallDoc> RowsCalls();
std::vector<CallDoc> ScanCalls();
std::vector<CallDoc> ScanTaskCalls();
std::vector<CallDoc> SyncCalls();
std::vector<CallDoc> TableCalls();
std::vector<CallDoc> UpkeepCalls();
std::vector<CallDoc> VacuumCalls();
std::vector<CallDoc> WriteCalls();

}  // namespace deltaic::capi
