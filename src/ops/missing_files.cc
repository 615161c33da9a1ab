#include "ops/missing_files.h"

#include <map>
#include <optional>
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

/// The size of a file; nullopt where it is gone.
Result<std::optional<int64_t>> SizeOf(const DataPlace& place, const ObjectStore& table) {
  const Result<ObjectMeta> found = place.In(table).Stat(place.path);
  if (found.ok()) return std::optional(found->size_bytes);
  if (found.status().code() == StatusCode::kNotFound) return std::optional<int64_t>();
  return found.status();
}

/// Whether a file of that size can hold the vector: its size and its checksum stand around it.
bool Fits(const DeletionVectorDescriptor& vector, int64_t file_bytes) {
  constexpr int64_t kAround = 8;
  const int64_t begin = vector.offset.value_or(1);
  return begin >= 0 && begin + vector.size_in_bytes + kAround <= file_bytes;
}

}  // namespace

Result<std::vector<FileLook>> LookAtFiles(const ObjectStore& store, const std::vector<Add>& adds,
                                          const CancellationToken& cancel) {
  Places places;
  std::vector<PlacesOfAdd> of_adds;
  of_adds.reserve(adds.size());
  for (const Add& add : adds) {
    DELTAIC_ASSIGN_OR_RETURN(DataPlace data, LocateDataFile(store, add.path));
    PlacesOfAdd of_add{.data = places.Insert(std::move(data)), .vector = {}};
    if (add.deletion_vector && add.deletion_vector->storage_type != "i") {
      DELTAIC_ASSIGN_OR_RETURN(DataPlace vector, DeletionVectorPlace(store, *add.deletion_vector));
      of_add.vector = places.Insert(std::move(vector));
    }
    of_adds.push_back(of_add);
  }
  std::vector<std::optional<int64_t>> sizes(places.all.size());
  DELTAIC_RETURN_IF_ERROR(ParallelFor(static_cast<int64_t>(places.all.size()),
                                      DefaultThreads(store.traits()), [&](int64_t i) -> Status {
                                        DELTAIC_RETURN_IF_ERROR(cancel.Check());
                                        DELTAIC_ASSIGN_OR_RETURN(sizes[i],
                                                                 SizeOf(places.all[i], store));
                                        return Status();
                                      }));
  std::vector<FileLook> looks(adds.size());
  for (size_t i = 0; i < of_adds.size(); ++i) {
    FileLook& look = looks[i];
    const std::optional<int64_t> data = sizes[of_adds[i].data];
    look.data_path = places.all[of_adds[i].data].path;
    look.has_data = data.has_value();
    look.has_odd_size = data && *data != adds[i].size;
    if (!of_adds[i].vector) continue;
    const std::optional<int64_t> vector = sizes[*of_adds[i].vector];
    look.vector_path = places.all[*of_adds[i].vector].path;
    look.has_vector = vector.has_value();
    look.has_odd_size = look.has_odd_size || (vector && !Fits(*adds[i].deletion_vector, *vector));
  }
  return looks;
}

Result<std::vector<MissingFile>> FindMissingFiles(const std::shared_ptr<ObjectStore>& store,
                                                  const std::vector<Add>& adds,
                                                  const CancellationToken& cancel) {
  DELTAIC_ASSIGN_OR_RETURN(const auto looks, LookAtFiles(*store, adds, cancel));
  std::vector<MissingFile> missing;
  for (size_t i = 0; i < looks.size(); ++i) {
    if (!looks[i].has_data) {
      missing.push_back({i, looks[i].data_path});
    } else if (!looks[i].has_vector) {
      missing.push_back({i, looks[i].vector_path});
    }
  }
  return missing;
}

}  // namespace deltaic
