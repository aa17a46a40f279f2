//! The folders below `tests/cases/`: one recording each, and what must come of it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use libtest_mimic::Trial;
use pipit_tests::browser::{Browsers, Gpu};
use pipit_tests::case::{self, Case, Device, Expectation};
use pipit_tests::page::Page;
use pipit_tests::site;

use crate::trial::{
    RUN_TIMEOUT, agrees_with_command_line, file_name, in_tab, named, recording, whistles,
};

/// A window takes some seconds on a software adapter, and the first compiles all shaders.
const SOFTWARE_WEBGPU_TIMEOUT: Duration = Duration::from_mins(4);

/// One test a folder. One whose recording is absent is listed as ignored.
pub(crate) fn trials(browsers: &Arc<Browsers>) -> Vec<Trial> {
    match case::all() {
        Ok(cases) => cases
            .into_iter()
            .map(|case| trial(case, browsers))
            .collect(),
        Err(error) => vec![named("cases", move |_| Err(error))],
    }
}

fn trial(case: Case, browsers: &Arc<Browsers>) -> Trial {
    let browsers = Arc::clone(browsers);
    let absent = !case.file.is_at_hand();
    if absent {
        eprintln!(
            "skipped {}: no {:?} beside the workspace",
            case.name, case.file
        );
    }
    named(&format!("cases::{}", case.name), move |name| {
        let server = site::serve()?;
        let (gpu, query) = match case.device {
            Device::Cpu => (Gpu::None, ""),
            Device::Webgpu => (Gpu::Software, "?device=webgpu"),
        };
        let url = format!("{}{query}", server.url());
        in_tab(name, &browsers, gpu, &url, |page, folder| {
            check(&case, page, folder)
        })
    })
    .with_ignored_flag(absent)
}

fn check(case: &Case, page: &mut Page, folder: &Path) -> Result<()> {
    let file = case.file.file(folder)?;
    let name = file_name(&file);
    page.drop_files(std::slice::from_ref(&file))?;
    let timeout = match case.device {
        Device::Cpu => RUN_TIMEOUT,
        Device::Webgpu => SOFTWARE_WEBGPU_TIMEOUT,
    };
    match &case.expect {
        Expectation::LikeCommandLine { tolerance } => {
            page.wait_for_state(&name, &["done"], timeout)?;
            let device = page.text("device")?;
            let expected = match case.device {
                Device::Cpu => "CPU",
                Device::Webgpu => "WebGPU",
            };
            ensure!(
                device.contains(expected),
                "the page says {device:?}, not {expected}"
            );
            let difference = agrees_with_command_line(page, &file, *tolerance)?;
            eprintln!(
                "{}: confidences differ by {difference:.1e} at most",
                case.name
            );
        }
        Expectation::Done => {
            page.wait_for_state(&name, &["done"], timeout)?;
        }
        Expectation::Notice(kind) => {
            page.wait_for_notice(kind, timeout)?;
            // A page that could not use one file must still take the next.
            let next = recording(folder, "next.wav", whistles(12.0))?;
            page.drop_files(&[next])?;
            page.wait_for_state("next.wav", &["done"], timeout)?;
        }
    }
    Ok(())
}
