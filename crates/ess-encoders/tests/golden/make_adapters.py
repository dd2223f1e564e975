"""Writes adapters (LoRA) of the tiny models in `architectures`, and what PEFT makes of some texts with them.

    pip install sentence-transformers peft
    python make_adapters.py

Each folder of `adapters` has adapter_config.json and adapter_model.safetensors as PEFT saves them, and golden.json: the model's folder,
the texts and their embeddings with the adapter's weights merged.
"""

import json
import shutil
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from sentence_transformers import SentenceTransformer

HERE = Path(__file__).parent
TEXTS = ["", "a", "the cat sat on the mat", "what reduces the risk of heart attack in men?"]

CASES = {
    "plain": ("llama", LoraConfig(r=4, lora_alpha=6, target_modules=["q_proj", "v_proj", "down_proj"])),
    "patterns": ("qwen3", LoraConfig(
        r=2, lora_alpha=3, use_rslora=True, target_modules="all-linear", rank_pattern={"gate_proj": 5, "layers.1.self_attn.o_proj": 1},
        alpha_pattern={"k_proj": 7})),
    "tables": ("electra", LoraConfig(r=3, lora_alpha=9, target_modules=["word_embeddings", "query", "dense"], fan_in_fan_out=False)),
}


def main():
    for seed, (name, (base, config)) in enumerate(CASES.items()):
        folder = HERE / "adapters" / name
        shutil.rmtree(folder, ignore_errors=True)
        model = SentenceTransformer(str(HERE / "architectures" / base), device="cpu",
                                    model_kwargs={"dtype": torch.float32, "attn_implementation": "eager"})
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
        path.write_text(json.dumps(saved, indent=1, sort_keys=True))
        (folder / "README.md").unlink(missing_ok=True)
        vectors = model.eval().encode(TEXTS, batch_size=1, convert_to_tensor=True)
        rows = [[float(f"{x:.7g}") for x in row] for row in vectors.tolist()]
        (folder / "golden.json").write_text(json.dumps({"base": base, "texts": TEXTS, "embeddings": rows}))


main()
