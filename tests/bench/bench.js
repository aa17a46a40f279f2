// What `cargo xtask bench` measures in the browser. Each function gives back a plain object.
import init, { Speed } from "./speed.js";

const bytes = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());

async function pipit(device, rounds) {
  await init({ module_or_path: "speed_bg.wasm" });
  const speed = await Speed.open(
    await bytes("model/manifest.json"),
    await bytes("model/weights.safetensors"),
    device,
  );
  return {
    mel_ms_per_minute: device === "cpu" ? speed.mel_ms_per_minute(20) : null,
    classifier_ms_per_window: await speed.classifier_ms_per_window(rounds),
    scores: Array.from(await speed.scores()),
    input: { data: speed.input(), dims: [1, 1, speed.n_mels(), speed.n_frames()] },
  };
}

// One thread: a page on a plain static host gets no SharedArrayBuffer, and so no more.
async function onnxruntime(provider, rounds, input) {
  const ort = await import(provider === "webgpu" ? "./ort/ort.webgpu.min.mjs" : "./ort/ort.wasm.min.mjs");
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = new URL("ort/", location.href).href;
  const session = await ort.InferenceSession.create("model.onnx", {
    executionProviders: [provider],
  });
  const tensor = new ort.Tensor("float32", input.data, input.dims);
  const run = async () => (await session.run({ input: tensor })).scores.getData();
  let scores = await run();
  let best = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const begun = performance.now();
    scores = await run();
    best = Math.min(best, performance.now() - begun);
  }
  return { classifier_ms_per_window: best, scores: Array.from(scores) };
}

// Measures both on the same window and says how far their scores are apart.
window.bench = async (device, rounds) => {
  const ours = await pipit(device, rounds);
  const theirs = await onnxruntime(device === "webgpu" ? "webgpu" : "wasm", rounds, ours.input);
  const differences = ours.scores.map((score, index) => Math.abs(score - theirs.scores[index]));
  return {
    mel_ms_per_minute: ours.mel_ms_per_minute,
    pipit_ms_per_window: ours.classifier_ms_per_window,
    onnxruntime_ms_per_window: theirs.classifier_ms_per_window,
    largest_difference: Math.max(...differences),
  };
};
document.title = "ready";
