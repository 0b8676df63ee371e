# To be sourced, with an OpenCV's `version` set: options of its CMake that leave out what this project and its tests do not use,
# and download nothing.
# Its SYCL samples ask for any oneDNN, and Debian's package of it then asks for an OpenCL library and ends the configuration where
# there is none.
trimmed_opencv=(
  -DBUILD_DOCS=OFF -DBUILD_JAVA=OFF -DBUILD_opencv_apps=OFF -DENABLE_CCACHE=ON -DENABLE_PRECOMPILED_HEADERS=OFF
  -DOPENCV_DOWNLOAD_TRIES_LIST= -DOPENCV_SKIP_SAMPLES_SYCL=ON
  -DBUILD_PROTOBUF=OFF -DPROTOBUF_UPDATE_FILES=ON -DBUILD_ZLIB=OFF -DBUILD_JPEG=OFF -DBUILD_PNG=OFF -DBUILD_TIFF=OFF
  -DWITH_{ADE,AVIF,CAROTENE,EIGEN,FFMPEG,FLATBUFFERS,GDAL,GSTREAMER,GTK,IMGCODEC_HDR,IPP,ITT,JASPER,KLEIDICV,LAPACK}=OFF
  -DWITH_{OBSENSOR,OPENEXR,OPENJPEG,QT,QUIRC,V4L,VTK,WEBP,1394}=OFF)
# OpenCV 5.0 does not find the headers that the system's protoc writes for it.
[[ ${version:-} != 5.0 ]] || trimmed_opencv+=(-DBUILD_PROTOBUF=ON -DPROTOBUF_UPDATE_FILES=OFF)
