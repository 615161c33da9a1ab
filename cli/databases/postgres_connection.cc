#include "databases/postgres_connection.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>

#include "databases/native_library.h"

// Declarations of libpq that are used here, which are stable. Source: PostgreSQL, "libpq".

namespace deltaic::cli {
namespace {

struct PGconn;
struct PGresult;
constexpr int kConnectionOk = 0, kCommandOk = 1, kTuplesOk = 2, kCopyIn = 4;

struct Library {
  PGconn* (*connect)(const char*);
  int (*status)(const PGconn*);
  char* (*error_message)(const PGconn*);
  void (*finish)(PGconn*);
  PGresult* (*exec)(PGconn*, const char*);
  PGresult* (*get_result)(PGconn*);
  int (*result_status)(const PGresult*);
  char* (*result_error)(const PGresult*);
  int (*num_rows)(const PGresult*);
  int (*num_columns)(const PGresult*);
  char* (*value)(const PGresult*, int, int);
  int (*is_null)(const PGresult*, int, int);
  char* (*touched)(PGresult*);
  void (*clear)(PGresult*);
  int (*put_copy)(PGconn*, const char*, int);
  int (*end_copy)(PGconn*, const char*);
  void (*(*set_notices)(PGconn*, void (*)(void*, const PGresult*), void*))(void*, const PGresult*);
};

const Library& LoadLibrary() {
  static const Library loaded = [] {
    const NativeLibrary library("libpq.so.5", RTLD_NOW | RTLD_LOCAL,
                                "PostgreSQL needs its client library", "apt install libpq5");
    Library out{};
    library.Find("PQconnectdb", out.connect);
    library.Find("PQstatus", out.status);
    library.Find("PQerrorMessage", out.error_message);
    library.Find("PQfinish", out.finish);
    library.Find("PQexec", out.exec);
    library.Find("PQgetResult", out.get_result);
    library.Find("PQresultStatus", out.result_status);
    library.Find("PQresultErrorMessage", out.result_error);
    library.Find("PQntuples", out.num_rows);
    library.Find("PQnfields", out.num_columns);
    library.Find("PQgetvalue", out.value);
    library.Find("PQgetisnull", out.is_null);
    library.Find("PQcmdTuples", out.touched);
    library.Find("PQclear", out.clear);
    library.Find("PQputCopyData", out.put_copy);
    library.Find("PQputCopyEnd", out.end_copy);
    library.Find("PQsetNoticeReceiver", out.set_notices);
    return out;
  }();
  return loaded;
}

/// "ERROR:  text\nDETAIL:  more\n" in one line.
std::string OneLine(const std::string& message) {
  std::string out;
  for (const char c : message) {
    if (c == '\n') {
      if (!out.empty() && out.back() != ' ') out += "; ";
    } else if (c != ' ' || out.empty() || out.back() != ' ') {
      out.push_back(c == '\t' ? ' ' : c);
    }
  }
  while (!out.empty() && (out.back() == ' ' || out.back() == ';')) out.pop_back();
  return out;
}

}  // namespace

struct PostgresConnection::Impl {
  const Library& pq = LoadLibrary();
  PGconn* connection = nullptr;

  ~Impl() {
    if (connection != nullptr) pq.finish(connection);
  }
  [[noreturn]] void Fail(PGresult* result) const {
    std::string message = result == nullptr ? "" : pq.result_error(result);
    if (message.empty()) message = pq.error_message(connection);
    if (result != nullptr) pq.clear(result);
    throw PostgresError{OneLine("PostgreSQL: " + message), pq.status(connection) != kConnectionOk};
  }
};

PostgresConnection::PostgresConnection(const std::string& url) : impl_(std::make_unique<Impl>()) {
  const Library& pq = impl_->pq;
  impl_->connection = pq.connect(url.c_str());
  if (impl_->connection == nullptr) throw std::bad_alloc();
  if (pq.status(impl_->connection) != kConnectionOk) impl_->Fail(nullptr);
  pq.set_notices(impl_->connection, [](void*, const PGresult*) {}, nullptr);
}

PostgresConnection::~PostgresConnection() = default;

PostgresRows PostgresConnection::Run(const std::string& sql) {
  const Library& pq = impl_->pq;
  PGresult* result = pq.exec(impl_->connection, sql.c_str());
  const int status = result == nullptr ? -1 : pq.result_status(result);
  if (status != kCommandOk && status != kTuplesOk) impl_->Fail(result);
  PostgresRows out;
  out.num_touched = std::strtol(pq.touched(result), nullptr, 10);
  for (int row = 0; row < pq.num_rows(result); ++row) {
    auto& values = out.rows.emplace_back();
    for (int column = 0; column < pq.num_columns(result); ++column) {
      values.push_back({pq.value(result, row, column), pq.is_null(result, row, column) != 0});
    }
  }
  pq.clear(result);
  return out;
}

void PostgresConnection::BeginCopy(const std::string& sql) {
  PGresult* result = impl_->pq.exec(impl_->connection, sql.c_str());
  if (result == nullptr || impl_->pq.result_status(result) != kCopyIn) impl_->Fail(result);
  impl_->pq.clear(result);
}

void PostgresConnection::PutCopy(std::string_view bytes) {
  constexpr size_t kMost = size_t{1} << 20;  // libpq takes an int, and buffers what it takes
  while (!bytes.empty()) {
    const size_t length = std::min(bytes.size(), kMost);
    if (impl_->pq.put_copy(impl_->connection, bytes.data(), static_cast<int>(length)) != 1)
      impl_->Fail(nullptr);
    bytes.remove_prefix(length);
  }
}

void PostgresConnection::EndCopy() {
  const Library& pq = impl_->pq;
  if (pq.end_copy(impl_->connection, nullptr) != 1) impl_->Fail(nullptr);
  PGresult* result = pq.get_result(impl_->connection);
  if (result == nullptr || pq.result_status(result) != kCommandOk) impl_->Fail(result);
  pq.clear(result);
  while (PGresult* more = pq.get_result(impl_->connection)) pq.clear(more);
}

void PostgresConnection::AbandonCopy() noexcept {
  const Library& pq = impl_->pq;
  if (pq.end_copy(impl_->connection, "the rows ended with an error") != 1) return;
  while (PGresult* result = pq.get_result(impl_->connection)) pq.clear(result);
}

}  // namespace deltaic::cli
