#!/usr/bin/python3
"""Makes images/: small pictures of unusual kinds, and broken ones, for tests of bad input.

Needs python3-opencv and python3-numpy. README.md says what each file is.
"""
import pathlib

import cv2
import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parent / "images"
ROWS, COLUMNS = 48, 64      # unequal, so that swapping them shows


def color():
    """8-bit BGR: a slope in each channel and a bright disc."""
    y, x = np.mgrid[:ROWS, :COLUMNS]
    image = np.dstack([4 * x, 5 * y, 2 * (x + y)]).astype(np.uint8)
    cv2.circle(image, (40, 20), 9, (30, 220, 240), -1)
    return image


def write(name, image):
    # Named, since TIFF's default for float pictures may be one that loses precision and NaN.
    lossless = [cv2.IMWRITE_TIFF_COMPRESSION, 5] if name.endswith(".tiff") else []
    if not cv2.imwrite(str(FOLDER / name), image, lossless):
        raise SystemExit(f"cannot write {name}")


FOLDER.mkdir(exist_ok=True)
bgr = color()
gray = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
write("color.png", bgr)
write("one_pixel.png", bgr[20:21, 40:41])
write("gray.png", gray)
write("gray16.png", gray.astype(np.uint16) * 257)
write("bgra.png", np.dstack([bgr, np.where(gray > 128, 255, 64).astype(np.uint8)]))
real = gray.astype(np.float32) / 255
write("float.tiff", real)
real[10:20, 30:40] = np.nan
write("nan.tiff", real)
(FOLDER / "empty.png").write_bytes(b"")
(FOLDER / "text.png").write_text("This is no picture.\n")
jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
scan = jpeg.index(b"\xff\xda")      # where the header ends
(FOLDER / "cut_pixels.jpg").write_bytes(jpeg[:(scan + len(jpeg)) // 2])
(FOLDER / "cut_header.jpg").write_bytes(jpeg[:scan // 2])
