//! A headless Chromium of our own, with a profile that is empty and thrown away.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::json;
use sysinfo::{Pid, Process, ProcessRefreshKind, RefreshKind, System};
use tempfile::TempDir;
use xtask::chromium::{BROWSER_NAMES, HEADLESS_FLAGS};
use xtask::command::find_program;

use crate::devtools::Devtools;

const START_TIMEOUT: Duration = Duration::from_mins(1);

/// Whether the browser offers WebGPU (on a software adapter) or has none at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gpu {
    /// `navigator.gpu.requestAdapter()` gives null.
    None,
    /// SwiftShader, which calls itself a fallback adapter.
    Software,
}

/// A running browser; it ends when this is dropped.
#[derive(Debug)]
pub struct Browser {
    child: Child,
    port: u16,
    path: String,
    // Removed after the browser has ended: fields are dropped in this order.
    profile: TempDir,
}

impl Browser {
    /// Starts a browser.
    ///
    /// # Errors
    /// If none is installed or it does not start.
    pub fn launch(gpu: Gpu) -> Result<Self> {
        Self::launch_with(gpu, &[])
    }

    /// Starts a browser with further flags.
    ///
    /// # Errors
    /// If none is installed or it does not start.
    pub fn launch_with(gpu: Gpu, flags: &[&str]) -> Result<Self> {
        let Some(program) = find_program(&BROWSER_NAMES) else {
            bail!(
                "no Chromium on PATH (looked for {}); `cargo xtask test` installs one where it may",
                BROWSER_NAMES.join(", ")
            );
        };
        let profile = tempfile::Builder::new()
            .prefix("pipit-chromium-")
            .tempdir()?;
        let mut command = Command::new(&program);
        command.args(HEADLESS_FLAGS).args([
            "--remote-debugging-port=0",
            "--disable-extensions",
            "--disable-dev-shm-usage",
            "--mute-audio",
            "--hide-scrollbars",
            // Several pages run side by side; none of them is in the background.
            "--disable-background-timer-throttling",
            "--disable-backgrounding-occluded-windows",
            "--disable-renderer-backgrounding",
        ]);
        command.args(flags);
        if gpu == Gpu::Software {
            command.arg("--enable-unsafe-webgpu");
        }
        command.arg(format!("--user-data-dir={}", profile.path().display()));
        command.arg("about:blank");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let mut browser = Self {
            child,
            port: 0,
            path: String::new(),
            profile,
        };
        browser.wait_for_port()?;
        Ok(browser)
    }

    /// A connection to this browser; each page has its own.
    ///
    /// # Errors
    /// If the browser has gone.
    pub fn connect(&self) -> Result<Devtools> {
        Devtools::connect(self.port, &self.path)
    }

    /// Memory of the browser and all its processes; pages that they share count for each.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        let system = System::new_with_specifics(
            RefreshKind::nothing().with_processes(ProcessRefreshKind::nothing().with_memory()),
        );
        let root = Pid::from_u32(self.child.id());
        let is_ours = |process: &Process| {
            let mut ancestor = Some(process.pid());
            while let Some(pid) = ancestor {
                if pid == root {
                    return true;
                }
                ancestor = system.process(pid).and_then(Process::parent);
            }
            false
        };
        // Threads are listed beside processes, with the memory of the whole.
        let processes = system.processes().values();
        processes
            .filter(|process| process.thread_kind().is_none() && is_ours(process))
            .map(Process::memory)
            .sum()
    }

    /// The browser writes port and path into its profile once it listens.
    fn wait_for_port(&mut self) -> Result<()> {
        let file = self.profile.path().join("DevToolsActivePort");
        let deadline = Instant::now() + START_TIMEOUT;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                bail!("Chromium ended at once with {status}");
            }
            let text = fs::read_to_string(&file).unwrap_or_default();
            if let Some((port, path)) = text.trim().split_once('\n') {
                self.port = port.parse()?;
                path.clone_into(&mut self.path);
                return Ok(());
            }
            sleep(Duration::from_millis(50));
        }
        bail!(
            "Chromium did not start within {} s",
            START_TIMEOUT.as_secs()
        );
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Asked politely first, because that also ends its helper processes.
        if let Ok(mut devtools) = self.connect() {
            let _ = devtools.send(None, "Browser.close", &json!({}));
        }
        for _ in 0..100 {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            sleep(Duration::from_millis(50));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The browsers that the tests of one run share, started when first needed.
#[derive(Debug, Default)]
pub struct Browsers {
    plain: Mutex<Option<Browser>>,
    software: Mutex<Option<Browser>>,
}

impl Browsers {
    /// A connection to the shared browser with or without WebGPU.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn connect(&self, gpu: Gpu) -> Result<Devtools> {
        let mut slot = self.slot(gpu);
        if let Some(browser) = slot.as_ref() {
            return browser.connect();
        }
        let browser = Browser::launch(gpu)?;
        let devtools = browser.connect();
        *slot = Some(browser);
        devtools
    }

    fn slot(&self, gpu: Gpu) -> MutexGuard<'_, Option<Browser>> {
        let slot = match gpu {
            Gpu::None => &self.plain,
            Gpu::Software => &self.software,
        };
        slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
