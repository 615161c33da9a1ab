#pragma once

#include <cstddef>
#include <functional>

#include "native.h"

/// Credentials that a proc of the program hands out to calls, which run on threads that Ruby does
/// not know and that must not touch it.
///
/// Such a thread leaves a question and waits. A Ruby thread that waits within a call finds it, and
/// has a new Ruby thread answer it: so what interrupts the call does not end up in the proc, the
/// proc may use other tables, and there is no thread of ours for fork to lose.
namespace deltaic_ruby {

class NativeCall;

/// Asks `proc` from here on. It gives a Hash of Strings, or raises what has one line of text.
void SetCredentials(deltaic_options* options, VALUE proc);

/// A call that waits, and is notified of questions meanwhile. Those of other Ractors than the main
/// one are not: the procs are that one's.
class AnswersQuestions {
 public:
  explicit AnswersQuestions(NativeCall* call);
  ~AnswersQuestions();
  AnswersQuestions(const AnswersQuestions&) = delete;
  AnswersQuestions& operator=(const AnswersQuestions&) = delete;

  /// Takes no lock.
  bool are_there() const;
  /// Begins to answer those that there are. With the GVL; raises nothing.
  void Answer();

 private:
  NativeCall* const call_;
};

/// Runs `free`, which may wait for threads that ask, where Ruby cannot answer: in its collector. It
/// goes on by itself where that would be for ever. \param free  touches nothing of Ruby.
void FreeApart(const std::function<void()>& free);

}  // namespace deltaic_ruby
