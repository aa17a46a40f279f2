//! What happens before the first recording.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use libtest_mimic::Trial;
use pipit_tests::browser::{Browsers, Gpu};
use pipit_tests::site;
use xtask::site::{Reply, SiteServer};

use crate::trial::{RUN_TIMEOUT, in_tab, named};

/// The worker takes the software adapter for a graphics card, and says when most shaders are compiled.
const HOOK: &str = "
Object.defineProperty(GPUAdapterInfo.prototype, 'isFallbackAdapter', { get: () => false });
const compile = GPUDevice.prototype.createComputePipeline;
let nCompiled = 0;
GPUDevice.prototype.createComputePipeline = function (...descriptors) {
    nCompiled += 1;
    if (nCompiled === 20) fetch(new URL('shaders-are-compiled', import.meta.url));
    return compile.apply(this, descriptors);
};
";

pub(crate) fn trials(browsers: &Arc<Browsers>) -> Vec<Trial> {
    vec![shaders_compile_while_weights_are_on_their_way(browsers)]
}

/// The weights do not come before the shaders are compiled.
fn shaders_compile_while_weights_are_on_their_way(browsers: &Arc<Browsers>) -> Trial {
    let browsers = Arc::clone(browsers);
    named("starting::shaders_before_weights", move |name| {
        let (compiled, changed) = (Mutex::new(false), Condvar::new());
        let site = site::site()?.rewritten(move |path, mut reply| {
            let mut is_compiled = compiled.lock().unwrap_or_else(PoisonError::into_inner);
            if path == "worker.js" {
                reply.body.splice(0..0, HOOK.bytes());
            } else if path.ends_with("shaders-are-compiled") {
                *is_compiled = true;
                changed.notify_all();
                reply.status = 200;
            } else if path.ends_with("weights.safetensors") {
                let waited = changed.wait_timeout_while(is_compiled, RUN_TIMEOUT, |is| !*is);
                let (is_compiled, _) = waited.unwrap_or_else(PoisonError::into_inner);
                if !*is_compiled {
                    return Reply::not_found();
                }
            }
            reply
        });
        let server = SiteServer::start(site, 0)?;
        let url = format!("{}?device=webgpu", server.url());
        in_tab(name, &browsers, Gpu::Software, &url, |page, _| {
            page.wait_until(
                "the model is loaded",
                2 * RUN_TIMEOUT,
                "document.querySelector('[data-testid=\"device\"]')?.textContent.includes('GPU')",
            )
        })
    })
}
