#include "ops/alter/schema_edit.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/ascii.h"
#include "protocol/type_widening.h"

namespace deltaic {
namespace {

using Fields = std::vector<StructField>;
using Path = std::span<const std::string>;
using EditType = std::function<Result<DataTypePtr>(const DataTypePtr& type)>;

std::string Shown(Path path) { return FormatColumnPath({path.begin(), path.end()}); }

Status NoColumn(Path path, const DataType& in) {
  return Status::InvalidArgument("there is no column ", Shown(path), " in ", in.ToString());
}

/// The place of the field of that name: exactly, else the only one ignoring case.
Fields::iterator Find(Fields& fields, std::string_view name) {
  const auto exact = std::ranges::find(fields, name, &StructField::name);
  if (exact != fields.end()) return exact;
  return std::ranges::find_if(
      fields, [&](const StructField& field) { return EqualsIgnoringCase(field.name, name); });
}

/// `type` with the type at `path` below it replaced by what `edit` makes of it.
Result<DataTypePtr> EditBelow(const DataTypePtr& type, Path path, const EditType& edit) {
  if (path.empty()) return edit(type);
  const Path rest = path.subspan(1);
  if (type->id() == TypeId::kStruct) {
    Fields fields = type->fields();
    const auto field = Find(fields, path.front());
    if (field == fields.end()) return NoColumn(path, *type);
    DELTAIC_ASSIGN_OR_RETURN(field->type, EditBelow(field->type, rest, edit));
    return DataType::Struct(std::move(fields));
  }
  if (type->id() == TypeId::kArray && EqualsIgnoringCase(path.front(), "element")) {
    DELTAIC_ASSIGN_OR_RETURN(DataTypePtr element, EditBelow(type->element(), rest, edit));
    return DataType::Array(std::move(element), type->contains_null());
  }
  if (type->id() == TypeId::kMap && EqualsIgnoringCase(path.front(), "key")) {
    DELTAIC_ASSIGN_OR_RETURN(DataTypePtr key, EditBelow(type->key(), rest, edit));
    return DataType::Map(std::move(key), type->value(), type->contains_null());
  }
  if (type->id() == TypeId::kMap && EqualsIgnoringCase(path.front(), "value")) {
    DELTAIC_ASSIGN_OR_RETURN(DataTypePtr value, EditBelow(type->value(), rest, edit));
    return DataType::Map(type->key(), std::move(value), type->contains_null());
  }
  return NoColumn(path, *type);
}

Status CheckNew(const StructField& field) {
  if (!field.nullable) {
    return Status::InvalidArgument("column ", field.name,
                                   " cannot be added as NOT NULL: the rows that are there have no "
                                   "value for it");
  }
  if (field.metadata.contains(std::string(kCurrentDefaultKey))) {
    return Status::InvalidArgument("column ", field.name,
                                   " cannot be added with a default, which rows that are there "
                                   "would not have; add it, then set its default");
  }
  for (const auto& [key, value] : field.metadata) {
    if (key == kGenerationExpressionKey || key.starts_with(kIdentityKeyPrefix)) {
      return Status::InvalidArgument("column ", field.name, " cannot be added with ", key,
                                     ": the rows that are there have no value for it");
    }
  }
  return Status();
}

Result<Fields::iterator> PlaceIn(Fields& fields, const ColumnPosition& position) {
  if (position.first) return fields.begin();
  if (!position.after) return fields.end();
  const auto neighbour = Find(fields, *position.after);
  if (neighbour == fields.end()) {
    return Status::InvalidArgument("there is no column ", *position.after, " to put one after");
  }
  return std::next(neighbour);
}

/// What of `fields` is new; members of structs that are there are added to them.
Result<Fields> MergeKnown(Fields& into, const Fields& fields, bool if_not_exists) {
  Fields fresh;
  for (const StructField& field : fields) {
    const auto known = Find(into, field.name);
    if (known == into.end()) {
      DELTAIC_RETURN_IF_ERROR(CheckNew(field));
      fresh.push_back(field);
      continue;
    }
    if (if_not_exists && known->type->EqualsIgnoringNullability(*field.type)) continue;
    if (known->type->id() != TypeId::kStruct || field.type->id() != TypeId::kStruct) {
      return Status::InvalidArgument("column ", known->name, " is there already, of type ",
                                     known->type->ToString());
    }
    Fields members = known->type->fields();
    // A struct is named with the members it has and those it gets.
    DELTAIC_ASSIGN_OR_RETURN(Fields more,
                             MergeKnown(members, field.type->fields(), /*if_not_exists=*/true));
    std::ranges::move(more, std::back_inserter(members));
    known->type = DataType::Struct(std::move(members));
  }
  return fresh;
}

/// \param inside  where in the type of `field`, as RecordTypeChange() has it.
Result<DataTypePtr> Widen(const DataTypePtr& from, const DataTypePtr& to, StructField& field,
                          const std::string& inside) {
  const auto below = [&](const char* name) {
    return inside.empty() ? std::string(name) : Concat(inside, '.', name);
  };
  if (from->Equals(*to)) return from;
  if (from->is_primitive() && to->is_primitive() && CanWidenType(*from, *to)) {
    RecordTypeChange(field, *from, *to, inside);
    return to;
  }
  if (from->id() == TypeId::kArray && to->id() == TypeId::kArray) {
    DELTAIC_ASSIGN_OR_RETURN(DataTypePtr element,
                             Widen(from->element(), to->element(), field, below("element")));
    return DataType::Array(std::move(element), from->contains_null());
  }
  if (from->id() == TypeId::kMap && to->id() == TypeId::kMap) {
    DELTAIC_ASSIGN_OR_RETURN(DataTypePtr key, Widen(from->key(), to->key(), field, below("key")));
    DELTAIC_ASSIGN_OR_RETURN(DataTypePtr value,
                             Widen(from->value(), to->value(), field, below("value")));
    return DataType::Map(std::move(key), std::move(value), from->contains_null());
  }
  if (from->id() == TypeId::kStruct && to->id() == TypeId::kStruct) {
    Fields members = from->fields();
    bool same = members.size() == to->fields().size();
    for (size_t i = 0; same && i < members.size(); ++i) {
      same = EqualsIgnoringCase(members[i].name, to->fields()[i].name);
      if (!same) break;
      DELTAIC_ASSIGN_OR_RETURN(members[i].type,
                               Widen(members[i].type, to->fields()[i].type, members[i], ""));
    }
    if (same) return DataType::Struct(std::move(members));
  }
  return Status::InvalidArgument("column ", field.name, " cannot change from ", from->ToString(),
                                 " to ", to->ToString(),
                                 ": only to a type that holds all values of the first");
}

}  // namespace

Result<SchemaPtr> EditStruct(const SchemaPtr& schema, std::span<const std::string> path,
                             const EditFields& edit) {
  return EditBelow(schema, path, [&](const DataTypePtr& type) -> Result<DataTypePtr> {
    if (type->id() != TypeId::kStruct) {
      return Status::InvalidArgument("column ", Shown(path), " of type ", type->ToString(),
                                     " has no members");
    }
    Fields fields = type->fields();
    DELTAIC_RETURN_IF_ERROR(edit(fields));
    return DataType::Struct(std::move(fields));
  });
}

Result<SchemaPtr> EditColumn(const SchemaPtr& schema, ColumnPath& path, const EditField& edit) {
  if (path.empty()) return Status::InvalidArgument("a column needs a name");
  const std::string name = path.back();
  const Path parent(path.data(), path.size() - 1);
  return EditStruct(schema, parent, [&](Fields& fields) -> Status {
    const auto field = Find(fields, name);
    if (field == fields.end()) return NoColumn(path, *schema);
    path.back() = field->name;
    return edit(*field);
  });
}

Result<SchemaPtr> AddFields(const SchemaPtr& schema, const ColumnPath& parent,
                            const std::vector<StructField>& fields,
                            const std::optional<ColumnPosition>& position, bool if_not_exists) {
  if (fields.empty()) return Status::InvalidArgument("there are no columns to add");
  return EditStruct(schema, parent, [&](Fields& there) -> Status {
    DELTAIC_ASSIGN_OR_RETURN(Fields fresh, MergeKnown(there, fields, if_not_exists));
    DELTAIC_ASSIGN_OR_RETURN(const auto place, PlaceIn(there, position.value_or(ColumnPosition())));
    there.insert(place, std::make_move_iterator(fresh.begin()),
                 std::make_move_iterator(fresh.end()));
    return Status();
  });
}

Result<SchemaPtr> DropField(const SchemaPtr& schema, ColumnPath& path) {
  if (path.empty()) return Status::InvalidArgument("a column needs a name");
  const Path parent(path.data(), path.size() - 1);
  return EditStruct(schema, parent, [&](Fields& fields) -> Status {
    const auto field = Find(fields, path.back());
    if (field == fields.end()) return NoColumn(path, *schema);
    if (fields.size() == 1) {
      return Status::InvalidArgument("column ", Shown(path),
                                     " cannot be dropped: it is the last of ",
                                     parent.empty() ? "the table" : "its struct");
    }
    path.back() = field->name;
    fields.erase(field);
    return Status();
  });
}

Result<SchemaPtr> MoveField(const SchemaPtr& schema, const ColumnPath& path,
                            const ColumnPosition& position) {
  const Path parent(path.data(), path.size() - 1);
  return EditStruct(schema, parent, [&](Fields& fields) -> Status {
    const auto field = Find(fields, path.back());
    if (field == fields.end()) return NoColumn(path, *schema);
    StructField moved = std::move(*field);
    fields.erase(field);
    DELTAIC_ASSIGN_OR_RETURN(const auto place, PlaceIn(fields, position));
    fields.insert(place, std::move(moved));
    return Status();
  });
}

Status WidenField(StructField& field, const DataTypePtr& type) {
  DELTAIC_ASSIGN_OR_RETURN(field.type, Widen(field.type, type, field, ""));
  return Status();
}

std::string FormatColumnPath(const ColumnPath& path) {
  std::string out;
  for (const std::string& name : path) {
    const bool is_plain = !name.empty() && std::ranges::all_of(name, [](char c) {
      return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    });
    if (!out.empty()) out += '.';
    if (is_plain) {
      out += name;
      continue;
    }
    out += '`';
    for (const char c : name) out.append(c == '`' ? 2 : 1, c);
    out += '`';
  }
  return out;
}

}  // namespace deltaic
