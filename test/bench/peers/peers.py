"""
What hooks cost in other tools: `peers.py save FOLDER` writes the model, `peers.py time ROUNDS` measures. A GPT-2 of 12 layers, 64 units and random weights, 1 x 16 tokens, one
thread; for each tool the milliseconds of its own bare forward pass, and with the output of one layer and of all layers
read, one number a round, rounds interleaved. Prints one JSON object; a tool that does not run says why instead.
"""

import json
import os
import sys
import tempfile
import time

import torch

layers, width, heads, vocabulary, positions = 12, 64, 4, 1000, 64
ids = torch.randint(0, vocabulary, (1, 16), generator=torch.Generator().manual_seed(0))


def gpt2():
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    config = GPT2Config(
        n_layer=layers,
        n_embd=width,
        n_head=heads,
        vocab_size=vocabulary,
        n_positions=positions,
        bos_token_id=None,
        eos_token_id=None,
    )
    return GPT2LMHeadModel(config).eval()


def plain():
    model = gpt2()

    def run(count: int):
        kept = []
        handles = [
            block.register_forward_hook(lambda _, __, out: kept.append(out[0] if isinstance(out, tuple) else out))
            for block in model.transformer.h[:count]
        ]
        model(ids, use_cache=False)
        for handle in handles:
            handle.remove()
        assert len(kept) == count

    return run


def nnsight():
    from nnsight import NNsight, save

    model = gpt2()
    wrapped = NNsight(model)

    def run(count: int):
        if count == 0:
            model(ids, use_cache=False)
            return
        with wrapped.trace(ids, use_cache=False):
            kept = save([])
            for block in wrapped.transformer.h[:count]:
                kept.append(block.output)
        assert len(kept) == count

    return run


def transformer_lens():
    from tokenizers import Tokenizer, models
    from transformer_lens.model_bridge import TransformerBridge
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    # It asks for a tokenizer, and reads it again from where it lies; nothing here is text.
    words = {f"w{i}": i for i in range(vocabulary)}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel(words, unk_token="w0")),
        unk_token="w0",
        bos_token="w0",
        eos_token="w0",
        pad_token="w0",
    )
    with tempfile.TemporaryDirectory() as folder:
        gpt2().save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        model = TransformerBridge.boot_transformers(folder, hf_model=gpt2(), tokenizer=tokenizer, device="cpu")

    def run(count: int):
        if count == 0:
            model(ids)
            return
        names = {f"blocks.{i}.hook_out" for i in range(count)}
        _, cache = model.run_with_cache(ids, names_filter=lambda name: name in names)
        assert len(cache) == count, f"{len(cache)} of {count} values"

    return run


def pyvene():
    import pyvene as pv

    model = gpt2()
    wrapped = {
        count: pv.IntervenableModel(
            [{"layer": i, "component": "block_output", "intervention_type": pv.CollectIntervention} for i in range(count)],
            model=model,
        )
        for count in (1, layers)
    }
    where = list(range(ids.shape[1]))

    def run(count: int):
        if count == 0:
            model(ids, use_cache=False)
            return
        (_, kept), _ = wrapped[count]({"input_ids": ids}, unit_locations={"base": where})
        assert len(kept) == count

    return run


def flexmodel():
    import torch.distributed as dist

    for name, value in {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29511", "RANK": "0", "WORLD_SIZE": "1", "LOCAL_RANK": "0"}.items():
        os.environ.setdefault(name, value)
    if not dist.is_initialized():
        dist.init_process_group("gloo")
    # It asks for NCCL, and so for a GPU; with gloo in its place it runs on a processor.
    new_group = dist.new_group
    dist.new_group = lambda ranks=None, backend=None, **rest: new_group(ranks=ranks, backend="gloo", **rest)
    from flex_model.core import FlexModel, HookFunction

    kept: dict = {}
    model = gpt2()
    bare = gpt2()
    wrapped = {}
    for count in (1, layers):
        flex = FlexModel(gpt2(), kept, tensor_parallel_size=1, pipeline_parallel_size=1, data_parallel_size=1)
        for i in range(count):
            flex.register_forward_hook(HookFunction(f"transformer.h.{i}.mlp", expected_shape=(None, None, width)))
        wrapped[count] = flex

    def run(count: int):
        kept.clear()
        if count == 0:
            bare(ids, use_cache=False)
            return
        wrapped[count](ids, use_cache=False)
        assert len(kept) == count, f"{len(kept)} of {count} hooks fired"

    del model
    return run


@torch.no_grad()
def main() -> None:
    command, argument = sys.argv[1:]
    if command == "save":
        gpt2().save_pretrained(argument)
        return
    rounds = int(argument)
    torch.set_num_threads(1)
    answer = {}
    for make in (plain, nnsight, transformer_lens, pyvene, flexmodel):
        name = make.__name__
        try:
            run = make()
            times = {count: [] for count in (0, 1, layers)}
            for round_ in range(rounds + 3):
                # Each round begins with another one, so that none always follows the same.
                turn = round_ % len(times)
                for count, held in [*times.items()][turn:] + [*times.items()][:turn]:
                    started = time.perf_counter()
                    run(count)
                    if round_ >= 3:
                        held.append(1000 * (time.perf_counter() - started))
            answer[name] = times
        except Exception as error:  # noqa: BLE001 - a tool that does not run here is a result as well
            answer[name] = {"error": f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"}
    print(json.dumps(answer))


main()
