//! Which device the network runs on.

use crate::browser::gpu;
use crate::protocol::{DeviceChoice, DeviceKind, DeviceReport, NoGpu};
use burn::prelude::Device;

/// A device that is ready.
pub(super) struct ChosenDevice {
    /// Burn's handle.
    pub(super) device: Device,
    /// What the page is told.
    pub(super) report: DeviceReport,
    /// A GPU that is none: WebGPU computed by the CPU.
    pub(super) in_software: bool,
    /// Windows to classify at once.
    pub(super) batch_size: usize,
}

impl ChosenDevice {
    /// Whether a window that is run for nothing saves time at the first real one. On the CPU nothing
    /// is compiled, and where a window takes seconds, an extra one helps nobody.
    pub(super) fn compiles_first(&self) -> bool {
        self.report.kind == DeviceKind::WebGpu && !self.in_software
    }
}

/// WebGPU where the choice, the browser and this worker's build allow it, else the CPU.
pub(super) async fn choose(choice: DeviceChoice) -> ChosenDevice {
    let passed_over = match choice {
        DeviceChoice::Cpu => None,
        DeviceChoice::Auto | DeviceChoice::WebGpu => match web_gpu(choice).await {
            Ok(chosen) => return chosen,
            Err(reason) => Some(reason),
        },
    };
    ChosenDevice {
        device: Device::flex(),
        report: DeviceReport {
            kind: DeviceKind::Cpu,
            adapter: String::new(),
            passed_over,
        },
        in_software: false,
        batch_size: 1,
    }
}

#[cfg(feature = "webgpu")]
async fn web_gpu(choice: DeviceChoice) -> Result<ChosenDevice, NoGpu> {
    use std::cell::RefCell;

    thread_local! {
        /// WebGPU can be started once in a worker's life.
        static GPU: RefCell<Option<Device>> = const { RefCell::new(None) };
    }
    /// Windows given to a GPU at once: enough to keep it busy, few enough for quick first results.
    const GPU_BATCH: usize = 4;

    let adapter = gpu::usable(choice).await?;
    let started = GPU.with_borrow(Clone::clone);
    let device = match started {
        Some(device) => device,
        None => Device::wgpu_options()
            .init_async()
            .await
            .map_err(|error| NoGpu::Failed(error.to_string()))?,
    };
    GPU.set(Some(device.clone()));
    Ok(ChosenDevice {
        device,
        report: DeviceReport {
            kind: DeviceKind::WebGpu,
            adapter: adapter.description,
            passed_over: None,
        },
        in_software: adapter.is_fallback,
        batch_size: if adapter.is_fallback { 1 } else { GPU_BATCH },
    })
}

/// The page starts this worker where there is no adapter; here we learn why.
#[cfg(not(feature = "webgpu"))]
async fn web_gpu(choice: DeviceChoice) -> Result<ChosenDevice, NoGpu> {
    let adapter = gpu::usable(choice).await?;
    Err(NoGpu::TooLate(adapter.description))
}
