# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Starts the command-line programs, which are one executable in the folder of cv_anomaly. This module is not part of that
package, because importing the package, and with it NumPy, would take ten times as long as starting a program."""
import importlib.util
import os
import pathlib
import subprocess
import sys


def run():
    """Replaces this process by the program that has the same name as this script."""
    package = pathlib.Path(importlib.util.find_spec('cv_anomaly').origin).parent
    suffix = '.exe' if os.name == 'nt' else ''
    command = [str(package / ('anomaly_programs' + suffix)), pathlib.Path(sys.argv[0]).stem, *sys.argv[1:]]
    environment = dict(os.environ, CV_ANOMALY_PYTHON=sys.executable)
    if os.name == 'nt':  # There exec returns to the shell before the program has ended.
        sys.exit(subprocess.run(command, env=environment).returncode)
    os.execve(command[0], command, environment)
