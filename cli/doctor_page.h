#pragma once

#include <simdjson.h>

#include <string>

namespace deltaic::cli {

/// One HTML page of deltaic_table_doctor's JSON that needs nothing from elsewhere: findings with
/// the commands that mend them, and pictures. All text of the table is escaped.
std::string DoctorPage(simdjson::dom::element diagnosis);

}  // namespace deltaic::cli
