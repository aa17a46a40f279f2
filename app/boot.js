// Starts the page. A file of its own because the content security policy allows no inline script.
const { page, wasm } = document.getElementById("boot").dataset;
// The page's own texts are in the program that did not start.
const FAILED = navigator.language?.startsWith("es")
  ? "Pipit no pudo iniciar. Recargue la página; si no sirve, ábrala en un Chrome, Edge, Firefox o Safari reciente."
  : "Pipit could not start. Reload the page; if that does not help, open it in a current Chrome, Edge, Firefox or Safari.";
const address = (path) => new URL(path, document.baseURI).href;
try {
  const { default: start } = await import(address(page));
  await start({ module_or_path: address(wasm) });
} catch (error) {
  console.error(error);
  const starting = document.getElementById("starting");
  if (starting) {
    starting.textContent = FAILED;
  }
}
