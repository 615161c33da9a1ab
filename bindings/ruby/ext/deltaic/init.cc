#include "native.h"

namespace deltaic_ruby {

VALUE native_module = Qnil;

}  // namespace deltaic_ruby

extern "C" __attribute__((visibility("default"))) void Init_deltaic() {
#ifdef HAVE_RB_EXT_RACTOR_SAFE
  rb_ext_ractor_safe(true);
#endif
  const VALUE deltaic = rb_define_module("Deltaic");
  deltaic_ruby::native_module = rb_define_module_under(deltaic, "Native");
  rb_gc_register_mark_object(deltaic_ruby::native_module);
  deltaic_ruby::InitErrors();
  deltaic_ruby::InitCredentials();
  deltaic_ruby::InitOptions();
  deltaic_ruby::InitTable();
  deltaic_ruby::InitStream();
  deltaic_ruby::InitRowFeed();
  deltaic_ruby::InitSync();
}
