# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Visual anomaly detection: the names of cv2.anomaly, for a Python whose cv2 was built without it."""
import os as _os
import sys as _sys

# The library in a wheel trains in another process, which it starts with this Python in order to use its torch.
_os.environ['CV_ANOMALY_PYTHON'] = _sys.executable or ''
try:
    from ._cv_anomaly import *
except ModuleNotFoundError as _error:
    import pathlib
    import sys
    if _error.name != __name__ + '._cv_anomaly':
        raise
    _built = ', '.join(sorted(path.name for path in pathlib.Path(__file__).parent.glob('_cv_anomaly.*'))) or 'nothing'
    raise ImportError('cv_anomaly is built for another Python: its folder has %s, and this is Python %d.%d, %s. '
                      'Start the Python that it was built for, or build it with -DANOMALY_PYTHON=%s'
                      % (_built, *sys.version_info[:2], sys.implementation.cache_tag, sys.executable)) from None
from ._cv_anomaly import __version__

# Makes help() and pickles show cv_anomaly.PatchCore in place of cv_anomaly._cv_anomaly.PatchCore.
for _name, _value in list(globals().items()):
    if getattr(_value, '__module__', None) == __name__ + '._cv_anomaly':
        _value.__module__ = __name__
