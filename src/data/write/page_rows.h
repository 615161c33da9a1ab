#pragma once

#include <arrow/util/compression.h>
#include <parquet/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/parquet/thrift_value.h"

namespace deltaic {

/// What one leaf's pages look like.
struct PageForm {
  parquet::Type::type type = parquet::Type::INT32;
  int value_bytes = 0;  ///< of one value of fixed width; 0 of texts and booleans
  int max_definition = 0;
  int max_repetition = 0;
  arrow::util::Codec* codec = nullptr;  ///< nullptr: not compressed
};

/// A data page whose rows can be looked at, and of which some can be left out without decoding its
/// values: texts stay texts, and numbers of dictionary entries such numbers.
class PageRows {
 public:
  explicit PageRows(const PageForm& form) : form_(form) {}

  /// \param header  its PageHeader. \param payload  what follows it. Both are used until the next
  /// call.
  /// \return false: a page of a kind that only decoding can take rows from.
  /// \retval kCorruption  the page contradicts itself.
  Result<bool> Open(const ThriftValue& header, std::span<const uint8_t> payload);

  /// Rows of the page are counted by where they begin: a page may begin inside of one. -1: Open()
  /// could not even tell these.
  int64_t num_rows_begun() const { return num_rows_begun_; }
  bool begins_inside_row() const { return begins_inside_row_; }

  /// Chooses all rows but those at `dropped`. \param first_row  position of the page's first begun
  /// row. \param dropped  positions, ascending; those of other pages are passed over.
  void Keep(int64_t first_row, std::span<const int64_t> dropped);
  int64_t num_dropped_entries() const { return num_dropped_entries_; }
  int64_t num_kept_entries() const {
    return static_cast<int64_t>(num_entries_) - num_dropped_entries_;
  }
  int64_t num_kept_rows() const { return num_kept_rows_; }
  /// Entries left out that have no value.
  int64_t num_dropped_nulls() const { return num_dropped_nulls_; }

  /// The page without the rows left out, with its header.
  /// \retval kUnsupported  it would be too large.
  Result<std::string> Rebuild();

  bool is_v2() const { return is_v2_; }
  int64_t encoding() const { return encoding_; }  ///< Parquet's number of it
  size_t num_entries() const { return num_entries_; }
  size_t num_values() const { return num_values_; }
  /// Levels of each entry; empty: none is repeated, or none is null.
  const std::vector<uint32_t>& repetition() const { return repetition_; }
  const std::vector<uint32_t>& definition() const { return definition_; }
  /// All values as a PLAIN page has them, of booleans a number each; empty of other encodings.
  std::span<const uint8_t> all_plain_values() const;
  std::span<const uint32_t> booleans() const { return booleans_; }

  /// True where values are numbers of entries of the dictionary, which entries() gives.
  bool is_dictionary() const { return is_dictionary_; }
  std::span<const uint32_t> entries() const { return entries_; }
  /// Values of fixed width one after the other; empty of others.
  std::span<const uint8_t> plain_values() const {
    return is_plain_ ? values_ : std::span<const uint8_t>(joined_);
  }
  /// Of each value, nulls passed over: 0 where it is left out.
  std::span<const uint8_t> kept_values() const { return kept_values_; }

 private:
  Status Decompress(std::span<const uint8_t> stored, size_t size, std::vector<uint8_t>& out);
  Status OpenLevels(std::span<const uint8_t>& rest, bool is_v2, const ThriftValue& details);
  Result<bool> OpenValues();
  Status CutTexts(std::string& out) const;
  void AppendKept(std::string& out) const;
  void AppendBooleans(std::string& out) const;
  void AppendStreams(std::string& out) const;
  std::string KeptLevels(const std::vector<uint32_t>& levels, int max_level, int usual) const;

  const PageForm form_;
  const ThriftValue* header_ = nullptr;
  bool is_v2_ = false;
  int64_t encoding_ = 0;
  size_t num_entries_ = 0;
  size_t num_values_ = 0;  ///< entries that are not null
  int64_t num_rows_begun_ = 0;
  bool begins_inside_row_ = false;
  std::vector<uint8_t> joined_;       ///< values whose bytes are stored apart
  std::vector<uint8_t> bytes_;        ///< decompressed
  std::span<const uint8_t> values_;   ///< encoded
  std::vector<uint32_t> repetition_;  ///< empty: none is repeated
  std::vector<uint32_t> definition_;  ///< empty: none is null
  std::vector<uint32_t> entries_;     ///< of the dictionary
  std::vector<uint32_t> booleans_;
  std::vector<size_t> text_begins_;  ///< of PLAIN texts, with the end of the last one
  bool is_dictionary_ = false;
  bool is_plain_ = false;
  std::vector<uint8_t> kept_;  ///< of each entry
  std::vector<uint8_t> kept_values_;
  int64_t num_dropped_entries_ = 0;
  int64_t num_dropped_nulls_ = 0;
  int64_t num_kept_rows_ = 0;
};

}  // namespace deltaic
