// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "int8_kernels.hpp"
#include "int8_packing.hpp"

namespace cv { namespace anomaly {

void takeInt8Result(const Int8Rounding& rounding, const Int8Sum& result, uchar* to, Int8Extremes* extremes)
{
    float y = float(result.sum) * result.factor;
    if (result.added)
        y = y + float(int(*result.added) - rounding.addedZero) * result.addedFactor;
    if (to)
    {
        *to = uchar(std::min(std::max(cvRound(y) + rounding.zero, int(rounding.lowest)), int(rounding.highest)));
        return;
    }
    extremes->lowest = std::min(extremes->lowest, y);
    extremes->highest = std::max(extremes->highest, y);
}

namespace {

// Computes one panel of outputs of one pixel.
void sumPanel(const uchar* from, int words, const schar* weights, int* sums)
{
    for (int w = 0; w < words; w++)
        for (int o = 0; o < int8Panel; o++)
            for (int i = 0; i < int8Word; i++)
                sums[o] += int(from[w * int8Word + i]) * weights[(w * int8Panel + o) * int8Word + i];
}

void multiply(const Int8Product& p)
{
    for (int pixel = 0; pixel < p.pixels; pixel++)
        for (int panel = 0; panel < panelsOf(p.outputs); panel++)
        {
            int sums[int8Panel];
            std::copy_n(p.starts + panel * int8Panel, int(int8Panel), sums);
            sumPanel(p.from + pixel * p.fromStep, p.words, p.weights + size_t(panel) * p.words * int8Panel * int8Word,
                     sums);
            const int first = firstOfPanel(panel, p.outputs);
            const size_t at = size_t(pixel) * p.outputs + first;
            for (int o = 0; o < std::min(p.outputs - first, int8Panel); o++)
            {
                const int place = panel * int8Panel + o;
                const Int8Sum result = {sums[o], p.factors[place], p.added ? p.added + at + o : NULL,
                                        p.added ? p.addedFactors[place] : 0.f};
                takeInt8Result(p.rounding, result, p.to ? p.to + at + o : NULL, p.extremes + first + o);
            }
        }
}

// Computes the sum of one channel of one pixel, which lies at `place` of a block.
int sumOfPlace(const Int8Depthwise& d, int y, int x, int channel, const schar* weights, int place, int sum)
{
    for (int row = 0; row < d.kernelRows; row++)
        for (int column = 0; column < d.kernelColumns; column++)
        {
            const int at = x * d.stride - d.left + column * d.dilation;
            const int seen = y * d.kernelRows + row;
            const uchar* const pixel = at >= 0 && at < d.columnsIn ? d.rows[seen] + at * d.rowSteps[seen] : d.padding;
            const int group = row / int8Word, i = row % int8Word;
            sum +=
                int(pixel[channel]) * weights[((group * d.kernelColumns + column) * int8Block + place) * int8Word + i];
        }
    return sum;
}

void convolveRow(const Int8Depthwise& d, int y)
{
    const size_t blockWeights = size_t(groupsOf(d.kernelRows)) * d.kernelColumns * int8Block * int8Word;
    for (int x = 0; x < d.columns; x++)
        for (int block = 0; block < blocksOf(d.channels); block++)
        {
            const int first = firstOfBlock(block, d.channels);
            for (int c = 0; c < std::min(d.channels - first, int8Block); c++)
            {
                const int place = placeInBlock(c), at = block * int8Block + place;
                const int sum = sumOfPlace(d, y, x, first + c, d.weights + block * blockWeights, place, d.starts[at]);
                takeInt8Result(d.rounding, Int8Sum{sum, d.factors[at], NULL, 0.f},
                               d.to ? d.to + (size_t(y) * d.columns + x) * d.channels + first + c : NULL,
                               d.extremes + first + c);
            }
        }
}

void convolve(const Int8Depthwise& d)
{
    for (int y = 0; y < d.count; y++)
        convolveRow(d, y);
}

} // namespace

void int8ToBytes(const Int8Conversion& form, const float* values, uchar* bytes)
{
    const float factor = 1 / form.scales[0];
    for (int c = 0; c < form.channels; c++)
        for (int p = 0; p < form.pixels; p++)
        {
            const float steps = std::min(std::max(values[c * form.step + p] * factor, -512.f), 512.f);
            bytes[size_t(p) * form.channels + c] = saturate_cast<uchar>(cvRound(steps) + form.zero);
        }
}

void int8ToValues(const Int8Conversion& form, const uchar* bytes, float* values)
{
    for (int c = 0; c < form.channels; c++)
        for (int p = 0; p < form.pixels; p++)
            values[c * form.step + p] = float(bytes[size_t(p) * form.channels + c] - form.zero) * form.scales[c];
}

const Int8Kernels int8KernelsPlain = {multiply, convolve, int8ToBytes, int8ToValues, 1, 1, 1};

}} // namespace cv::anomaly
