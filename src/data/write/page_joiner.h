#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/write/dictionary_union.h"
#include "data/write/page_rows.h"

namespace deltaic {

/// Makes one data page of several, whose values stay as they are stored: as numbers of entries of
/// a dictionary, or PLAIN. One thread at a time.
class PageJoiner {
 public:
  explicit PageJoiner(const PageForm& form) : form_(form) {}

  enum class Values {
    kNumbers,   ///< of a dictionary's entries
    kPlain,     ///< one after the other
    kBooleans,  ///< PLAIN, of one bit each
  };

  bool empty() const { return num_pages_ == 0; }
  /// False where a page can only begin another one: of another version, or with other values.
  bool Suits(const PageRows& page, Values values) const {
    return empty() || (is_v2_ == page.is_v2() && values_kind_ == values);
  }
  int64_t num_rows() const { return num_rows_; }  ///< begun in it
  int64_t num_bytes() const;                      ///< about what its values take
  int64_t num_entries() const { return num_entries_; }
  bool begins_inside_row() const { return begins_inside_row_; }

  /// Takes in a page of numbers. \param map  of them, to those of another dictionary.
  /// \param bit_width  that all of these fit in.
  /// \retval kCorruption  it has numbers of no entry.
  Status AddNumbers(const PageRows& page, std::span<const uint32_t> map, int bit_width);
  /// The same, with the values that the numbers are of in their place.
  /// \return false: these would take more than `max_bytes`; nothing is taken in then.
  Result<bool> AddValuesOf(const PageRows& page, const PlainValues& dictionary, size_t max_bytes);
  /// Takes in a page of PLAIN values, or of booleans.
  void AddPlain(const PageRows& page);

  /// The page, as stored.
  struct Page {
    std::string bytes;
    int64_t type = 0;               ///< PageHeader.type
    int64_t encoding = 0;           ///< of its values
    int64_t uncompressed_size = 0;  ///< with the header
  };
  /// Ends the page, so that the next one may begin.
  /// \retval kUnsupported  it would be too large.
  Result<Page> Finish();

 private:
  void AddLevels(const PageRows& page, Values values);
  std::string EncodedLevels(const std::vector<uint32_t>& levels, int max_level, int usual) const;
  void AppendValues(std::string& body) const;

  const PageForm form_;
  size_t num_pages_ = 0;
  bool is_v2_ = false;
  bool begins_inside_row_ = false;
  Values values_kind_ = Values::kPlain;
  int64_t num_entries_ = 0, num_rows_ = 0, num_values_ = 0;
  std::vector<uint32_t> repetition_;  ///< empty: none is repeated
  std::vector<uint32_t> definition_;  ///< empty: none is null
  std::vector<uint32_t> numbers_;     ///< or booleans
  int bit_width_ = 0;
  std::string plain_;
  std::string body_, compressed_;  ///< kept for their memory
};

}  // namespace deltaic
