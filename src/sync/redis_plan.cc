#include "sync/redis_plan.h"

#include "sync/redis_commands.h"

namespace deltaic {
namespace {

/// `text` as SCAN's MATCH takes it, meaning itself.
std::string EscapePattern(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("*?[]^\\").find(c) != std::string_view::npos) out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

}  // namespace

std::string RedisCursorKey(const SyncOptions& options) {
  return "deltaic_sync:" + options.cursor_name();
}

void AddRedisSteps(const SyncOptions& options, SyncPlan& plan) {
  if (plan.action == SyncAction::kSnapshot && options.mode == SyncMode::kMirror)
    plan.clear = EscapePattern(options.into) + ":*";
  std::string& cursor = plan.finish.emplace_back();
  AppendCommandJson(cursor, {"HSET", RedisCursorKey(options), "table_id", plan.table_id, "version",
                             std::to_string(plan.to.value), "spec", plan.spec});
}

}  // namespace deltaic
