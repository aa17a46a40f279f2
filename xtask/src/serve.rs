//! `cargo xtask serve`: build the release page and serve it on this machine.

use anyhow::Result;

use crate::build::{self, build_site};
use crate::site::{Site, SiteServer};
use crate::steps::Steps;
use crate::{tools, workspace};

/// What `cargo xtask serve` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Port of 127.0.0.1 to listen on
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Path below which the site is served, such as /pipit/
    #[arg(long, value_name = "PATH")]
    pub public_url: Option<String>,
}

/// Installs what is missing, builds the page and serves it until it is interrupted.
///
/// # Errors
/// If a tool cannot be installed, the build fails or the port is taken.
pub fn run(args: &Args) -> Result<()> {
    if tools::is_first_run() {
        println!(
            "The first run installs the build tools and compiles everything, tens of minutes on \
             two cores. Each step below says how long it took; later runs skip most of them."
        );
    }
    let mut site = Site::new(workspace::site_dir());
    if let Some(path) = &args.public_url {
        site = site.below(path)?;
    }
    let mut steps = Steps::new();
    tools::ensure_page_tools(&mut steps)?;
    let options = build::Args {
        public_url: args.public_url.clone(),
        ..build::Args::default()
    };
    build_site(&mut steps, &workspace::site_dir(), &options)?;
    let server = SiteServer::start(site, args.port)?;
    steps.print_summary();
    println!("\nPipit is at {} (Ctrl-C stops it).", server.url());
    server.serve_forever()
}
