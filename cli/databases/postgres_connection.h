#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace deltaic::cli {

/// PostgreSQL refused something, or the connection broke. The message is PostgreSQL's first line.
struct PostgresError {
  std::string message;
  bool connection_lost = false;
};

/// Rows of texts; nothing where SQL says NULL (as empty text, with `is_null`).
struct PostgresRows {
  struct Value {
    std::string text;
    bool is_null = false;
  };
  std::vector<std::vector<Value>> rows;
  long num_touched = 0;
};

/// One connection to PostgreSQL through libpq, which is loaded at run time. One thread at a time.
class PostgresConnection {
 public:
  /// \throws deltaic::Error  Unsupported: libpq is not installed, naming the package.
  /// \throws PostgresError  cannot connect. No message has the password.
  explicit PostgresConnection(const std::string& url);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  /// \throws PostgresError
  PostgresRows Run(const std::string& sql);
  /// COPY ... FROM STDIN: `next` gives bytes until it gives none; what it throws ends the COPY.
  template <typename Next>
  void CopyIn(const std::string& sql, Next next) {
    BeginCopy(sql);
    try {
      for (std::string_view bytes = next(); !bytes.empty(); bytes = next()) PutCopy(bytes);
    } catch (...) {
      AbandonCopy();
      throw;
    }
    EndCopy();
  }

 private:
  void BeginCopy(const std::string& sql);
  void PutCopy(std::string_view bytes);
  void EndCopy();
  void AbandonCopy() noexcept;

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace deltaic::cli
