//! The device that networks are tested on: the CPU, or a graphics card where the build is for one.

use burn::prelude::Device;

/// How far logits may be from timm's: cards add in other orders, and their functions are rougher.
pub(crate) const LOGITS_TOLERANCE: f64 = if ON_A_CARD { 1e-4 } else { 1e-5 };

const ON_A_CARD: bool = cfg!(any(feature = "cuda", feature = "vulkan"));

/// `cuda` goes before `vulkan`; a card that is missing fails the test.
pub(crate) fn device() -> Device {
    #[cfg(feature = "cuda")]
    return Device::cuda(0);
    #[cfg(all(feature = "vulkan", not(feature = "cuda")))]
    return vulkan();
    #[cfg(not(any(feature = "cuda", feature = "vulkan")))]
    Device::flex()
}

#[cfg(all(feature = "vulkan", not(feature = "cuda")))]
fn vulkan() -> Device {
    use burn::tensor::wgpu::WgpuBackend;
    use std::sync::OnceLock;

    // A card is opened once, however many tests run on it.
    static CARD: OnceLock<Device> = OnceLock::new();
    let open = || {
        let options = Device::wgpu_options().graphics_api(WgpuBackend::Vulkan);
        options.init().expect("a Vulkan device")
    };
    CARD.get_or_init(open).clone()
}
