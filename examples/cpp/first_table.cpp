// Writes a CSV file into a table and counts the large cities: first_table TABLE FILE.csv
#include <deltaic/deltaic.hpp>
#include <iostream>

int main(int argc, char** argv) try {
  if (argc != 3) return 2;
  deltaic::Table table = deltaic::Table::At(argv[1]);
  table.Write(deltaic::ReadFile(argv[2]), deltaic::Options().Set("mode", "append"));
  const int64_t large = table.Count(deltaic::Options().Set("where", "population > 2000000"));
  std::cout << "version " << table.version() << " has " << large << " large cities\n";
} catch (const deltaic::Error& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
