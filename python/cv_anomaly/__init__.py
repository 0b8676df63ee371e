# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Visual anomaly detection: the names of cv2.anomaly, for a Python whose cv2 was built without it."""
from ._cv_anomaly import *
from ._cv_anomaly import __version__

for _name, _value in list(globals().items()):
    if getattr(_value, '__module__', None) == __name__ + '._cv_anomaly':
        _value.__module__ = __name__
