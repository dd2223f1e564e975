"""Writes adapters (LoRA) of the tiny models in `architectures`, and what PEFT makes of some texts with them.

    pip install sentence-transformers peft
    python make_adapters.py

Each folder of `adapters` has adapter_config.json and adapter_model.safetensors as PEFT saves them, and golden.json: the model's folder,
the texts and their embeddings with the adapter's weights merged.
"""

import json
import shutil
import sys
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from sentence_transformers import SentenceTransformer

HERE = Path(__file__).parent
TEXTS = ["", "a", "the cat sat on the mat", "what reduces the risk of heart attack in men?"]

CASES = {
    "plain": ("llama", LoraConfig(r=4, lora_alpha=6, target_modules=["q_proj", "v_proj", "down_proj"])),
    "patterns": ("qwen3", LoraConfig(
        r=2, lora_alpha=3, use_rslora=True, target_modules="all-linear", rank_pattern={"gate_proj": 5, "layers.1.self_attn.o_proj": 1},
        alpha_pattern={"k_proj": 7})),
    "tables": ("electra", LoraConfig(r=3, lora_alpha=9, target_modules=["word_embeddings", "query", "dense"], fan_in_fan_out=False)),
    # PEFT takes the first of the names that a module's ends with, in the order of the file.
    "overlaps": ("llama", LoraConfig(
        r=2, lora_alpha=3, target_modules=["q_proj", "k_proj", "v_proj", "down_proj"],
        rank_pattern={"v_proj": 4, "layers.1.self_attn.v_proj": 1, "layers.0.mlp.down_proj": 3, "down_proj": 1},
        alpha_pattern={"self_attn.q_proj": 9, "q_proj": 1, "k_proj": 8, "layers.1.self_attn.k_proj": 1})),
}


def load(base):
    return SentenceTransformer(str(HERE / "architectures" / base), device="cpu",
                               model_kwargs={"dtype": torch.float32, "attn_implementation": "eager"})


def main():
    for seed, (name, (base, config)) in enumerate(CASES.items()):
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        folder = HERE / "adapters" / name
        shutil.rmtree(folder, ignore_errors=True)
        model = load(base)
        adapted = get_peft_model(model[0].auto_model, config)
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter_name, parameter in adapted.named_parameters():
                if "lora_" in parameter_name:
                    parameter.copy_(0.2 * torch.randn(parameter.shape, generator=generator))
        adapted.save_pretrained(folder)
        path = folder / "adapter_config.json"
        saved = json.loads(path.read_text())
        saved["base_model_name_or_path"] = f"../{base}"
        # PEFT sorts the names as it saves them.
        saved = dict(sorted(saved.items())) | {name: getattr(config, name) for name in ["rank_pattern", "alpha_pattern"]}
        path.write_text(json.dumps(saved, indent=1))
        # As PEFT reads the file.
        read = load(base)
        PeftModel.from_pretrained(read[0].auto_model, folder)
        (folder / "README.md").unlink(missing_ok=True)
        vectors = model.eval().encode(TEXTS, batch_size=1, convert_to_tensor=True)
        again = read.eval().encode(TEXTS, batch_size=1, convert_to_tensor=True)
        assert torch.allclose(vectors, again, atol=1e-6), name
        rows = [[float(f"{x:.7g}") for x in row] for row in vectors.tolist()]
        (folder / "golden.json").write_text(json.dumps({"base": base, "texts": TEXTS, "embeddings": rows}))


main()
