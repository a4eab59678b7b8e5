# Runs PROGRAM and passes only if it ends with an error and ThreadSanitizer reports the planted race in it.
execute_process(COMMAND ${PROGRAM} RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(status EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} ended with 0: its race was not reported")
endif()
if(NOT said MATCHES "WARNING: ThreadSanitizer: data race" OR NOT said MATCHES "planted_race")
  message(FATAL_ERROR "${PROGRAM} ended with ${status}, but not for the planted race:\n${said}")
endif()
