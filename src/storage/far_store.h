#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "storage/object_store.h"

namespace deltaic {

/// One request that went to a far store.
struct FarRequest {
  enum class Kind { kGet, kHead, kList, kPut, kDelete };
  Kind kind = Kind::kGet;
  std::string path;
  int64_t offset = 0;
  int64_t num_bytes = 0;  ///< of a kGet; 0: all of the object
  /// 1 + the last round of all requests that had ended when this one began, so that the greatest is
  /// how many round trips were waited for, one after the other. A thread that comes late makes it
  /// greater, never smaller.
  int round = 1;
};

/// The requests that went to a far store, since Reset(). Safe from any thread.
class FarRequests {
 public:
  /// A request begins. \return its number, for End().
  size_t Begin(FarRequest request);
  void End(size_t number);
  void Reset();

  std::vector<FarRequest> all() const;
  int64_t Count(FarRequest::Kind kind) const;
  int rounds() const;
  /// The most that were under way at once.
  int most_at_once() const;

 private:
  mutable std::mutex mutex_;
  std::vector<FarRequest> requests_;
  size_t first_ = 0;  ///< number of requests_.front()
  int rounds_ended_ = 0;
  int at_once_ = 0;
  int most_at_once_ = 0;
};

/// A store of cloud manners for tests and benchmarks, over another store: it says that it is far,
/// each request takes a time, a file whose size is given opens without a request, a written file is
/// one request at its end, a listing one for each thousand names. Bound to a context, a request
/// ends within it.
/// \param latency  of each request; requests at the same time do not wait for each other.
std::shared_ptr<ObjectStore> MakeFarStore(std::shared_ptr<ObjectStore> inner,
                                          std::shared_ptr<FarRequests> requests,
                                          std::chrono::microseconds latency);

}  // namespace deltaic
