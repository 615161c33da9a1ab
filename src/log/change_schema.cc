#include "log/change_schema.h"

#include <algorithm>
#include <vector>

#include "base/ascii.h"
#include "base/status.h"
#include "protocol/type_widening.h"

namespace deltaic {
namespace {

using Problem = std::optional<std::string>;

class Comparison {
 public:
  Comparison(bool from_mapped, bool to_mapped) : from_mapped_(from_mapped), to_mapped_(to_mapped) {}

  Problem Compare(const DataType& from, const DataType& to, const std::string& path) const {
    // A column without values may have become anything.
    if (from.id() == TypeId::kVoid) return std::nullopt;
    if (from.is_primitive() != to.is_primitive() || (!to.is_primitive() && from.id() != to.id()))
      return TypeChanged(from, to, path);
    switch (to.id()) {
      case TypeId::kStruct:
        return CompareStructs(from, to, path);
      case TypeId::kArray:
        return CompareParts(*from.element(), *to.element(), from, to, path + ".element");
      case TypeId::kMap:
        if (Problem problem = Compare(*from.key(), *to.key(), path + ".key")) return problem;
        return CompareParts(*from.value(), *to.value(), from, to, path + ".value");
      default:
        return CanWidenType(from, to) ? std::nullopt : TypeChanged(from, to, path);
    }
  }

  Problem CompareStructs(const DataType& from, const DataType& to, const std::string& path) const {
    std::vector<const StructField*> found;
    for (const StructField& field : from.fields()) {
      const StructField* match = Find(field, to);
      const std::string name = path.empty() ? field.name : path + "." + field.name;
      if (match == nullptr) return Concat("column ", name, " was dropped");
      if (!EqualsIgnoringCase(match->name, field.name))
        return Concat("column ", name, " was renamed to ", match->name);
      if (field.nullable && !match->nullable) return Concat("column ", name, " may have had nulls");
      if (Problem problem = Compare(*field.type, *match->type, name)) return problem;
      found.push_back(match);
    }
    for (const StructField& field : to.fields()) {
      if (!field.nullable && std::ranges::find(found, &field) == found.end())
        return Concat("column ", path.empty() ? "" : path + ".", field.name,
                      ", which takes no nulls, was added");
    }
    return std::nullopt;
  }

 private:
  static Problem TypeChanged(const DataType& from, const DataType& to, const std::string& path) {
    return Concat("column ", path, " was ", from.ToString(), " and is ", to.ToString());
  }

  /// Elements of arrays and values of maps.
  Problem CompareParts(const DataType& from, const DataType& to, const DataType& from_parent,
                       const DataType& to_parent, const std::string& path) const {
    if (from_parent.contains_null() && !to_parent.contains_null())
      return Concat("column ", path, " may have had nulls");
    return Compare(from, to, path);
  }

  /// The field of `to` that reads what was written as `field`.
  const StructField* Find(const StructField& field, const DataType& to) const {
    if (!from_mapped_ && !to_mapped_) return to.FindField(field.name);
    const std::string key = from_mapped_ ? field.physical_name() : field.name;
    for (const StructField& other : to.fields()) {
      if ((to_mapped_ ? other.physical_name() : other.name) == key) return &other;
    }
    return nullptr;
  }

  bool from_mapped_;
  bool to_mapped_;
};

}  // namespace

std::optional<std::string> FindUnreadableChange(const FileSchema& from, const FileSchema& to) {
  return Comparison(from.mapped, to.mapped).CompareStructs(*from.schema, *to.schema, "");
}

}  // namespace deltaic
