// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifdef HAVE_OPENCV_ANOMALY

// The generator of OpenCV's bindings writes a nested struct's name with an underscore.
typedef cv::anomaly::CFA::Params CFA_Params;
typedef cv::anomaly::PaDiM::Params PaDiM_Params;
typedef cv::anomaly::PatchCore::Params PatchCore_Params;
typedef cv::anomaly::SPADE::Params SPADE_Params;

typedef std::vector<cv::anomaly::DefectRegion> vector_DefectRegion;

#endif
