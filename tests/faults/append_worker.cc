// append_worker TABLE FIRST COUNT: appends the rows FIRST .. FIRST+COUNT-1 to the table, one a
// commit, and prints each id once it is committed. Meant to be killed.

#include <cstdio>
#include <cstdlib>

#include "ops/write.h"
#include "support/test_rows.h"

int main(int argc, char** argv) {
  using namespace deltaic;
  if (argc != 4) return 2;
  const int64_t first = std::atoll(argv[2]);
  const int64_t count = std::atoll(argv[3]);
  const auto table = Table::At(argv[1], {});
  if (!table.ok()) return 1;
  WriteOptions options{.mode = SaveMode::kAppend};
  options.files.num_threads = 1;
  SnapshotPtr snapshot;
  for (int64_t id = first; id < first + count; ++id) {
    const auto result = WriteTable(*table, snapshot, deltaic::testing::Rows({id}), options);
    if (!result.ok()) {
      std::fprintf(stderr, "%s\n", result.status().ToString().c_str());
      return 1;
    }
    snapshot = result->snapshot;
    std::printf("%lld\n", static_cast<long long>(id));
    std::fflush(stdout);
  }
  return 0;
}
