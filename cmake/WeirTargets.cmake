# How the project's own libraries are made.

# weir_library(name SOURCES a.cpp … LINK libraries…): a static library with the project's flags and include directories.
function(weir_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
  if(NOT arg_SOURCES)
    set(arg_SOURCES ${CMAKE_CURRENT_BINARY_DIR}/${name}_empty.cpp)
    file(TOUCH ${arg_SOURCES})
  endif()
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC weir_flags weir_sdk ${arg_LINK})
endfunction()

# weir_flatbuffers(target schema.fbs …): headers under generated/, in the folder where the schema stands.
function(weir_flatbuffers target)
  foreach(schema IN LISTS ARGN)
    get_filename_component(folder ${schema} DIRECTORY)
    get_filename_component(name ${schema} NAME_WE)
    set(out ${CMAKE_CURRENT_BINARY_DIR}/generated/${folder}/${name}_generated.h)
    add_custom_command(OUTPUT ${out} DEPENDS ${schema}
      COMMAND ${FLATC} --cpp --scoped-enums -o ${CMAKE_CURRENT_BINARY_DIR}/generated/${folder} ${CMAKE_CURRENT_SOURCE_DIR}/${schema} VERBATIM)
    target_sources(${target} PRIVATE ${out})
  endforeach()
endfunction()

# weir_needs_programs(target): the target starts the weir binary or loads the standard operators; it finds them by these definitions.
function(weir_needs_programs target)
  if(TARGET weir)
    target_compile_definitions(${target} PRIVATE WEIR_BINARY="$<TARGET_FILE:weir>")
    add_dependencies(${target} weir)
  endif()
  if(TARGET weir-operators)
    target_compile_definitions(${target} PRIVATE WEIR_OPERATORS="$<TARGET_FILE:weir-operators>")
    add_dependencies(${target} weir-operators)
  endif()
endfunction()
