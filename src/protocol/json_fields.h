#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "protocol/actions.h"
#include "protocol/json.h"
#include "protocol/json_reader.h"

/// Structs as JSON objects by a table of their fields, one for both directions. Included by .cc
/// files only.
namespace deltaic::json {

inline void WriteValue(JsonWriter& out, const std::string& value) { out.String(value); }
inline void WriteValue(JsonWriter& out, int64_t value) { out.Int(value); }
inline void WriteValue(JsonWriter& out, int32_t value) { out.Int(value); }
inline void WriteValue(JsonWriter& out, bool value) { out.Bool(value); }
inline void WriteValue(JsonWriter& out, const std::vector<std::string>& values) {
  out.BeginArray();
  for (const std::string& value : values) out.String(value);
  out.EndArray();
}
inline void WriteValue(JsonWriter& out, const std::vector<int64_t>& values) {
  out.BeginArray();
  for (const int64_t value : values) out.Int(value);
  out.EndArray();
}
inline void WriteValue(JsonWriter& out, const StringMap& values) {
  out.BeginObject();
  for (const auto& [key, value] : values) out.Key(key).String(value);
  out.EndObject();
}
inline void WriteValue(JsonWriter& out, const PartitionValues& values) {
  out.BeginObject();
  for (const auto& [key, value] : values) {
    out.Key(key);
    value ? out.String(*value) : out.Null();
  }
  out.EndObject();
}

enum class Presence { kRequired, kOptional };

/// One field of the struct T. JSON null is the same as absence.
template <typename T>
struct Field {
  std::string_view name;
  Presence presence;
  Status (*read)(JsonValue& value, T& out);
  void (*reset)(T& out);  ///< to the state without the field
  void (*write)(JsonWriter& out, std::string_view name, const T& value);  ///< nothing if absent
};

template <typename M>
struct MemberOf;
template <typename T, typename V>
struct MemberOf<V T::*> {
  using Struct = T;
  using Type = V;
};

template <typename T>
inline constexpr bool kIsOptional = false;
template <typename T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

/// The field `name`, held in the member `kMember`.
template <auto kMember>
constexpr auto Member(std::string_view name, Presence presence = Presence::kOptional) {
  using T = typename MemberOf<decltype(kMember)>::Struct;
  using V = typename MemberOf<decltype(kMember)>::Type;
  return Field<T>{
      name,
      presence,
      [](JsonValue& value, T& out) { return ReadValue(value, out.*kMember); },
      [](T& out) { out.*kMember = T{}.*kMember; },
      [](JsonWriter& out, std::string_view key, const T& value) {
        const V& member = value.*kMember;
        if constexpr (kIsOptional<V>) {
          if (member) WriteValue(out.Key(key), *member);
        } else {
          WriteValue(out.Key(key), member);
        }
      },
  };
}

/// Reads the object `source` (JsonValue or document) into `out`, a value as T{} makes it. Of equal
/// keys the last wins, unknown ones are skipped, and so is the field `unwanted`.
template <typename T, typename Source>
Status ReadFields(Source& source, std::span<const Field<T>> fields, T& out,
                  std::string_view unwanted = {}) {
  uint64_t seen = 0;
  DELTAIC_RETURN_IF_ERROR(
      ForEachField(source, [&](std::string_view key, JsonValue& value) -> Status {
        size_t i = 0;
        while (i < fields.size() && fields[i].name != key) ++i;
        if (i == fields.size() || key == unwanted) return Skip(value);
        fields[i].reset(out);
        seen &= ~(uint64_t{1} << i);
        if (IsNull(value)) return Status::Ok();
        seen |= uint64_t{1} << i;
        Status status = fields[i].read(value, out);
        return status.ok() ? status : status.WithContext(key);
      }));
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].presence == Presence::kRequired && (seen >> i & 1) == 0) {
      return Status::Corruption("lacks the field ", fields[i].name);
    }
  }
  return Status::Ok();
}

template <typename T>
void WriteFields(JsonWriter& out, std::span<const Field<T>> fields, const T& value) {
  out.BeginObject();
  for (const Field<T>& field : fields) field.write(out, field.name, value);
  out.EndObject();
}

}  // namespace deltaic::json
