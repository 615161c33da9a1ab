#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace deltaic {

/// Appends `text` as a JSON string with quotes; invalid UTF-8 bytes become U+FFFD.
void AppendJsonString(std::string& out, std::string_view text);

/// Writes one JSON object or array by hand, without a tree: `JsonWriter w;
/// w.BeginObject().Key("a").Int(1).EndObject();`
class JsonWriter {
 public:
  JsonWriter& BeginObject();
  JsonWriter& EndObject();
  JsonWriter& BeginArray();
  JsonWriter& EndArray();
  JsonWriter& Key(std::string_view key);
  JsonWriter& String(std::string_view text);
  JsonWriter& Int(int64_t value);
  JsonWriter& Double(double value);  ///< shortest digits that read back the same, with ".0" if
                                     ///< integral; NaN and infinities as text
  JsonWriter& Bool(bool value);
  JsonWriter& Null();
  JsonWriter& Raw(std::string_view json);  ///< already JSON

  const std::string& str() const { return out_; }
  std::string Take() { return std::move(out_); }

 private:
  void Separate();
  std::string out_;
  bool need_comma_ = false;
};

}  // namespace deltaic
