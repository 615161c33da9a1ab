#include "credentials.h"

#include <pthread.h>
#include <ruby/ractor.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "common/credentials_answer.h"
#include "native_call.h"

namespace deltaic_ruby {
namespace {

/// Who is asked; what the library knows of a proc.
struct Provider {};

struct Question {
  VALUE proc;
  deltaic_rows::CredentialsAnswer answer;
  bool is_answered = false;
};

/// Whom to ask and what is asked, of the whole process.
struct Questions {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<const Provider*, VALUE> procs;      // marked for as long as the library may ask them
  std::deque<std::shared_ptr<Question>> open;  // that nobody has taken
  size_t num_unanswered = 0;
  std::set<NativeCall*> waiting;
};

Questions* all = new Questions;         // of this process: a child of fork has others
std::atomic<size_t> num_open{0};        // the size of all->open
rb_ractor_local_key_t main_ractor_key;  // not NULL in the main Ractor alone

bool IsMainRactor() { return rb_ractor_local_storage_ptr(main_ractor_key) != nullptr; }

/// Those who asked, and who waited for them, are not in a child of fork.
void BeginAnewInChild() {
  auto* fresh = new Questions;
  fresh->procs = all->procs;
  all = fresh;  // the other one is locked, and has waiters that never leave
  num_open = 0;
}

void SetAnswered(const std::shared_ptr<Question>& question) {
  const std::lock_guard<std::mutex> lock(all->mutex);
  question->is_answered = true;
  --all->num_unanswered;
  all->changed.notify_all();
}

/// deltaic_credentials_callback
deltaic_status Ask(void* user, deltaic_options* fresh) {
  const auto question = std::make_shared<Question>();
  {
    std::unique_lock<std::mutex> lock(all->mutex);
    question->proc = all->procs.at(static_cast<const Provider*>(user));
    all->open.push_back(question);
    num_open = all->open.size();
    ++all->num_unanswered;
    for (NativeCall* call : all->waiting) call->Notify();
    all->changed.notify_all();
    all->changed.wait(lock, [&question] { return question->is_answered; });
  }
  return question->answer.HandOn(fresh);
}

/// May run in Ruby's collector, and on any thread.
void Forget(void* user) {
  const auto* provider = static_cast<const Provider*>(user);
  const std::lock_guard<std::mutex> lock(all->mutex);
  all->procs.erase(provider);
  delete provider;
}

int TakeOption(VALUE key, VALUE value, VALUE question) {
  const char* name = CText(&key);
  const char* text = CText(&value);
  reinterpret_cast<Question*>(question)->answer.given[name] = text;
  return ST_CONTINUE;
}

VALUE CallProc(VALUE data) {
  auto* question = reinterpret_cast<Question*>(data);
  rb_funcall(rb_thread_current(), rb_intern("name="), 1, rb_str_new_cstr("deltaic credentials"));
  const VALUE given = rb_funcall(question->proc, rb_intern("call"), 0);
  Check_Type(given, T_HASH);
  rb_hash_foreach(given, &TakeOption, data);
  return Qnil;
}

VALUE TakeProblem(VALUE data) {
  VALUE text = rb_funcall(rb_errinfo(), rb_intern("message"), 0);
  reinterpret_cast<Question*>(data)->answer.problem = CText(&text);
  return Qnil;
}

/// Fills in what the proc gives, or what it failed with.
/// \return what else leaves the thread, for rb_jump_tag; 0: nothing.
int AskProc(Question* question) {
  int raised = 0;
  rb_protect(&CallProc, reinterpret_cast<VALUE>(question), &raised);
  if (raised == 0) return 0;
  int failed = 1;
  if (RTEST(rb_obj_is_kind_of(rb_errinfo(), rb_eStandardError))) {
    rb_protect(&TakeProblem, reinterpret_cast<VALUE>(question), &failed);
    raised = 0;
  }
  if (failed != 0 || question->answer.problem.empty()) {
    question->answer.problem = "the thread that asked for them was ended";
  }
  if (raised == 0) rb_set_errinfo(Qnil);
  return raised;
}

/// The Ruby thread that answers.
VALUE AnswerOne(void* data) {
  int raised = 0;
  {
    const std::unique_ptr<std::shared_ptr<Question>> question(
        static_cast<std::shared_ptr<Question>*>(data));
    raised = AskProc(question->get());
    SetAnswered(*question);
  }
  if (raised != 0) rb_jump_tag(raised);
  return Qnil;
}

VALUE StartThread(VALUE data) {
  return rb_thread_create(&AnswerOne, reinterpret_cast<void*>(data));
}

/// One that nobody has taken. A call that was cancelled leaves them to the others, where there are.
std::shared_ptr<Question> TakeQuestion(bool is_cancelled) {
  const std::lock_guard<std::mutex> lock(all->mutex);
  const auto goes_on = [](const NativeCall* call) { return !call->is_cancelled(); };
  if (is_cancelled && std::any_of(all->waiting.begin(), all->waiting.end(), goes_on))
    return nullptr;
  if (all->open.empty()) return nullptr;
  auto taken = std::move(all->open.front());
  all->open.pop_front();
  num_open = all->open.size();
  return taken;
}

/// An object that is never collected, for the procs that it marks.
const rb_data_type_t kProcsType = {"Deltaic::Native::Procs",
                                   {[](void*) {
                                      const std::lock_guard<std::mutex> lock(all->mutex);
                                      for (const auto& one : all->procs) rb_gc_mark(one.second);
                                    },
                                    nullptr,
                                    nullptr,
                                    nullptr,
                                    {}},
                                   nullptr,
                                   nullptr,
                                   0};

}  // namespace

void SetCredentials(deltaic_options* options, VALUE proc) {
  if (!IsMainRactor()) {
    Raise("Unsupported", "credential_provider: works in the main Ractor alone");
  }
  const auto* provider = new Provider;
  {
    const std::lock_guard<std::mutex> lock(all->mutex);
    all->procs[provider] = proc;
  }
  deltaic_options_set_credentials(options, &Ask, const_cast<Provider*>(provider), &Forget);
}

AnswersQuestions::AnswersQuestions(NativeCall* call) : call_(IsMainRactor() ? call : nullptr) {
  if (call_ == nullptr) return;
  const std::lock_guard<std::mutex> lock(all->mutex);
  all->waiting.insert(call_);
}

AnswersQuestions::~AnswersQuestions() {
  if (call_ == nullptr) return;
  const std::lock_guard<std::mutex> lock(all->mutex);
  all->waiting.erase(call_);
}

bool AnswersQuestions::are_there() const { return call_ != nullptr && num_open > 0; }

void AnswersQuestions::Answer() {
  if (call_ == nullptr) return;
  while (const auto question = TakeQuestion(call_->is_cancelled())) {
    if (call_->is_cancelled()) {
      // It would be asked for nobody; and a process that ends waits for threads begun meanwhile.
      question->answer.problem = "the call was cancelled";
      SetAnswered(question);
      continue;
    }
    auto kept = std::make_unique<std::shared_ptr<Question>>(question);
    int raised = 0;
    rb_protect(&StartThread, reinterpret_cast<VALUE>(kept.get()), &raised);
    if (raised == 0) {
      kept.release();  // NOLINT(bugprone-unused-return-value): the thread has it
      continue;
    }
    rb_set_errinfo(Qnil);
    question->answer.problem = "no thread could be made to ask for them";
    SetAnswered(question);
  }
}

void FreeApart(const std::function<void()>& free) {
  bool may_ask = false;
  {
    const std::lock_guard<std::mutex> lock(all->mutex);
    may_ask = !all->procs.empty();
  }
  if (!may_ask) return free();
  const auto is_done = std::make_shared<bool>(false);
  std::thread([free, is_done] {
    free();
    const std::lock_guard<std::mutex> lock(all->mutex);
    *is_done = true;
    all->changed.notify_all();
  }).detach();
  std::unique_lock<std::mutex> lock(all->mutex);
  all->changed.wait(lock, [&is_done] { return *is_done || all->num_unanswered > 0; });
}

void InitCredentials() {
  static char is_main;
  static const rb_ractor_local_storage_type neither_marked_nor_freed = {[](void*) {}, [](void*) {}};
  main_ractor_key = rb_ractor_local_storage_ptr_newkey(&neither_marked_nor_freed);
  rb_ractor_local_storage_ptr_set(main_ractor_key, &is_main);
  pthread_atfork([] { all->mutex.lock(); }, [] { all->mutex.unlock(); }, &BeginAnewInChild);
  rb_gc_register_mark_object(TypedData_Wrap_Struct(rb_cObject, &kProcsType, all));
}

}  // namespace deltaic_ruby
