#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/strong_types.h"
#include "protocol/json.h"

namespace deltaic::capi {

/// What deltaic.h says of one key of a JSON document.
struct KeyDoc {
  std::string key;
  std::string note;  ///< "[]", "of the files to read"; may be empty
};

inline void WriteJson(JsonWriter& out, int64_t value) { out.Int(value); }
inline void WriteJson(JsonWriter& out, int value) { out.Int(value); }
inline void WriteJson(JsonWriter& out, bool value) { out.Bool(value); }
inline void WriteJson(JsonWriter& out, Version value) { out.Int(value.value); }
inline void WriteJson(JsonWriter& out, TimestampMs value) { out.Int(value.value); }
inline void WriteJson(JsonWriter& out, const std::string& value) { out.String(value); }
inline void WriteJson(JsonWriter& out, const std::vector<std::string>& values) {
  out.BeginArray();
  for (const std::string& value : values) out.String(value);
  out.EndArray();
}
template <typename V>
void WriteJson(JsonWriter& out, const std::optional<V>& value) {
  if (value) {
    WriteJson(out, *value);
  } else {
    out.Null();
  }
}

/// The keys of the JSON object that one C call hands out, each declared once: how it is made of
/// `T`, and what deltaic.h says of it (tests/abi compares).
template <typename T>
class JsonTable {
 public:
  /// \param member  a pointer to a member of T, or a function of const T&.
  template <typename M>
  JsonTable& Key(std::string_view key, M member, std::string_view note = "") {
    return Custom(key, note, [member](JsonWriter& out, const T& value) {
      WriteJson(out, std::invoke(member, value));
    });
  }
  /// \param write  writes one JSON value.
  JsonTable& Custom(std::string_view key, std::string_view note,
                    std::function<void(JsonWriter& out, const T& value)> write) {
    docs_.push_back({std::string(key), std::string(note)});
    writes_.push_back(std::move(write));
    return *this;
  }

  void Write(JsonWriter& out, const T& value) const {
    out.BeginObject();
    for (size_t i = 0; i < docs_.size(); ++i) {
      out.Key(docs_[i].key);
      writes_[i](out, value);
    }
    out.EndObject();
  }
  std::string Format(const T& value) const {
    JsonWriter out;
    Write(out, value);
    return out.Take();
  }

  const std::vector<KeyDoc>& docs() const { return docs_; }

 private:
  std::vector<KeyDoc> docs_;
  std::vector<std::function<void(JsonWriter& out, const T& value)>> writes_;  ///< of docs_
};

}  // namespace deltaic::capi
