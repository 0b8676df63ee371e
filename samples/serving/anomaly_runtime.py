# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""A runtime of MLServer that scores images with cv_anomaly: models of all methods, images of any size, over HTTP and
gRPC (doc/deploying.md).

The one input, `image`, is UINT8 or UINT16 of images x rows x columns x channels (1, 3: BGR, or 4: BGRA), of
images x rows x columns (gray), or of rows x columns x 3 or 4 (one image); or BYTES, of which each element is a PNG,
JPEG or other image file, in JSON as base64. Files of one request may differ in size.

An image that cannot be scored costs no other image its answer: its score is NaN (null in JSON), it counts as
defective, and the output `error` says why. A request in which no image can be scored is refused with 400.
MLServer's adaptive batching has to stay off: it joins requests before anything looks at their images.
"""
import array
import asyncio
import base64
import binascii
import itertools
import math
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from mlserver import MLModel
from mlserver.errors import InferenceError, MLServerError
from mlserver.types import InferenceRequest, InferenceResponse, MetadataTensor, ResponseOutput
from mlserver.utils import get_model_uri

# A file of some bytes may announce an image that would take all memory. OpenCV reads this limit when it is loaded, so
# it is set before: 2^28 pixels, 800 MB of 8-bit BGR, unless the environment has another number.
os.environ.setdefault('OPENCV_IO_MAX_IMAGE_PIXELS', str(1 << 28))
import cv_anomaly  # noqa: E402

INPUT = MetadataTensor(name='image', datatype='UINT8', shape=[-1, -1, -1, 3])
# The outputs that ONNX files of anomaly_export have, and `error`.
OUTPUTS = [MetadataTensor(name='score', datatype='FP32', shape=[-1]),
           MetadataTensor(name='normalized_score', datatype='FP32', shape=[-1]),
           MetadataTensor(name='defective', datatype='BOOL', shape=[-1]),
           MetadataTensor(name='error', datatype='BYTES', shape=[-1]),
           MetadataTensor(name='map', datatype='FP32', shape=[-1, -1, -1])]
DATATYPES = {output.name: output.datatype for output in OUTPUTS}
# A map takes more bytes than its image, so it is sent only if the request names it.
DEFAULT_OUTPUTS = [name for name in DATATYPES if name != 'map']
TYPECODES = {'UINT8': 'B', 'UINT16': 'H'}
# OpenCV's codes for an image that is unfit: StsBadArg, StsBadSize, StsObjectNotFound (a file that cannot be decoded),
# StsUnmatchedSizes, StsUnsupportedFormat, StsOutOfRange. All others, such as StsNoMem, are the server's own fault.
CODES_OF_UNFIT_IMAGES = {-5, -201, -204, -209, -210, -211}


def output_names(request):
    names = [output.name for output in request.outputs or []] or DEFAULT_OUTPUTS
    unknown = sorted(set(names) - set(DATATYPES))
    if unknown:
        raise InferenceError('there is no output %s: expected some of %s' % (unknown, list(DATATYPES)))
    return names


def elements_of(tensor):
    """The elements of a tensor as a flat list, as many as its shape says. JSON may nest them."""
    values = getattr(tensor.data, 'root', tensor.data)
    while isinstance(values, list) and values and isinstance(values[0], list):
        values = list(itertools.chain.from_iterable(values))
    if not isinstance(values, list) or len(values) != math.prod(tensor.shape):
        raise ValueError('expected a list of as many elements as the shape says')
    return values


def files_of(tensor):
    files = elements_of(tensor)
    if not files or not all(isinstance(file, (bytes, str)) for file in files):
        raise ValueError('expected one image file or more, in JSON as base64')
    return files


def arrays_of(tensor):
    shape = list(tensor.shape)
    if len(shape) == 3 and shape[2] in (3, 4):
        shape.insert(0, 1)  # no image that can be scored has 3 or 4 columns
    if len(shape) not in (3, 4) or min(shape) < 1 or shape[3:] not in ([], [1], [3], [4]):
        raise ValueError('expected images x rows x columns x 1, 3 or 4 channels, or images x rows x columns')
    # Unlike NumPy, array refuses numbers that are not whole or do not fit.
    numbers = array.array(TYPECODES[tensor.datatype], elements_of(tensor))
    return list(np.frombuffer(numbers, tensor.datatype.lower()).reshape(shape))


def images_of(request):
    """The images of a request: arrays, or the contents of files."""
    if [each.name for each in request.inputs] != [INPUT.name]:
        raise InferenceError("expected one input, 'image', and got %s" % [each.name for each in request.inputs])
    tensor = request.inputs[0]
    if tensor.datatype not in ('BYTES', *TYPECODES):
        raise InferenceError("'image' is %s, expected UINT8, UINT16 or BYTES" % tensor.datatype)
    try:
        return files_of(tensor) if tensor.datatype == 'BYTES' else arrays_of(tensor)
    except (TypeError, ValueError, OverflowError) as error:
        raise InferenceError("'image' of type %s and shape %s: %s" % (tensor.datatype, tensor.shape, error))


def decoded(file):
    """Reads an image file as fit reads them, which keeps 16 bits. readImage takes names only."""
    content = base64.b64decode(file.encode(), validate=True) if isinstance(file, str) else file
    with tempfile.NamedTemporaryFile() as copy:
        copy.write(content)
        copy.flush()
        try:
            return cv_anomaly.readImage(copy.name)
        except cv_anomaly.error as error:
            error.err = error.err.replace("'%s' " % copy.name, '')  # the temporary name tells the client nothing
            raise


def stacked(maps):
    """The maps as one array. An image that could not be scored has a map of NaN."""
    shapes = {each.shape for each in maps if each is not None}
    if len(shapes) > 1:
        raise InferenceError("the maps have the sizes %s: ask for 'map' with images of one size" % sorted(shapes))
    unknown = np.full(shapes.pop(), math.nan, np.float32)
    return np.stack([unknown if each is None else each for each in maps])


class AnomalyModel(MLModel):
    async def load(self):
        self.detector = cv_anomaly.loadDetector(await get_model_uri(self._settings))
        # A prediction already uses OpenCV's threads; more of them at once than processors would only take memory.
        self.threads = ThreadPoolExecutor(max_workers=os.cpu_count())
        self.inputs, self.outputs = [INPUT], OUTPUTS
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        return await asyncio.get_running_loop().run_in_executor(self.threads, self.answer, payload)

    def answer(self, request):
        names, images = output_names(request), images_of(request)
        scores, maps, errors = zip(*[self.score(image) for image in images])
        if all(errors):
            raise InferenceError('none of %d images can be scored. The first: %s' % (len(images), errors[0]))
        return InferenceResponse(id=request.id, model_name=self.name, model_version=self.version,
                                 outputs=[self.output_of(name, scores, maps, errors) for name in names])

    def score(self, image):
        """Score, map and an empty text; or NaN, None and what is wrong with the image."""
        try:
            pixels = image if isinstance(image, np.ndarray) else decoded(image)
            return *self.detector.predict(pixels), ''
        except binascii.Error as error:
            return math.nan, None, 'The file is not base64: %s' % error
        except cv_anomaly.error as error:
            if error.code not in CODES_OF_UNFIT_IMAGES:
                raise MLServerError(error.err, 500)
            return math.nan, None, error.err

    def output_of(self, name, scores, maps, errors):
        if name == 'score':
            values = np.array(scores, np.float32)
        elif name == 'normalized_score':
            values = np.array([self.detector.normalizedScore(score) for score in scores], np.float32)
        elif name == 'defective':
            values = np.array([not score < self.detector.getImageThreshold() for score in scores])
        elif name == 'error':
            values = np.array([error.encode() for error in errors], object)
        else:
            values = stacked(maps)
        # Not by MLServer's NumpyCodec: it makes a column of scores, and None of NaN, which gRPC cannot send.
        return ResponseOutput(name=name, datatype=DATATYPES[name], shape=list(values.shape),
                              data=values.ravel().tolist())
