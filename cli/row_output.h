#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "context.h"
#include "deltaic/deltaic.hpp"

namespace deltaic::cli {

/// Which rows of a scan to print, and how: the options that `scan` and `changes` share.
class RowOutput {
 public:
  void AddTo(CLI::App& command);

  /// The format asked for; "table" for the screen, and "" where the output's name says.
  std::string FormatName() const;
  /// Options of a call that Ctrl-C stops, with the columns and the predicate.
  Options WhatToRead(const Context& context) const;

  /// Opens a scan with `options` (WhatToRead() and more) and the limit, and prints it.
  /// \param total_rows  how many there are without predicate and limit; 0 where that is not known.
  /// \throws CLI::ValidationError  a format that does not go with the output.
  void Print(Options options, const std::function<Scan(const Options&)>& open,
             const std::function<int64_t()>& total_rows, const Context& context) const;

 private:
  /// What the scan will give, as far as that is known before; 0 where not.
  int64_t ExpectedRows(const std::function<int64_t()>& total_rows) const;

  std::string where_, format_, output_, max_memory_, timezone_;
  std::vector<std::string> columns_;
  int64_t limit_ = -1;
};

}  // namespace deltaic::cli
