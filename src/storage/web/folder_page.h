#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace deltaic {

/// The names that a web server's page about a folder links to, as Apache, nginx, Caddy and Python's
/// http.server make it: files directly inside, decoded; folders, the parent, other folders, queries
/// and what is no name of a file are left out. Sorted, each once.
/// \param html  untrusted; anything that is no such page has no names.
std::vector<std::string> NamesOfFolderPage(std::string_view html);

}  // namespace deltaic
