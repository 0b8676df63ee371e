# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Trains CFA's descriptor for the process that calls fit, with the torch of this Python, in whatever version.

In a wheel it replaces opencv_anomaly_trainer and opencv_anomaly_train, which work with one version of LibTorch only. It
reads and writes the messages of modules/anomaly/src/training/trainer_channel.hpp, and does what the interface in
trainer.hpp there describes.
"""
import ctypes
import io
import os
import socket
import struct
import sys

sys.path.pop(0)  # this folder, whose files must not be imported as modules
INTERFACE = 6  # trainerInterface in trainer.hpp
CHANNEL = 3  # helperDescriptor in trainer_channel.hpp: the file descriptor of the socket
CREATE, STEP, READ, SAVE, RESTORE, DEVICES, DESTROY, SEARCH, BACKWARD, CENTERS, RESULT = range(11)  # TrainerMessage
ON_CPU, ON_CUDA = 0, 1  # TrainerDevice; its third value runs the code for CUDA on the processor
SETTINGS = '@PiPPiiid??dddii'  # the fields of struct TrainerSettings
LOSS_WEIGHT = 1e3  # 1/nu of the paper, the weight of both terms of the loss
RANK_BYTES = 64 << 20  # the memory for distances of patches to all centers at a time


class Channel:
    """The socket to the process that calls fit. Values are sent as they lie in that process's memory."""

    def __init__(self):
        self.socket = socket.socket(fileno=CHANNEL)

    def get_bytes(self, size):
        data = bytearray(size)
        view = memoryview(data)
        while view:
            received = self.socket.recv_into(view)
            if not received:
                raise EOFError
            view = view[received:]
        return data

    def get(self, form):
        values = struct.unpack(form, self.get_bytes(struct.calcsize(form)))
        return values if len(values) > 1 else values[0]

    def get_tensor(self, *shape):
        tensor = torch.empty(shape)
        if tensor.numel():
            tensor = torch.frombuffer(self.get_bytes(4 * tensor.numel()), dtype=torch.float32).view(shape)
        return tensor

    def put(self, form, *values):
        self.socket.sendall(struct.pack(form, *values))

    def put_tensor(self, tensor):
        tensor = tensor.detach().cpu().contiguous()
        size = tensor.numel() * tensor.element_size()
        self.socket.sendall((ctypes.c_char * size).from_address(tensor.data_ptr()) if size else b'')

    def put_bytes(self, data):
        self.put('N', len(data))
        self.socket.sendall(data)


def coordinates(rows, cols):
    """Returns the row and column of each patch, scaled to -1..1, as 2 x patches. See coordinateOf in kernels/coordinate.hpp."""
    lines = [torch.arange(cells, dtype=torch.float32) * 2 / max(cells - 1, 1) - 1 for cells in (rows, cols)]
    return torch.stack(torch.meshgrid(*lines, indexing='ij')).reshape(2, rows * cols)


def upsampling(coarse, fine):
    """Returns bilinear upsampling of a line of values as a matrix, fine x coarse. See BilinearTaps in train/upsampling.hpp.

    The gradient of torch's own upsampling sums up in any order on CUDA, so that two equal fits would give different models."""
    at = ((torch.arange(fine, dtype=torch.float32) + 0.5) * coarse / fine - 0.5).clamp_min(0)
    low = at.long().clamp_max(coarse - 1)
    share = at - low
    matrix = torch.zeros(fine, coarse)
    line = torch.arange(fine)
    matrix[line, low] += 1 - share
    matrix[line, (low + 1).clamp_max(coarse - 1)] += share
    return matrix


class Training:
    """One training: the learned W, b and radius, and the optimizer."""

    def __init__(self, channel):
        self.channel = channel
        (_, scale_count, _, _, self.length, self.attracting, self.repelling, radius, learn_radius, self.repulsion, self.alpha,
         rate, decay, threads, device) = channel.get(SETTINGS)
        self.scales = [channel.get('iii') for _ in range(scale_count)]
        inputs = 2 + sum(channels for channels, _, _ in self.scales)
        self.device = torch.device('cuda' if device == ON_CUDA else 'cpu')
        self.has_own_search = device != ON_CPU
        self.centers = None
        torch.set_num_threads(max(threads, 1))
        self.W = self.learned(channel.get_tensor(self.length, inputs))
        self.b = self.learned(channel.get_tensor(self.length, 1))
        self.radius = self.learned(torch.full((1,), radius))
        _, self.height, self.width = self.scales[0]
        self.grid = coordinates(self.height, self.width).to(self.device)
        self.down = [upsampling(rows, self.height).to(self.device) for _, rows, _ in self.scales]
        self.across = [upsampling(cols, self.width).t().to(self.device) for _, _, cols in self.scales]
        self.optimizer = torch.optim.AdamW([self.W, self.b] + [self.radius] * learn_radius, lr=rate, weight_decay=decay, amsgrad=True)

    def learned(self, start):
        return start.to(self.device).requires_grad_()

    def step(self):
        """Trains with one batch. Returns its loss, the mean distance of its patches to the nearest center, and the new radius."""
        images, is_weighted = self.channel.get('=i?')
        maps = [self.channel.get_tensor(channels, images * rows * cols).to(self.device) for channels, rows, cols in self.scales]
        patches = images * self.height * self.width
        weights = (self.channel.get_tensor(1, patches) if is_weighted else torch.ones(1, patches)).to(self.device)
        self.optimizer.zero_grad()
        differentiate = self.differentiate if self.has_own_search else self.differentiate_by_bank
        loss, nearest = differentiate(self.project(maps, images), weights)
        self.optimizer.step()
        distance = (nearest.clamp_min(0).sqrt() * weights).sum() / weights.sum().clamp_min(1)
        return loss.item(), distance.item(), self.radius.item()

    def project(self, maps, images):
        """Returns the descriptors of a batch, D' x images * patches. Each scale is projected at its own resolution, then upsampled."""
        column = 0
        total = 0
        for (channels, rows, cols), values, down, across in zip(self.scales, maps, self.down, self.across):
            projected = (self.W[:, column:column + channels] @ values).view(self.length, images, rows, cols)
            total = total + (projected if (rows, cols) == (self.height, self.width) else down @ (projected @ across))
            column += channels
        places = self.W[:, column:] @ self.grid + self.b
        return (total.flatten(2) + places[:, None]).flatten(1)

    def loss_of(self, distances, weights):
        """Returns the loss of equations 1 and 2 of the paper for squared distances, (K + J) x patches."""
        patches = weights.sum().clamp_min(1)
        squared_radius = self.radius * self.radius
        attracted = torch.relu(distances[:self.attracting] - squared_radius) * weights
        loss = attracted.sum() / (patches * self.attracting)
        if self.repulsion:
            repelled = torch.relu(squared_radius - distances[self.attracting:] - self.alpha) * weights
            loss = loss + repelled.sum() / (patches * self.repelling)
        return loss * LOSS_WEIGHT

    def neighbors(self):
        return self.attracting + (self.repelling if self.repulsion else 0)

    def differentiate_by_bank(self, phi, weights):
        """Lets the process that calls fit search for the nearest centers, and compute the gradient with respect to phi."""
        shape = self.neighbors(), phi.shape[1]
        self.ask(SEARCH, phi)
        self.check('the neighbor search failed')
        distances = self.channel.get_tensor(*shape).requires_grad_()
        indices = self.channel.get_bytes(4 * shape[0] * shape[1])
        loss = self.loss_of(distances, weights)
        loss.backward()
        self.ask(BACKWARD, phi)
        self.channel.put_tensor(distances.grad)
        self.channel.socket.sendall(indices)
        self.check('the gradient of the distances failed')
        phi.backward(self.channel.get_tensor(*phi.shape))
        return loss, distances[:1].detach()

    def ask(self, message, phi):
        self.channel.put('Iii', message, phi.shape[1], self.neighbors())
        self.channel.put_tensor(phi)

    def check(self, failure):
        if not self.channel.get('?'):
            raise RuntimeError(failure)

    def differentiate(self, phi, weights):
        """Searches and differentiates with torch alone, as on a GPU."""
        if self.centers is None:
            self.channel.put('I', CENTERS)
            self.centers = self.channel.get_tensor(self.channel.get('i'), self.length).to(self.device)
        rows = phi.t()
        with torch.no_grad():
            norms = self.centers.square().sum(1)
            at_a_time = max(1, RANK_BYTES // 4 // len(self.centers))
            nearest = torch.cat([torch.addmm(norms, some, self.centers.t(), alpha=-2).topk(self.neighbors(), 1, False).indices
                                 for some in rows.split(at_a_time)])
        distances = torch.stack([(rows - self.centers[index]).square().sum(1) for index in nearest.unbind(1)]).sort(0).values
        loss = self.loss_of(distances, weights)
        loss.backward()
        return loss, distances[:1].detach()

    def save(self):
        """Returns the state as a file of tensors only, because torch 1.13 loads nothing else with weights_only=True. The
        optimizer's settings are not saved: they come with the settings of the training."""
        stream = io.BytesIO()
        torch.save({'W': self.W, 'b': self.b, 'radius': self.radius, 'moments': self.optimizer.state_dict()['state']}, stream)
        return stream.getvalue()

    def restore(self, data):
        saved = torch.load(io.BytesIO(data), map_location='cpu', weights_only=True)
        with torch.no_grad():
            for name in 'W', 'b', 'radius':
                getattr(self, name).copy_(saved[name])
        self.optimizer.load_state_dict(dict(self.optimizer.state_dict(), state=saved['moments']))


class Helper:
    """Answers the messages of the process that calls fit. There is one training at a time."""

    def __init__(self, channel):
        self.channel = channel
        self.training = None

    def answer(self, message):
        {CREATE: self.create, STEP: self.step, READ: self.read, SAVE: self.save, RESTORE: self.restore, DEVICES: self.devices,
         DESTROY: self.destroy}[message]()

    def create(self):
        is_known = self.channel.get('i') == INTERFACE
        self.training = Training(self.channel)
        self.channel.put('?', is_known)

    def step(self):
        figures = self.attempt(self.training.step, lambda: self.channel.put('I', RESULT))
        self.channel.put('ddd', *(figures or (0, 0, 0)))

    def read(self):
        if self.attempt(lambda: True):
            self.channel.put_tensor(self.training.W)
            self.channel.put_tensor(self.training.b)
            self.channel.put('d', self.training.radius.item())

    def save(self):
        self.channel.put_bytes(self.attempt(self.training.save) or b'')

    def restore(self):
        data = bytes(self.channel.get_bytes(self.channel.get('N')))
        self.attempt(lambda: self.training.restore(data))

    def devices(self):
        self.channel.put('i', torch.cuda.device_count() if torch.version.cuda else -1)

    def destroy(self):
        self.training = None

    def attempt(self, work, before_result=lambda: None):
        """Does the work, and sends whether it succeeded and else the error's message. Returns the result, or None after an error."""
        result, message = None, b''
        try:
            result = work()
        except (EOFError, OSError):
            raise  # The process that calls fit has ended.
        except Exception as error:
            message = str(error).encode() or type(error).__name__.encode()
        before_result()
        self.channel.put('?', not message)
        self.channel.put_bytes(message)
        return result


def serve():
    os.closerange(CHANNEL + 1, 4096)  # Files inherited from the program would otherwise stay open as long as this process.
    channel = Channel()
    channel.put('=i?', INTERFACE, missing is None)
    channel.put_bytes((missing or '').encode())
    helper = Helper(channel)
    while missing is None:
        helper.answer(channel.get('I'))


try:
    import torch
    missing = None
except ImportError as error:
    missing = '%s has no torch that can be imported (%s)' % (sys.executable, error)
try:
    serve()
except (EOFError, OSError):
    pass  # The process that calls fit has closed the socket.
os._exit(0)  # An ordinary exit takes a second, to unload torch.
