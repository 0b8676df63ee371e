// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_REPORT_PAGE_HPP
#define ANOMALY_SAMPLES_REPORT_PAGE_HPP

#include <string>
#include <vector>

//! A text inside of HTML, between tags or as an attribute's value in quotes.
std::string escaped(const std::string& text);

std::string base64(const std::vector<unsigned char>& bytes);

//! JSON inside of a script element: nothing in it can end the element.
std::string inScript(const std::string& json);

//! The report's style sheet.
extern const char* const reportStyle;

//! The report's script. Without it the page shows all figures at the threshold of the best F1; with it there are
//! sliders, which the counts, the pictures and the outlines in them follow.
extern const char* const reportScript;

#endif
