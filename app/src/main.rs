//! The page's binary: all that is seen, and no network.

fn main() {
    #[cfg(target_arch = "wasm32")]
    pipit_app::components::mount();
}
