#include "credentials.h"

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "async_call.h"
#include "common/credentials_answer.h"
#include "options.h"
#include "threads.h"

namespace deltaic_node {
namespace {

constexpr const char* kClosing = "the environment of Node ends";

std::atomic<size_t> num_askers{0};  // of the whole process, that the library may ask

/// What a thread waits for.
struct Question {
  std::mutex mutex;
  std::condition_variable changed;
  deltaic_rows::CredentialsAnswer answer;
  bool is_answered = false;

  /// Once; later ones change nothing.
  void Answer(std::map<std::string, std::string> given, std::string problem) {
    const std::lock_guard lock(mutex);
    if (is_answered) return;
    answer = {std::move(given), std::move(problem)};
    is_answered = true;
    changed.notify_all();
  }
};

/// A question on its way to JavaScript, and there. What is dropped is answered, too: by an
/// environment that ends, or a promise that nobody can settle any more.
struct Pending {
  std::shared_ptr<Question> question = std::make_shared<Question>();
  ~Pending() { question->Answer({}, "credentialProvider's promise can settle no more"); }
};

}  // namespace

class Askers : public std::enable_shared_from_this<Askers> {
 public:
  uint64_t Add(const Napi::Function& ask) {
    const std::lock_guard lock(mutex_);
    if (!has_lane_) {
      // An empty function: what is called are the lambdas below.
      const auto nothing = Napi::Function::New(ask.Env(), [](const Napi::CallbackInfo&) {});
      lane_ = Napi::ThreadSafeFunction::New(ask.Env(), nothing, "deltaic credentials", 0, 1);
      lane_.Unref(ask.Env());
      has_lane_ = true;
    }
    functions_[next_id_] = Napi::Persistent(ask);
    return next_id_++;
  }

  /// On any thread.
  void Remove(uint64_t id) {
    RunOnLoop([self = shared_from_this(), id](Napi::Env) {
      Napi::FunctionReference dropped;
      const std::lock_guard lock(self->mutex_);
      const auto found = self->functions_.find(id);
      if (found == self->functions_.end()) return;
      dropped = std::move(found->second);
      self->functions_.erase(found);
    });
  }

  /// On any thread but JavaScript's: waits for the answer.
  std::shared_ptr<Question> Ask(uint64_t id) {
    auto pending = std::make_shared<Pending>();
    const std::shared_ptr<Question> question = pending->question;
    {
      const std::lock_guard lock(mutex_);
      open_.insert(question);
    }
    const bool queued = RunOnLoop([self = shared_from_this(), id, pending](Napi::Env env) mutable {
      self->AskFunction(env, id, std::move(pending));
    });
    if (!queued) question->Answer({}, kClosing);
    pending.reset();
    std::unique_lock lock(question->mutex);
    question->changed.wait(lock, [&question] { return question->is_answered; });
    lock.unlock();
    const std::lock_guard open_lock(mutex_);
    open_.erase(question);
    return question;
  }

  /// As often as the environment ends: at its `exit`, and with what it holds.
  void Close() {
    std::set<std::shared_ptr<Question>> open;
    {
      const std::lock_guard lock(mutex_);
      is_closed_ = true;
      functions_.clear();
      open.swap(open_);
      if (std::exchange(has_lane_, false)) lane_.Release();
    }
    for (const auto& question : open) question->Answer({}, kClosing);
  }

 private:
  using Job = std::function<void(Napi::Env)>;

  /// \return false where the environment is closing.
  bool RunOnLoop(Job job) {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return false;
    auto* queued = new Job(std::move(job));
    const napi_status status =
        lane_.BlockingCall(queued, [](Napi::Env env, Napi::Function, Job* run) {
          const std::unique_ptr<Job> owned(run);
          if (env != nullptr) (*owned)(env);
        });
    if (status == napi_ok) return true;
    delete queued;
    // The lane counts this thread among its users no more.
    is_closed_ = true;
    has_lane_ = false;
    return false;
  }

  /// On JavaScript's thread. With the C interface alone: where JavaScript is being terminated every
  /// call fails, and Napi::Error ends the process over it. What fails drops `pending`, which
  /// answers.
  void AskFunction(Napi::Env env, uint64_t id, std::shared_ptr<Pending> pending) {
    const Napi::HandleScope scope(env);
    napi_value ask = nullptr;
    {
      const std::lock_guard lock(mutex_);
      const auto found = functions_.find(id);
      if (found == functions_.end()) return;
      ask = found->second.Value();
    }
    auto held = std::make_unique<std::shared_ptr<Pending>>(std::move(pending));
    const auto drop = [](napi_env, void* data, void*) {
      delete static_cast<std::shared_ptr<Pending>*>(data);
    };
    napi_value answer = nullptr;
    napi_value receiver = nullptr;
    if (napi_create_function(env, nullptr, 0, TakeAnswer, held.get(), &answer) != napi_ok ||
        napi_get_undefined(env, &receiver) != napi_ok ||
        napi_add_finalizer(env, answer, held.get(), drop, nullptr, nullptr) != napi_ok) {
      return;
    }
    held.release();  // NOLINT(bugprone-unused-return-value): the finalizer has it
    if (napi_call_function(env, receiver, ask, 1, &answer, nullptr) != napi_ok) {
      napi_value thrown = nullptr;
      napi_get_and_clear_last_exception(env, &thrown);
    }
  }

  /// answer(pairs, problem)
  static napi_value TakeAnswer(napi_env env, napi_callback_info raw) {
    const Napi::CallbackInfo info(env, raw);
    Question& question = *(*static_cast<std::shared_ptr<Pending>*>(info.Data()))->question;
    try {
      Take(info, question);
    } catch (const Napi::Error&) {
      question.Answer({}, "credentialProvider's answer cannot be read");
    }
    return nullptr;
  }

  static void Take(const Napi::CallbackInfo& info, Question& question) {
    if (!info[0].IsArray()) return question.Answer({}, TextOf(info[1]));
    std::map<std::string, std::string> given;
    const auto pairs = info[0].As<Napi::Array>();
    for (uint32_t i = 0; i < pairs.Length(); ++i) {
      const auto pair = pairs.Get(i).As<Napi::Array>();
      given[TextOf(pair.Get(0u))] = TextOf(pair.Get(1u));
    }
    question.Answer(std::move(given), "");
  }

  std::mutex mutex_;
  std::map<uint64_t, Napi::FunctionReference> functions_;  // used on JavaScript's thread
  std::set<std::shared_ptr<Question>> open_;
  Napi::ThreadSafeFunction lane_;
  bool has_lane_ = false;
  bool is_closed_ = false;
  uint64_t next_id_ = 0;
};

namespace {

/// What the library keeps of one function.
struct Provider {
  std::shared_ptr<Askers> askers;
  uint64_t id;
};

/// deltaic_credentials_callback
deltaic_status Ask(void* user, deltaic_options* fresh) {
  const auto& provider = *static_cast<const Provider*>(user);
  const std::shared_ptr<Question> question = provider.askers->Ask(provider.id);
  return question->answer.HandOn(fresh);
}

void Forget(void* user) {
  const std::unique_ptr<Provider> provider(static_cast<Provider*>(user));
  provider->askers->Remove(provider->id);
  --num_askers;
}

}  // namespace

std::shared_ptr<Askers> MakeAskers() { return std::make_shared<Askers>(); }

void CloseAskers(const std::shared_ptr<Askers>& askers) { askers->Close(); }

void SetCredentials(deltaic_options* options, const Napi::Function& ask) {
  const std::shared_ptr<Askers>& askers = ask.Env().GetInstanceData<Instance>()->askers;
  auto provider = std::make_unique<Provider>(Provider{askers, askers->Add(ask)});
  ++num_askers;
  deltaic_options_set_credentials(options, Ask, provider.release(), Forget);
}

void FreeApart(std::function<void()> free) {
  if (num_askers == 0) return free();
  RunOnThread(std::move(free));
}

}  // namespace deltaic_node
