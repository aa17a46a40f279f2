"""The step of training_speed.rs in PyTorch and timm, to put beside it: `python3 training_speed.py NETWORK ...`.

Takes torch and timm; prints the best of some rounds, in seconds, on all threads.
"""

import sys
import time

import timm
import torch

FROZEN = 3
SHAPE = (16, 1, 128, 313)


def frozen(model):
    """Stem and first stages, as `Model::freeze` takes them out of training; BatchNorm keeps its statistics there."""
    names = ["conv_stem", "bn1", "stem", "conv1"]
    parts = [getattr(model, name) for name in names if hasattr(model, name)]
    stages = getattr(model, "blocks", None) or getattr(model, "stages", None)
    if stages is None:
        stages = [model.layer1, model.layer2, model.layer3, model.layer4]
    return parts + list(stages)[:FROZEN]


for name in sys.argv[1:] or ["tf_efficientnet_lite0"]:
    model = timm.create_model(name, in_chans=1, num_classes=27).train()
    for part in frozen(model):
        part.requires_grad_(False).eval()
    windows = torch.rand(SHAPE)
    forward, step = float("inf"), float("inf")
    for _ in range(6):
        model.zero_grad(set_to_none=True)
        begun = time.perf_counter()
        loss = model(windows).square().mean()
        forward = min(forward, time.perf_counter() - begun)
        loss.backward()
        step = min(step, time.perf_counter() - begun)
    print(f"{name}, {list(SHAPE)}, {FROZEN} stages frozen: forward {forward:.3f}, step {step:.3f}")
