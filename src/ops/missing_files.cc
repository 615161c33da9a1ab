#include "ops/missing_files.h"

#include <map>
#include <mutex>
#include <utility>

#include "data/actions/data_path.h"
#include "data/deletion_vector/deletion_vector_file.h"
#include "storage/parallel_for.h"

namespace deltaic {
namespace {

/// The places that adds name, each once: many files share the file of their deletion vectors.
struct Places {
  std::vector<DataPlace> all;
  std::map<std::pair<const ObjectStore*, std::string>, size_t> by_path;

  size_t Insert(DataPlace place) {
    const auto [entry, is_new] = by_path.try_emplace({place.outside.get(), place.path}, all.size());
    if (is_new) all.push_back(std::move(place));
    return entry->second;
  }
};

struct PlacesOfAdd {
  size_t data;
  std::optional<size_t> vector;
};

Result<bool> IsThere(const DataPlace& place, const ObjectStore& table) {
  const Result<ObjectMeta> found = place.In(table).Stat(place.path);
  if (found.ok()) return true;
  if (found.status().code() == StatusCode::kNotFound) return false;
  return found.status();
}

}  // namespace

Result<std::vector<MissingFile>> FindMissingFiles(const std::shared_ptr<ObjectStore>& store,
                                                  const std::vector<Add>& adds,
                                                  const CancellationToken& cancel) {
  Places places;
  std::vector<PlacesOfAdd> of_adds;
  of_adds.reserve(adds.size());
  for (const Add& add : adds) {
    DELTAIC_ASSIGN_OR_RETURN(DataPlace data, LocateDataFile(*store, add.path));
    PlacesOfAdd of_add{.data = places.Insert(std::move(data)), .vector = {}};
    if (add.deletion_vector && add.deletion_vector->storage_type != "i") {
      DELTAIC_ASSIGN_OR_RETURN(DataPlace vector, DeletionVectorPlace(*store, *add.deletion_vector));
      of_add.vector = places.Insert(std::move(vector));
    }
    of_adds.push_back(of_add);
  }
  std::vector<char> is_there(places.all.size());
  DELTAIC_RETURN_IF_ERROR(ParallelFor(static_cast<int64_t>(places.all.size()),
                                      DefaultThreads(store->traits()), [&](int64_t i) -> Status {
                                        DELTAIC_RETURN_IF_ERROR(cancel.Check());
                                        DELTAIC_ASSIGN_OR_RETURN(is_there[i],
                                                                 IsThere(places.all[i], *store));
                                        return Status();
                                      }));
  std::vector<MissingFile> missing;
  for (size_t i = 0; i < of_adds.size(); ++i) {
    if (!is_there[of_adds[i].data]) {
      missing.push_back({i, places.all[of_adds[i].data].path});
    } else if (of_adds[i].vector && !is_there[*of_adds[i].vector]) {
      missing.push_back({i, places.all[*of_adds[i].vector].path});
    }
  }
  return missing;
}

}  // namespace deltaic
