"""The model of the questions about encoders."""

import hashlib
import json


def why_no_model(options):
    """Why there is no model to ask about, if there is none."""
    if options.model is None:
        return "neither --model nor ESS_MINILM_DIR names a model"
    missing = [name for name in ("config.json", "tokenizer.json", "model.safetensors") if not (options.model / name).exists()]
    return f"{options.model}: {', '.join(missing)} not found" if missing else None


def shown_model(folder):
    """What a page says of it: its shape, and its weights by their checksum, since a folder's name says little."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    checksum = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    layers, dim = config.get("num_hidden_layers", "?"), config.get("hidden_size", "?")
    return f"a model of {layers} layers of {dim} numbers, whose weights have a SHA-256 that begins with {checksum[:12]}"
