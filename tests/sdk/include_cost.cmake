# cmake -DCXX=compiler -DINCLUDE=sdk/include -DPLACE=scratch -P include_cost.cmake: what every operator's source includes stays small. <weir/weir.hpp> may
# give the compiler an eighth more text than four headers that nearly every C++ program includes; <map>, <memory>, <functional> and <algorithm> add
# more than that each. Bytes are counted, since times differ from run to run; ./dev bench include_cost compares those.
function(count_bytes headers out)
  set(text "")
  foreach(header IN LISTS headers)
    string(APPEND text "#include <${header}>\n")
  endforeach()
  file(WRITE ${PLACE}/included.cpp "${text}")
  execute_process(COMMAND ${CXX} -std=c++20 -E -P -I${INCLUDE} ${PLACE}/included.cpp OUTPUT_VARIABLE text RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${CXX} cannot preprocess ${PLACE}/included.cpp")
  endif()
  string(LENGTH "${text}" count)
  set(${out} ${count} PARENT_SCOPE)
endfunction()

count_bytes("string;vector;chrono;optional" common)
count_bytes("weir/weir.hpp" ours)
math(EXPR most "${common} * 9 / 8")
message(STATUS "<weir/weir.hpp> is ${ours} bytes to the compiler; <string>, <vector>, <chrono> and <optional> are ${common}")
if(ours GREATER most)
  message(FATAL_ERROR "<weir/weir.hpp> is ${ours} preprocessed bytes where ${most} are allowed; include what is needed in a header of its own, as <weir/file.hpp>")
endif()
