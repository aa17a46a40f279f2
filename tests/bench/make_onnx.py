"""Turns a published Pipit model (tf_efficientnet_lite0) into ONNX, BatchNorm folded, weights in
float32: the same network and weights for ONNX Runtime.

usage: python make_onnx.py MODEL_FOLDER N_FRAMES OUTPUT.onnx    (needs: onnx numpy safetensors)
"""

import json
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save
from safetensors.numpy import load_file

EPS = 1e-3
# Kernel size, stride of the first block, number of blocks.
STAGES = [(3, 1, 1), (3, 2, 2), (5, 2, 2), (3, 2, 3), (5, 1, 3), (5, 2, 4), (3, 1, 1)]


class Graph:
    """Nodes and constants in the order in which they are used."""

    def __init__(self, weights):
        self.weights = {name: tensor.astype(np.float64) for name, tensor in weights.items()}
        self.nodes, self.constants = [], []
        self.n_values = 0

    def constant(self, values):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, np.float32), name))
        return name

    def add(self, kind, inputs, **attributes):
        self.n_values += 1
        output = f"v{self.n_values}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def conv(self, x, conv, norm, stride=1, depthwise=False, relu=True):
        """Convolution with TensorFlow's SAME padding and the folded BatchNorm."""
        w = self.weights[f"{conv}.weight"]
        scale = self.weights[f"{norm}.weight"] / np.sqrt(self.weights[f"{norm}.running_var"] + EPS)
        bias = self.weights[f"{norm}.bias"] - self.weights[f"{norm}.running_mean"] * scale
        w = w * scale[:, None, None, None]
        x = self.add(
            "Conv",
            [x, self.constant(w), self.constant(bias)],
            auto_pad="SAME_UPPER",
            strides=[stride, stride],
            kernel_shape=list(w.shape[2:]),
            group=w.shape[0] if depthwise else 1,
        )
        return self.add("Clip", [x, self.constant(0.0), self.constant(6.0)]) if relu else x


def network(graph):
    x = graph.conv("input", "conv_stem", "bn1", stride=2)
    for s, (_, first_stride, n_blocks) in enumerate(STAGES):
        for b in range(n_blocks):
            at = f"blocks.{s}.{b}"
            stride = first_stride if b == 0 else 1
            if s == 0:
                x = graph.conv(x, f"{at}.conv_dw", f"{at}.bn1", stride, depthwise=True)
                x = graph.conv(x, f"{at}.conv_pw", f"{at}.bn2", relu=False)
                continue
            y = graph.conv(x, f"{at}.conv_pw", f"{at}.bn1")
            y = graph.conv(y, f"{at}.conv_dw", f"{at}.bn2", stride, depthwise=True)
            y = graph.conv(y, f"{at}.conv_pwl", f"{at}.bn3", relu=False)
            x = y if b == 0 else graph.add("Add", [x, y])
    x = graph.conv(x, "conv_head", "bn2")
    x = graph.add("GlobalAveragePool", [x])
    x = graph.add("Flatten", [x])
    w, bias = graph.weights["classifier.weight"], graph.weights["classifier.bias"]
    x = graph.add("Gemm", [x, graph.constant(w), graph.constant(bias)], transB=1)
    graph.nodes.append(helper.make_node("Sigmoid", [x], ["scores"]))


def main(folder, n_frames, output):
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["architecture"] == "tf_efficientnet_lite0", manifest["architecture"]
    graph = Graph(load_file(folder / "weights.safetensors"))
    network(graph)
    shape = [1, 1, manifest["mel"]["n_mels"], n_frames]
    onnx_graph = helper.make_graph(
        graph.nodes,
        manifest["name"],
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, len(manifest["classes"])])],
        graph.constants,
    )
    model = helper.make_model(onnx_graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    checker.check_model(model)
    save(model, output)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
