// Puts the chat into a shop's page: <script src="https://help.example.com/widget.js" data-pass="TOKEN" defer></script>.
// A button in the corner opens the chat in a frame, which loads when it is first opened. Nothing of the shop's page is read.
(() => {
  const script = document.currentScript;
  const home = new URL(script.src).origin;
  const chinese = (document.documentElement.lang || navigator.language).toLowerCase().startsWith("zh");
  const label = script.dataset.label || (chinese ? "对话" : "Chat");
  const pass = script.dataset.pass ? `?pass=${encodeURIComponent(script.dataset.pass)}` : "";
  const button = document.createElement("button");
  const frame = document.createElement("iframe");
  button.type = "button";
  button.textContent = label;
  button.setAttribute("aria-expanded", "false");
  button.style.cssText = "position:fixed;right:20px;bottom:20px;z-index:2147483000;border:0;border-radius:99px;padding:14px 22px;font:600 16px system-ui,sans-serif;background:#226b60;color:#fff;cursor:pointer;box-shadow:0 4px 14px rgb(0 0 0/20%)";
  frame.title = label;
  frame.hidden = true;
  frame.style.cssText = "position:fixed;right:12px;bottom:80px;z-index:2147483000;width:min(420px,calc(100vw - 24px));height:min(680px,calc(100dvh - 100px));border:1px solid #e6e0d5;border-radius:16px;background:#faf8f4;box-shadow:0 8px 30px rgb(0 0 0/18%)";
  const show = (open) => {
    if (open && !frame.src) frame.src = `${home}/${pass}`;
    frame.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    (open ? frame : button).focus();
  };
  button.addEventListener("click", () => show(frame.hidden));
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !frame.hidden) show(false); });
  document.body.append(frame, button);
})();
