# bin/weir, the standard operators, the SDK's headers and the package that find_package(weir) reads. The build tree holds the same package under the
# same path, so that CMAKE_PREFIX_PATH may name either.
include(CMakePackageConfigHelpers)
set(package lib/cmake/weir)
set(exported weir_sdk)
if(TARGET weir)
  list(APPEND exported weir)
endif()

set_target_properties(weir_sdk PROPERTIES EXPORT_NAME sdk)
install(TARGETS ${exported} EXPORT weir RUNTIME DESTINATION bin)
if(TARGET weir-operators)
  install(TARGETS weir-operators LIBRARY DESTINATION lib/weir)
endif()
install(DIRECTORY sdk/include/ DESTINATION include FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
install(FILES LICENSE DESTINATION share/doc/weir)

write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/${package}/weirConfigVersion.cmake COMPATIBILITY SameMinorVersion)
configure_file(cmake/weirConfig.cmake ${package}/weirConfig.cmake COPYONLY)
configure_file(cmake/WeirAddOperator.cmake ${package}/WeirAddOperator.cmake COPYONLY)
export(EXPORT weir NAMESPACE weir:: FILE ${package}/weirTargets.cmake)
install(EXPORT weir NAMESPACE weir:: FILE weirTargets.cmake DESTINATION ${package})
install(FILES cmake/weirConfig.cmake cmake/WeirAddOperator.cmake ${CMAKE_CURRENT_BINARY_DIR}/${package}/weirConfigVersion.cmake DESTINATION ${package})
