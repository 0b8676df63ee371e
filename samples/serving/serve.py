#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Serves models over the Open Inference Protocol, by MLServer with anomaly_runtime.py: serve.py parts.yml.gz screws.yml.gz --http_port=8080

It needs cv_anomaly in PYTHONPATH, and mlserver: python3 -m venv --system-site-packages server && server/bin/pip install 'numpy<2' mlserver
SIGTERM or Ctrl-C ends it once the requests that are under way are answered.
"""
import argparse
import asyncio
import pathlib
import sys

from mlserver.server import MLServer
from mlserver.settings import ModelParameters, ModelSettings, Settings

from anomaly_runtime import AnomalyModel


def model_settings(file):
    """A model's name is its file's without what follows the first dot."""
    return ModelSettings(name=file.name.split('.')[0], implementation=AnomalyModel, parameters=ModelParameters(uri=str(file.resolve())))


async def serve(settings, models):
    """In the loop that MLServer tells of signals when it is made."""
    await MLServer(settings).start(models)


def main():
    line = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    line.add_argument('models', metavar='MODEL', nargs='+', type=pathlib.Path, help='files that anomaly_train wrote')
    line.add_argument('--host', default='127.0.0.1', help='address to listen at; 0.0.0.0: all of this machine (default: this machine only)')
    line.add_argument('--http_port', type=int, default=8080, help='default 8080')
    line.add_argument('--grpc_port', type=int, default=8081, help='default 8081')
    line.add_argument('--metrics_port', type=int, default=8082, help='default 8082')
    options = line.parse_args()
    models = [model_settings(file) for file in options.models]
    missing = [str(file) for file in options.models if not file.is_file()]
    if missing or len({model.name for model in models}) < len(models):
        line.error('no such file: %s' % ', '.join(missing) if missing else 'two models have the same name')
    # All models in this process, whose threads predict: workers of MLServer would be processes of their own, each with all models.
    settings = Settings(host=options.host, http_port=options.http_port, grpc_port=options.grpc_port, metrics_port=options.metrics_port,
                        parallel_workers=0)
    asyncio.run(serve(settings, models))


if __name__ == '__main__':
    sys.exit(main())
