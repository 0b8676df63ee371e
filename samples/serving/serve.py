#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Serves models over the Open Inference Protocol, by MLServer with anomaly_runtime.py:
serve.py parts.yml.gz screws.yml.gz --http_port=8080

It needs cv_anomaly in PYTHONPATH, and mlserver:
python3 -m venv --system-site-packages server && server/bin/pip install 'numpy<2' mlserver

SIGTERM or Ctrl-C ends it once the requests that are under way are answered.
"""
import argparse
import asyncio
import pathlib
import sys

from mlserver.server import MLServer
from mlserver.settings import ModelParameters, ModelSettings, Settings

from anomaly_runtime import AnomalyModel


class Server(MLServer):
    """MLServer that gives requests over gRPC more time to end than the five seconds that are fixed in MLServer."""
    grace = 30  # seconds, those that Kubernetes gives a container
    loaded = True

    async def stop(self, sig=None):
        self.loaded = sig is not None  # without a signal MLServer ends because a model could not be loaded
        await self._grpc_server._server.stop(self.grace)
        await super().stop(sig)


def model_settings(file):
    """A model's name is its file's without what follows the first dot."""
    return ModelSettings(name=file.name.split('.')[0], implementation=AnomalyModel,
                         parameters=ModelParameters(uri=str(file.resolve())))


def server_settings(options):
    # All models are in this process, whose threads predict: workers of MLServer would be processes with all models
    # each. debug, which is MLServer's default, would show clients the traces of the server's faults.
    return Settings(host=options.host, http_port=options.http_port, grpc_port=options.grpc_port,
                    metrics_port=options.metrics_port, grpc_max_message_length=options.max_message_mib << 20,
                    parallel_workers=0, debug=False)


async def serve(settings, models, grace):
    """In the loop that MLServer tells of signals when it is made. Returns the exit code."""
    server = Server(settings)
    server.grace = grace
    await server.start(models)
    return 0 if server.loaded else 1


def command_line():
    line = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    line.add_argument('models', metavar='MODEL', nargs='+', type=pathlib.Path, help='files that anomaly_train wrote')
    line.add_argument('--host', default='127.0.0.1',
                      help='address to listen at; 0.0.0.0: all of this machine (default: this machine only)')
    line.add_argument('--http_port', type=int, default=8080, help='default 8080')
    line.add_argument('--grpc_port', type=int, default=8081, help='default 8081')
    line.add_argument('--metrics_port', type=int, default=8082, help='default 8082')
    line.add_argument('--max_message_mib', type=int, default=64,
                      help='largest request and answer over gRPC in MiB (default 64)')
    line.add_argument('--grace', type=float, default=Server.grace,
                      help='seconds that requests over gRPC have to end after SIGTERM (default %d)' % Server.grace)
    return line


def main():
    line = command_line()
    options = line.parse_args()
    models = [model_settings(file) for file in options.models]
    missing = [str(file) for file in options.models if not file.is_file()]
    if missing or len({model.name for model in models}) < len(models):
        line.error('no such file: %s' % ', '.join(missing) if missing else 'two models have the same name')
    if not 1 <= options.max_message_mib < 2048:
        line.error('--max_message_mib=%d, expected 1 to 2047' % options.max_message_mib)
    return asyncio.run(serve(server_settings(options), models, options.grace))


if __name__ == '__main__':
    sys.exit(main())
