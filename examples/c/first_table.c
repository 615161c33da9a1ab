/* Writes a CSV file into a table and counts the large cities: first_table TABLE FILE.csv */
#include <deltaic/deltaic.h>
#include <stdio.h>

static int check(deltaic_status status, deltaic_error* error) {
  if (status != DELTAIC_OK) fprintf(stderr, "%s\n", deltaic_error_message(error));
  deltaic_error_free(error);
  return status == DELTAIC_OK;
}

int main(int argc, char** argv) {
  deltaic_error* error = NULL;
  deltaic_table* table = NULL;
  struct ArrowArrayStream rows;
  int64_t large = 0;
  int ok;
  if (argc != 3) return 2;
  deltaic_options* append = deltaic_options_new();
  deltaic_options* where = deltaic_options_new();
  deltaic_options_set(append, "mode", "append");
  deltaic_options_set(where, "where", "population > 2000000");
  ok = check(deltaic_table_at(argv[1], NULL, &table, &error), error) &&
       check(deltaic_file_read(argv[2], NULL, &rows, &error), error) &&
       check(deltaic_table_write(table, &rows, append, NULL, &error), error) &&
       check(deltaic_table_count(table, where, &large, &error), error);
  if (ok)
    printf("version %lld has %lld large cities\n", (long long)deltaic_table_version(table),
           (long long)large);
  deltaic_options_free(append);
  deltaic_options_free(where);
  deltaic_table_free(table);
  return ok ? 0 : 1;
}
