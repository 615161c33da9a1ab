#include "scan/change_range.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "base/civil_time.h"
#include "table/commit_times.h"

namespace deltaic {
namespace {

using MaybeVersion = std::optional<Version>;

std::string TimeText(TimestampMs time) {
  constexpr int64_t kMostMs = INT64_MAX / 1000;
  return FormatTimestampMillis(std::clamp(time.value, -kMostMs, kMostMs) * 1000, ' ', "Z");
}

/// Works out the two ends. An end beyond the table's versions is the status that says so.
class RangeResolver {
 public:
  RangeResolver(const Snapshot& newest, const ChangesOptions& options)
      : newest_(newest), options_(options) {}

  Result<std::optional<ChangeRange>> Resolve() {
    for (const MaybeVersion& version : {options_.from_version, options_.to_version}) {
      if (version && version->value < 0)
        return Status::InvalidArgument(version->value, " is no version; the first is 0");
    }
    if (options_.from_time || options_.to_time) {
      DELTAIC_ASSIGN_OR_RETURN(timeline_, CommitTimeline::Load(newest_));
    }
    ChangeRange range;
    DELTAIC_ASSIGN_OR_RETURN(const MaybeVersion first, First());
    DELTAIC_ASSIGN_OR_RETURN(const MaybeVersion last, Last());
    if (!first || !last) return std::optional<ChangeRange>();
    if (*first <= *last) return std::optional(ChangeRange{*first, *last});
    // Two times may well have no commit between them.
    const bool orderly = options_.from_time && options_.to_time && !options_.to_version &&
                         *options_.from_time <= *options_.to_time;
    if (options_.allow_out_of_range || orderly) return std::optional<ChangeRange>();
    return Status::InvalidArgument("the changes asked for end at version ", last->value,
                                   ", before they start at version ", first->value);
  }

 private:
  Result<MaybeVersion> First() const {
    MaybeVersion first = options_.from_version;
    if (options_.from_time) {
      DELTAIC_ASSIGN_OR_RETURN(const auto found, timeline_->FirstSince(*options_.from_time));
      if (!found) {
        return OutOfRange(Status::InvalidArgument(
            TimeText(*options_.from_time), " is after the last commit, version ",
            newest_.version().value, ": there are no changes since"));
      }
      const Version since = timeline_->commits()[*found].version;
      first = first ? std::max(*first, since) : since;
    }
    if (first && *first > newest_.version()) {
      return OutOfRange(Status::NotFound("changes from version ", first->value,
                                         " on: the newest version of ", newest_.store()->root_uri(),
                                         " is ", newest_.version().value));
    }
    return first ? first : Version{0};
  }

  Result<MaybeVersion> Last() const {
    Version last = newest_.version();
    if (options_.to_version) last = std::min(last, *options_.to_version);
    if (options_.to_time) {
      DELTAIC_ASSIGN_OR_RETURN(const auto found, timeline_->LastUntil(*options_.to_time));
      if (!found) {
        return OutOfRange(Status::InvalidArgument(
            TimeText(*options_.to_time), " is before the first commit, version ",
            timeline_->commits().front().version.value, ": there are no changes until then"));
      }
      last = std::min(last, timeline_->commits()[*found].version);
    }
    return MaybeVersion(last);
  }

  Result<MaybeVersion> OutOfRange(const Status& error) const {
    if (options_.allow_out_of_range) return MaybeVersion();
    return error;
  }

  const Snapshot& newest_;
  const ChangesOptions& options_;
  std::optional<CommitTimeline> timeline_;
};

}  // namespace

Result<std::optional<ChangeRange>> ResolveChangeRange(const Snapshot& newest,
                                                      const ChangesOptions& options) {
  return RangeResolver(newest, options).Resolve();
}

}  // namespace deltaic
