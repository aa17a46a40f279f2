//! A small static file server for a built site: what any plain host would do, and nothing more.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use anyhow::{Context, Result, anyhow, ensure};
use tiny_http::{Method, Request, Server, StatusCode};

const THREADS: usize = 4;

/// A folder of files and the path below which they are served.
pub struct Site {
    folder: PathBuf,
    prefix: String,
    rewrite: Option<Rewrite>,
    is_shared: bool,
}

/// Changes the reply to a request for a file of the site, whose path is given without the prefix
/// and without a leading slash.
pub type Rewrite = Box<dyn Fn(&str, Reply) -> Reply + Send + Sync>;

/// An answer before it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP's status code.
    pub status: u16,
    /// The media type.
    pub content_type: &'static str,
    /// All bytes.
    pub body: Vec<u8>,
}

impl Reply {
    /// The answer to a request for something that is not there.
    #[must_use]
    pub fn not_found() -> Self {
        Self {
            status: 404,
            content_type: "text/plain",
            body: b"not found\n".to_vec(),
        }
    }
}

impl Site {
    /// The files of `folder`, served at the root.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            prefix: "/".to_owned(),
            rewrite: None,
            is_shared: false,
        }
    }

    /// The same site below a path such as `/pipit/`.
    ///
    /// # Errors
    /// If the path does not start with a slash.
    pub fn below(mut self, prefix: &str) -> Result<Self> {
        ensure!(
            prefix.starts_with('/'),
            "a path starts with a slash, this does not: {prefix}"
        );
        self.prefix = format!("{}/", prefix.trim_end_matches('/'));
        Ok(self)
    }

    /// The same site, which permits pages of all others to read from it.
    #[must_use]
    pub fn shared(mut self) -> Self {
        self.is_shared = true;
        self
    }

    /// The same site with changed replies, to see what the page makes of them.
    #[must_use]
    pub fn rewritten(
        mut self,
        rewrite: impl Fn(&str, Reply) -> Reply + Send + Sync + 'static,
    ) -> Self {
        self.rewrite = Some(Box::new(rewrite));
        self
    }

    fn reply(&self, url: &str) -> Reply {
        let path = url.split(['?', '#']).next().unwrap_or_default();
        let Some(path) = path.strip_prefix(self.prefix.as_str()) else {
            return Reply::not_found();
        };
        let path = percent_decoded(path);
        let reply = read(&self.folder, &path).unwrap_or_else(Reply::not_found);
        match &self.rewrite {
            Some(rewrite) => rewrite(&path, reply),
            None => reply,
        }
    }
}

/// A site that is being served; it stops when this is dropped.
pub struct SiteServer {
    server: Arc<Server>,
    threads: Vec<JoinHandle<()>>,
    requests: Arc<Mutex<Vec<String>>>,
    url: String,
}

impl SiteServer {
    /// Serves the site at a port of 127.0.0.1; port 0 takes any free one.
    ///
    /// # Errors
    /// If the site's folder has no page or the port cannot be had.
    pub fn start(site: Site, port: u16) -> Result<Self> {
        let page = site.folder.join("index.html");
        ensure!(page.is_file(), "no page at {}", page.display());
        let server = Server::http(("127.0.0.1", port))
            .map_err(|error| anyhow!(error))
            .with_context(|| format!("cannot listen on port {port}"))?;
        let server = Arc::new(server);
        let port = server
            .server_addr()
            .to_ip()
            .map_or(port, |address| address.port());
        let url = format!("http://127.0.0.1:{port}{}", site.prefix);
        let site = Arc::new(site);
        let requests = Arc::new(Mutex::new(Vec::new()));
        let threads = (0..THREADS)
            .map(|_| {
                let (server, site) = (Arc::clone(&server), Arc::clone(&site));
                let requests = Arc::clone(&requests);
                std::thread::spawn(move || answer_all(&server, &site, &requests))
            })
            .collect();
        Ok(Self {
            server,
            threads,
            requests,
            url,
        })
    }

    /// The address of the page.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The path and query of every request so far.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Serves until the process ends.
    pub fn serve_forever(mut self) {
        for thread in self.threads.drain(..) {
            // A thread that panicked has already said so; the others go on serving.
            let _ = thread.join();
        }
    }
}

impl Drop for SiteServer {
    fn drop(&mut self) {
        for _ in &self.threads {
            self.server.unblock();
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn answer_all(server: &Server, site: &Site, requests: &Mutex<Vec<String>>) {
    while let Ok(request) = server.recv() {
        let url = request.url().to_owned();
        requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(url.clone());
        // A browser that has gone away needs no answer.
        let _ = send(request, &site.reply(&url), site.is_shared);
    }
}

/// Closes the connection with each reply: `tiny_http` has a thread for each open one, and where a
/// browser opens several at once it may leave one waiting until another is closed.
fn send(request: Request, reply: &Reply, is_shared: bool) -> std::io::Result<()> {
    let has_body = *request.method() != Method::Head;
    let status = StatusCode(reply.status);
    let mut writer = request.into_writer();
    write!(
        writer,
        "HTTP/1.1 {} {}\r\nConnection: close\r\nContent-Type: {}\r\nContent-Length: {}\r\n",
        status.0,
        status.default_reason_phrase(),
        reply.content_type,
        reply.body.len(),
    )?;
    // A new build must not meet an old one's worker in the browser's cache.
    write!(writer, "Cache-Control: no-cache\r\n")?;
    if is_shared {
        write!(writer, "Access-Control-Allow-Origin: *\r\n")?;
    }
    write!(writer, "\r\n")?;
    if has_body {
        writer.write_all(&reply.body)?;
    }
    writer.flush()
}

fn read(folder: &Path, path: &str) -> Option<Reply> {
    let mut file = folder.to_path_buf();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        if part == ".." || part.contains('\\') {
            return None;
        }
        file.push(part);
    }
    if file.is_dir() {
        file.push("index.html");
    }
    let body = fs::read(&file).ok()?;
    Some(Reply {
        status: 200,
        content_type: content_type(&file),
        body,
    })
}

fn content_type(file: &Path) -> &'static str {
    match file
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default()
    {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "ico" => "image/x-icon",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "md" | "txt" => "text/plain; charset=utf-8",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        // The browser compiles a module while it arrives only under this type.
        "wasm" => "application/wasm",
        "wav" => "audio/wav",
        "webmanifest" => "application/manifest+json",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// The path with `%20` and the like replaced; a broken escape stays as it is.
fn percent_decoded(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let escape = path
            .get(index + 1..index + 3)
            .filter(|_| bytes[index] == b'%');
        if let Some(byte) = escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            decoded.push(byte);
            index += 3;
        } else {
            decoded.push(bytes[index]);
            index += 1;
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> Site {
        Site::new(PathBuf::from(env!("CARGO_MANIFEST_DIR")))
    }

    #[test]
    fn files_come_with_their_type() {
        let reply = site().reply("/src/site.rs?query");
        assert_eq!(
            (reply.status, reply.content_type),
            (200, "application/octet-stream")
        );
        assert_eq!(
            content_type(Path::new("a/worker_bg.wasm")),
            "application/wasm"
        );
        assert_eq!(
            content_type(Path::new("page.js")),
            "text/javascript; charset=utf-8"
        );
    }

    #[test]
    fn nothing_outside_the_folder_or_the_prefix_is_served() {
        for url in [
            "/../Cargo.toml",
            "/src/%2e%2e/%2e%2e/Cargo.toml",
            "/nothing",
            "/src",
        ] {
            assert_eq!(site().reply(url).status, 404, "{url}");
        }
        let below = site().below("/pipit").expect("a good path");
        assert_eq!(below.reply("/Cargo.toml").status, 404);
        assert_eq!(below.reply("/pipit/Cargo.toml").status, 200);
        assert!(site().below("pipit/").is_err());
    }

    #[test]
    fn replies_can_be_rewritten() {
        let site = site().rewritten(|path, reply| match path {
            "Cargo.toml" => Reply::not_found(),
            _ => reply,
        });
        assert_eq!(site.reply("/Cargo.toml").status, 404);
        assert_eq!(site.reply("/src/lib.rs").status, 200);
    }

    #[test]
    fn escapes_are_decoded() {
        assert_eq!(percent_decoded("a%20b%2fc%"), "a b/c%");
        assert_eq!(percent_decoded("%zz"), "%zz");
    }
}
