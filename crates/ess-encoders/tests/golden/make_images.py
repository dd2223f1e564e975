"""Writes small images, and what Pillow and transformers make of them before and behind CLIP's tower of images.

    pip install transformers torch pillow numpy
    python make_images.py

`images` gets the files and golden.json: for each case the file, what preprocessor_config.json says, and the pixels that
CLIPImageProcessorPil gives, one colour after another; and for some files the vectors of the model in `architectures/clip`. The files
are drawn by formulas. `python make_images.py --keep` leaves the files that are there, whose encoders may differ between releases of Pillow.
"""

import io
import json
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from transformers import CLIPModel
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

HERE = Path(__file__).parent / "images"
CLIP = Path(__file__).parent / "architectures" / "clip"
SIDE = {"size": {"shortest_edge": 12}, "crop_size": {"height": 12, "width": 12}}


def drawn(width, height, channels=3):
    """Slopes, a bright disc with a sharp edge, and stripes a few pixels wide."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    disc = (x / width - 0.6) ** 2 + (y / height - 0.4) ** 2 < 0.05
    stripes = ((x + 2 * y).astype(int) // 5) % 2
    colours = [255 * x / width, 255 * y / height, 90 + 110 * stripes, 40 + 200 * (x + y) / (width + height)]
    image = np.stack(colours[:channels], axis=-1)
    image[disc, :3] = (250, 240, 20)
    return image.astype(np.uint8)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth, colour, rows, *chunks):
    """A PNG file of a kind that Pillow does not write."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    return b"\x89PNG\r\n\x1a\n" + b"".join([chunk(b"IHDR", header), *chunks, chunk(b"IDAT", data), chunk(b"IEND", b"")])


def deep(colour, channels):
    values = np.arange(14 * 18 * channels, dtype=np.uint32) * 7919 % 65536
    rows = values.astype(">u2").reshape(14, 18 * channels)
    return png(18, 14, 16, colour, [row.tobytes() for row in rows])


def saved(array, kind, mode=None, **options):
    file, image = io.BytesIO(), Image.fromarray(array)
    (image if mode is None else image.convert(mode)).save(file, kind, **options)
    return file.getvalue()


def turned(side):
    exif = Image.Exif()
    exif[0x0112] = side
    return exif


def animated(kind, **options):
    file = io.BytesIO()
    frames = [Image.fromarray(drawn(16, 12)), Image.fromarray(255 - drawn(16, 12))]
    frames[0].save(file, kind, save_all=True, append_images=frames[1:], duration=100, **options)
    return file.getvalue()


def palette(transparent):
    image = Image.fromarray(drawn(40, 30)).quantize(16)
    file = io.BytesIO()
    image.save(file, "PNG", **({"transparency": bytes([0, 80, 200] + [255] * 13)} if transparent else {}))
    return file.getvalue()


def files():
    portrait, wide = drawn(37, 61), drawn(300, 200)
    grey = drawn(25, 25)[..., 2]
    yield "portrait.png", saved(portrait, "PNG")
    yield "wide.png", saved(wide[:150, :220], "PNG")
    yield "small.png", saved(drawn(7, 9), "PNG")
    yield "grey.png", saved(grey, "PNG")
    yield "bits.png", saved(grey, "PNG", "1")
    yield "grey_alpha.png", saved(np.dstack([grey, 255 - drawn(25, 25)[..., 0]]), "PNG")
    yield "alpha.png", saved(drawn(31, 23, 4), "PNG")
    yield "colour_key.png", saved(np.full((9, 15, 3), 7, np.uint8) + drawn(15, 9) // 128, "PNG", transparency=(7, 7, 8))
    yield "palette.png", palette(False)
    yield "palette_alpha.png", palette(True)
    yield "deep.png", deep(2, 3)
    yield "deep_alpha.png", deep(6, 4)
    yield "deep_grey.png", deep(0, 1)
    # What its header asks for is 11 GB.
    yield "huge.png", png(60_000, 60_000, 8, 2, [bytes(9)])
    yield "wide.jpg", saved(wide, "JPEG", quality=60)
    yield "portrait.jpg", saved(portrait, "JPEG", quality=90, subsampling=0)
    yield "half.jpg", saved(portrait, "JPEG", quality=80, subsampling=1)
    yield "progressive.jpg", saved(portrait, "JPEG", quality=75, progressive=True)
    yield "grey.jpg", saved(grey, "JPEG", quality=85)
    yield "turned.jpg", saved(portrait, "JPEG", quality=90, subsampling=0, exif=turned(6))
    yield "cmyk.jpg", saved(portrait, "JPEG", "CMYK", quality=80)
    yield "portrait.webp", saved(portrait, "WEBP", quality=80)
    yield "lossless.webp", saved(portrait, "WEBP", lossless=True)
    yield "alpha.webp", saved(drawn(31, 23, 4), "WEBP", lossless=True, exact=True)
    yield "turned.png", saved(portrait, "PNG", exif=turned(8))
    yield "turned.webp", saved(portrait, "WEBP", lossless=True, exif=turned(5))
    yield "animated.png", animated("PNG")
    yield "animated.webp", animated("WEBP")


# What golden.json has nothing of: they are refused.
REFUSED = ["deep_grey.png", "huge.png", "cmyk.jpg", "animated.png", "animated.webp"]

# Beside every file with CLIP's own settings, in 12 pixels.
CASES = [
    ["portrait.png", SIDE | {"resample": 1}],
    ["portrait.png", SIDE | {"resample": 2}],
    ["portrait.png", SIDE | {"resample": 4}],
    ["portrait.png", SIDE | {"resample": 5}],
    ["wide.png", SIDE | {"resample": 2}],
    ["small.png", SIDE | {"resample": 1}],
    ["wide.png", {"size": {"height": 12, "width": 12}, "do_center_crop": False}],
    ["portrait.png", {"size": {"height": 15, "width": 37}, "crop_size": {"height": 12, "width": 12}}],
    ["portrait.png", {"size": {"shortest_edge": 17}, "crop_size": {"height": 12, "width": 12}}],
    ["portrait.png", {"size": {"shortest_edge": 5}, "crop_size": {"height": 12, "width": 12}}],
    ["portrait.png", {"size": 12, "crop_size": 12}],
    ["small.png", {"do_resize": False, "crop_size": {"height": 12, "width": 12}}],
    ["portrait.png", {"do_resize": False, "crop_size": {"height": 12, "width": 12}}],
    ["small.png", SIDE | {"do_rescale": False}],
    ["small.png", SIDE | {"do_normalize": False}],
    ["small.png", SIDE | {"do_rescale": False, "do_normalize": False}],
    ["small.png", SIDE | {"rescale_factor": 0.00784313725490196, "image_mean": [1, 1, 1], "image_std": [0.5, 0.25, 2.0]}],
    ["small.png", SIDE | {"image_mean": 0.5, "image_std": 0.25}],
    ["portrait.png", SIDE | {"do_convert_rgb": False}],
]


def numbers(tensor):
    return [float(f"{x:.9g}") for x in tensor.flatten().tolist()]


def main():
    HERE.mkdir(exist_ok=True)
    made = dict(files())
    for name, content in made.items():
        if "--keep" not in sys.argv or not (HERE / name).exists():
            (HERE / name).write_bytes(content)
    cases, vectors = [], {}
    model = CLIPModel.from_pretrained(CLIP, dtype=torch.float32, attn_implementation="eager").eval()
    for name, settings in [[name, SIDE] for name in made if name not in REFUSED] + CASES:
        with Image.open(HERE / name) as image:
            # As `load_image` of transformers does with a path.
            upright = ImageOps.exif_transpose(image)
            pixels = CLIPImageProcessorPil(**settings)(upright, return_tensors="pt")["pixel_values"].float()
        cases.append({"file": name, "settings": settings, "pixels": numbers(pixels)})
        if settings is SIDE:
            with torch.no_grad():
                vectors[name] = numbers(model.get_image_features(pixel_values=pixels).pooler_output)
    lines = ",\n".join(json.dumps(case) for case in cases)
    (HERE / "golden.json").write_text(f'{{"vectors": {json.dumps(vectors)},\n"cases": [\n{lines}\n]}}\n')


main()
