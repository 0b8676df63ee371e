# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Starts the command-line programs, which are a part of the module in cv_anomaly. This file is not part of that package,
because importing the package, and with it NumPy, would take ten times as long as starting a program."""
import importlib.machinery
import importlib.util
import os
import pathlib
import signal
import sys


def load_module():
    """The module _cv_anomaly, without the package that it lies in."""
    package = importlib.util.find_spec('cv_anomaly').submodule_search_locations
    spec = importlib.machinery.PathFinder.find_spec('_cv_anomaly', package)
    if spec is None:
        sys.exit('cv_anomaly is installed for another Python than %s' % sys.executable)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run():
    """Runs the program that has the same name as this script, as if it were a process of its own."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # Python's own, and nobody told to ignore it
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    if hasattr(signal, 'SIGPIPE'):  # which Python ignores
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.environ['CV_ANOMALY_PYTHON'] = sys.executable
    arguments = [pathlib.Path(sys.argv[0]).stem, *sys.argv[1:]]
    sys.exit(load_module()._run_program([os.fsencode(argument) for argument in arguments]))
