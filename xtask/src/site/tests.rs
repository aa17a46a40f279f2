use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Barrier;

use tempfile::TempDir;

use super::*;

/// A folder with a page, and a file beside it that is none of the site's.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("site");
    fs::create_dir_all(site.join("birds")).unwrap();
    for (path, text) in [
        ("site/index.html", "<!doctype html>"),
        ("site/worker_bg.wasm", "\0asm"),
        ("site/page.js", "export {};"),
        ("site/birds/a b.json", "{}"),
        ("secret.txt", "nobody's business"),
    ] {
        fs::write(folder.path().join(path), text).unwrap();
    }
    folder
}

fn site(folder: &TempDir) -> Site {
    Site::new(folder.path().join("site"))
}

/// The head of the reply in small letters, and its body.
fn get(server: &SiteServer, path: &str) -> (String, String) {
    let address = server.url().split('/').nth(2).unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    (head.to_lowercase(), body.to_owned())
}

fn status(server: &SiteServer, path: &str) -> u16 {
    get(server, path)
        .0
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap()
}

#[test]
fn files_come_with_their_type_and_are_asked_for_anew() {
    let folder = folder();
    let server = SiteServer::start(site(&folder), 0).unwrap();
    for (path, content_type, text) in [
        ("/", "text/html", "<!doctype html>"),
        // The browser compiles a module while it arrives only under this type.
        ("/worker_bg.wasm?1", "application/wasm", "\0asm"),
        ("/page.js", "text/javascript", "export {};"),
        ("/birds/a%20b.json", "application/json", "{}"),
    ] {
        let (head, body) = get(&server, path);
        assert!(head.starts_with("http/1.1 200"), "{path}: {head}");
        assert!(
            head.contains(&format!("content-type: {content_type}")),
            "{path}: {head}"
        );
        assert!(head.contains("cache-control: no-cache"), "{path}: {head}");
        assert!(!head.contains("access-control"), "{path}: {head}");
        assert_eq!(body, text, "{path}");
    }
    assert_eq!(
        server.requests(),
        ["/", "/worker_bg.wasm?1", "/page.js", "/birds/a%20b.json"]
    );
}

#[test]
fn nothing_outside_the_folder_or_the_prefix_is_served() {
    let folder = folder();
    let server = SiteServer::start(site(&folder), 0).unwrap();
    for path in [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/nothing",
        "/site",
    ] {
        assert_eq!(status(&server, path), 404, "{path}");
    }
    let below = site(&folder).below("/some/where").unwrap();
    let server = SiteServer::start(below, 0).unwrap();
    assert!(server.url().ends_with("/some/where/"));
    assert_eq!(status(&server, "/page.js"), 404);
    assert_eq!(status(&server, "/some/where/page.js"), 200);
    assert_eq!(status(&server, "/some/where/"), 200);
    assert!(site(&folder).below("pipit/").is_err());
}

#[test]
fn replies_can_be_rewritten_while_others_go_on() {
    let folder = folder();
    let both = Barrier::new(2);
    let site = site(&folder)
        .below("/pipit")
        .unwrap()
        .rewritten(move |path, mut reply| {
            match path {
                "page.js" => return Reply::not_found(),
                "index.html" | "worker_bg.wasm" => {
                    both.wait();
                    reply.body.extend(path.bytes());
                }
                _ => (),
            }
            reply
        });
    let server = SiteServer::start(site, 0).unwrap();

    assert_eq!(status(&server, "/pipit/page.js"), 404);
    assert_eq!(get(&server, "/pipit/").1, "<!doctype html>");
    // Each of the two waits for the other.
    std::thread::scope(|scope| {
        let first = scope.spawn(|| get(&server, "/pipit/index.html"));
        let second = get(&server, "/pipit/worker_bg.wasm");
        assert_eq!(second.1, "\0asmworker_bg.wasm");
        assert!(first.join().unwrap().1.ends_with("index.html"));
    });
}

#[test]
fn it_permits_other_pages_only_where_it_is_shared() {
    let folder = folder();
    let server = SiteServer::start(site(&folder).shared(), 0).unwrap();
    assert!(
        get(&server, "/page.js")
            .0
            .contains("access-control-allow-origin: *")
    );
}

#[test]
fn a_port_is_free_again_once_the_server_is_dropped_and_a_taken_one_is_named() {
    let folder = folder();
    let server = SiteServer::start(site(&folder), 0).unwrap();
    let address = server.url().split('/').nth(2).unwrap().to_owned();
    let port = address.rsplit(':').next().unwrap().parse().unwrap();

    let error = SiteServer::start(site(&folder), port).err().unwrap();
    assert!(
        error.to_string().contains(&format!("port {port} is taken")),
        "{error}"
    );

    drop(server);
    assert!(TcpStream::connect(&address).is_err());
}

#[test]
fn a_folder_without_a_page_is_refused() {
    let empty = tempfile::tempdir().unwrap();
    let error = SiteServer::start(Site::new(empty.path().to_owned()), 0)
        .err()
        .unwrap();
    assert!(error.to_string().contains("no page at"), "{error}");
}
