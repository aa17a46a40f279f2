//! `cargo xtask build`: the release site as a folder of static files.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{self, cargo, find_program};
use crate::offline::write_service_worker;
use crate::steps::Steps;
use crate::{tools, workspace};

/// What `cargo xtask build` takes.
#[derive(Debug, Default, clap::Args)]
pub struct Args {
    /// Path or address below which the site will be served; without it, the site works
    /// under any path
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// Shrink the WASM with Binaryen's wasm-opt, found on PATH (slow, for releases)
    #[arg(long)]
    pub wasm_opt: bool,
}

/// Builds the release site into `dist/` of the workspace.
///
/// # Errors
/// If a tool cannot be installed or the build fails.
pub fn run(args: &Args) -> Result<()> {
    let dist = workspace::root().join("dist");
    let mut steps = Steps::new();
    tools::ensure_page_tools(&mut steps)?;
    build_site(&mut steps, &dist, args)?;
    steps.print_summary();
    println!("\nThe site is in dist/: copy it to any static web server.");
    Ok(())
}

/// Compiles page and worker and lays the site's files into `dist`.
///
/// # Errors
/// If a dependency cannot be fetched or the build fails.
pub fn build_site(steps: &mut Steps, dist: &Path, args: &Args) -> Result<()> {
    // Trunk runs offline, so that it takes the tools that we installed instead of fetching others.
    steps.run("fetch dependencies", || {
        command::run(cargo().args(["fetch", "--locked", "--target", tools::WASM_TARGET]))
    })?;
    steps.run("build the site", || {
        command::run(&mut trunk_build(dist, args))
    })?;
    if args.wasm_opt {
        steps.run("wasm-opt", || shrink(dist))?;
    }
    write_service_worker(dist)
}

fn trunk_build(dist: &Path, args: &Args) -> Command {
    let mut trunk = Command::new(tools::bin_dir().join("trunk"));
    trunk.current_dir(workspace::root());
    trunk
        .args(["build", "--release", "--locked", "--offline", "--dist"])
        .arg(dist);
    if let Some(url) = &args.public_url {
        trunk.arg("--public-url").arg(url);
    }
    if args.wasm_opt {
        // wasm-opt changes the files after Trunk has taken their digests.
        trunk.arg("--no-sri");
    }
    trunk.env("PATH", command::path_with(&tools::bin_dir()));
    trunk.env("CARGO_TARGET_DIR", workspace::target_dir());
    // Trunk reads NO_COLOR as a boolean and refuses the customary value 1.
    trunk.env_remove("NO_COLOR");
    trunk
}

/// Runs wasm-opt over every module of the site, in place.
fn shrink(dist: &Path) -> Result<()> {
    let Some(wasm_opt) = find_program(&["wasm-opt"]) else {
        bail!("wasm-opt is not on PATH; `npm install --global binaryen` brings a current one");
    };
    for module in wasm_modules(dist)? {
        command::run(
            Command::new(&wasm_opt)
                .args(["-O1", "--strip-debug", "--all-features", "-o"])
                .arg(&module)
                .arg(&module),
        )?;
    }
    Ok(())
}

fn wasm_modules(dist: &Path) -> Result<Vec<PathBuf>> {
    let entries = dist
        .read_dir()
        .with_context(|| format!("cannot list {}", dist.display()))?;
    let mut modules = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "wasm")
        {
            modules.push(path);
        }
    }
    Ok(modules)
}
