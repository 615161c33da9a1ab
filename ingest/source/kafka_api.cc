#include "ingest/source/kafka_api.h"

#include <dlfcn.h>

#include <cstdlib>

namespace deltaic::ingest {
namespace {

constexpr int kOldestVersion = 0x02000000;  // 2.0.0

std::string PathToLoad(const std::string& path) {
  if (!path.empty()) return path;
  const char* from_environment = std::getenv("DELTAIC_LIBRDKAFKA");
  if (from_environment != nullptr && *from_environment != '\0') return from_environment;
  return "librdkafka.so.1";
}

}  // namespace

Result<KafkaApi> KafkaApi::Load(const std::string& path) {
  KafkaApi api;
  api.loaded_from = PathToLoad(path);
  void* library = dlopen(api.loaded_from.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* why = dlerror();
    return Status::NotFound("librdkafka cannot be loaded (", why == nullptr ? "" : why,
                            "); install librdkafka1, or name the file with --librdkafka or "
                            "DELTAIC_LIBRDKAFKA");
  }
#define DELTAIC_KAFKA_LOAD(name)                                                        \
  api.name = reinterpret_cast<decltype(api.name)>(dlsym(library, "rd_kafka_" #name));   \
  if (api.name == nullptr) {                                                            \
    return Status::Unsupported(api.loaded_from, " has no function rd_kafka_" #name      \
                                                "; librdkafka 2.0 or newer is needed"); \
  }
  DELTAIC_KAFKA_FUNCTIONS(DELTAIC_KAFKA_LOAD)
#undef DELTAIC_KAFKA_LOAD
  api.new_ = reinterpret_cast<decltype(api.new_)>(dlsym(library, "rd_kafka_new"));
  if (api.new_ == nullptr) return Status::Unsupported(api.loaded_from, " is not librdkafka");
  if (api.version() < kOldestVersion) {
    return Status::Unsupported("librdkafka ", api.version_str(), " of ", api.loaded_from,
                               " is too old; 2.0 or newer is needed");
  }
  return api;
}

}  // namespace deltaic::ingest
