# To be sourced: contained_opencv FOLDER MODULES [OPTION]... builds, from PyPI's source, an OpenCV 4.14 of those modules and installs
# it in FOLDER/opencv_installed. It needs no other library: what reads images, models and ONNX files is compiled in.
contained_opencv() {
  local work=$1 modules=$2
  local off=(IPP OPENCL LAPACK EIGEN ITT ADE OPENEXR JASPER OPENJPEG AVIF QUIRC FLATBUFFERS VA VA_INTEL GTK FFMPEG GSTREAMER V4L 1394
             VULKAN OPENVINO OBSENSOR TBB OPENMP)
  "$(dirname "${BASH_SOURCE[0]}")/opencv_source.sh" 4.14 "$work/source"
  cmake -S "$work/source/opencv" -B "$work/opencv_build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_INSTALL_PREFIX="$work/opencv_installed" -DBUILD_LIST="$modules" \
    -DBUILD_TESTS=OFF -DBUILD_PERF_TESTS=OFF -DBUILD_EXAMPLES=OFF -DBUILD_opencv_apps=OFF -DBUILD_JAVA=OFF \
    -DBUILD_opencv_python2=OFF -DBUILD_opencv_python3=OFF -DOPENCV_GENERATE_PKGCONFIG=OFF $(printf -- '-DWITH_%s=OFF ' "${off[@]}") \
    -DBUILD_ZLIB=ON -DBUILD_JPEG=ON -DBUILD_PNG=ON -DBUILD_TIFF=ON -DBUILD_WEBP=ON -DBUILD_PROTOBUF=ON \
    -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache "${@:3}" >"$work/opencv.log"
  cmake --build "$work/opencv_build"
  cmake --install "$work/opencv_build" >/dev/null
}
