// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "module.hpp"
#include "names.hpp"
#include "params.hpp"

#include <chrono>
#include <exception>
#include <functional>

namespace py = pybind11;
using namespace py::literals;
using namespace cv::anomaly;
using cv::Mat;
using cv::String;

//! The callback of fit and update. It passes each step to the Python function `progress`, if there is one, and lets
//! Ctrl-C end the fit.
class Progress
{
public:
    explicit Progress(const py::object& f) : function(f) {}

    bool operator()(const FitProgress& step)
    {
        const py::gil_scoped_acquire acquired;
        try
        {
            if (PyErr_CheckSignals())
                throw py::error_already_set();
            if (function.is_none())
                return true;
            const py::object result = function(step);
            return result.is_none() || result.cast<bool>();
        }
        catch (...)
        {
            failure = std::current_exception(); // it cannot pass through fit, which runs without the interpreter's lock
            return false;
        }
    }

    const std::exception_ptr& failed() const { return failure; }

private:
    const py::object function;
    std::exception_ptr failure;
};

//! The function that predictBatch calls while it runs: Ctrl-C ends the batch. It takes the interpreter's lock at most
//! ten times a second, so that other Python threads are hardly disturbed.
class Signals
{
public:
    Signals() : asked(std::chrono::steady_clock::now()) {}

    bool operator()()
    {
        const std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now();
        if (now - asked < std::chrono::milliseconds(100))
            return true;
        asked = now;
        const py::gil_scoped_acquire acquired;
        if (PyErr_CheckSignals() == 0)
            return true;
        failure = std::make_exception_ptr(py::error_already_set());
        return false;
    }

    const std::exception_ptr& failed() const { return failure; }

private:
    std::chrono::steady_clock::time_point asked;
    std::exception_ptr failure;
};

// Runs a fit or an update without the interpreter's lock. An exception of the callback is thrown in place of the one
// that says the fit was canceled.
template <typename Fit> static void fitWith(AnomalyDetector& detector, const py::object& function, const Fit& fit)
{
    Progress progress(function);
    struct Callback
    {
        Callback(AnomalyDetector& d, Progress& p) : detector(d) { detector.setFitCallback(std::ref(p)); }
        ~Callback() { detector.setFitCallback(FitCallback()); }
        AnomalyDetector& detector;
    } callback(detector, progress);
    try
    {
        const py::gil_scoped_release released;
        fit();
    }
    catch (const cv::Exception&)
    {
        if (progress.failed())
            std::rethrow_exception(progress.failed());
        throw;
    }
}

// The following functions are methods of the Python class. Those that compute for long release the interpreter's lock
// meanwhile, so that other Python threads go on, and have it again when they make Python objects of the results.
static void fit(AnomalyDetector& self, const Arrays& images, const Arrays& masks, const py::object& progress)
{
    fitWith(self, progress, [&] { self.fit(images.mats, optional(masks)); });
}

static void fitFiles(AnomalyDetector& self, const FileNames& files, const Array& mask, const py::object& progress)
{
    fitWith(self, progress, [&] { self.fit(files.names, optional(mask)); });
}

static void update(AnomalyDetector& self, const Arrays& images, const Arrays& masks, const py::object& progress)
{
    fitWith(self, progress, [&] { self.update(images.mats, optional(masks)); });
}

static void updateFiles(AnomalyDetector& self, const FileNames& files, const Array& mask, const py::object& progress)
{
    fitWith(self, progress, [&] { self.update(files.names, optional(mask)); });
}

static void calibrateFiles(AnomalyDetector& self, const FileNames& files, const Array& mask, const py::object& progress)
{
    fitWith(self, progress, [&] { self.calibrate(files.names, optional(mask)); });
}

static py::tuple goodImages(const AnomalyDetector& self)
{
    Mat figures, scores;
    self.getGoodImages(figures, scores);
    return py::make_tuple(toNumpy(figures), toNumpy(scores));
}

//! image: a matrix, or the name of a file.
template <typename Image>
static py::tuple predictOne(const AnomalyDetector& self, const Image& image, const Array& mask)
{
    Mat map;
    double score;
    {
        const py::gil_scoped_release released;
        score = self.predict(image, map, optional(mask));
    }
    return py::make_tuple(score, toNumpy(map));
}

static py::tuple predict(const AnomalyDetector& self, const Array& image, const Array& mask)
{
    return predictOne(self, image.mat, mask);
}

static py::tuple predictFile(const AnomalyDetector& self, const FileName& file, const Array& mask)
{
    return predictOne(self, file.name, mask);
}

static py::array readFile(const FileName& file)
{
    Mat image;
    {
        const py::gil_scoped_release released;
        image = readImage(file.name);
    }
    return toNumpy(image);
}

static py::tuple predictBatch(const AnomalyDetector& self, const Arrays& images)
{
    std::vector<double> scores;
    std::vector<Mat> maps;
    Signals signals;
    try
    {
        const py::gil_scoped_release released;
        self.predictBatch(images.mats, scores, maps, std::ref(signals));
    }
    catch (const cv::Exception&)
    {
        if (signals.failed())
            std::rethrow_exception(signals.failed());
        throw;
    }
    return py::make_tuple(py::array(static_cast<py::ssize_t>(scores.size()), scores.data()), toNumpy(maps));
}

static py::tuple profile(const AnomalyDetector& self, const Array& image)
{
    std::vector<String> stages;
    std::vector<double> milliseconds;
    double score;
    {
        const py::gil_scoped_release released;
        score = self.profile(image.mat, stages, milliseconds);
    }
    return py::make_tuple(score, py::tuple(py::cast(stages)),
                          py::array(static_cast<py::ssize_t>(milliseconds.size()), milliseconds.data()));
}

// Labels are integers or truth values, or None if masks tell which images are defective.
static void calibrate(AnomalyDetector& self, const Arrays& images, const py::object& labels, const Arrays& masks)
{
    const Array numbers = labels.is_none() ? Array() : labelsOf(labels);
    const py::gil_scoped_release released;
    self.calibrate(images.mats, optional(numbers), optional(masks));
}

static py::tuple getMapRange(const AnomalyDetector& self)
{
    double lowest, highest;
    self.getMapRange(lowest, highest);
    return py::make_tuple(lowest, highest);
}

static py::array toPicture(const AnomalyDetector& self, const Array& image)
{
    Mat picture;
    self.toPicture(image.mat, picture);
    return toNumpy(picture);
}

static py::array maskToModelInput(const Array& mask, const DetectorParams& params)
{
    Mat inputMask;
    maskToInput(mask.mat, params, inputMask);
    return toNumpy(inputMask);
}

static py::tuple viewOf(const Array& image, const Array& mask, const DetectorParams& params, int seed)
{
    Mat view, viewMask;
    randomView(image.mat, optional(mask), params, seed, view, viewMask);
    return py::make_tuple(toNumpy(view), viewMask.empty() ? py::object(py::none()) : py::object(toNumpy(viewMask)));
}

static py::tuple neighborMaps(const CFA& self, const Array& image)
{
    std::vector<Mat> maps;
    {
        const py::gil_scoped_release released;
        self.neighborMaps(image.mat, maps);
    }
    return toNumpy(maps);
}

template <typename Detector> static std::shared_ptr<Detector> create(const typename Detector::Params& parameters)
{
    return Detector::create(parameters);
}

static void save(const AnomalyDetector& self, const FileName& filename)
{
    const py::gil_scoped_release released;
    self.save(filename.name);
}

template <typename Detector>
static std::shared_ptr<Detector> load(const FileName& filename, const FileName& backboneFile)
{
    const py::gil_scoped_release released;
    return Detector::load(filename.name, backboneFile.name);
}

// Returns a detector as an object of its method's class.
static py::object toPython(const std::shared_ptr<AnomalyDetector>& detector)
{
#define ANOMALY_METHOD(Method)                                                                                         \
    if (const std::shared_ptr<Method> method = std::dynamic_pointer_cast<Method>(detector))                            \
        return py::cast(method);
#include "methods.inc"
#undef ANOMALY_METHOD
    return py::cast(detector);
}

static py::object loadAny(const FileName& filename, const FileName& backboneFile)
{
    std::shared_ptr<AnomalyDetector> detector;
    {
        const py::gil_scoped_release released;
        detector = loadDetector(filename.name, backboneFile.name);
    }
    return toPython(detector);
}

static py::bytes saveToMemory(const AnomalyDetector& self)
{
    std::vector<uchar> model;
    {
        const py::gil_scoped_release released;
        self.saveToMemory(model);
    }
    return py::bytes(reinterpret_cast<const char*>(model.data()), model.size());
}

static int exportOnnx(const AnomalyDetector& self, const FileName& filename, const cv::Size& imageSize, int colors,
                      int layout, int batch)
{
    const py::gil_scoped_release released;
    return self.exportOnnx(filename.name, imageSize, colors, layout, batch);
}

// Loads a detector from the bytes of a model. They are copied, because another thread may change a bytearray meanwhile.
static std::shared_ptr<AnomalyDetector> fromMemory(const py::buffer& bytes)
{
    const py::buffer_info info = bytes.request();
    if (info.itemsize != 1 || info.ndim != 1)
        throw py::type_error("expected bytes");
    const uchar* const first = static_cast<const uchar*>(info.ptr);
    const std::vector<uchar> model(first, first + info.size);
    const py::gil_scoped_release released;
    return loadDetectorFromMemory(model);
}

static py::object loadFromMemory(const py::buffer& model)
{
    return toPython(fromMemory(model));
}

static py::object cloneOf(const AnomalyDetector& self)
{
    return toPython(self.clone());
}

// The state that pickle keeps: settings, the model if there is one, engine and target.
template <typename Detector> static py::tuple stateOfDetector(const Detector& self)
{
    const py::object model = self.empty() ? py::object(py::none()) : py::object(saveToMemory(self));
    return py::make_tuple(stateOf(self.getParams()), model, self.getEngine(), self.getPreferableTarget());
}

// Makes a detector of what pickle kept.
template <typename Detector> static std::shared_ptr<Detector> detectorOf(const py::tuple& state)
{
    std::shared_ptr<Detector> detector;
    if (state[1].is_none())
        detector = Detector::create(paramsOf<typename Detector::Params>(state[0].cast<py::dict>()));
    else
        detector = std::dynamic_pointer_cast<Detector>(fromMemory(state[1].cast<py::buffer>()));
    if (!detector)
        throw py::value_error("the pickled model is of another method");
    detector->setEngine(state[2].cast<int>());
    detector->setPreferableTarget(state[3].cast<int>());
    return detector;
}

static void bindProgress(py::module_& m)
{
    py::class_<FitProgress>(m, "FitProgress")
        .def_readonly("stage", &FitProgress::stage)
        .def_readonly("step", &FitProgress::step)
        .def_readonly("steps", &FitProgress::steps)
        .def_readonly("epoch", &FitProgress::epoch)
        .def_readonly("epochs", &FitProgress::epochs)
        .def_readonly("figures", &FitProgress::figures);
}

static void bindDetector(py::module_& m)
{
    const py::object none = py::none();
    py::class_<AnomalyDetector, std::shared_ptr<AnomalyDetector>>(m, "AnomalyDetector")
        .def("getMethod", &AnomalyDetector::getMethod)
        .def("getDetectorParams", &AnomalyDetector::getDetectorParams)
        .def("fit", &fit, "images"_a, "masks"_a = none, py::kw_only(), "progress"_a = none)
        .def("fitFiles", &fitFiles, "files"_a, py::kw_only(), "mask"_a = none, "progress"_a = none)
        .def("update", &update, "images"_a, "masks"_a = none, py::kw_only(), "progress"_a = none)
        .def("updateFiles", &updateFiles, "files"_a, py::kw_only(), "mask"_a = none, "progress"_a = none)
        .def("getLearnedImages", &AnomalyDetector::getLearnedImages)
        .def("getUpdates", &AnomalyDetector::getUpdates)
        .def("getRotations", &AnomalyDetector::getRotations)
        .def("getGoodImages", &goodImages)
        .def("predict", &predict, "image"_a, py::kw_only(), "mask"_a = none)
        .def("predictFile", &predictFile, "file"_a, py::kw_only(), "mask"_a = none)
        .def("predictBatch", &predictBatch, "images"_a)
        .def("profile", &profile, "image"_a)
        .def("calibrate", &calibrate, "images"_a, "labels"_a, "masks"_a = none)
        .def("calibrateFiles", &calibrateFiles, "files"_a, py::kw_only(), "mask"_a = none, "progress"_a = none)
        .def("getImageThreshold", &AnomalyDetector::getImageThreshold)
        .def("setImageThreshold", &AnomalyDetector::setImageThreshold, "threshold"_a)
        .def("getPixelThreshold", &AnomalyDetector::getPixelThreshold)
        .def("setPixelThreshold", &AnomalyDetector::setPixelThreshold, "threshold"_a)
        .def("getMapRange", &getMapRange)
        .def("getDefectArea", &AnomalyDetector::getDefectArea, "imageSize"_a)
        .def("normalizedScore", &AnomalyDetector::normalizedScore, "score"_a)
        .def("toPicture", &toPicture, "image"_a)
        .def("getMapSize", &AnomalyDetector::getMapSize)
        .def("setMapSize", &AnomalyDetector::setMapSize, "mapSize"_a)
        .def("getEngine", &AnomalyDetector::getEngine)
        .def("setEngine", &AnomalyDetector::setEngine, "engine"_a)
        .def("getPreferableBackend", &AnomalyDetector::getPreferableBackend)
        .def("setPreferableBackend", &AnomalyDetector::setPreferableBackend, "backendId"_a)
        .def("getPreferableTarget", &AnomalyDetector::getPreferableTarget)
        .def("setPreferableTarget", &AnomalyDetector::setPreferableTarget, "targetId"_a)
        .def("save", &save, "filename"_a)
        .def("saveToMemory", &saveToMemory)
        .def("exportOnnx", &exportOnnx, "filename"_a, "imageSize"_a, "colors"_a = int(EXPORT_BGR),
             "layout"_a = int(EXPORT_NHWC), "batch"_a = 0)
        .def("clone", &cloneOf)
        .def("__copy__", &cloneOf)
        .def(
            "__deepcopy__", [](const AnomalyDetector& self, const py::object&) { return cloneOf(self); }, "memo"_a)
        .def("empty", &AnomalyDetector::empty)
        .def("getDefaultName", &AnomalyDetector::getDefaultName);
    m.def("loadDetector", &loadAny, "filename"_a, "backboneFile"_a = "");
    m.def("loadDetectorFromMemory", &loadFromMemory, "model"_a);
    m.def("readImage", &readFile, "file"_a);
    m.def("maskToInput", &maskToModelInput, "mask"_a, "params"_a);
    m.def("randomView", &viewOf, "image"_a, "mask"_a, "params"_a, "seed"_a);
    m.def("getAvailableTargets", &getAvailableTargets);
    m.def("getVersionInformation", &getVersionInformation);
    m.def("checkModelFile", &checkModelFile, "filename"_a);
}

template <typename Detector> using Class = py::class_<Detector, AnomalyDetector, std::shared_ptr<Detector>>;
template <typename Detector> using ParamsClass = py::class_<typename Detector::Params, DetectorParams>;

// Adds the functions that only one method has.
template <typename Detector> static void bindOwn(py::module_&, Class<Detector>&, ParamsClass<Detector>&) {}

template <> void bindOwn<CFA>(py::module_& m, Class<CFA>& cfa, ParamsClass<CFA>& params)
{
    cfa.def("neighborMaps", &neighborMaps, "image"_a)
        .def("getRadius", &CFA::getRadius)
        .def("getMemoryBank", [](const CFA& self) { return toNumpy(self.getMemoryBank()); });
    params.def_static("paper", &CFA::Params::paper);
    m.def("CFA_Params_paper", &CFA::Params::paper);
}

template <> void bindOwn<PatchCore>(py::module_& m, Class<PatchCore>& patchCore, ParamsClass<PatchCore>& params)
{
    patchCore.def("getMemoryBank", [](const PatchCore& self) { return toNumpy(self.getMemoryBank()); });
    patchCore.def("getWindow", &PatchCore::getWindow);
    params.def_static("paper", &PatchCore::Params::paper);
    m.def("PatchCore_Params_paper", &PatchCore::Params::paper);
}

// Binds a method's class, and its static functions under the names that they have in cv2.
template <typename Detector> static void bindMethod(py::module_& m, const std::string& name)
{
    typedef typename Detector::Params Params;
    ParamsClass<Detector> params = bindParams<Params, DetectorParams>(m, name + "_Params");
    Class<Detector> detector(m, name.c_str());
    detector.def_static("create", &create<Detector>, "parameters"_a = Params())
        .def_static("load", &load<Detector>, "filename"_a, "backboneFile"_a = "")
        .def(py::pickle(&stateOfDetector<Detector>, &detectorOf<Detector>))
        .def("getParams", &Detector::getParams);
    detector.attr("Params") = params;
    m.def((name + "_create").c_str(), &create<Detector>, "parameters"_a = Params());
    m.def((name + "_load").c_str(), &load<Detector>, "filename"_a, "backboneFile"_a = "");
    bindOwn<Detector>(m, detector, params);
}

void bindDetectors(py::module_& m)
{
    bindProgress(m);
    bindParams<DetectorParams>(m, "DetectorParams");
    bindDetector(m);
#define ANOMALY_METHOD(Method) bindMethod<Method>(m, #Method);
#include "methods.inc"
#undef ANOMALY_METHOD
}
