// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"

#include <cfloat>

namespace cv { namespace anomaly {

// Converts to 8 bits: 16-bit values from 0..65535, and floating-point values from 0..1.
static Mat toBytes(const Mat& picture)
{
    const int depth = picture.depth();
    if (depth == CV_8U)
        return picture;
    Mat bytes;
    picture.convertTo(bytes, CV_8U, depth == CV_16U ? 1. / 257 : 255.);
    return bytes;
}

//! A copy of a picture as 8-bit BGR, to draw on.
static Mat toCanvas(const Mat& picture, const char* name)
{
    const int depth = picture.depth(), channels = picture.channels();
    const bool depthKnown = depth == CV_8U || depth == CV_16U || depth == CV_32F || depth == CV_64F;
    if (picture.empty() || picture.dims != 2 || !depthKnown || !(channels == 1 || channels == 3 || channels == 4))
        CV_Error_(Error::StsUnsupportedFormat,
                  ("%s is %dx%d of type %s, expected CV_8U, CV_16U, CV_32F or CV_64F with 1, 3 or 4 channels and at "
                   "least one pixel",
                   name, picture.cols, picture.rows, typeToString(picture.type()).c_str()));
    const Mat bytes = toBytes(picture);
    if (channels == 3)
        return bytes.clone();
    Mat canvas;
    cvtColor(bytes, canvas, channels == 1 ? COLOR_GRAY2BGR : COLOR_BGRA2BGR);
    return canvas;
}

// Throws unless this is an anomaly map with finite values.
static void checkMap(const Mat& map)
{
    if (map.empty() || map.dims != 2 || map.type() != CV_32FC1)
        CV_Error_(Error::StsBadArg,
                  ("Map is %dx%d of type %s, expected CV_32FC1 with at least one pixel, as predict gives", map.cols,
                   map.rows, typeToString(map.type()).c_str()));
    if (!checkRange(map))
        CV_Error(Error::StsBadArg, "Map holds NaN or infinity, expected finite scores");
}

// The map at the size of the picture.
static Mat stretchedMap(const Mat& map, Size size)
{
    checkMap(map);
    if (map.size() == size)
        return map;
    Mat stretched;
    resize(map, stretched, size, 0, 0, INTER_LINEAR);
    return stretched;
}

//! Map values on a scale from 0 to 255; all are 0 if the range is empty.
static Mat_<uchar> toLevels(const Mat& map, double lowest, double highest)
{
    const double scale = highest > lowest ? 255 / (highest - lowest) : 0;
    Mat levels;
    map.convertTo(levels, CV_8U, scale, -lowest * scale);
    return levels;
}

//! The 256 colors of a color map.
static Mat_<Vec3b> paletteOf(int colormap)
{
    Mat_<uchar> ramp(1, 256);
    for (int i = 0; i < 256; i++)
        ramp(i) = uchar(i);
    Mat palette;
    applyColorMap(ramp, palette, colormap);
    return palette;
}

namespace {

//! How much the color of a map value covers the image, from 0 (not at all) to 1.
class Cover
{
public:
    Cover(double lowest, double threshold)
        : start(std::min(threshold, lowest + startOfFade * (threshold - lowest))),
          end(threshold)
    {}

    double of(double value) const
    {
        if (value >= end)
            return 1;
        if (value <= start)
            return 0;
        const double share = (value - start) / (end - start);
        return share * share; // the color stays faint at first, since good images often come close to the threshold
    }

private:
    // On good images, the median of the map lies at 0.4 of the way from the lowest value to the threshold for single
    // parts, and at 0.7 for textures such as bricks. A fade that begins at half of the way would tint all of these.
    static constexpr double startOfFade = 0.75;

    double start, end;
};

} // namespace

static void tint(Vec3b& pixel, const Vec3b& color, double cover)
{
    for (int c = 0; c < 3; c++)
        pixel[c] = saturate_cast<uchar>(pixel[c] + cover * (color[c] - pixel[c]));
}

void drawHeatMap(InputArray image, InputArray mapArray, OutputArray dst, double lowest, double highest, double opacity,
                 int colormap, double threshold)
{
    if (!(opacity >= 0 && opacity <= 1))
        CV_Error_(Error::StsOutOfRange, ("Opacity is %g, expected 0 (only the image) to 1", opacity));
    if (cvIsNaN(threshold))
        CV_Error(Error::StsOutOfRange, "Threshold is NaN, expected a map value, or -DBL_MAX for none");
    Mat_<Vec3b> canvas = toCanvas(image.getMat(), "Image");
    const Mat_<float> map = stretchedMap(mapArray.getMat(), canvas.size());
    if (!(highest > lowest))
        minMaxIdx(map, &lowest, &highest);
    const Mat_<uchar> levels = toLevels(map, lowest, highest);
    const Mat_<Vec3b> palette = paletteOf(colormap);
    const bool hasThreshold = threshold != -DBL_MAX;
    const Cover cover(lowest, hasThreshold ? threshold : highest);
    for (int y = 0; y < canvas.rows; y++)
        for (int x = 0; x < canvas.cols; x++)
        {
            // The cover grows with the score. With the same cover everywhere, the color of low scores would hide good
            // parts.
            const int level = levels(y, x);
            tint(canvas(y, x), palette(level), opacity * (hasThreshold ? cover.of(map(y, x)) : level / 255.));
        }
    canvas.copyTo(dst);
}

DefectRegion::DefectRegion() : area(0), peak(0), meanScore(0) {}

// Makes a region from a row of connectedComponentsWithStats. Scores and contour are added later.
static DefectRegion regionOf(const Mat_<int>& statistics, const Mat_<double>& centroid)
{
    DefectRegion region;
    region.box =
        Rect(statistics(CC_STAT_LEFT), statistics(CC_STAT_TOP), statistics(CC_STAT_WIDTH), statistics(CC_STAT_HEIGHT));
    region.area = statistics(CC_STAT_AREA);
    region.centroid = Point2d(centroid(0), centroid(1));
    region.peak = -FLT_MAX;
    return region;
}

// Adds the peak and the mean score to each region, whose index is its label.
static void addScores(const Mat_<float>& map, const Mat_<int>& labels, std::vector<DefectRegion>& regions)
{
    for (int y = 0; y < map.rows; y++)
        for (int x = 0; x < map.cols; x++)
        {
            DefectRegion& region = regions[labels(y, x)];
            region.peak = std::max(region.peak, double(map(y, x)));
            region.meanScore += map(y, x);
        }
    for (DefectRegion& region : regions)
        region.meanScore /= std::max(1, region.area);
}

// Adds the outer contour to each region.
static void addContours(const Mat& mask, const Mat_<int>& labels, std::vector<DefectRegion>& regions)
{
    // RETR_EXTERNAL would miss a region that lies within the hole of another one.
    std::vector<std::vector<Point>> boundaries;
    std::vector<Vec4i> hierarchy;
    findContours(mask, boundaries, hierarchy, RETR_CCOMP, CHAIN_APPROX_SIMPLE);
    for (size_t i = 0; i < boundaries.size(); i++)
        if (hierarchy[i][3] < 0)
            regions[labels(boundaries[i][0])].contour.swap(boundaries[i]);
}

// The regions at or above the threshold, of at least this area, with the highest peak first.
static std::vector<DefectRegion> regionsOf(const Mat& map, double threshold, double minimumArea)
{
    checkMap(map);
    if (cvIsNaN(threshold) || !(minimumArea >= 0))
        CV_Error_(Error::StsBadArg, ("threshold is %g and minimumArea %g, expected numbers, and an area of 0 or more",
                                     threshold, minimumArea));
    const Mat mask = map >= threshold;
    Mat_<int> labels, statistics;
    Mat_<double> centroids;
    connectedComponentsWithStats(mask, labels, statistics, centroids, 8, CV_32S);
    std::vector<DefectRegion> regions;
    for (int label = 0; label < statistics.rows; label++)
        regions.push_back(regionOf(statistics.row(label), centroids.row(label)));
    addScores(map, labels, regions);
    addContours(mask, labels, regions);
    regions.erase(regions.begin()); // label 0 is the background
    regions.erase(std::remove_if(regions.begin(), regions.end(),
                                 [=](const DefectRegion& region) { return region.area < minimumArea; }),
                  regions.end());
    std::stable_sort(regions.begin(), regions.end(),
                     [](const DefectRegion& a, const DefectRegion& b) { return a.peak > b.peak; });
    return regions;
}

void findRegions(InputArray map, double threshold, std::vector<DefectRegion>& regions, double minimumArea,
                 Size imageSize)
{
    if (imageSize != Size() && (imageSize.width < 1 || imageSize.height < 1))
        CV_Error_(Error::StsBadArg, ("imageSize is %dx%d, expected that of the image, or an empty Size",
                                     imageSize.width, imageSize.height));
    regions =
        regionsOf(imageSize.empty() ? map.getMat() : stretchedMap(map.getMat(), imageSize), threshold, minimumArea);
}

// The contours of the regions, in the same order.
static std::vector<std::vector<Point>> outerContours(const Mat& map, double threshold, double minimumArea)
{
    std::vector<std::vector<Point>> contours;
    for (DefectRegion& region : regionsOf(map, threshold, minimumArea))
        contours.push_back(std::move(region.contour));
    return contours;
}

void findDefects(InputArray map, double threshold, OutputArrayOfArrays contours, double minimumArea)
{
    const std::vector<std::vector<Point>> all = outerContours(map.getMat(), threshold, minimumArea);
    contours.create(int(all.size()), 1, 0, -1, true);
    for (int i = 0; i < int(all.size()); i++)
    {
        contours.create(int(all[i].size()), 1, CV_32SC2, i, true);
        std::copy(all[i].begin(), all[i].end(), contours.getMat(i).ptr<Point>());
    }
}

void drawDefects(InputArray image, InputArray map, OutputArray dst, double threshold, double minimumArea,
                 const Scalar& color, int thickness)
{
    CV_CheckGE(thickness, 0, "thickness is in pixels, 0: by the image's size");
    const Mat canvas = toCanvas(image.getMat(), "Image");
    const std::vector<std::vector<Point>> contours =
        outerContours(stretchedMap(map.getMat(), canvas.size()), threshold, minimumArea);
    if (thickness == 0)
        thickness = std::max(1, cvRound(std::min(canvas.rows, canvas.cols) / 160.));
    drawContours(canvas, contours, -1, color, thickness, LINE_AA);
    canvas.copyTo(dst);
}

namespace {

//! Sizes in a panel, in pixels, all derived from the height of its pictures.
struct PanelLayout
{
    explicit PanelLayout(int pictureHeight, bool titled)
        : height(pictureHeight),
          gap(std::max(4, pictureHeight / 32)),
          text(std::max(8, pictureHeight / 20)),
          bar(titled ? 2 * text + gap / 2 : gap)
    {}
    int height, gap;
    int text; //!< height of a capital letter
    int bar;  //!< from the panel's upper edge to the pictures
};

const int titleFont = FONT_HERSHEY_SIMPLEX;
const int smallestText = 7; // height of a capital letter in pixels; letters of smaller text run together

} // namespace

// Scales a picture to the height of the panel. A mask of 0 and 1 becomes one of 0 and 255, so that it can be seen.
static Mat toHeight(const Mat& picture, int height, int index)
{
    Mat source = picture;
    double highest = 255;
    if (picture.type() == CV_8UC1)
        minMaxIdx(picture, 0, &highest);
    if (highest <= 1)
        source = picture * 255;
    const Mat canvas = toCanvas(source, format("Picture %d", index).c_str());
    const int width = std::max(1, cvRound(double(canvas.cols) * height / canvas.rows));
    Mat scaled;
    resize(canvas, scaled, Size(width, height), 0, 0, height < canvas.rows ? INTER_AREA : INTER_LINEAR);
    return scaled;
}

// Thickness of the strokes of letters, in pixels.
static int strokeOf(int textHeight)
{
    return std::max(1, cvRound(textHeight / 16.));
}

// Width of a title in pixels.
static int titleWidth(const String& title, int textHeight)
{
    const int thickness = strokeOf(textHeight);
    return getTextSize(title, titleFont, getFontScaleFromHeight(titleFont, textHeight, thickness), thickness, 0).width;
}

// Shortens a title that is too wide, and marks that with three dots.
static String cutToWidth(const String& title, int textHeight, int width)
{
    if (titleWidth(title, textHeight) <= width)
        return title;
    size_t length = title.size();
    while (length > 0 && titleWidth(title.substr(0, length) + "...", textHeight) > width)
        length--;
    return title.substr(0, length) + "...";
}

// Draws a title centered above its picture. Long titles get smaller letters first, and are shortened then.
static void drawTitle(Mat& panel, const String& fullTitle, int left, int width, const PanelLayout& layout)
{
    int text = layout.text;
    while (text > smallestText && titleWidth(fullTitle, text) > width)
        text--;
    const String title = cutToWidth(fullTitle, text, width);
    const Point origin(left + (width - titleWidth(title, text)) / 2, (layout.bar + text) / 2);
    const int thickness = strokeOf(text);
    putText(panel, title, origin, titleFont, getFontScaleFromHeight(titleFont, text, thickness), Scalar::all(40),
            thickness, LINE_AA);
}

void drawPanel(InputArrayOfArrays pictureArray, const std::vector<String>& titles, OutputArray dst, int height)
{
    std::vector<Mat> pictures;
    pictureArray.getMatVector(pictures);
    if (pictures.empty())
        CV_Error(Error::StsBadArg, "No pictures, expected at least one");
    if (!titles.empty() && titles.size() != pictures.size())
        CV_Error_(Error::StsUnmatchedSizes, ("%d titles for %d pictures, expected one for each, or none at all",
                                             int(titles.size()), int(pictures.size())));
    CV_CheckGE(height, 16, "height of a panel's pictures in pixels");

    const PanelLayout layout(height, !titles.empty());
    int width = layout.gap;
    for (size_t i = 0; i < pictures.size(); i++)
    {
        pictures[i] = toHeight(pictures[i], height, int(i));
        width += pictures[i].cols + layout.gap;
    }
    Mat panel(layout.bar + height + layout.gap, width, CV_8UC3, Scalar::all(255));
    int left = layout.gap;
    for (size_t i = 0; i < pictures.size(); i++)
    {
        pictures[i].copyTo(panel(Rect(left, layout.bar, pictures[i].cols, height)));
        if (!titles.empty())
            drawTitle(panel, titles[i], left, pictures[i].cols, layout);
        left += pictures[i].cols + layout.gap;
    }
    panel.copyTo(dst);
}

}} // namespace cv::anomaly
