// Commit files: what was parsed is written so that it parses to the same actions, and a filter
// leaves out without changing the rest.

#include "fuzz.h"
#include "protocol/actions_json.h"

using namespace deltaic;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::AsText(data, size);
  const auto actions = ParseActions(text, "input");
  if (!actions.ok()) {
    FUZZ_CHECK(actions.status().code() == StatusCode::kCorruption);
    return 0;
  }
  const auto again = ParseActions(FormatActions(*actions), "formatted");
  FUZZ_CHECK_OK(again);
  FUZZ_CHECK(*again == *actions);

  ActionFilter only_adds{};
  only_adds.metadata = only_adds.protocol = only_adds.remove = only_adds.cdc = only_adds.txn =
      false;
  only_adds.commit_info = only_adds.domain_metadata = only_adds.checkpoint_metadata = false;
  only_adds.sidecar = only_adds.add_stats = false;
  std::vector<Action> adds;
  FUZZ_CHECK_OK(ParseCommit(text, "input", only_adds, [&](Action&& action) {
    adds.push_back(std::move(action));
    return Status::Ok();
  }));
  std::vector<Action> expected;
  for (const Action& action : *actions) {
    if (const auto* add = std::get_if<Add>(&action)) {
      expected.push_back(*add);
      std::get<Add>(expected.back()).stats.reset();
    }
  }
  FUZZ_CHECK(adds == expected);
  return 0;
}
