#pragma once

#include <cstdint>

/// Field numbers of the Thrift structures of Parquet's footers and page indexes, by the names of
/// parquet.thrift.
namespace deltaic::parquet_fields {

struct FileMetaData {
  static constexpr int16_t kNumRows = 3, kRowGroups = 4, kNotes = 5, kEncryption = 8;
};
struct RowGroup {
  static constexpr int16_t kColumns = 1, kTotalByteSize = 2, kNumRows = 3, kSortingColumns = 4,
                           kFileOffset = 5, kTotalCompressedSize = 6, kOrdinal = 7;
};
struct ColumnChunk {
  static constexpr int16_t kFilePath = 1, kFileOffset = 2, kMetaData = 3, kOffsetIndexOffset = 4,
                           kOffsetIndexLength = 5, kColumnIndexOffset = 6, kColumnIndexLength = 7,
                           kCryptoMetaData = 8, kEncryptedMetaData = 9;
};
struct ColumnMetaData {
  static constexpr int16_t kEncodings = 2, kCodec = 4, kNumValues = 5, kUncompressedSize = 6,
                           kCompressedSize = 7, kDataPageOffset = 9, kIndexPageOffset = 10,
                           kDictionaryPageOffset = 11, kStatistics = 12, kEncodingStats = 13,
                           kBloomFilterOffset = 14, kBloomFilterLength = 15, kSizeStatistics = 16,
                           kGeoStatistics = 17;
};
struct Statistics {
  static constexpr int16_t kMax = 1, kMin = 2, kNullCount = 3, kDistinctCount = 4, kMaxValue = 5,
                           kMinValue = 6, kIsMaxExact = 7, kIsMinExact = 8;
};
struct PageHeader {
  static constexpr int16_t kType = 1, kUncompressedSize = 2, kCompressedSize = 3, kDataHeader = 5,
                           kDictionaryHeader = 7, kDataHeaderV2 = 8;
};
/// DataPageHeader, DataPageHeaderV2 and DictionaryPageHeader
struct DataPage {
  static constexpr int16_t kNumValues = 1, kEncoding = 2, kDefinitionEncoding = 3,
                           kRepetitionEncoding = 4;
};
struct DataPageV2 {
  static constexpr int16_t kNumNulls = 2, kNumRows = 3, kEncoding = 4, kDefinitionBytes = 5,
                           kRepetitionBytes = 6, kIsCompressed = 7;
};
struct PageEncodingStats {
  static constexpr int16_t kPageType = 1, kEncoding = 2, kCount = 3;
};
struct OffsetIndex {
  static constexpr int16_t kPageLocations = 1, kByteArraySizes = 2;
};
struct PageLocation {
  static constexpr int16_t kOffset = 1, kSize = 2, kFirstRow = 3;
};
struct ColumnIndex {
  static constexpr int16_t kNullPages = 1, kMinValues = 2, kMaxValues = 3, kBoundaryOrder = 4,
                           kNullCounts = 5, kRepetitionHistograms = 6, kDefinitionHistograms = 7;
};
/// Encoding
inline constexpr int64_t kPlainEncoding = 0, kPlainDictionaryEncoding = 2, kRleEncoding = 3,
                         kRleDictionaryEncoding = 8;

}  // namespace deltaic::parquet_fields
