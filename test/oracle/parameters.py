"""Random values for every parameter, wide enough that no bias, norm or scale can hide, and logits of spread about 1."""

import math
import re
import zlib

import numpy as np
import torch

#: Standard deviation of linear weights, times the square root of their fan-in.
GAINS = [
    # Queries and keys are strong, so that attention patterns differ from the mean.
    (r"(q_proj|k_proj|c_attn|query_key_value)\.weight$", 1.5),
    # What is added to the residual is weaker, so that it does not drown what was there.
    (r"(out_proj|o_proj|attn\.c_proj|attention\.dense|fc2|down_proj|mlp\.c_proj|dense_4h_to_h)\.weight$", 0.7),
    (r"(embed_tokens|wte|embed_in|embed_positions|wpe)\.weight$", 1.2),
    (r"\.weight$", 1.0),
]


def randomise(model: torch.nn.Module, seed: int) -> None:
    """
    Overwrite all parameters. Each has a generator of its own, seeded by its name, so that neither the library's
    initialisation nor the order of parameters changes a value.
    """
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            rng = np.random.Generator(np.random.PCG64([seed, zlib.crc32(name.encode())]))
            noise = rng.standard_normal(parameter.shape)
            parameter.copy_(torch.from_numpy(spread(name, noise).astype(np.float32)))


def spread(name: str, noise: np.ndarray) -> np.ndarray:
    if re.search(r"(norm|ln_\w+)\.weight$", name):
        return 1 + 0.3 * noise
    if noise.ndim == 1:
        return 0.3 * noise
    gain = next(gain for pattern, gain in GAINS if re.search(pattern, name))
    return gain / math.sqrt(fan_in(name, noise.shape)) * noise


def fan_in(name: str, shape: tuple) -> int:
    """Inputs of a linear weight. GPT-2's are stored [in, out], all others [out, in]; embeddings count their width."""
    stored_in_out = re.search(r"(c_attn|c_proj|c_fc)\.weight$", name)
    return shape[0] if stored_in_out else shape[1]
