# frozen_string_literal: true

# Compiles the extension: a few seconds, with nothing but a C++17 compiler and libdeltaic.
#
#   --with-deltaic-include=DIR  where deltaic/deltaic.h is
#   --with-deltaic-lib=DIR      where libdeltaic.so is
require "mkmf"

here = __dir__
bundled = File.expand_path("../..", here)
bindings = [File.expand_path("../../..", here), here].find { |dir| File.exist?(File.join(dir, "common/column.h")) }
abort "deltaic: the folder common is missing beside the extension" unless bindings

include_dir = with_config("deltaic-include", File.join(bundled, "include"))
lib_dir = with_config("deltaic-lib", File.join(bundled, "lib/deltaic/native"))
unless File.exist?(File.join(include_dir, "deltaic/deltaic.h"))
  abort "deltaic: #{include_dir} has no deltaic/deltaic.h; give --with-deltaic-include"
end

own = Dir.glob(File.join(here, "*.cc")).map { |path| File.basename(path) }
common = %w[column.cc column_builder.cc column_type.cc decimal_text.cc]
$srcs = own + common
$VPATH << here << File.join(bindings, "common")
$INCFLAGS << " -I#{bindings} -I#{include_dir}"
$CXXFLAGS << " -std=c++17 -Wall -Wextra -Wno-unused-parameter -fvisibility=hidden"
$CXXFLAGS << " -Werror" if enable_config("werror", false)
$LDFLAGS << " -L#{lib_dir} -Wl,-rpath,#{with_config("deltaic-rpath", lib_dir)} -Wl,--allow-shlib-undefined"
packed = File.exist?(File.join(lib_dir, "libdeltaic.so.0"))
abort "deltaic: #{lib_dir} has no libdeltaic; give --with-deltaic-lib" unless packed
$libs = "-l:libdeltaic.so.0 #{$libs}"
create_makefile("deltaic/deltaic")
