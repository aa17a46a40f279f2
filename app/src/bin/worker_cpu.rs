//! The worker's binary for the CPU alone: built without WebGPU.

fn main() {
    #[cfg(target_arch = "wasm32")]
    pipit_app::worker::start();
}
