#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/read/data_read_spec.h"
#include "scan/file_source.h"

namespace deltaic {

/// Which string columns of `spec` shall come as dictionaries where the caller leaves it to the
/// library: partition columns, which have one value a file, and those of few values in the largest
/// of the first files. That one decides for all files, since batches have one schema.
///
/// \param files  without plans of their own; replaced by a source of the same files, of which some
/// are listed already and the largest is open. Errors as Scan::Next: a file is listed and opened.
Result<std::vector<std::string>> ChooseDictionaryColumns(const ObjectStore& store,
                                                         const DataReadSpec& spec,
                                                         std::unique_ptr<FileSource>* files);

}  // namespace deltaic
