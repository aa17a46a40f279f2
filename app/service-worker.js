// Keeps the site in the browser, so that Pipit starts without a network. `cargo xtask build` fills in
// what the site consists of; another list is another version, which waits until the page asks for it.
const VERSION = "{{version}}";
const FILES = {{files}};

// Catalogue and manifests: asked for anew while there is a network, and taken from here without one. The
// page keeps them beside the weights (worker/model.rs), also on a visit on which this was not yet running.
const MODELS = "pipit-models";
// A network that answers nothing is no network; the lists are a few kilobytes.
const PATIENCE_MS = 4000;
const scope = self.registration.scope;
// All sites of an origin share its caches: each keeps its own.
const SITE = `pipit-site-${VERSION}-${scope}`;

self.addEventListener("install", (event) => {
  const fresh = FILES.map((file) => new Request(scope + file, { cache: "no-cache" }));
  event.waitUntil(caches.open(SITE).then((cache) => cache.addAll(fresh)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOthers().then(() => self.clients.claim()));
});

// Earlier versions of this site; their names did not always tell whose they are.
async function forgetOthers() {
  for (const name of await caches.keys()) {
    if (!name.startsWith("pipit-site-") || name === SITE) continue;
    const isOwn = name.includes("-http")
      ? name.endsWith(`-${scope}`)
      : await (await caches.open(name)).match(`${scope}index.html`);
    if (isOwn) await caches.delete(name);
  }
}

self.addEventListener("message", (event) => {
  if (event.data === "take-over") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(scope)) return;
  const path = request.url.slice(scope.length).split(/[?#]/)[0] || "index.html";
  if (FILES.includes(path)) {
    event.respondWith(kept(scope + path, request));
  } else if (path.startsWith("models/") && path.endsWith(".json")) {
    event.respondWith(newest(request));
  }
});

async function kept(url, request) {
  const cache = await caches.open(SITE);
  const file = await cache.match(url);
  if (!file) return fetch(request);
  // Hosts that lead /index.html to its folder: a browser shows no page that was led elsewhere.
  return file.redirected ? new Response(file.body, file) : file;
}

async function newest(request) {
  const known = await (await caches.open(MODELS)).match(request.url);
  try {
    // Where nothing is known, slow is better than nothing.
    const signal = known && AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(request, { signal });
    // All of it or what is known: a network may break off.
    const whole = new Response(await response.blob(), response);
    // A server in trouble is as good as none.
    return whole.status < 500 ? whole : (known ?? whole);
  } catch (error) {
    if (known) return known;
    throw error;
  }
}
