# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""A runtime of MLServer that predicts with cv_anomaly: models of all methods, images of any size, over HTTP and gRPC (doc/deploying.md).

Requests do not wait for each other's images: each is predicted as it comes, by threads, and one that is refused costs no other its answer.
MLServer's adaptive batching is to stay off, since it would join requests before anything looks at their images.
"""
import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

import cv_anomaly
import numpy as np
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.errors import InferenceError
from mlserver.types import InferenceRequest, InferenceResponse, MetadataTensor
from mlserver.utils import get_model_uri

INPUT = MetadataTensor(name='image', datatype='UINT8', shape=[-1, -1, -1, 3])
# As the ONNX files of anomaly_export have them.
OUTPUTS = [MetadataTensor(name='score', datatype='FP32', shape=[-1]), MetadataTensor(name='normalized_score', datatype='FP32', shape=[-1]),
           MetadataTensor(name='defective', datatype='BOOL', shape=[-1]), MetadataTensor(name='map', datatype='FP32', shape=[-1, -1, -1])]
NAMES = [output.name for output in OUTPUTS]
# An image of more is none that a camera gives, and its map takes four bytes a pixel.
MOST_BYTES = 256 << 20


def bytes_of(tensor):
    """The numbers of a tensor as 8-bit ones. In JSON they come as any numbers, which NumPy would cut to fit."""
    values = getattr(tensor.data, 'root', tensor.data)
    if not isinstance(values, list) or (values and isinstance(values[0], bytes)):
        return NumpyCodec.decode_input(tensor)
    numbers = np.array(values)
    if numbers.dtype.kind not in 'iu' or numbers.size == 0 or numbers.min() < 0 or numbers.max() > 255:
        raise ValueError('expected whole numbers from 0 to 255')
    return numbers.astype(np.uint8)


def images_of(request):
    """The images of a request: batch x rows x columns x 3, or without the 3 for gray ones. What else it has is an answer of 4xx."""
    if len(request.inputs) != 1 or request.inputs[0].name != INPUT.name:
        raise InferenceError("expected one input, 'image', and got %s" % [each.name for each in request.inputs])
    tensor = request.inputs[0]
    shape = tensor.shape
    if tensor.datatype != INPUT.datatype or len(shape) not in (3, 4) or (len(shape) == 4 and shape[3] not in (1, 3)):
        raise InferenceError("'image' is %s of shape %s, expected UINT8 of images x rows x columns x 3, or images x rows x columns for gray ones"
                             % (tensor.datatype, shape))
    # As floating point numbers, whose product does not wrap around.
    if min(shape) < 1 or np.prod([float(side) for side in shape]) > MOST_BYTES:
        raise InferenceError("'image' has shape %s, expected up to %d bytes" % (shape, MOST_BYTES))
    try:
        return np.ascontiguousarray(bytes_of(tensor)).reshape(shape)
    except (TypeError, ValueError, OverflowError) as error:
        raise InferenceError("'image' does not hold what its shape %s says: %s" % (shape, error))


def output_of(name, values):
    """A result of the shape that it has: MLServer's codec would make a list of numbers a column."""
    output = NumpyCodec.encode_output(name, values)
    output.shape = list(values.shape)
    return output


def wanted_outputs(request):
    names = [output.name for output in request.outputs or []] or NAMES
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        raise InferenceError('there is no output %s: expected some of %s' % (unknown, NAMES))
    return names


class AnomalyModel(MLModel):
    async def load(self):
        file = await get_model_uri(self._settings)
        self.detector = cv_anomaly.loadDetector(file)
        # Each predicts an image with OpenCV's threads; more of them than processors would only take memory.
        self.threads = ThreadPoolExecutor(max_workers=os.cpu_count())
        self.inputs, self.outputs = [INPUT], OUTPUTS
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        names, images = wanted_outputs(payload), images_of(payload)
        results = await asyncio.get_running_loop().run_in_executor(self.threads, self.results_of, images)
        return InferenceResponse(id=payload.id, model_name=self.name, model_version=self.version,
                                 outputs=[output_of(name, results[name]) for name in names])

    async def unload(self):
        self.threads.shutdown()
        return True

    def results_of(self, images):
        try:
            scores, maps = self.detector.predictBatch(list(images))
        except cv_anomaly.error as error:
            raise InferenceError(error.err)
        return {'score': scores.astype(np.float32),
                'normalized_score': np.array([self.detector.normalizedScore(score) for score in scores], np.float32),
                'defective': np.array([not score < self.detector.getImageThreshold() for score in scores]),
                'map': np.stack(maps)}
