/* What cgo sees of libdeltaic: the header itself, and a few helpers for Arrow's C structs. */
#pragma once

#include <stdint.h>
#include <stdlib.h>

#include "deltaic.h"

/* Loads the library at `path` by itself (RTLD_LOCAL: its symbols mix with nobody's) and finds every
 * function of the table in shim.c. NULL, or why not: static or dlerror's text. */
const char* dn_load(const char* path);

int dn_stream_schema(struct ArrowArrayStream* stream, struct ArrowSchema* out);
int dn_stream_next(struct ArrowArrayStream* stream, struct ArrowArray* out);
const char* dn_stream_error(struct ArrowArrayStream* stream);
void dn_stream_release(struct ArrowArrayStream* stream);
void dn_schema_release(struct ArrowSchema* schema);
void dn_array_release(struct ArrowArray* array);

/* Marks a struct of which everything lies in one block of malloc, and in those of its children. */
void dn_own_schema(struct ArrowSchema* schema, void* block);
void dn_own_array(struct ArrowArray* array, void* block);

/* A stream whose rows Go makes: `handle` names the source. */
void dn_source_stream(uintptr_t handle, struct ArrowArrayStream* out);

/* Credentials that Go hands out: `handle` names the function. */
void dn_set_credentials(deltaic_options* options, uintptr_t handle);

void dn_set_logging(int on);
