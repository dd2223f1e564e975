"""Writes tiny random models of four architectures whose Python code is not part of transformers, and what they make of some texts.

    pip install torch safetensors tokenizers
    python make_remote.py

Their authors publish the code beside the weights. The forward passes here are short references of our own, after the published
descriptions (Li et al., "Towards General Text Embeddings", 2023, and mGTE, 2024; Nussbaum et al., "Nomic Embed", 2024;
Günther et al., "Jina Embeddings 2", 2023) and the names of the published tensors: they show that the layers are put together as described,
not that they agree with the authors' programs. The formulas of jina_post_norm (jina-embeddings-v2-base-code) are those of
JinaBertSelfAttention, JinaBertGLUMLP and JinaBertLayer in modeling_bert.py of jinaai/jina-bert-v2-qk-post-norm, as also
backends/candle/src/models/jina_code.rs of huggingface/text-embeddings-inference has them. Folders are as those of make_architectures.py.
"""

import json
import math
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from torch.nn.functional import gelu, layer_norm, linear, silu

HERE = Path(__file__).parent / "architectures"
TEXTS = ["", "a", "the cat sat on the mat", "what reduces the risk of heart attack in men?", "deep " * 40]
WORDS = "the cat sat on mat what reduces risk of heart attack in men deep".split()
SPECIAL = ["<pad>", "<s>", "</s>", "<unk>"]
DIM, HEADS, LAYERS, INNER, VOCABULARY, LONGEST = 16, 4, 2, 24, 48, 32


def tokenizer():
    vocabulary = {word: at for at, word in enumerate(SPECIAL + WORDS + list("abcdefghijklmnopqrstuvwxyz?")) if at < VOCABULARY}
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)])
    words.add_special_tokens(SPECIAL)
    return words


def weights(shapes, seed):
    generator = torch.Generator().manual_seed(seed)
    found = {}
    for name, shape in shapes.items():
        noise = torch.randn(shape, generator=generator)
        is_norm = len(shape) == 1 and name.endswith("weight")
        found[name] = 1.0 + 0.2 * noise if is_norm else 0.3 * noise
    return found


def norm(x, w, name, epsilon=1e-12):
    return layer_norm(x, [DIM], w[f"{name}.weight"], w[f"{name}.bias"], epsilon)


def turned(x, theta, scaled=lambda frequencies: frequencies):
    """Rotary positions, halves apart: x is heads x length x d."""
    half = x.shape[-1] // 2
    frequencies = scaled(theta ** (-torch.arange(half, dtype=torch.float64) / half))
    angles = torch.arange(x.shape[1], dtype=torch.float64)[:, None] * frequencies
    cosines, sines = angles.cos().float(), angles.sin().float()
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cosines - b * sines, b * cosines + a * sines], -1)


def attention(qkv, turn=None, bias=0.0):
    length = qkv.shape[0]
    q, k, v = (part.view(length, HEADS, -1).transpose(0, 1) for part in qkv.chunk(3, dim=-1))
    if turn is not None:
        q, k = turn(q), turn(k)
    scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[-1]) + bias
    return (scores.softmax(-1) @ v).transpose(0, 1).reshape(length, DIM)


def gte(w, ids):
    factor, theta = 2.0, 100.0
    d = DIM // HEADS

    def scaled(_):
        # NTK-aware scaling, the same for every length.
        base = theta * factor
        return base ** (-torch.arange(d // 2, dtype=torch.float64) * 2 / d) / factor ** (2 / d)

    x = norm(w["embeddings.word_embeddings.weight"][ids] + w["embeddings.token_type_embeddings.weight"][0], w, "embeddings.LayerNorm")
    states = [x]
    for layer in range(LAYERS):
        own = f"encoder.layer.{layer}"
        qkv = linear(x, w[f"{own}.attention.qkv_proj.weight"], w[f"{own}.attention.qkv_proj.bias"])
        attended = attention(qkv, lambda part: turned(part, theta, scaled))
        x = norm(x + linear(attended, w[f"{own}.attention.o_proj.weight"], w[f"{own}.attention.o_proj.bias"]), w, f"{own}.attn_ln")
        up, gate = linear(x, w[f"{own}.mlp.up_gate_proj.weight"]).chunk(2, dim=-1)
        x = norm(x + linear(gelu(gate) * up, w[f"{own}.mlp.down_proj.weight"], w[f"{own}.mlp.down_proj.bias"]), w, f"{own}.mlp_ln")
        states.append(x)
    return states


def nomic(w, ids):
    x = norm(w["embeddings.word_embeddings.weight"][ids] + w["embeddings.token_type_embeddings.weight"][0], w, "emb_ln")
    states = [x]
    for layer in range(LAYERS):
        own = f"encoder.layers.{layer}"
        attended = attention(linear(x, w[f"{own}.attn.Wqkv.weight"]), lambda part: turned(part, 1000.0))
        x = norm(x + linear(attended, w[f"{own}.attn.out_proj.weight"]), w, f"{own}.norm1")
        inner = linear(x, w[f"{own}.mlp.fc11.weight"]) * silu(linear(x, w[f"{own}.mlp.fc12.weight"]))
        x = norm(x + linear(inner, w[f"{own}.mlp.fc2.weight"]), w, f"{own}.norm2")
        states.append(x)
    return states


def linear_biases(length):
    places = torch.arange(length)
    slopes = torch.tensor([2.0 ** (-8 * (head + 1) / HEADS) for head in range(HEADS)])
    return -slopes[:, None, None] * (places[None, :] - places[:, None]).abs()


def jina(w, ids):
    bias = linear_biases(len(ids))
    x = norm(w["embeddings.word_embeddings.weight"][ids] + w["embeddings.token_type_embeddings.weight"][0], w, "embeddings.LayerNorm")
    states = [x]
    for layer in range(LAYERS):
        own = f"encoder.layer.{layer}"
        parts = [linear(x, w[f"{own}.attention.self.{part}.weight"], w[f"{own}.attention.self.{part}.bias"])
                 for part in ["query", "key", "value"]]
        attended = attention(torch.cat(parts, -1), bias=bias)
        x = norm(x + linear(attended, w[f"{own}.attention.output.dense.weight"], w[f"{own}.attention.output.dense.bias"]), w,
                 f"{own}.attention.output.LayerNorm")
        activated, plain = linear(x, w[f"{own}.mlp.gated_layers.weight"]).chunk(2, dim=-1)
        x = norm(x + linear(gelu(activated) * plain, w[f"{own}.mlp.wo.weight"], w[f"{own}.mlp.wo.bias"]), w, f"{own}.mlp.layernorm")
        states.append(x)
    return states


def jina_post_norm(w, ids):
    bias = linear_biases(len(ids))
    x = norm(w["embeddings.word_embeddings.weight"][ids] + w["embeddings.token_type_embeddings.weight"][0], w, "embeddings.LayerNorm")
    states = [x]
    for layer in range(LAYERS):
        own = f"encoder.layer.{layer}"
        q, k, v = (linear(x, w[f"{own}.attention.self.{part}.weight"], w[f"{own}.attention.self.{part}.bias"])
                   for part in ["query", "key", "value"])
        # Over all heads together.
        q, k = norm(q, w, f"{own}.attention.self.layer_norm_q"), norm(k, w, f"{own}.attention.self.layer_norm_k")
        attended = attention(torch.cat([q, k, v], -1), bias=bias)
        attended = linear(attended, w[f"{own}.attention.output.dense.weight"], w[f"{own}.attention.output.dense.bias"])
        # The layer's input is added by the attention, and by the layer once more.
        added = norm(attended + x, w, f"{own}.attention.output.LayerNorm")
        x = norm(x + added, w, f"{own}.layer_norm_1")
        plain, activated = linear(x, w[f"{own}.mlp.up_gated_layer.weight"]).chunk(2, dim=-1)
        inner = linear(plain * gelu(activated), w[f"{own}.mlp.down_layer.weight"], w[f"{own}.mlp.down_layer.bias"])
        x = norm(x + inner, w, f"{own}.layer_norm_2")
        states.append(x)
    return states


def pair(name, *shape):
    return {f"{name}.weight": shape, f"{name}.bias": (shape[0],)}


def tables(norm_name):
    return {"embeddings.word_embeddings.weight": (VOCABULARY, DIM), "embeddings.token_type_embeddings.weight": (2, DIM)} | pair(norm_name, DIM)


def gte_shapes():
    shapes = tables("embeddings.LayerNorm")
    for layer in range(LAYERS):
        own = f"encoder.layer.{layer}"
        shapes |= pair(f"{own}.attention.qkv_proj", 3 * DIM, DIM) | pair(f"{own}.attention.o_proj", DIM, DIM)
        shapes |= pair(f"{own}.attn_ln", DIM) | pair(f"{own}.mlp_ln", DIM) | pair(f"{own}.mlp.down_proj", DIM, INNER)
        shapes[f"{own}.mlp.up_gate_proj.weight"] = (2 * INNER, DIM)
    return shapes


def nomic_shapes():
    shapes = tables("emb_ln")
    for layer in range(LAYERS):
        own = f"encoder.layers.{layer}"
        shapes |= {f"{own}.attn.Wqkv.weight": (3 * DIM, DIM), f"{own}.attn.out_proj.weight": (DIM, DIM),
                   f"{own}.mlp.fc11.weight": (INNER, DIM), f"{own}.mlp.fc12.weight": (INNER, DIM), f"{own}.mlp.fc2.weight": (DIM, INNER)}
        shapes |= pair(f"{own}.norm1", DIM) | pair(f"{own}.norm2", DIM)
    return shapes


def jina_shapes():
    shapes = tables("embeddings.LayerNorm")
    for layer in range(LAYERS):
        own = f"encoder.layer.{layer}"
        for part in ["self.query", "self.key", "self.value", "output.dense"]:
            shapes |= pair(f"{own}.attention.{part}", DIM, DIM)
        shapes |= pair(f"{own}.attention.output.LayerNorm", DIM) | pair(f"{own}.mlp.wo", DIM, INNER) | pair(f"{own}.mlp.layernorm", DIM)
        shapes[f"{own}.mlp.gated_layers.weight"] = (2 * INNER, DIM)
    return shapes


def jina_post_norm_shapes():
    shapes = tables("embeddings.LayerNorm")
    for layer in range(LAYERS):
        own = f"encoder.layer.{layer}"
        for part in ["self.query", "self.key", "self.value", "output.dense"]:
            shapes |= pair(f"{own}.attention.{part}", DIM, DIM)
        for part in ["attention.self.layer_norm_q", "attention.self.layer_norm_k", "attention.output.LayerNorm", "layer_norm_1",
                     "layer_norm_2"]:
            shapes |= pair(f"{own}.{part}", DIM)
        shapes |= pair(f"{own}.mlp.down_layer", DIM, INNER)
        shapes[f"{own}.mlp.up_gated_layer.weight"] = (2 * INNER, DIM)
    return shapes


SIZES = {"vocab_size": VOCABULARY, "hidden_size": DIM, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
         "intermediate_size": INNER, "max_position_embeddings": 64, "type_vocab_size": 2, "pad_token_id": 0, "layer_norm_eps": 1e-12,
         "hidden_act": "gelu", "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "initializer_range": 0.02}

LABELS = {"id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}}

JINA = SIZES | {
    "model_type": "bert", "architectures": ["JinaBertForMaskedLM"], "attn_implementation": None, "classifier_dropout": None,
    "emb_pooler": "mean", "feed_forward_type": "geglu", "position_embedding_type": "alibi", "use_cache": True,
    "_name_or_path": "jinaai/jina-bert-implementation", "model_max_length": 8192, "gradient_checkpointing": False,
    "torch_dtype": "float32", "transformers_version": "4.26.0",
    "auto_map": {"AutoModel": "jinaai/jina-bert-implementation--modeling_bert.JinaBertModel"}}

# The settings that the published folders have (gte-multilingual-base, snowflake-arctic-embed-m-v2.0, nomic-embed-text-v1.5,
# jina-embeddings-v2-base-en and jina-embeddings-v2-base-code), with small sizes.
MODELS = {
    "gte": (gte, gte_shapes(), "cls", SIZES | {
        "model_type": "new", "architectures": ["NewModel"], "layer_norm_type": "layer_norm", "logn_attention_clip1": False,
        "logn_attention_scale": False, "pack_qkv": True, "position_embedding_type": "rope", "rope_theta": 100.0,
        "rope_scaling": {"factor": 2.0, "type": "ntk"}, "unpad_inputs": False, "use_memory_efficient_attention": False,
        "classifier_dropout": 0.0, "matryoshka_dimensions": [8], "torch_dtype": "float16", "transformers_version": "4.39.1", **LABELS,
        "auto_map": {"AutoConfig": "Alibaba-NLP/new-impl--configuration.NewConfig", "AutoModel": "Alibaba-NLP/new-impl--modeling.NewModel"}}),
    "nomic_own": (nomic, nomic_shapes(), "mean", {
        "model_type": "nomic_bert", "architectures": ["NomicBertModel"], "activation_function": "swiglu", "attn_pdrop": 0.0,
        "auto_map": {"AutoModel": "nomic-ai/nomic-bert-2048--modeling_hf_nomic_bert.NomicBertModel"}, "causal": False,
        "dense_seq_output": True, "embd_pdrop": 0.0, "fused_bias_fc": True, "fused_dropout_add_ln": True, "initializer_range": 0.02,
        "layer_norm_epsilon": 1e-12, "mlp_fc1_bias": False, "mlp_fc2_bias": False, "n_embd": DIM, "n_head": HEADS, "n_inner": INNER,
        "n_layer": LAYERS, "n_positions": 64, "pad_vocab_size_multiple": 16, "parallel_block": False, "parallel_block_tied_norm": False,
        "prenorm": False, "qkv_proj_bias": False, "reorder_and_upcast_attn": False, "resid_pdrop": 0.0, "rotary_emb_base": 1000,
        "rotary_emb_fraction": 1.0, "rotary_emb_interleaved": False, "rotary_emb_scale_base": None, "rotary_scaling_factor": None,
        "scale_attn_by_inverse_layer_idx": False, "scale_attn_weights": True, "type_vocab_size": 2, "use_cache": True,
        "use_flash_attn": True, "use_rms_norm": False, "use_xentropy": True, "vocab_size": VOCABULARY, "bos_token_id": None,
        "eos_token_id": None, "max_trained_positions": 2048, "summary_activation": None, "summary_first_dropout": 0.0,
        "summary_proj_to_labels": True, "summary_type": "cls_index", "summary_use_proj": True, "torch_dtype": "float32",
        "transformers_version": "4.37.2"}),
    "jina": (jina, jina_shapes(), "mean", JINA),
    "jina_post_norm": (jina_post_norm, jina_post_norm_shapes(), "mean", JINA | {
        "_name_or_path": "jinaai/jina-bert-v2-qk-post-norm", "torch_dtype": "float16", "transformers_version": "4.30.2",
        "auto_map": {"AutoConfig": "jinaai/jina-bert-v2-qk-post-norm--configuration_bert.JinaBertConfig",
                     "AutoModel": "jinaai/jina-bert-v2-qk-post-norm--modeling_bert.JinaBertModel"}}),
}


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1))


def main():
    words = tokenizer()
    for seed, (name, (forward, shapes, pooling, config)) in enumerate(MODELS.items()):
        folder = HERE / name
        folder.mkdir(parents=True, exist_ok=True)
        w = weights(shapes, seed)
        save_file(w, folder / "model.safetensors")
        words.save(str(folder / "tokenizer.json"))
        write(folder / "config.json", config)
        write(folder / "tokenizer_config.json", {
            "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": LONGEST, "pad_token": "<pad>", "bos_token": "<s>",
            "eos_token": "</s>", "unk_token": "<unk>", "model_input_names": ["input_ids", "attention_mask"]})
        write(folder / "sentence_bert_config.json", {"max_seq_length": LONGEST, "do_lower_case": False})
        part = lambda at, path, kind: {"idx": at, "name": str(at), "path": path, "type": f"sentence_transformers.models.{kind}"}
        write(folder / "modules.json", [part(0, "", "Transformer"), part(1, "1_Pooling", "Pooling"), part(2, "2_Normalize", "Normalize")])
        write(folder / "1_Pooling/config.json", {"word_embedding_dimension": DIM, "pooling_mode": pooling})
        words.enable_truncation(LONGEST)
        embeddings, kept = [], []
        for at, text in enumerate(TEXTS):
            states = forward(w, torch.tensor(words.encode(text).ids))
            vector = states[-1].mean(0) if pooling == "mean" else states[-1][0]
            embeddings.append((vector / vector.norm()).tolist())
            if at == 2:
                kept = [[[float(f"{x:.7g}") for x in row] for row in layer.tolist()] for layer in states]
        words.no_truncation()
        rows = [[float(f"{x:.7g}") for x in row] for row in embeddings]
        (folder / "golden.json").write_text(json.dumps({"texts": TEXTS, "embeddings": rows, "states": kept}))


main()
