# find_package(weir): the target weir::sdk and the function weir_add_operator.
include(${CMAKE_CURRENT_LIST_DIR}/weirTargets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/WeirAddOperator.cmake)
