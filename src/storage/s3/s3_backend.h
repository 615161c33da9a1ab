#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "net/option_set.h"
#include "storage/login/fresh_options.h"
#include "storage/object_store.h"
#include "storage/remote/remote_backend.h"
#include "storage/s3/s3_client.h"

namespace deltaic {

/// The objects of one bucket.
std::shared_ptr<RemoteBackend> MakeS3Backend(std::shared_ptr<const S3Client> client);

/// A table's folder in a bucket, of "s3://bucket/folder" or "s3a://bucket/folder". No request is
/// made.
/// \param rest  of the URI, after "s3:".
/// \retval kInvalidArgument  no bucket, or options that make no sense.
Result<std::shared_ptr<ObjectStore>> OpenS3Store(std::string_view scheme, std::string_view rest,
                                                 const std::map<std::string, std::string>& options,
                                                 const Environment& environment,
                                                 const OptionsProvider& login = {});

}  // namespace deltaic
