#!/usr/bin/env python3
"""Reads the #include lines of src. Fails if a room includes a room of a higher level, or if a shared room names a method.

include_test.py SRC: the folder of the rooms.
"""
import pathlib
import re
import sys

# From the lowest to the highest; rooms of one line do not know each other.
LEVELS = [
    ['base'],
    ['kernels'],
    ['device'],
    ['input'],
    ['metrics'],
    ['backbone'],
    ['patches', 'search'],
    ['map'],
    ['scoring'],
    ['export'],
    ['training'],
    ['detector'],
    ['cfa', 'patchcore', 'padim', 'spade'],
]
LEVEL_OF = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}
INCLUDE = re.compile(r'^\s*#include "\.\./([a-z_]+)/([a-z0-9_]+\.hpp)"', re.M)


def faults_of(file, room, text):
    """What is wrong with the includes of a file that lies in a room."""
    for other, header in INCLUDE.findall(text):
        if other not in LEVEL_OF:
            yield '%s includes %s/%s: that room is not in the list of %s' % (file, other, header, __file__)
        elif other != room and LEVEL_OF[other] >= LEVEL_OF[room]:
            yield '%s includes %s/%s: %s is no lower room than %s' % (file, other, header, other, room)


def method_faults(file, room, text):
    """Names of methods outside of their rooms."""
    if LEVEL_OF[room] == len(LEVELS) - 1 or file.name == 'registry.cpp':
        return
    for name in ('CFA', 'PatchCore', 'PaDiM', 'SPADE'):
        if re.search(r'\b%s\b' % name, text):
            yield '%s names %s: only its own room and registry.cpp may' % (file, name)


def faults(source):
    found, files = [], 0
    for file in sorted(source.glob('*/*.[ch]pp')):
        room, text = file.parent.name, file.read_text()
        files += 1
        if room not in LEVEL_OF:
            found.append('%s lies in a room that is not in the list of %s' % (file, __file__))
            continue
        found += list(faults_of(file, room, text)) + list(method_faults(file, room, text))
    if files < 100:
        found.append('%s has %d files in rooms, expected more than 100: is it the right folder?' % (source, files))
    return found


def main():
    source = pathlib.Path(sys.argv[1])
    wrong = '#include "../detector/method.hpp"\n'
    assert list(faults_of(pathlib.Path('x.cpp'), 'search', wrong)), 'an include of a higher room is not found'
    assert not list(faults_of(pathlib.Path('x.cpp'), 'cfa', wrong)), 'an include of a lower room is found'
    found = faults(source)
    print('\n'.join(found) or 'no lower room includes a higher one')
    sys.exit(1 if found else 0)


if __name__ == '__main__':
    main()
