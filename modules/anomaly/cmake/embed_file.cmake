# Makes a C++ array of a file, with CMake alone.
#   anomaly_embed_file(<array's name> <file> <output .cpp>)
# As a script (cmake -DNAME= -DINPUT= -DOUTPUT= -P embed_file.cmake) it does the work at build time.

if(CMAKE_SCRIPT_MODE_FILE)
  file(READ ${INPUT} bytes HEX)
  file(SIZE ${INPUT} size)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  file(WRITE ${OUTPUT} "#include <cstddef>
namespace cv { namespace anomaly {
extern const unsigned char ${NAME}[] = {${bytes}};
extern const size_t ${NAME}Size = ${size};
}}
")
  return()
endif()

set(ANOMALY_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})
function(anomaly_embed_file name input output)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DINPUT=${input} -DOUTPUT=${output} -P ${ANOMALY_EMBED_SCRIPT}
    DEPENDS ${input} ${ANOMALY_EMBED_SCRIPT}
    COMMENT "Embedding ${name}")
endfunction()
