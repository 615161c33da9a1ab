#pragma once

#include <string>
#include <string_view>

namespace deltaic::cli {

/// What standard output and standard error are connected to.
bool StdoutIsTerminal();
bool StderrIsTerminal();
bool StdoutIsFile();

/// Columns of the terminal on standard output; 0 where it is none, so that nothing is cut in files
/// and pipes.
int TerminalWidth();
/// Columns of the terminal on standard error; 80 where it does not say.
int StderrWidth();

/// `text` in bold or dim where standard output is a terminal and NO_COLOR is not set.
std::string Bold(std::string_view text);
std::string Dim(std::string_view text);
enum class Colour { kRed, kGreen, kYellow, kBlue };
std::string Coloured(std::string_view text, Colour colour);
/// The same, for standard error.
std::string ErrorRed(std::string_view text);

/// Columns that UTF-8 text takes on a terminal: wide characters count two, combining ones none.
int DisplayWidth(std::string_view text);
/// The longest beginning of `text` that takes at most `width` columns; "…" ends it where it was
/// cut.
std::string Shorten(std::string_view text, int width);
/// Control characters, which would break a table or drive the terminal, as \n, \t and \xNN.
std::string Printable(std::string_view text);

}  // namespace deltaic::cli
