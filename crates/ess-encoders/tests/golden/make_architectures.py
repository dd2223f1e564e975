"""Writes tiny random models of the architectures beyond BERT's six, and what sentence-transformers makes of some texts.

    pip install sentence-transformers pillow
    python make_architectures.py

Each folder of `architectures` has a model that transformers made, in f32, f16 or bf16, whole or in shards, and golden.json: the texts,
their embeddings, and the states of the third text's tokens at every layer. cases.json has further configurations of the
same architectures, each as changes to one folder's config.json with the embeddings that follow; all of them read the
folder's own weights, so that they are small. Seeds are fixed.
"""

import json
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import Normalize, Pooling, Transformer
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    AlbertConfig, AlbertModel, CLIPConfig, CLIPImageProcessor, CLIPModel, DebertaV2Config, DebertaV2Model, ElectraConfig, ElectraModel, Gemma3TextConfig, Gemma3TextModel, GteConfig, GteModel, LlamaConfig, LlamaModel,
    MistralConfig, MistralModel, ModernBertConfig, ModernBertModel, NomicBertConfig, NomicBertModel,
    PreTrainedTokenizerFast, Qwen2Config, Qwen2Model, Qwen3Config, Qwen3Model, T5Config, T5EncoderModel,
)

HERE = Path(__file__).parent / "architectures"
TEXTS = ["", "a", "the cat sat on the mat", "what reduces the risk of heart attack in men?", "deep " * 40]
WORDS = "the cat sat on mat what reduces risk of heart attack in men deep".split()
SPECIAL = ["<pad>", "<s>", "</s>", "<unk>"]
SIZES = dict(vocab_size=48, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=24,
             pad_token_id=0, bos_token_id=1, eos_token_id=2)


def tokenizer(side, single):
    letters = list("abcdefghijklmnopqrstuvwxyz?")
    vocabulary = {word: at for at, word in enumerate(SPECIAL + WORDS + letters)}
    vocabulary = {word: at for word, at in vocabulary.items() if at < 48}
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.post_processor = processors.TemplateProcessing(single=single, special_tokens=[("<s>", 1), ("</s>", 2)])
    return PreTrainedTokenizerFast(tokenizer_object=words, unk_token="<unk>", pad_token="<pad>", bos_token="<s>",
                                   eos_token="</s>", padding_side=side, model_max_length=32,
                                   model_input_names=["input_ids", "attention_mask"])


def spread(model, seed):
    """Weights large enough that texts differ, norms that are not the identity."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            norm_weight = "norm" in name.lower() and name.endswith("weight")
            start = 0.0 if "Gemma" in type(model).__name__ else 1.0
            parameter.copy_(start + 0.2 * noise if norm_weight else 0.3 * noise)
    return model.eval()


def numbers(tensor):
    return [[float(f"{x:.7g}") for x in row] for row in tensor.tolist()]


def embeddings(folder, pooling, normalize):
    model = SentenceTransformer(str(folder), device="cpu", model_kwargs={"dtype": torch.float32, "attn_implementation": "eager"})
    model = model.eval()
    return model, numbers(model.encode(TEXTS, batch_size=1, convert_to_tensor=True))


def finish(name, model, seed, pooling, side="right", single="<s> $A </s>", dtype=None, shards=False, normalize=True):
    folder, source = HERE / name, HERE / f"{name}.source"
    for path in (folder, source):
        shutil.rmtree(path, ignore_errors=True)
    model = spread(model, seed)
    if dtype is not None:
        model = model.to(dtype)
    model.save_pretrained(source, **({"max_shard_size": "6KB"} if shards else {}))
    tokenizer(side, single).save_pretrained(source)
    parts = [Transformer(str(source), max_seq_length=32), Pooling(16, pooling_mode=pooling)]
    SentenceTransformer(modules=parts + [Normalize()] * normalize, device="cpu").save(str(folder), create_model_card=False)
    for path in folder.glob("model*.safetensors*"):
        path.unlink()
    for path in list(source.glob("model*.safetensors*")) + [source / "config.json"]:
        shutil.copy(path, folder)
    shutil.rmtree(source)
    loaded, vectors = embeddings(folder, pooling, normalize)
    inputs = loaded[0].tokenizer(TEXTS[2], return_tensors="pt")
    with torch.no_grad():
        hidden = loaded[0].auto_model(**inputs, output_hidden_states=True)
    states = list(hidden.hidden_states[:-1]) + [hidden.last_hidden_state]
    golden = {"texts": TEXTS, "embeddings": vectors, "states": [numbers(layer[0]) for layer in states]}
    (folder / "golden.json").write_text(json.dumps(golden))
    for extra in ["README.md", "special_tokens_map.json"]:
        (folder / extra).unlink(missing_ok=True)


def finish_clip(name, eos, seed):
    """Both towers, and beside the texts the embeddings of two images of three colours."""
    folder, source = HERE / name, HERE / f"{name}.source"
    for path in (folder, source):
        shutil.rmtree(path, ignore_errors=True)
    tower = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4)
    text = tower | dict(vocab_size=48, max_position_embeddings=32, pad_token_id=0, bos_token_id=1, eos_token_id=eos)
    vision = tower | dict(num_hidden_layers=1, image_size=12, patch_size=4)
    model = spread(CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=8)), seed)
    model.save_pretrained(source)
    tokenizer("right", "<s> $A </s>").save_pretrained(source)
    CLIPImageProcessor(size={"shortest_edge": 12}, crop_size={"height": 12, "width": 12}).save_pretrained(source)
    loaded = SentenceTransformer(str(source), device="cpu", model_kwargs={"dtype": torch.float32, "attn_implementation": "eager"})
    loaded.save(str(folder), create_model_card=False)
    shutil.rmtree(source)
    vectors = numbers(loaded.encode(TEXTS, batch_size=1, convert_to_tensor=True))
    inputs = loaded[0].tokenizer(TEXTS[2], return_tensors="pt")
    pixels = torch.randn(2, 3, 12, 12, generator=torch.Generator().manual_seed(seed)).mul(10).round() / 10
    with torch.no_grad():
        hidden = model.text_model(**inputs, output_hidden_states=True)
        images = model.get_image_features(pixel_values=pixels).pooler_output
    states = list(hidden.hidden_states[:-1]) + [hidden.last_hidden_state]
    # The tower reads no further than the largest id.
    read = inputs["input_ids"][0].argmax() + 1
    golden = {"texts": TEXTS, "embeddings": vectors, "states": [numbers(layer[0][:read]) for layer in states],
              "pixels": [[round(x, 1) for x in row] for row in pixels.flatten(1).tolist()], "images": numbers(images)}
    (folder / "golden.json").write_text(json.dumps(golden))
    (folder / "README.md").unlink(missing_ok=True)


LAST = dict(pooling="lasttoken", side="left", single="$A </s>")

MODELS = {
    "qwen2": lambda name: finish(name, Qwen2Model(Qwen2Config(num_key_value_heads=2, max_position_embeddings=64, **SIZES)), 1, **LAST),
    "qwen3": lambda name: finish(name, Qwen3Model(Qwen3Config(
        num_key_value_heads=2, head_dim=6, max_position_embeddings=64, tie_word_embeddings=True, **SIZES)), 2,
        dtype=torch.bfloat16, **LAST),
    "llama": lambda name: finish(name, LlamaModel(LlamaConfig(
        num_key_value_heads=1, max_position_embeddings=64, **SIZES)), 3, pooling="mean", shards=True, normalize=False),
    "llama_biases": lambda name: finish(name, LlamaModel(LlamaConfig(
        num_key_value_heads=2, head_dim=6, attention_bias=True, mlp_bias=True, max_position_embeddings=64, **SIZES)), 12, **LAST),
    "mistral": lambda name: finish(name, MistralModel(MistralConfig(
        num_key_value_heads=2, head_dim=8, sliding_window=5, max_position_embeddings=64, **SIZES)), 4, **LAST),
    "modernbert": lambda name: finish(name, ModernBertModel(ModernBertConfig(
        local_attention=6, max_position_embeddings=64, **(SIZES | {"num_hidden_layers": 3}))), 5, pooling="cls"),
    "gemma3": lambda name: finish(name, Gemma3TextModel(Gemma3TextConfig(
        num_key_value_heads=1, head_dim=8, sliding_window=6, query_pre_attn_scalar=10, max_position_embeddings=64,
        use_bidirectional_attention=True, layer_types=["sliding_attention", "full_attention"], **SIZES)), 6,
        pooling="mean", dtype=torch.float16),
    "nomic": lambda name: finish(name, NomicBertModel(NomicBertConfig(max_position_embeddings=64, **SIZES)), 7, pooling="mean"),
    "gte_library": lambda name: finish(name, GteModel(GteConfig(
        max_position_embeddings=64, rope_parameters={"rope_type": "default", "rope_theta": 200.0}, **SIZES)), 14, pooling="cls"),
    "electra": lambda name: finish(name, ElectraModel(ElectraConfig(
        embedding_size=8, max_position_embeddings=64, **SIZES)), 8, pooling="mean"),
    "albert": lambda name: finish(name, AlbertModel(AlbertConfig(
        embedding_size=8, num_hidden_groups=2, max_position_embeddings=64, **(SIZES | {"num_hidden_layers": 3})),
        add_pooling_layer=False), 9, pooling="cls"),
    "t5": lambda name: finish(name, T5EncoderModel(T5Config(
        vocab_size=48, d_model=16, d_kv=6, d_ff=24, num_layers=2, num_heads=4, feed_forward_proj="gated-gelu",
        relative_attention_num_buckets=8, relative_attention_max_distance=16, pad_token_id=0, eos_token_id=2)), 10,
        pooling="mean", single="$A </s>"),
    "clip": lambda name: finish_clip(name, 2, 13),
    # With every part that a configuration can leave out.
    "deberta": lambda name: finish(name, DebertaV2Model(DebertaV2Config(
        relative_attention=True, position_buckets=8, norm_rel_ebd="layer_norm", pos_att_type=["c2p", "p2c"], share_att_key=False,
        position_biased_input=True, type_vocab_size=2, embedding_size=8, conv_kernel_size=3, conv_act="gelu",
        max_position_embeddings=64, **SIZES)), 11, pooling="mean"),
}

LLAMA3 = {"rope_type": "llama3", "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 16, "rope_theta": 500.0}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16, "rope_theta": 100.0}
# Changes to a folder's config.json; null takes a key away.
CASES = [
    ["llama", {"rope_parameters": {"rope_type": "default", "rope_theta": 50.0}}],
    ["llama", {"rope_parameters": {"rope_type": "linear", "factor": 3.0, "rope_theta": 100.0}}],
    ["llama", {"rope_parameters": {"rope_type": "dynamic", "factor": 3.0, "rope_theta": 100.0}}],
    ["llama", {"rope_parameters": LLAMA3}],
    ["llama", {"rope_parameters": YARN}],
    ["llama", {"rope_parameters": YARN | {"mscale": 1.5, "mscale_all_dim": 0.5, "beta_fast": 8, "truncate": False}}],
    ["llama", {"rope_parameters": YARN | {"attention_factor": 1.3}}],
    ["llama", {"rope_parameters": YARN | {"truncate": None}}],
    ["llama", {"rope_parameters": {"rope_type": "linear", "factor": 3.0, "rope_theta": 90.0}, "rope_scaling": {}}],
    ["llama", {"rope_parameters": None, "rope_theta": 70.0, "rope_scaling": {"type": "linear", "factor": 2.0}}],
    ["llama", {"hidden_act": "gelu"}],
    ["llama", {"hidden_act": "relu", "rms_norm_eps": 0.01}],
    ["llama", {"is_causal": False}],
    ["mistral", {"is_causal": False, "sliding_window": 3}],
    ["mistral", {"sliding_window": None}],
    ["mistral", {"sliding_window": 1}],
    ["qwen2", {"use_sliding_window": True, "sliding_window": 3, "max_window_layers": 1, "layer_types": None}],
    ["qwen3", {"use_sliding_window": True, "sliding_window": 4, "layer_types": ["sliding_attention", "full_attention"]}],
    ["qwen3", {"rope_parameters": {"rope_type": "default", "rope_theta": 1000000.0}}],
    ["qwen3", {"use_sliding_window": True, "sliding_window": 4, "layer_types": ["sliding_attention", "full_attention"],
               "is_causal": False}],
    ["modernbert", {"layer_types": ["sliding_attention", "full_attention", "sliding_attention"], "local_attention": 3}],
    ["modernbert", {"layer_types": None, "global_attn_every_n_layers": 2, "rope_parameters": None,
                    "global_rope_theta": 300.0, "local_rope_theta": 20.0}],
    ["modernbert", {"hidden_activation": "silu", "norm_eps": 0.001}],
    ["gemma3", {"use_bidirectional_attention": False, "sliding_window": 4}],
    ["gemma3", {"sliding_window": 0}],
    ["gemma3", {"is_causal": False, "sliding_window": 3}],
    ["gemma3", {"layer_types": None, "sliding_window_pattern": 2, "_sliding_window_pattern": None, "rope_parameters": None,
                "rope_theta": 200.0, "rope_local_base_freq": 30.0, "rope_scaling": {"rope_type": "linear", "factor": 8.0}}],
    ["nomic", {"rope_parameters": {"rope_type": "default", "rope_theta": 40.0}, "hidden_act": "gelu"}],
    ["gte_library", {"rope_parameters": {"rope_type": "linear", "factor": 3.0, "rope_theta": 200.0}}],
    ["gte_library", {"rope_parameters": {"rope_type": "default"}}],
    ["electra", {"hidden_act": "relu", "layer_norm_eps": 0.001}],
    ["t5", {"relative_attention_max_distance": 8, "layer_norm_epsilon": 0.01}],
    ["t5", {"feed_forward_proj": "gated-silu", "dense_act_fn": "silu"}],
    ["deberta", {"share_att_key": True}],
    ["deberta", {"share_att_key": True, "pos_att_type": "P2C| c2p", "norm_rel_ebd": "none", "conv_kernel_size": 0}],
    ["deberta", {"pos_att_type": ["c2p"], "max_relative_positions": 12}],
    ["deberta", {"pos_att_type": "p2c", "position_biased_input": False, "type_vocab_size": 0}],
    ["deberta", {"pos_att_type": None}],
    ["deberta", {"relative_attention": False}],
    ["deberta", {"position_buckets": -1, "max_relative_positions": 8, "conv_act": None}],
    ["deberta", {"position_buckets": 8, "max_relative_positions": 40, "hidden_act": "tanh", "layer_norm_eps": 0.01}],
]


def cases():
    found = []
    for name, changes in CASES:
        copy = HERE / "case"
        shutil.copytree(HERE / name, copy)
        config = json.loads((copy / "config.json").read_text())
        for key, value in changes.items():
            config.pop(key, None)
            if value is not None or key == "sliding_window":
                config[key] = value
        (copy / "config.json").write_text(json.dumps(config))
        found.append({"folder": name, "changes": changes, "embeddings": embeddings(copy, None, None)[1]})
        shutil.rmtree(copy)
    (HERE / "cases.json").write_text(json.dumps(found))


def main():
    HERE.mkdir(exist_ok=True)
    for name in sys.argv[1:] or MODELS:
        torch.manual_seed(0)
        MODELS[name](name)
    cases()


main()
