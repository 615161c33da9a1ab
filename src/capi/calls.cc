#include "capi/calls.h"

#include "base/made_once.h"
#include "capi/error.h"
#include "protocol/json.h"

namespace deltaic::capi {
namespace {

std::vector<CallDoc> AllCalls() {
  std::vector<CallDoc> all;
  for (const auto& calls :
       {AlterCalls(), ChangesCalls(), CommitFilesCalls(), ConvertCalls(), DoctorCalls(),
        FilesCalls(), OptimizeCalls(), RestoreCalls(), RowChangeCalls(), RowsCalls(), ScanCalls(),
        ScanTaskCalls(), SyncCalls(), TableCalls(), UpkeepCalls(), VacuumCalls(), WriteCalls()}) {
    all.insert(all.end(), calls.begin(), calls.end());
  }
  return all;
}

const JsonTable<OptionDoc>& OptionDocJson() {
  return MadeOnce([] {
    return JsonTable<OptionDoc>()
        .Key("key", &OptionDoc::key)
        .Key("takes", &OptionDoc::takes)
        .Key("meaning", &OptionDoc::meaning);
  });
}

const JsonTable<KeyDoc>& KeyDocJson() {
  return MadeOnce(
      [] { return JsonTable<KeyDoc>().Key("key", &KeyDoc::key).Key("note", &KeyDoc::note); });
}

template <typename T>
void WriteAll(JsonWriter& out, const JsonTable<T>& table, const std::vector<T>& values) {
  out.BeginArray();
  for (const T& value : values) table.Write(out, value);
  out.EndArray();
}

std::string FormatCalls() {
  JsonWriter out;
  out.BeginObject();
  for (const CallDoc& call : AllCalls()) {
    out.Key(call.function).BeginObject().Key("options");
    WriteAll(out, OptionDocJson(), call.options);
    out.Key("json");
    WriteAll(out, KeyDocJson(), call.json);
    out.EndObject();
  }
  out.EndObject();
  return out.Take();
}

}  // namespace
}  // namespace deltaic::capi

extern "C" deltaic_status deltaic_calls_json(char** out, deltaic_error** error) {
  return deltaic::capi::Guard(error, [&]() -> deltaic::Status {
    DELTAIC_RETURN_IF_ERROR(deltaic::capi::RequireNotNull("out", out));
    *out = deltaic::capi::NewString(deltaic::capi::FormatCalls());
    return deltaic::Status::Ok();
  });
}
