//! The worker's binary: the network, and no page.

fn main() {
    #[cfg(target_arch = "wasm32")]
    pipit_app::worker::start();
}
