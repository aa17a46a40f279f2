//! A static file server for a built site: what any plain host would do, and nothing more.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, IF_MODIFIED_SINCE, LOCATION, RANGE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{AppendHeaders, IntoResponse, Response};
use tokio::runtime::Runtime;
use tokio::task::{JoinHandle, spawn_blocking};
use tower_http::cors::CorsLayer;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

/// A folder of files and the path below which they are served.
pub struct Site {
    folder: PathBuf,
    prefix: String,
    rewrite: Option<Rewrite>,
    is_shared: bool,
}

/// Changes the reply to a request for a file of the site, whose path is given without the prefix
/// and without a leading slash. It may take its time: other replies do not wait for it.
pub type Rewrite = Arc<dyn Fn(&str, Reply) -> Reply + Send + Sync>;

/// An answer before it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP's status code.
    pub status: u16,
    /// The media type.
    pub content_type: String,
    /// Where to look instead, if the status says so.
    pub location: Option<String>,
    /// All bytes.
    pub body: Vec<u8>,
}

impl Reply {
    /// The answer to a request for something that is not there.
    #[must_use]
    pub fn not_found() -> Self {
        Self {
            status: 404,
            content_type: "text/plain".to_owned(),
            location: None,
            body: b"not found\n".to_vec(),
        }
    }

    /// The answer to a request for something that lies elsewhere.
    #[must_use]
    pub fn found_at(location: &str) -> Self {
        Self {
            status: 302,
            content_type: "text/plain".to_owned(),
            location: Some(location.to_owned()),
            body: Vec::new(),
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
        self.rewrite = Some(Arc::new(rewrite));
        self
    }
}

/// A site that is being served; it stops when this is dropped.
pub struct SiteServer {
    /// Taken when it stops.
    runtime: Option<Runtime>,
    task: JoinHandle<std::io::Result<()>>,
    requests: Requests,
    url: String,
}

type Requests = Arc<Mutex<Vec<String>>>;

/// How long a reply that is being rewritten may keep a server from stopping.
const STOPPING_TIME: Duration = Duration::from_secs(2);

impl SiteServer {
    /// Serves the site at a port of 127.0.0.1; port 0 takes any free one.
    ///
    /// # Errors
    /// If the site's folder has no page or the port cannot be had.
    pub fn start(site: Site, port: u16) -> Result<Self> {
        let page = site.folder.join("index.html");
        ensure!(page.is_file(), "no page at {}", page.display());
        let listener =
            TcpListener::bind(("127.0.0.1", port)).map_err(|error| match error.kind() {
                ErrorKind::AddrInUse => {
                    anyhow::anyhow!("port {port} is taken; --port takes another")
                }
                _ => anyhow::Error::new(error).context(format!("cannot listen on port {port}")),
            })?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}{}", listener.local_addr()?, site.prefix);
        let requests = Requests::default();
        let router = router(site, Arc::clone(&requests));
        let runtime = Runtime::new().context("cannot start the server's threads")?;
        let task = {
            let _context = runtime.enter();
            let listener = tokio::net::TcpListener::from_std(listener)?;
            runtime.spawn(async move { axum::serve(listener, router).await })
        };
        Ok(Self {
            runtime: Some(runtime),
            task,
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
        let requests = self.requests.lock();
        requests.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Serves until the process ends.
    ///
    /// # Errors
    /// If it no longer can.
    pub fn serve_forever(mut self) -> Result<()> {
        if let Some(runtime) = &self.runtime {
            runtime.block_on(&mut self.task)??;
        }
        Ok(())
    }
}

impl Drop for SiteServer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(STOPPING_TIME);
        }
    }
}

fn router(site: Site, requests: Requests) -> Router {
    let files = ServeDir::new(&site.folder);
    let router = match site.prefix.trim_end_matches('/') {
        "" => Router::new().fallback_service(files),
        prefix => Router::new().nest_service(prefix, files),
    };
    let answering = Answering {
        prefix: site.prefix.into(),
        rewrite: site.rewrite,
        requests,
    };
    let router = router
        .layer(from_fn_with_state(answering, answer))
        // A new build must not meet an old one's worker in the browser's cache.
        .layer(SetResponseHeaderLayer::overriding(
            CACHE_CONTROL,
            HeaderValue::from_static("no-cache"),
        ));
    if site.is_shared {
        router.layer(CorsLayer::permissive())
    } else {
        router
    }
}

#[derive(Clone)]
struct Answering {
    prefix: Arc<str>,
    rewrite: Option<Rewrite>,
    requests: Requests,
}

/// Notes the request, and changes the reply where the site says so.
async fn answer(State(answering): State<Answering>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let url = request.uri().to_string();
    (answering
        .requests
        .lock()
        .unwrap_or_else(PoisonError::into_inner))
    .push(url);
    let (Some(rewrite), Some(path)) = (
        answering.rewrite,
        path.strip_prefix(&*answering.prefix).map(str::to_owned),
    ) else {
        return next.run(request).await;
    };
    // What is rewritten is always the whole file.
    for header in [IF_MODIFIED_SINCE, RANGE] {
        request.headers_mut().remove(header);
    }
    let response = next.run(request).await;
    let rewritten = async {
        let reply = Reply::read(response).await?;
        let reply = spawn_blocking(move || rewrite(&path, reply)).await?;
        anyhow::Ok(reply.into_response())
    };
    rewritten.await.unwrap_or_else(|error| {
        (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}\n")).into_response()
    })
}

impl Reply {
    async fn read(response: Response) -> Result<Self> {
        let (head, body) = response.into_parts();
        let header = |name| head.headers.get(name)?.to_str().ok().map(str::to_owned);
        Ok(Self {
            status: head.status.as_u16(),
            content_type: header(CONTENT_TYPE).unwrap_or_else(|| "text/plain".to_owned()),
            location: header(LOCATION),
            body: to_bytes(body, usize::MAX).await?.into(),
        })
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status);
        (
            status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            [(CONTENT_TYPE, self.content_type)],
            AppendHeaders(self.location.map(|location| (LOCATION, location))),
            self.body,
        )
            .into_response()
    }
}

#[cfg(test)]
mod tests;
