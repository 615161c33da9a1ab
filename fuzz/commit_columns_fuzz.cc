// Commit files read as columns: the rows say what the actions say that the JSON codec reads.

#include <arrow/record_batch.h>

#include "data/actions/commit_reader.h"
#include "data/actions/file_actions.h"
#include "fuzz.h"
#include "protocol/actions_json.h"
#include "storage/arrow_status.h"

using namespace deltaic;

namespace {

void CheckRows(const CommitChunk& chunk, const std::vector<Action>& actions) {
  FUZZ_CHECK_OK(chunk.adds->ValidateFull());
  FUZZ_CHECK_OK(chunk.removes->ValidateFull());
  int64_t adds = 0;
  int64_t removes = 0;
  for (const Action& action : actions) {
    if (const auto* add = std::get_if<Add>(&action)) {
      FUZZ_CHECK(AddFromBatch(*chunk.adds, adds++) == *add);
    } else if (const auto* remove = std::get_if<Remove>(&action)) {
      Remove expected = *remove;
      expected.stats.reset();  // not among the columns
      expected.tags.reset();
      FUZZ_CHECK(RemoveFromBatch(*chunk.removes, removes++) == expected);
    }
  }
  FUZZ_CHECK(chunk.adds->num_rows() == adds);
  FUZZ_CHECK(chunk.removes->num_rows() == removes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::AsText(data, size);
  const auto actions = ParseActions(text, "input");
  CommitChunkBuilder builder;
  const Status appended = builder.Append(Version{1}, Version{1}, text, "input");
  if (actions.ok()) {
    FUZZ_CHECK_OK(appended);
    const auto chunk = builder.Finish();
    FUZZ_CHECK_OK(chunk);
    CheckRows(**chunk, *actions);
  }
  return 0;
}
