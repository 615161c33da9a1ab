#include "data/read/column_projection.h"

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/schema.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "data/values/column_cast.h"

namespace deltaic {
namespace {

using arrow::Type;
using parquet::arrow::SchemaField;

constexpr const char* kFieldIdKey = "PARQUET:field_id";

std::optional<int32_t> FieldId(const SchemaField& field) {
  if (!field.field->HasMetadata()) return std::nullopt;
  const auto text = field.field->metadata()->Get(kFieldIdKey);
  if (!text.ok()) return std::nullopt;
  int32_t id = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), id);
  return error == std::errc() && end == text->data() + text->size() && id >= 0 ? std::optional(id)
                                                                               : std::nullopt;
}

bool IsList(Type::type id) {
  return id == Type::LIST || id == Type::LARGE_LIST || id == Type::FIXED_SIZE_LIST ||
         id == Type::LIST_VIEW || id == Type::LARGE_LIST_VIEW;
}

void CollectLeaves(const SchemaField& field, std::set<int>& leaves) {
  if (field.is_leaf()) leaves.insert(field.column_index);
  for (const SchemaField& child : field.children) CollectLeaves(child, leaves);
}

bool ReadsAny(const SchemaField& field, const std::set<int>& leaves) {
  return field.is_leaf()
             ? leaves.contains(field.column_index)
             : std::any_of(field.children.begin(), field.children.end(),
                           [&](const SchemaField& child) { return ReadsAny(child, leaves); });
}

/// Matches one column's tree with the file's, remembering where it is for messages.
class Projector {
 public:
  Projector(ColumnMappingMode mode, std::string name) : mode_(mode), path_(std::move(name)) {}

  /// The one among `candidates` that `field` means; nullptr if there is none with values: a column
  /// of the null type has none, and a void field is null whatever the file has.
  Result<const SchemaField*> Find(const std::vector<SchemaField>& candidates,
                                  const StructField& field) const {
    if (field.type->id() == TypeId::kVoid) return nullptr;
    DELTAIC_ASSIGN_OR_RETURN(const SchemaField* found, FindNamed(candidates, field));
    return found != nullptr && found->field->type()->id() == Type::NA ? nullptr : found;
  }

  /// The source for values of `type` in `file`; adds the leaves to read.
  Result<ColumnSource> Match(const SchemaField& file, const DataType& logical,
                             const std::shared_ptr<arrow::DataType>& type) {
    switch (logical.id()) {
      case TypeId::kStruct:
        return MatchStruct(file, logical, type);
      case TypeId::kArray:
        return MatchList(file, logical, type);
      case TypeId::kMap:
        return MatchMap(file, logical, type);
      case TypeId::kVariant:
        return MatchVariant(file, type);
      default:
        return MatchLeaf(file, type);
    }
  }

  const std::set<int>& leaves() const { return leaves_; }

 private:
  Result<const SchemaField*> FindNamed(const std::vector<SchemaField>& candidates,
                                       const StructField& field) const {
    if (mode_ == ColumnMappingMode::kId) return FindById(candidates, field);
    const std::string name = mode_ == ColumnMappingMode::kName ? field.physical_name() : field.name;
    const SchemaField* found = nullptr;
    for (const SchemaField& candidate : candidates) {
      if (candidate.field->name() == name) return &candidate;
    }
    for (const SchemaField& candidate : candidates) {
      if (!EqualsIgnoringCase(candidate.field->name(), name)) continue;
      if (found != nullptr)
        return Status::Corruption("the file has two columns for ", path_,
                                  " that differ in case alone");
      found = &candidate;
    }
    return found;
  }

  Result<const SchemaField*> FindById(const std::vector<SchemaField>& candidates,
                                      const StructField& field) const {
    const std::optional<int32_t> wanted = field.column_mapping_id();
    if (!wanted)
      return Status::Corruption("column ", path_,
                                " has no column mapping id in the table's schema");
    for (const SchemaField& candidate : candidates) {
      if (FieldId(candidate) == wanted) return &candidate;
    }
    return nullptr;
  }

  Result<ColumnSource> MatchLeaf(const SchemaField& file,
                                 const std::shared_ptr<arrow::DataType>& type) {
    if (!file.is_leaf() || !CanCastColumn(*file.field->type(), *type)) return Mismatch(file, *type);
    leaves_.insert(file.column_index);
    ColumnSource source{type};
    source.leaf = file.column_index;
    return source;
  }

  /// All the parts: a shredded variant has as many columns as its writer liked.
  Result<ColumnSource> MatchVariant(const SchemaField& file,
                                    const std::shared_ptr<arrow::DataType>& type) {
    const auto has = [&](std::string_view name) {
      return std::any_of(file.children.begin(), file.children.end(),
                         [&](const SchemaField& child) { return child.field->name() == name; });
    };
    const bool fits = file.field->type()->id() == Type::STRUCT && has("metadata") &&
                      (has("value") || has("typed_value"));
    if (!fits) return Mismatch(file, *type);
    CollectLeaves(file, leaves_);
    ColumnSource source{type};
    source.is_variant = true;
    return source;
  }

  Result<ColumnSource> MatchStruct(const SchemaField& file, const DataType& logical,
                                   const std::shared_ptr<arrow::DataType>& type) {
    if (file.field->type()->id() != Type::STRUCT) return Mismatch(file, *type);
    ColumnSource source{type};
    std::vector<const SchemaField*> found;
    for (size_t i = 0; i < logical.fields().size(); ++i) {
      const StructField& field = logical.fields()[i];
      const Descent descent(*this, field.name);
      DELTAIC_ASSIGN_OR_RETURN(const SchemaField* child, Find(file.children, field));
      found.push_back(child);
      ColumnSource child_source{type->field(static_cast<int>(i))->type()};
      if (child != nullptr) {
        DELTAIC_ASSIGN_OR_RETURN(child_source, Match(*child, *field.type, child_source.type));
      }
      source.children.push_back(std::move(child_source));
    }
    if (!ReadsAny(file, leaves_)) {
      std::set<int> all;
      CollectLeaves(file, all);
      if (!all.empty()) leaves_.insert(*all.begin());
    }
    for (size_t i = 0; i < found.size(); ++i) {
      if (found[i] != nullptr)
        source.children[i].position = PositionAmong(file.children, *found[i]);
    }
    return source;
  }

  Result<ColumnSource> MatchList(const SchemaField& file, const DataType& logical,
                                 const std::shared_ptr<arrow::DataType>& type) {
    if (!IsList(file.field->type()->id()) || file.children.size() != 1)
      return Mismatch(file, *type);
    const Descent descent(*this, "element");
    ColumnSource source{type};
    DELTAIC_ASSIGN_OR_RETURN(ColumnSource element,
                             Match(file.children[0], *logical.element(), type->field(0)->type()));
    element.position = 0;
    source.children.push_back(std::move(element));
    return source;
  }

  Result<ColumnSource> MatchMap(const SchemaField& file, const DataType& logical,
                                const std::shared_ptr<arrow::DataType>& type) {
    if (file.field->type()->id() != Type::MAP || file.children.size() != 1 ||
        file.children[0].children.size() != 2) {
      return Mismatch(file, *type);
    }
    const auto& map = static_cast<const arrow::MapType&>(*type);
    const std::vector<SchemaField>& entry = file.children[0].children;
    ColumnSource source{type};
    for (int i = 0; i < 2; ++i) {
      const Descent descent(*this, i == 0 ? "key" : "value");
      DELTAIC_ASSIGN_OR_RETURN(ColumnSource part,
                               Match(entry[i], i == 0 ? *logical.key() : *logical.value(),
                                     i == 0 ? map.key_type() : map.item_type()));
      part.position = i;
      source.children.push_back(std::move(part));
    }
    return source;
  }

  /// Arrow leaves out members of which no leaf is read. Counts what it keeps before `field`.
  int PositionAmong(const std::vector<SchemaField>& siblings, const SchemaField& field) const {
    int position = 0;
    for (const SchemaField& sibling : siblings) {
      if (&sibling == &field) break;
      if (ReadsAny(sibling, leaves_)) ++position;
    }
    return position;
  }

  Status Mismatch(const SchemaField& file, const arrow::DataType& type) const {
    return Status::Corruption("column ", path_, " is ", file.field->type()->ToString(),
                              " in the file, which cannot be read as the table's ",
                              type.ToString());
  }

  /// Lengthens path_ while it lives.
  class Descent {
   public:
    Descent(Projector& projector, std::string_view name)
        : projector_(projector), length_(projector.path_.size()) {
      projector_.path_.append(".").append(name);
    }
    ~Descent() { projector_.path_.resize(length_); }

   private:
    Projector& projector_;
    size_t length_;
  };

  ColumnMappingMode mode_;
  std::string path_;
  std::set<int> leaves_;
};

Calendar CalendarOf(const parquet::ColumnDescriptor& leaf, const arrow::DataType& type,
                    const FileCalendars& calendars) {
  // Dates may be widened to timestamps without zone.
  if (leaf.logical_type() != nullptr && leaf.logical_type()->is_date()) return calendars.dates;
  // Times without zone are younger than those calendars.
  if (type.id() != Type::TIMESTAMP ||
      static_cast<const arrow::TimestampType&>(type).timezone().empty()) {
    return Calendar::kGregorian;
  }
  return leaf.physical_type() == parquet::Type::INT96 ? calendars.int96_timestamps
                                                      : calendars.timestamps;
}

void SetCalendars(const parquet::SchemaDescriptor& schema, const FileCalendars& calendars,
                  ColumnSource& source) {
  if (source.leaf != ColumnSource::kMissing)
    source.calendar = CalendarOf(*schema.Column(source.leaf), *source.type, calendars);
  for (ColumnSource& child : source.children) SetCalendars(schema, calendars, child);
}

}  // namespace

void FindCalendars(const parquet::FileMetaData& file, ColumnSource& source) {
  const FileCalendars calendars = CalendarsOf(file.key_value_metadata().get());
  if (calendars != FileCalendars()) SetCalendars(*file.schema(), calendars, source);
}

Result<ProjectedColumn> ProjectColumn(const parquet::arrow::SchemaManifest& file,
                                      const StructField& field,
                                      const std::shared_ptr<arrow::DataType>& type,
                                      ColumnMappingMode mode) {
  if (mode == ColumnMappingMode::kId && !file.schema_fields.empty() &&
      std::none_of(file.schema_fields.begin(), file.schema_fields.end(),
                   [](const SchemaField& f) { return FieldId(f).has_value(); })) {
    return Status::Corruption("the table maps columns by field id, but the file has no field ids");
  }
  ProjectedColumn result;
  result.source.type = type;
  Projector projector(mode, field.name);
  DELTAIC_ASSIGN_OR_RETURN(const SchemaField* found, projector.Find(file.schema_fields, field));
  if (found == nullptr) return result;
  DELTAIC_ASSIGN_OR_RETURN(result.source, projector.Match(*found, *field.type, type));
  result.root = static_cast<int>(found - file.schema_fields.data());
  result.leaves.assign(projector.leaves().begin(), projector.leaves().end());
  return result;
}

}  // namespace deltaic
