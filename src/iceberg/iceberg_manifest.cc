#include "iceberg/iceberg_manifest.h"

#include <algorithm>
#include <utility>

#include "avro/avro_file.h"

namespace deltaic {
namespace {

constexpr int64_t kDeletedStatus = 2;
constexpr int64_t kPathColumn = 2147483546;  ///< `file_path` in files of position deletes

Status Damaged(std::string_view what) {
  return Status::Corruption("a damaged Iceberg manifest: ", what);
}

/// Reads the members of one Avro record by their names. Each call gives false where the bytes are
/// damaged, or a value has another type than it must have.
class Record {
 public:
  Record(const AvroType& type, AvroReader& in) : type_(type), in_(in) {}

  /// Calls `read` with each member's name, id and type; what it does not take is skipped.
  /// \param read  gives whether it was taken, or nullopt where it is damaged.
  template <typename Read>
  bool Each(Read read) {
    if (type_.kind != AvroKind::kRecord) return false;
    for (const AvroField& field : type_.fields) {
      const AvroType* type = field.type.get();
      if (!Unwrap(in_, type)) return false;
      const std::optional<bool> taken = read(field, *type);
      if (!taken || (!*taken && !in_.Skip(*type))) return false;
    }
    return true;
  }

  /// The branch of a union that follows.
  static bool Unwrap(AvroReader& in, const AvroType*& type) {
    int64_t branch = 0;
    if (type->kind != AvroKind::kUnion) return true;
    if (!in.Long(branch) || branch < 0 || static_cast<size_t>(branch) >= type->children.size()) {
      return false;
    }
    type = type->children[static_cast<size_t>(branch)].get();
    return true;
  }

 private:
  const AvroType& type_;
  AvroReader& in_;
};

using Taken = std::optional<bool>;
Taken TakenIf(bool ok) { return ok ? Taken(true) : std::nullopt; }

/// Null leaves `out` as it is.
template <typename T>
Taken TakeLong(const AvroType& type, AvroReader& in, T& out) {
  if (type.kind == AvroKind::kNull) return true;
  int64_t number = 0;
  const bool ok = (type.kind == AvroKind::kInt || type.kind == AvroKind::kLong) && in.Long(number);
  if (ok) out = number;
  return TakenIf(ok);
}

template <typename T>
Taken TakeText(const AvroType& type, AvroReader& in, T& out) {
  if (type.kind == AvroKind::kNull) return true;
  std::string_view text;
  const bool ok =
      (type.kind == AvroKind::kString || type.kind == AvroKind::kBytes) && in.Bytes(text);
  if (ok) out = std::string(text);
  return TakenIf(ok);
}

Taken TakeValue(const AvroType& type, AvroReader& in, Value& out) {
  bool flag = false;
  int64_t number = 0;
  float small = 0;
  double real = 0;
  std::string_view bytes;
  switch (type.kind) {
    case AvroKind::kNull:
      out = std::monostate();
      return true;
    case AvroKind::kBoolean:
      if (!in.Bool(flag)) return std::nullopt;
      out = flag;
      return true;
    case AvroKind::kInt:
    case AvroKind::kLong:
      if (!in.Long(number)) return std::nullopt;
      out = number;
      return true;
    case AvroKind::kFloat:
      if (!in.Plain(small)) return std::nullopt;
      out = static_cast<double>(small);
      return true;
    case AvroKind::kDouble:
      if (!in.Plain(real)) return std::nullopt;
      out = real;
      return true;
    case AvroKind::kString:
    case AvroKind::kBytes:
    case AvroKind::kFixed:
      break;
    default:
      return std::nullopt;
  }
  if (!(type.kind == AvroKind::kFixed ? in.Fixed(type.size, bytes) : in.Bytes(bytes))) {
    return std::nullopt;
  }
  if (type.logical == AvroLogical::kDecimal) {
    Int128 unscaled = 0;
    if (!AvroDecimal(bytes, unscaled)) return std::nullopt;
    out = unscaled;
  } else {
    out = std::string(bytes);
  }
  return true;
}

Taken TakePartition(const AvroType& type, AvroReader& in, IcebergFile& out) {
  const bool ok = Record(type, in).Each([&](const AvroField& field, const AvroType& value) {
    if (!field.field_id) return Taken();
    out.partition.push_back({.field_id = *field.field_id, .value = {}});
    return TakeValue(value, in, out.partition.back().value);
  });
  return TakenIf(ok);
}

/// The bound of the column of paths. Maps by number are arrays of pairs.
Taken TakePathBound(const AvroType& type, AvroReader& in, std::optional<std::string>& out) {
  if (type.kind != AvroKind::kArray) return false;
  for (int64_t count = 1; true;) {
    if (!in.Block(count)) return std::nullopt;
    if (count == 0) return true;
    for (; count > 0; --count) {
      int64_t column = 0;
      std::string bound;
      const bool ok =
          Record(*type.children[0], in).Each([&](const AvroField& field, const AvroType& member) {
            if (field.name == "key") return TakeLong(member, in, column);
            if (field.name == "value") return TakeText(member, in, bound);
            return Taken(false);
          });
      if (!ok) return std::nullopt;
      if (column == kPathColumn) out = bound;
    }
  }
}

struct DataFile {
  IcebergFile file;
  int64_t content = 0;
  std::optional<int64_t> num_rows, size_bytes;
  std::optional<std::string> key_metadata, referenced;
};

Taken TakeDataFile(const AvroType& type, AvroReader& in, DataFile& out) {
  IcebergFile& file = out.file;
  const bool ok = Record(type, in).Each([&](const AvroField& field, const AvroType& value) {
    const std::string& name = field.name;
    if (name == "content") return TakeLong(value, in, out.content);
    if (name == "file_path") return TakeText(value, in, file.path);
    if (name == "file_format") return TakeText(value, in, file.format);
    if (name == "partition") return TakePartition(value, in, file);
    if (name == "record_count") return TakeLong(value, in, out.num_rows);
    if (name == "file_size_in_bytes") return TakeLong(value, in, out.size_bytes);
    if (name == "lower_bounds") return TakePathBound(value, in, file.least_path);
    if (name == "upper_bounds") return TakePathBound(value, in, file.greatest_path);
    if (name == "key_metadata") return TakeText(value, in, out.key_metadata);
    if (name == "referenced_data_file") return TakeText(value, in, out.referenced);
    return Taken(false);
  });
  return TakenIf(ok);
}

Status Finish(DataFile& data) {
  IcebergFile& file = data.file;
  if (file.path.empty() || file.format.empty()) return Damaged("a file without path or format");
  if (data.num_rows.value_or(-1) < 0 || data.size_bytes.value_or(-1) < 0) {
    return Damaged(Concat(file.path, " without its size or number of rows"));
  }
  if (data.content < 0 || data.content > 2) {
    return Status::Unsupported("Iceberg files of content ", data.content, " (", file.path,
                               ") are not known to this build");
  }
  file.content = static_cast<IcebergContent>(data.content);
  file.num_rows = *data.num_rows;
  file.size_bytes = *data.size_bytes;
  file.is_encrypted = data.key_metadata.has_value();
  if (data.referenced) file.least_path = file.greatest_path = data.referenced;
  return Status();
}

}  // namespace

Result<std::vector<IcebergManifest>> ReadManifestList(std::string_view bytes) {
  DELTAIC_ASSIGN_OR_RETURN(const AvroFile avro, AvroFile::Open(bytes));
  std::vector<IcebergManifest> out;
  DELTAIC_RETURN_IF_ERROR(avro.ForEach([&](AvroReader& in) -> Status {
    IcebergManifest manifest;
    int64_t content = 0;
    std::optional<std::string> key_metadata;
    const bool ok =
        Record(avro.type(), in).Each([&](const AvroField& field, const AvroType& value) {
          if (field.name == "manifest_path") return TakeText(value, in, manifest.path);
          if (field.name == "partition_spec_id") return TakeLong(value, in, manifest.spec_id);
          if (field.name == "content") return TakeLong(value, in, content);
          if (field.name == "sequence_number") return TakeLong(value, in, manifest.sequence_number);
          if (field.name == "key_metadata") return TakeText(value, in, key_metadata);
          return Taken(false);
        });
    if (!ok || manifest.path.empty()) return Damaged("the list of manifests");
    if (content != 0 && content != 1) {
      return Status::Unsupported("Iceberg manifests of content ", content,
                                 " are not known to this build");
    }
    manifest.of_deletes = content == 1;
    manifest.is_encrypted = key_metadata.has_value();
    out.push_back(std::move(manifest));
    return Status();
  }));
  return out;
}

Status ReadManifest(std::string_view bytes, const IcebergManifest& manifest,
                    const std::function<Status(IcebergFile file)>& visit) {
  DELTAIC_ASSIGN_OR_RETURN(const AvroFile avro, AvroFile::Open(bytes));
  return avro.ForEach([&](AvroReader& in) -> Status {
    int64_t status = -1;
    std::optional<int64_t> sequence_number;
    DataFile data;
    const bool ok =
        Record(avro.type(), in).Each([&](const AvroField& field, const AvroType& value) {
          if (field.name == "status") return TakeLong(value, in, status);
          // Files that came with the manifest have its number.
          if (field.name == "sequence_number") return TakeLong(value, in, sequence_number);
          if (field.name == "data_file") return TakeDataFile(value, in, data);
          return Taken(false);
        });
    if (!ok || status < 0 || status > kDeletedStatus) return Damaged("an entry");
    if (status == kDeletedStatus) return Status();
    DELTAIC_RETURN_IF_ERROR(Finish(data));
    if ((data.file.content != IcebergContent::kData) != manifest.of_deletes) {
      return Damaged("data and deletes in one");
    }
    data.file.sequence_number = sequence_number.value_or(manifest.sequence_number);
    data.file.spec_id = manifest.spec_id;
    return visit(std::move(data.file));
  });
}

bool DeleteMayApply(const IcebergFile& deletes, const IcebergFile& data) {
  if (deletes.content == IcebergContent::kEqualityDeletes) {
    return data.sequence_number < deletes.sequence_number;
  }
  if (data.sequence_number > deletes.sequence_number) return false;
  // Bounds of texts may be cut, upper ones then being raised.
  const bool is_below = deletes.least_path && data.path < *deletes.least_path;
  const bool is_above = deletes.greatest_path && data.path > *deletes.greatest_path;
  return !is_below && !is_above;
}

}  // namespace deltaic
