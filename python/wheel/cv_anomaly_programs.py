# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Starts the command line programs, which lie in one file in the folder of cv_anomaly. It stands beside that package, since
importing the package, with NumPy, would take ten times as long as all of this."""
import importlib.util
import os
import pathlib
import subprocess
import sys


def run():
    """Becomes the program that this script is named after."""
    package = pathlib.Path(importlib.util.find_spec('cv_anomaly').origin).parent
    suffix = '.exe' if os.name == 'nt' else ''
    command = [str(package / ('anomaly_programs' + suffix)), pathlib.Path(sys.argv[0]).stem, *sys.argv[1:]]
    environment = dict(os.environ, CV_ANOMALY_PYTHON=sys.executable)
    if os.name == 'nt':  # where exec would return to the shell before the program is done
        sys.exit(subprocess.run(command, env=environment).returncode)
    os.execve(command[0], command, environment)
