# weir_add_operator(name SOURCES a.cpp …): a shared object with operators, compiled with what a module needs, each flag only where the compiler has it.
#   -fno-gnu-unique            static inline variables of two versions stay two
#   -fvisibility=hidden,
#   -Bsymbolic                 a module never finds another module's functions
include(CheckCXXCompilerFlag)

function(weir_add_operator name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES")
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "weir_add_operator(${name}): SOURCES is missing")
  endif()
  add_library(${name} MODULE ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES CXX_VISIBILITY_PRESET hidden C_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_link_libraries(${name} PRIVATE weir::sdk)
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if("CXX" IN_LIST languages)  # A project of operators in C may have no C++ compiler.
    check_cxx_compiler_flag(-fno-gnu-unique WEIR_HAS_NO_GNU_UNIQUE)
    if(WEIR_HAS_NO_GNU_UNIQUE)
      target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-gnu-unique>)
    endif()
  endif()
  target_link_options(${name} PRIVATE LINKER:-Bsymbolic)
endfunction()
